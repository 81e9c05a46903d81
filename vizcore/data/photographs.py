"""The photographs that come with scikit-image and scikit-learn, each with source and licence.

They are read from the installed packages: nothing is downloaded, nothing is copied. Drawings
(logo, colour wheel, chessboard, horse, phantom) are left out, as is the second picture of the
motorcycle, which shows the same scene.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from vizcore.data.images import decode
from vizcore.errors import ConvScopeError

_NO_RESTRICTIONS = "no known copyright restrictions"
_BSD = "distributed with scikit-image (BSD-3-Clause); no licence of its own is stated"


@dataclass(frozen=True, slots=True)
class Photo:
    """One photograph.

    Attributes:
        name: what it shows, in one or two words; the class of its patches in Photos-20.
        file: its path from the packages' folder, `skimage/data/chelsea.png`.
        title, source, licence: as its package states them.
        blocks: into how many blocks Photos-20 cuts its shorter side.
    """

    name: str
    file: str
    title: str
    source: str
    licence: str
    blocks: int = 4

    def read(self) -> bytes:
        """Return the file's bytes.

        Raises:
            ConvScopeError: the package or its file is not installed.
        """
        package, _, inside = self.file.partition("/")
        spec = find_spec(package)
        path = Path(spec.origin).parent / inside if spec and spec.origin else None
        if path is None or not path.is_file():
            raise ConvScopeError(
                f"The photograph {self.file} is not installed. Allowed: an installation with the "
                "packages of requirements.txt.",
                received=self.file,
            )
        return path.read_bytes()

    def rgb_hwc(self) -> npt.NDArray[np.uint8]:
        """Return its pixels, uint8 (height, width, 3); do not write to them."""
        return _pixels(self)

    def cut(self, box: tuple[int, int, int, int]) -> bytes:
        """Return a PNG file of the pixels in `box` (left, top, right, bottom)."""
        left, top, right, bottom = box
        file = io.BytesIO()
        Image.fromarray(self.rgb_hwc()[top:bottom, left:right]).save(file, "PNG")
        return file.getvalue()


@cache
def _pixels(photo: Photo) -> npt.NDArray[np.uint8]:
    pixels = decode(photo.read()).rgb_hwc
    pixels.flags.writeable = False
    return pixels


def _skimage(name: str, file: str, title: str, origin: str, licence: str, blocks: int = 4) -> Photo:
    return Photo(name, f"skimage/data/{file}", title, f"scikit-image; {origin}", licence, blocks)


#: In alphabetical order, which is the order of the network's outputs.
PHOTOS: tuple[Photo, ...] = (
    _skimage("astronaut", "astronaut.png", "Eileen Collins", "NASA Great Images", "public domain"),
    _skimage("brick wall", "brick.png", "Bricks25", "CC0Textures", "CC0"),
    _skimage("cameraman", "camera.png", "Cameraman", "Lav Varshney", "CC0"),
    _skimage("cat", "chelsea.png", "Chelsea the cat", "Stefan van der Walt", "CC0"),
    _skimage(
        "cell", "cell.png", "Cell floating in saline (phase image)", "Mueller et al. 2018", "CC0", 7
    ),
    _skimage(
        "clock",
        "clock_motion.png",
        "Wall clock, blurred by motion",
        "Stefan van der Walt",
        "public domain",
        6,
    ),
    _skimage("coffee", "coffee.png", "Coffee at Pikolo Espresso Bar", "Rachel Michetti", "CC0"),
    _skimage("coins", "coins.png", "Greek coins from Pompeii", "Brooklyn Museum", _NO_RESTRICTIONS),
    Photo(
        "flower",
        "sklearn/datasets/images/flower.jpg",
        "Dahlia",
        "scikit-learn; flickr.com/photos/vultilion/6056698931",
        "CC BY 2.0",
    ),
    _skimage(
        "galaxies",
        "hubble_deep_field.jpg",
        "Hubble eXtreme Deep Field",
        "NASA, hubblesite.org",
        "public domain",
        5,
    ),
    _skimage("grass", "grass.png", "Grass 01", "linolafett, DeviantArt", "CC0"),
    _skimage("gravel", "gravel.png", "Gravel04", "CC0Textures", "CC0"),
    _skimage("handwriting", "text.png", "Handwriting", "Wikipedia", "public domain", 3),
    _skimage("moon", "moon.png", "Surface of the moon", "scikit-image", _BSD),
    _skimage(
        "motorcycle",
        "motorcycle_left.png",
        "Motorcycle (left of a stereo pair)",
        "Middlebury Stereo 2014",
        _BSD,
    ),
    _skimage("printed page", "page.png", "Scanned page", "scikit-image", _BSD, 3),
    _skimage("retina", "retina.jpg", "Fundus of a left eye", "Mikael Haeggstroem 2014", "CC0", 5),
    _skimage("rocket", "rocket.jpg", "Falcon 9 with DSCOVR", "SpaceX", "public domain"),
    Photo(
        "temple",
        "sklearn/datasets/images/china.jpg",
        "Chinese temple over a lake",
        "scikit-learn; flickr.com/photos/danielbuechele/6061409035",
        "CC BY 2.0",
    ),
    _skimage(
        "tissue",
        "ihc.png",
        "Colonic glands, stained (IHC)",
        "Center for Microscopy and Molecular Imaging",
        _NO_RESTRICTIONS,
    ),
)
