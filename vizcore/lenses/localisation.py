"""Where an object is, from a saliency map alone: seeds, graph cut, largest part, box.

Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional Networks" (2014), section 3.2: pixels
above the map's 95% quantile give the colours of the object, those below its 30% quantile the
colours of the background (each a mixture of Gaussians); a graph cut divides the picture by these
colours, and the largest connected part is the object. The mixtures and the cut are OpenCV's
(`grabCut`: five Gaussians each, one cut with the mixtures frozen). Seeds keep their side in the
cut, as in Boykov and Jolly (2001); the paper does not say whether its did. On the validation part
of the localisation set that made the median better and left the mean as it was.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from vizcore.errors import BadChoice, NotApplicable
from vizcore.records.localisation import Localisation, LocalisationSettings, Mask, Rectangle

#: Gaussians in each of OpenCV's mixtures: as many pixels as this are needed to begin with.
_GAUSSIANS = 5
#: Numbers in OpenCV's record of a mixture: a weight, a mean and a covariance for each Gaussian.
_MIXTURE = (1, 13 * _GAUSSIANS)
#: `grabCut` wants a rectangle, and looks at none where it is given a mask.
_WHOLE = (0, 0, 1, 1)


def localise(
    image_hwc: npt.NDArray[np.uint8],
    map_hw: npt.NDArray[np.floating],
    settings: LocalisationSettings | None = None,
) -> Localisation:
    """Find the object that a saliency map points at.

    Args:
        image_hwc: the picture, uint8 (height, width, 3).
        map_hw: a value a pixel, larger where the class depends more on it.

    Raises:
        BadChoice: a picture and a map of different sizes.
        NotApplicable: a flat map, one with numbers that are not finite, or one too small; a picture
            of one colour.

    Example:
        >>> photo = np.full((32, 32, 3), 40, np.uint8)
        >>> photo[8:20, 10:24] = (200, 90, 30)
        >>> saliency = np.zeros((32, 32))
        >>> saliency[10:18, 12:20] = 1
        >>> localise(photo, saliency).box
        (10, 8, 24, 20)
    """
    how = settings or LocalisationSettings()
    if image_hwc.shape != (*map_hw.shape, 3):
        raise BadChoice(
            f"The picture is {image_hwc.shape}, the map {map_hw.shape}; they must be of one size."
        )
    if (image_hwc == image_hwc[0, 0]).all():
        raise NotApplicable(
            f"All pixels of the picture have one colour ({', '.join(map(str, image_hwc[0, 0]))}), "
            "so colours cannot tell an object from what is around it."
        )
    values = map_hw.astype(np.float64)
    if not np.isfinite(values).all():
        raise NotApplicable("The map has values that are not finite, so it has no quantiles.")
    if how.absolute:
        values = np.abs(values)
    if how.blur_px:
        blurred = cv2.GaussianBlur(values, (0, 0), how.blur_px, borderType=cv2.BORDER_REFLECT)
        values = np.asarray(blurred, np.float64)
    foreground, background, thresholds = seeds(values, how.foreground, how.background)
    tied = thresholds[0] == values.min()
    segment = cut(image_hwc, foreground, background, hold_background=not tied)
    component, box = largest_part(segment)
    return Localisation(
        image_hwc, values, foreground, background, segment, component, box, thresholds, how
    )


def seeds(
    map_hw: npt.NDArray[np.floating], foreground: float = 0.95, background: float = 0.30
) -> tuple[Mask, Mask, tuple[float, float]]:
    """Pixels above one quantile of a map, pixels below another, and the two values (low, high).

    Where so many pixels share the largest value that none is above the quantile, those are the
    seeds; so with the smallest (they are many more then, so `localise` takes their colours, but
    lets the cut decide about them).

    Raises:
        NotApplicable: the map is flat, or has fewer seeds than a mixture has Gaussians.

    Example:
        >>> above, below, ends = seeds(np.arange(200.0).reshape(10, 20))
        >>> above.sum(), below.sum(), [round(each, 2) for each in ends]
        (np.int64(10), np.int64(60), [59.7, 189.05])
    """
    lowest, highest = float(map_hw.min()), float(map_hw.max())
    if lowest == highest:
        raise NotApplicable(
            f"The map is flat (every value is {lowest:.3g}): no pixel stands out, so there are "
            "no seeds. Choose another method or class."
        )
    low, high = (float(each) for each in np.quantile(map_hw, [background, foreground]))
    above = map_hw > high if high < highest else map_hw == highest
    below = map_hw < low if low > lowest else map_hw == lowest
    fewest = int(min(above.sum(), below.sum()))
    if fewest < _GAUSSIANS:
        raise NotApplicable(
            f"Only {fewest} pixels are seeds; a mixture of {_GAUSSIANS} Gaussians needs at least "
            f"{_GAUSSIANS}. Lower the foreground's quantile, raise the background's, or take a "
            "larger picture."
        )
    return above, below, (low, high)


def cut(
    image_hwc: npt.NDArray[np.uint8],
    foreground_hw: Mask,
    background_hw: Mask,
    *,
    hold_background: bool = True,
) -> Mask:
    """Divide a picture by its colours: what is more like the foreground's seeds, as a mask.

    The same seeds give the same mask.

    Args:
        hold_background: the background's seeds stay background; else they give colours only.
    """
    cv2.setRNGSeed(0)  # this thread's: the mixtures begin with k-means
    behind, ahead = np.zeros(_MIXTURE), np.zeros(_MIXTURE)
    colours = np.concatenate([image_hwc[foreground_hw], image_hwc[background_hw]])[None]
    sides = np.full(colours.shape[:2], cv2.GC_PR_BGD, np.uint8)
    sides[0, : foreground_hw.sum()] = cv2.GC_PR_FGD
    # A picture of the seeds only, and no cut: what this leaves are the two mixtures.
    cv2.grabCut(
        np.ascontiguousarray(colours), sides, _WHOLE, behind, ahead, 0, cv2.GC_INIT_WITH_MASK
    )
    sides = np.full(image_hwc.shape[:2], cv2.GC_PR_BGD, np.uint8)
    if hold_background:
        sides[background_hw] = cv2.GC_BGD
    sides[foreground_hw] = cv2.GC_FGD
    picture = np.ascontiguousarray(image_hwc)
    cv2.grabCut(picture, sides, _WHOLE, behind, ahead, 1, cv2.GC_EVAL_FREEZE_MODEL)
    return (sides == cv2.GC_FGD) | (sides == cv2.GC_PR_FGD)


def largest_part(mask_hw: Mask) -> tuple[Mask, Rectangle]:
    """The largest connected part of a mask (neighbours across corners count), and its box.

    Raises:
        NotApplicable: the mask is empty.

    Example:
        >>> mask = np.array([[1, 0, 0, 0], [0, 0, 1, 1]], bool)
        >>> largest_part(mask)[1]
        (2, 1, 4, 2)
    """
    count, labels, numbers, _ = cv2.connectedComponentsWithStats(
        mask_hw.astype(np.uint8), connectivity=8
    )
    if count < 2:
        raise NotApplicable("No pixel belongs to the object: there is nothing to put a box around.")
    largest = 1 + int(numbers[1:, cv2.CC_STAT_AREA].argmax())
    left, top, width, height = (int(each) for each in numbers[largest, :4])
    return labels == largest, (left, top, left + width, top + height)
