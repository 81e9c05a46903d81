"""A saliency map as pictures: by itself, and laid over the photo it explains."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image

from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.palette import diverging, sequential
from vizcore.records_saliency import SaliencyMap

_FIT_PX = 512


@dataclass(frozen=True, slots=True)
class SaliencyPicture:
    """A drawn saliency map.

    Attributes:
        map_hwc: uint8 RGB, the map alone.
        over_hwc: uint8 RGB, the map over the photo in grey.
        photo_hwc: uint8 RGB, the photo alone at the same size.
        zoom: picture pixels for one value, each way.
        limit: the magnitude that gets the last colour.
        caption: what the colours mean, with the scale.
    """

    map_hwc: npt.NDArray[np.uint8] = field(repr=False)
    over_hwc: npt.NDArray[np.uint8] = field(repr=False)
    photo_hwc: npt.NDArray[np.uint8] = field(repr=False)
    zoom: int
    limit: float
    caption: str

    def png(self, which: str = "over") -> bytes:
        """One of the pictures as PNG: "over", "map" or "photo".

        Raises:
            BadChoice: another name.
        """
        pictures = {"over": self.over_hwc, "map": self.map_hwc, "photo": self.photo_hwc}
        if which not in pictures:
            raise BadChoice.among("picture", which, pictures)
        file = io.BytesIO()
        Image.fromarray(pictures[which]).save(file, "PNG", compress_level=4)
        return file.getvalue()


def draw_saliency(
    saliency: SaliencyMap,
    *,
    strength: float = 0.85,
    percentile: float = 99.0,
    zoom: int | None = None,
    dark: bool = False,
) -> SaliencyPicture:
    """Draw a saliency map with the house's colours, nearest neighbour, whole-number zoom.

    Magnitudes use viridis from zero; signed values the diverging colours, red where a pixel
    raises the score. Over the photo a pixel's colour is the more opaque the larger its magnitude.

    Args:
        strength: opacity of the largest magnitudes over the photo, 0 to 1.
        percentile: of the magnitudes; it and everything above get the last colour. A few extreme
            pixels would otherwise leave the rest dark.
        zoom: pixels for one value; None chooses it for about 512 pixels.
        dark: fade the photo towards black for a dark page, towards white for a light one.

    Raises:
        BadChoice: an option outside its range.
        NotApplicable: values that are not finite.
    """
    if not 0 <= strength <= 1:
        raise BadChoice.among("strength", strength, ["0 to 1"])
    if not 0 < percentile <= 100:
        raise BadChoice.among("percentile", percentile, ["above 0, up to 100"])
    if zoom is not None and zoom < 1:
        raise BadChoice.among("zoom", zoom, ["a whole number of at least 1"])
    values = saliency.values_hw.astype(np.float64)
    if not np.isfinite(values).all():
        raise NotApplicable("The map holds values that are not finite; no colour is true for them.")
    sizes = np.abs(values)
    limit = float(np.percentile(sizes, percentile)) or float(sizes.max())
    share = np.clip(sizes / limit, 0.0, 1.0) if limit > 0 else np.zeros_like(sizes)
    colours = diverging(np.sign(values) * share, 1.0) if saliency.signed else sequential(share)

    photo = saliency.image_hwc
    grey = photo @ np.array([0.299, 0.587, 0.114])
    faded = 0.6 * grey if dark else 0.6 * grey + 0.4 * 255
    opacity = (strength * share)[..., None]
    over = np.rint((1 - opacity) * faded[..., None] + opacity * colours).astype(np.uint8)

    times = zoom or max(1, round(_FIT_PX / max(values.shape)))
    return SaliencyPicture(
        map_hwc=_enlarge(colours, times),
        over_hwc=_enlarge(over, times),
        photo_hwc=_enlarge(photo, times),
        zoom=times,
        limit=limit,
        caption=_caption(saliency, limit, percentile),
    )


def _enlarge(rgb_hwc: npt.NDArray[np.uint8], zoom: int) -> npt.NDArray[np.uint8]:
    return rgb_hwc.repeat(zoom, axis=0).repeat(zoom, axis=1)


def _caption(saliency: SaliencyMap, limit: float, percentile: float) -> str:
    if limit == 0:
        return (
            f"No pixel moves the score of '{saliency.target_class}': every value is 0 "
            f"({saliency.method})."
        )
    share = "the largest" if percentile == 100 else f"the {percentile:g}th percentile"
    if saliency.signed:
        scale = (
            f"Red pixels raise the score of '{saliency.target_class}', blue ones lower it; white "
            f"is 0, the darkest colours are {limit:.3g} and {-limit:.3g}"
        )
    else:
        scale = (
            f"Yellow pixels move the score of '{saliency.target_class}' most, up or down; dark "
            f"purple is 0, yellow is {limit:.3g}"
        )
    method = saliency.method[:1].upper() + saliency.method[1:]
    return (
        f"{scale} ({share} magnitude, and all above). Over the photo, small magnitudes are "
        f"transparent. {method}."
    )
