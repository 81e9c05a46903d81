"""The localisation set: a held-out patch of one photograph pasted on another, at a known box.

What it is for: a saliency map of the pasted class should light up inside the box, a map of the
background's class outside it. (The idea of pasting objects whose place is known is that of Yang
and Kim 2019, "Benchmarking Attribution Methods with Relative Feature Importance".)

How a scene is made:

- **64×64 pixels**, the input of the networks that know Photos-20: nothing is resized between a
  scene and a network, so boxes are exact in input pixels.
- **Every ordered pair of two photographs once** (380 scenes): no class is tied to a background.
- **Object and background come from one part of Photos-20**, test unless asked otherwise: no pixel
  of a scene was trained on. The validation part is there to choose a threshold on.
- **Boxes are squares of 24 to 40 pixels**, anywhere with at least 2 pixels of background on every
  side and the box's centre at least 10 pixels from the picture's, across or down. The best centred
  square (42 pixels) has a mean IoU of 0.36 with them and an IoU of one half with 10% of them: that
  is what a method has to beat. Four boxes in five hold the picture's centre all the same, so a
  single point says little here.
- **A soft seam**: over the box's outermost two pixels the object fades in (opacity 1/3, 2/3, then
  1). A hard seam is an edge that neither photograph has, and edges draw every gradient: the grey
  values on its two sides differ by 69 on average, those of neighbours inside an object by 9; with
  the ramp it is 24. Outside the box no pixel is touched; inside the ramp all are the patch's own.

The networks were trained on patches that fill the picture, so most name the background's class
first: ask for a map of the pasted class, and tell how many scenes a network got right. Larger
objects are named more often, but soon every centred square fits them as well, and then the boxes
tell nothing: `benchmarks/localisation.py` measures both for several sizes, and the same objects
on plain grey, where the background says nothing and their size alone is left. This size is the
one at which a centred square finds few and an object is still a quarter of the picture.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vizcore.data import photos20
from vizcore.data.photographs import PHOTOS
from vizcore.data.photos20 import PATCH_PX, Box, Part
from vizcore.errors import BadChoice

#: The parts of Photos-20 that no network was trained on.
HELD_OUT: tuple[Part, ...] = ("validation", "test")
#: Least and greatest side of a box.
SIDES_PX = (24, 40)
#: Background that every box has on every side.
MARGIN_PX = 2
#: Least distance, across or down, from the picture's centre to the box's.
OFF_CENTRE_PX = 10
#: Width of the ramp inside the box over which the object fades in.
SEAM_PX = 2


@dataclass(frozen=True, slots=True)
class Scene:
    """An object on a background, and all that is known about it.

    Attributes:
        rgb_hwc: the picture, uint8 (64, 64, 3).
        class_name: the pasted object's class in Photos-20.
        box: where it is: (left, top, right, bottom) in pixels, right and bottom not included.
        window: which pixels of its photograph it shows, resized to the box.
        background: the class of the photograph around it.
        background_window: which pixels of that photograph the picture shows.
        part: of Photos-20, to which all these pixels belong.
    """

    rgb_hwc: npt.NDArray[np.uint8] = field(repr=False)
    class_name: str
    box: Box
    window: Box
    background: str
    background_window: Box
    part: Part


def localisation_set(part: Part = "test", seed: int = 0) -> tuple[Scene, ...]:
    """Return the 380 scenes, by class and then by background, the same for the same seed.

    Raises:
        BadChoice: another part than validation and test.

    Example:
        >>> scene = localisation_set()[57]
        >>> scene.class_name, scene.background, scene.box
        ('cat', 'astronaut', (5, 20, 31, 46))
    """
    if part not in HELD_OUT:
        raise BadChoice.among("part", part, HELD_OUT)
    rng = np.random.default_rng(seed)
    windows = {photo: list(photos20.windows(photo, part)) for photo in PHOTOS}
    scenes = []
    for above, below in itertools.permutations(PHOTOS, 2):
        window, behind = (_any(windows[photo], rng) for photo in (above, below))
        box = _any(boxes(int(rng.integers(SIDES_PX[0], SIDES_PX[1] + 1))), rng)
        thing = photos20.patch(above, window, box[2] - box[0])
        picture = paste(thing, photos20.patch(below, behind), box)
        scenes.append(Scene(picture, above.name, box, window, below.name, behind, part))
    return tuple(scenes)


def boxes(side_px: int) -> list[Box]:
    """Return every box of this side that keeps the margin and stays away from the centre.

    Example:
        >>> len(boxes(24)), boxes(24)[0]
        (1008, (2, 2, 26, 26))
    """
    starts = range(MARGIN_PX, PATCH_PX - MARGIN_PX - side_px + 1)
    off = [abs(2 * start + side_px - PATCH_PX) >= 2 * OFF_CENTRE_PX for start in starts]
    return [
        (left, top, left + side_px, top + side_px)
        for (top, far_down), (left, far_across) in itertools.product(
            zip(starts, off, strict=True), repeat=2
        )
        if far_down or far_across
    ]


def paste(
    object_hwc: npt.NDArray[np.uint8], background_hwc: npt.NDArray[np.uint8], box: Box
) -> npt.NDArray[np.uint8]:
    """Return the background with the object in the box, faded in over its outermost pixels."""
    left, top, right, bottom = box
    picture = background_hwc.copy()
    under = picture[top:bottom, left:right]
    alpha = opacity(right - left)[..., None]
    under[...] = np.rint(alpha * object_hwc + (1 - alpha) * under).astype(np.uint8)
    return picture


def opacity(side_px: int) -> npt.NDArray[np.float64]:
    """Return how much of a pasted object is seen, 0..1, for every pixel (side, side) of its box.

    Example:
        >>> opacity(6)[2].round(2).tolist()
        [0.33, 0.67, 1.0, 1.0, 0.67, 0.33]
    """
    place = np.arange(1, side_px + 1)
    ramp = np.minimum(np.minimum(place, place[::-1]) / (SEAM_PX + 1), 1.0)
    return np.minimum.outer(ramp, ramp)


def _any(choices: list[Box], rng: np.random.Generator) -> Box:
    return choices[int(rng.integers(len(choices)))]
