"""One unit in words: the page's answer, its captions, its numbers as JSON."""

from __future__ import annotations

import html
from collections import Counter
from typing import Any

from vizcore.figures.numbers import percent
from vizcore.formats.words import counted
from vizcore.records import ReceptiveField
from vizcore.records.deconvnet import Projections
from vizcore.records.filters import FilterSlices
from vizcore.records.patches import Patch, TopPatches
from vizcore.records.unit import ChannelNumbers, ClassesFed, Unit

#: Classes that are listed.
LISTED = 5


def first_answer(unit: Unit, picture: str) -> str:
    """What can be said before any other picture was looked at, as HTML."""
    height, width = unit.map_hw.shape
    return (
        f"Unit <b>{unit.channel}</b> of <code>{html.escape(unit.layer)}</code> "
        f"{_sees(unit.receptive_field)}. On {html.escape(picture)} it reaches "
        f"<b>{unit.value:.3g}</b>, at row {unit.place[0]}, column {unit.place[1]} of its "
        f"{height} × {width} map."
    )


def answer(unit: Unit, nine: tuple[Patch, ...], found: TopPatches, fed: ClassesFed | None) -> str:
    """The page's answer as HTML, once the pictures were looked at."""
    what, count = Counter(subject(each.picture) for each in nine).most_common(1)[0]
    text = (
        f"Unit <b>{unit.channel}</b> of <code>{html.escape(unit.layer)}</code> "
        f"{_sees(unit.receptive_field)}. Of {counted(found.looked_at, 'picture')}, "
    )
    if nine[0].value <= 0 and unit.norm is not None:
        text += f"none lifts it above zero: its greatest value is <b>{nine[0].value:.3g}</b>"
    elif count == 1:
        text += f"the {len(nine)} that excite it most show {len(nine)} different things"
    else:
        every = "all" if count == len(nine) else str(count)
        text += (
            f"{every} of the {len(nine)} that excite it most show <b>{html.escape(what)}</b> "
            f"(up to {nine[0].value:.3g})"
        )
    if fed is not None and float(fed.mean_k.max()) > 0:
        best = fed.classes[int(fed.mean_k.argmax())]
        text += f"; it feeds the class <b>{html.escape(best)}</b> most"
    return text + "."


def subject(name: str) -> str:
    """What a picture of a bundled set shows, by its name; the name of any other picture.

    Example:
        >>> subject("coffee, test patch 3"), subject("7, validation digit 0"), subject("a.png")
        ('coffee', '7', 'a.png')
    """
    return name.split(",")[0].strip()


def labels(nine: tuple[Patch, ...]) -> list[str]:
    """What stands under each patch: the activation, and what the picture shows."""
    return [f"{each.value:.3g} · {subject(each.picture)}" for each in nine]


def nine_caption(
    unit: Unit, nine: tuple[Patch, ...], found: TopPatches, projections: Projections | None
) -> str:
    """What is seen in the nine patches and their projections."""
    field = found.fields[unit.layer]
    part = "" if field is None or field.whole else ", cut to the pixels that the value sees"
    outside = (
        " Flat grey is outside the picture."
        if any(_reaches_out(each, found.input_px) for each in nine)
        else ""
    )
    text = (
        f"The {len(nine)} of {counted(found.looked_at, 'picture')} ({found.pictures}) that excite "
        f"the unit most, the strongest first{part}. Under each its activation and what it "
        f"shows.{outside}"
    )
    if projections is None:
        return text
    grey = projections.projections_nchw.shape[1] == 1
    zero = "white is 0, red positive, blue negative" if grey else "mid-grey is 0"
    if not projections.projections_nchw.any():
        return f"{text} Nothing comes down from it: every value of the projections is 0."
    return (
        f"{text} At its right the projection of that activation back to the pixels (deconvnet, "
        f"Zeiler and Fergus 2014): {zero}, each with its own scale. {' '.join(projections.notes)}"
    ).strip()


def no_kernel(unit: Unit) -> str:
    """Why a unit has no kernel, as Markdown.

    Example:
        >>> import numpy as np
        >>> none = np.zeros((1, 1))
        >>> no_kernel(Unit("relu_1", 0, 1, none, (0, 0), 0.0, None, none, op="ReLU", run=1))
        '`relu_1` (ReLU) is no convolution, so this unit has no kernel of its own.'
    """
    op = f" ({unit.op})" if unit.op else ""
    return f"`{unit.layer}`{op} is no convolution, so this unit has no kernel of its own."


def kernels_caption(slices: FilterSlices, most: int) -> str:
    """What is seen in the kernels of a filter that reads many channels."""
    count = len(slices.inputs_i)
    part = f"The {most} of {count} with the greatest norm" if most < count else f"All {count}"
    beside = "" if slices.maps_ihw is None else ", each beside its input channel on this photo"
    return (
        f"{part}{beside}; under each the channel and its "
        "share of the squared weights. White is a weight of 0, red positive, blue negative."
    )


def map_caption(unit: Unit) -> str:
    """What is seen in the map over the photo."""
    if unit.value <= 0:
        return (
            f"Nowhere on this photo above zero: its greatest value is {unit.value:.3g}. The box: "
            "the pixels that this value sees."
        )
    field = unit.receptive_field
    height, width = unit.map_hw.shape
    if field is None:
        box = "What a value sees of the photo is not known, so there is no box."
    elif field.whole or _fills(unit, field):
        box = "Its strongest value sees the whole photo."
    else:
        box = "The box: the pixels that its strongest value sees."
    return f"Its {height} × {width} map, from 0 to {unit.value:.3g} (yellow). {box}"


def numbers_rows(unit: Unit, numbers: ChannelNumbers | None) -> list[tuple[str, str]]:
    """The unit's statistics, by name."""
    rows = []
    if numbers is not None:
        zeros = "Zeros after its ReLU" if numbers.after_relu else "Values that are 0"
        rows += [
            ("Mean", f"{numbers.mean_c[unit.channel]:.3g}"),
            ("Maximum", f"{numbers.maximum_c[unit.channel]:.3g}"),
            (zeros, percent(float(numbers.zeros_c[unit.channel]))),
        ]
    if unit.norm is not None:
        rows += [
            ("Kernel norm", f"{unit.norm:.3g}"),
            ("Median of the layer", f"{unit.norms_median:.3g}"),
        ]
    return rows


def fed_caption(fed: ClassesFed, layer: str) -> str:
    """How the classes were found."""
    where = "" if fed.layer == layer else f", measured at {fed.layer}, before its ReLU"
    return (
        "Gradient of the class score (before softmax) × activation, summed over the map, the mean "
        f"over the {len(fed.contributions_nk)} pictures{where}: what the score would lose without "
        "the unit if the network were linear from there on."
    )


def as_json(
    unit: Unit,
    found: TopPatches,
    nine: tuple[Patch, ...],
    projections: Projections | None,
    reason: str,
    fed: ClassesFed | None,
    numbers: ChannelNumbers | None,
    picture: str,
) -> dict[str, Any]:
    """Everything the page shows, as plain values."""
    field = unit.receptive_field
    return {
        "network": found.key,
        "weights": found.weights,
        "random_weights": found.random_weights,
        "layer": unit.layer,
        "channel": unit.channel,
        "receptive_field": None
        if field is None
        else {"size": field.size, "stride": field.stride, "offset": field.offset},
        "pictures": found.pictures,
        "data_sha256": found.data_sha256,
        "looked_at": found.looked_at,
        "strongest": [
            {
                "value": each.value,
                "picture": each.picture,
                "place": each.place,
                "window": each.window,
            }
            for each in nine
        ],
        "projections": reason if projections is None else list(projections.notes),
        "classes": None
        if fed is None
        else {
            "method": fed_caption(fed, unit.layer),
            "mean": dict(zip(fed.classes, fed.mean_k.tolist(), strict=False)),
        },
        "statistics": {
            "mean": None if numbers is None else float(numbers.mean_c[unit.channel]),
            "maximum": None if numbers is None else float(numbers.maximum_c[unit.channel]),
            "zeros": None if numbers is None else float(numbers.zeros_c[unit.channel]),
            "zeros_after_relu": None if numbers is None else numbers.after_relu,
            "kernel_norm": unit.norm,
        },
        "nearest_filters": [{"channel": each, "cosine": cosine} for each, cosine in unit.nearest],
        "photo": {"name": picture, "strongest": unit.value, "place": unit.place},
    }


def _sees(field: ReceptiveField | None) -> str:
    if field is None:
        return "sees a part of the picture that is not known"
    if field.whole:
        return "sees the whole picture"
    most = "" if field.exact else "at most "
    return f"sees {most}<b>{field.size[0]} × {field.size[1]} pixels</b>"


def _fills(unit: Unit, field: ReceptiveField) -> bool:
    left, top, right, bottom = field.window(unit.place)
    height, width = unit.image_hwc.shape[:2]
    return left <= 0 and top <= 0 and right >= width and bottom >= height


def _reaches_out(patch: Patch, side_px: int) -> bool:
    return patch.window is not None and (
        min(patch.window[:2]) < 0 or max(patch.window[2:]) > side_px
    )
