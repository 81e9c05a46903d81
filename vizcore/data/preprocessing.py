"""From a photograph to a network's input, and back: shorter side, centre crop, standardise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from vizcore.errors import BadChoice, BadImage

#: Pillow's filters that published networks were evaluated with.
Interpolation = Literal["bilinear", "bicubic"]
_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What a network expects to be done to a picture before it sees it.

    Attributes:
        resize_px: the shorter side is resized to this, the longer in proportion.
        crop_px: side of the square cut from the centre.
        mean, std: per channel, of values in 0..1: the input is (value - mean) / std. One value
            each for a network that looks at grey pictures.
        interpolation: of the resize, "bilinear" or "bicubic"; both widen when they shrink
            (antialiasing).
        squash: resize both sides to `resize_px` whatever their proportion.

    Raises:
        BadChoice: a crop larger than the resized picture, a deviation that is not positive, a mean
            or deviation that is not finite, another number of channels than 1 or 3, or another
            interpolation.

    Example:
        >>> grey = np.full((90, 120, 3), 128, np.uint8)
        >>> Preprocessing(64, 64, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)).apply(grey).shape
        (1, 3, 64, 64)
    """

    resize_px: int
    crop_px: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: Interpolation = "bilinear"
    squash: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.crop_px <= self.resize_px:
            raise BadChoice(
                f"crop_px cannot be {self.crop_px}. Allowed: 1 to resize_px = {self.resize_px}.",
                received=str(self.crop_px),
            )
        if len(self.mean) != len(self.std) or len(self.mean) not in (1, 3):
            raise BadChoice(
                f"mean and std cannot have {len(self.mean)} and {len(self.std)} values. "
                "Allowed: 3 each for RGB, or 1 each for grey."
            )
        if not all(0 < value < math.inf for value in self.std):
            raise BadChoice(f"std cannot be {self.std}. Allowed: positive numbers.")
        if not all(map(math.isfinite, self.mean)):
            raise BadChoice(f"mean cannot be {self.mean}. Allowed: finite numbers.")
        if self.interpolation not in _FILTERS:
            raise BadChoice.among("interpolation", self.interpolation, _FILTERS)

    @property
    def channels(self) -> int:
        """Of the network's input: 3 for RGB, 1 for grey."""
        return len(self.mean)

    def view(self, rgb_hwc: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return the uint8 square (crop_px, crop_px, 3) that the network looks at.

        The resize is Pillow's own filter, with the sizes and the crop of torchvision's `Resize`
        and `CenterCrop`, which timm uses too. A grey network's view has three equal channels.

        Raises:
            BadImage: an array that is not uint8 (height, width, 3).
        """
        picture = self.resized(rgb_hwc)
        top, left = self.corner(picture)
        cut = picture[top : top + self.crop_px, left : left + self.crop_px]
        return self.in_its_colours(cut)

    def resized(
        self, rgb_hwc: npt.NDArray[np.uint8], resize_px: int | None = None
    ) -> npt.NDArray[np.uint8]:
        """Return the whole picture resized, uint8 (height, width, 3), before anything is cut.

        Args:
            resize_px: instead of the network's own.

        Raises:
            BadImage: an array that is not uint8 (height, width, 3).

        Example:
            >>> how = Preprocessing(64, 56, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
            >>> how.resized(np.zeros((90, 120, 3), np.uint8)).shape
            (64, 85, 3)
        """
        if rgb_hwc.ndim != 3 or rgb_hwc.shape[2] != 3 or rgb_hwc.dtype != np.uint8:
            raise BadImage(
                f"An array of {rgb_hwc.dtype} {rgb_hwc.shape} came in; "
                "allowed is uint8 (height, width, 3).",
                received=str(rgb_hwc.shape),
            )
        side = self.resize_px if resize_px is None else resize_px
        rgb_hwc = _middle(rgb_hwc)
        height, width = rgb_hwc.shape[:2]
        if self.squash:
            new_height = new_width = side
        else:
            shorter = min(height, width)
            new_height = int(side * height / shorter)
            new_width = int(side * width / shorter)
        if (new_width, new_height) == (width, height):
            return rgb_hwc
        image = Image.fromarray(rgb_hwc)
        return np.asarray(image.resize((new_width, new_height), _FILTERS[self.interpolation]))

    def corner(self, picture_hwc: npt.NDArray[np.uint8]) -> tuple[int, int]:
        """Return (top, left) of the square that is cut from a resized picture."""
        height, width = picture_hwc.shape[:2]
        return round((height - self.crop_px) / 2.0), round((width - self.crop_px) / 2.0)

    def in_its_colours(self, cut_hwc: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return a picture as the network gets it: with three equal channels for a grey network."""
        if self.channels == 3:
            return cut_hwc
        return np.asarray(Image.fromarray(cut_hwc).convert("L").convert("RGB"))

    def apply(self, rgb_hwc: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return the network's input, float32 (1, channels, crop_px, crop_px)."""
        return self.standardise(self.view(rgb_hwc)[None])

    def standardise(self, images_nhwc: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Turn uint8 (n, h, w, c) of the right size into float32 (n, channels, h, w).

        A grey network takes c of 1, or three equal channels, of which the first is used.
        """
        unit = images_nhwc[..., : self.channels].astype(np.float32) / np.float32(255.0)
        values = (unit - self._of(self.mean)) / self._of(self.std)
        return np.ascontiguousarray(values.transpose(0, 3, 1, 2))

    @staticmethod
    def _of(per_channel: tuple[float, ...]) -> npt.NDArray[np.float32]:
        return np.asarray(per_channel, dtype=np.float32)


def _middle(rgb_hwc: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the middle of a very long strip, whose resized ends would take memory for nothing."""
    limit = 16 * min(rgb_hwc.shape[:2])
    top, left = (max(0, (side - limit) // 2) for side in rgb_hwc.shape[:2])
    return rgb_hwc[top : top + limit, left : left + limit]
