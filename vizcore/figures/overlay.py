"""A saliency map as pictures: by itself, and laid over the photo it explains."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import Image

from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.palette import diverging, sequential
from vizcore.records.saliency import SaliencyMap

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
        signed: whether red and blue tell the sign; magnitudes are drawn otherwise.
        colours: what the colours mean, in one short sentence or two.
        caption: the same with the scale's values, and what the map is of.
    """

    map_hwc: npt.NDArray[np.uint8] = field(repr=False)
    over_hwc: npt.NDArray[np.uint8] = field(repr=False)
    photo_hwc: npt.NDArray[np.uint8] = field(repr=False)
    zoom: int
    limit: float
    signed: bool
    colours: str
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
    absolute: bool = False,
    limit: float | None = None,
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
        absolute: draw the magnitudes of signed values.
        limit: the magnitude that gets the last colour, in place of the percentile's: what lets
            several maps share one scale.
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
    if limit is not None and not (limit >= 0 and np.isfinite(limit)):
        raise BadChoice.among("limit", limit, ["a number of at least 0"])
    values = saliency.values_hw.astype(np.float64)
    if not np.isfinite(values).all():
        raise NotApplicable("The map holds values that are not finite; no colour is true for them.")
    sizes = np.abs(values)
    shared = limit is not None
    if limit is None:
        limit = reach(saliency, percentile)
    share = np.clip(sizes / limit, 0.0, 1.0) if limit > 0 else np.zeros_like(sizes)
    signed = saliency.signed and not absolute
    colours = diverging(np.sign(values) * share, 1.0) if signed else sequential(share)

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
        signed=signed,
        colours=_colours_words(saliency, percentile, signed, shared),
        caption=_caption(saliency, limit, percentile, signed, shared),
    )


def reach(saliency: SaliencyMap, percentile: float = 99.0) -> float:
    """The magnitude that gets the last colour: a percentile of the magnitudes, or their largest.

    The largest stands in where the percentile is 0 though some values are not.

    Example:
        >>> photo, values = np.zeros((1, 4, 3), np.uint8), np.array([[0, 0, 0, -3]], np.float32)
        >>> reach(SaliencyMap(values, True, "gradient", 0, "cat", 1.0, photo), 50)
        3.0
    """
    sizes = np.abs(saliency.values_hw.astype(np.float64))
    return float(np.percentile(sizes, percentile)) or float(sizes.max())


def _enlarge(rgb_hwc: npt.NDArray[np.uint8], zoom: int) -> npt.NDArray[np.uint8]:
    return rgb_hwc.repeat(zoom, axis=0).repeat(zoom, axis=1)


def _share_words(percentile: float, shared: bool) -> str:
    share = "the largest" if percentile == 100 else f"the {percentile:g}th percentile"
    of = " magnitude of the maps that share this scale" if shared else " magnitude"
    return share + of


def _colours_words(saliency: SaliencyMap, percentile: float, signed: bool, shared: bool) -> str:
    is_class = saliency.unit is None and saliency.method_key != "layer_activation"
    moved = "the score" if is_class else "it"
    meaning = (
        f"Red raises {moved}, blue lowers it, white is 0"
        if signed
        else f"Yellow counts most for {moved}, dark purple is 0"
    )
    if saliency.method_key == "layer_activation" and signed:
        meaning = "Red is positive, blue negative, white is 0"
    return f"{meaning}. Full colour from {_share_words(percentile, shared)}."


def _score_words(saliency: SaliencyMap) -> str:
    if saliency.unit is not None:
        channel, row, column = saliency.unit
        return f"unit {channel} of {saliency.layer} (row {row}, column {column})"
    if saliency.method_key == "layer_activation":
        return f"what {saliency.layer} gives"
    less = "" if saliency.against_class is None else f" minus that of '{saliency.against_class}'"
    return f"the score of '{saliency.target_class}'{less}"


def _caption(
    saliency: SaliencyMap, limit: float, percentile: float, signed: bool, shared: bool
) -> str:
    score = _score_words(saliency)
    method = saliency.method[:1].upper() + saliency.method[1:]
    if not saliency.values_hw.any():
        return f"No pixel moves {score}: every value is 0. {method}."
    if signed and saliency.method_key == "layer_activation":
        scale = (
            f"Red is positive, blue negative: {score}; white is 0, the darkest colours are "
            f"{limit:.3g} and {-limit:.3g}"
        )
    elif signed:
        scale = (
            f"Red pixels raise {score}, blue ones lower it; white is 0, the darkest colours are "
            f"{limit:.3g} and {-limit:.3g}"
        )
    else:
        scale = f"Yellow pixels count most for {score}; dark purple is 0, yellow is {limit:.3g}"
    return (
        f"{scale} ({_share_words(percentile, shared)}, and all above). Over the photo, small "
        f"magnitudes are transparent. {method}."
    )
