"""What the Feature evolution page says: answers, captions, the definitions, the numbers."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Mapping
from typing import Any

from vizcore.figures.numbers import percent, short
from vizcore.records.evolution import FilterHistory, LayerHistory, PatchHistory, SaliencyHistory
from vizcore.ui import picture_views


def verdict(history: FilterHistory) -> str:
    """Whether the lower layers settled first, as it was measured."""
    lower, close, upper = history.lower_first()
    pairs = lower + close + upper
    if lower == pairs:
        return "Lower layers settled first, in every pair of convolutions"
    beside = [f"in {close} the two were within one epoch"] if close else []
    beside += [f"in {upper} the upper one was first"] if upper else []
    if 2 * lower > pairs:
        said = f"Lower layers settled first in <b>{lower} of {pairs}</b> pairs of convolutions"
    else:
        said = (
            "Lower layers did <b>not</b> settle first here: they did in only "
            f"<b>{lower} of {pairs}</b> pairs of convolutions"
        )
    return f"{said} ({', '.join(beside)})"


def classifier(history: FilterHistory) -> str:
    """Where the last layer stands in that order, if it breaks it."""
    last = history.layers[-1]
    half = history.halfway(last.way_left_e)
    later = [each for each in history.convolutions if history.halfway(each.way_left_e) > half]
    if last.kind != "linear" or not later:
        return ""
    return (
        f" The classifier breaks the order: <code>{last.layer}</code>, the last layer, was "
        f"halfway by epoch <b>{_epoch(half)}</b>, before {len(later)} of the "
        f"{len(history.convolutions)} convolutions."
    )


def _epoch(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def answer_filters(history: FilterHistory, layer: LayerHistory, place: int) -> str:
    """The filters at one epoch."""
    return (
        f"At epoch <b>{history.epochs[place]}</b> the network names "
        f"<b>{percent(history.validation[place])}</b> of the validation patches, and "
        f"<code>{layer.layer}</code> has <b>{percent(layer.way_left_e[place])}</b> of the way "
        f"from epoch {history.epochs[0]} to its finished filters left. {verdict(history)}."
    )


def answer_settling(history: FilterHistory) -> str:
    """Which layers settled first."""
    halves = ", ".join(
        f"{_epoch(history.halfway(each.way_left_e))} in {each.layer}"
        for each in history.convolutions
    )
    return f"{verdict(history)}: half of the way was done by epoch {halves}.{classifier(history)}"


def measure_caption(history: FilterHistory, measure: str) -> str:
    """What a line of the chart shows."""
    first = history.epochs[0]
    said = {
        "way": f"Way left: L2 distance to the finished weights, of the distance at epoch {first}.",
        "turn": "Turn left: mean over the filters of 1 − cosine similarity to the finished ones, "
        f"of its value at epoch {first}; how large a filter is does not count.",
        "cosine": "Mean over the filters of 1 − cosine similarity between neighbouring snapshots, "
        "divided by the epochs between them; both axes logarithmic.",
        "relative": "L2 distance between neighbouring snapshots, of the mean of their norms, "
        "divided by the epochs between them; both axes logarithmic.",
    }[measure]
    return f"{said} Dashed: fully connected layers. The line marks the chosen epoch."


def answer_patches(found: PatchHistory, layer: str) -> str:
    """How often the strongest patch changed, beside the layer at the other end."""
    changed = found.changed_g(layer)
    channels = len(found.found[0][layer].values_ck)
    names = list(found.fields)
    other = names[0] if layer != names[0] else names[-1]
    beside = "" if other == layer else f", of {other} {percent(found.changed_g(other)[-1])}"
    return (
        f"<b>{percent(changed[0])}</b> of the {channels} units of <code>{layer}</code> have "
        f"another strongest patch at epoch {found.epochs[1]} than at {found.epochs[0]}; from epoch "
        f"{found.epochs[-2]} to {found.epochs[-1]} still <b>{percent(changed[-1])}</b> change it"
        f"{beside}. Where one of the {found.pictures:,} patches takes over, what a unit shows "
        "jumps."
    )


def answer_saliency(found: SaliencyHistory) -> str:
    """When the network began to say what it says at the end."""
    final = found.maps[-1].target_class
    said = [each.classes[0] for each in found.predictions]
    since = len(said)
    while since and said[since - 1] == final:
        since -= 1
    sure = percent(found.predictions[-1].probabilities[0])
    if since == 0:
        return (
            f"The network says <b>{html.escape(final)}</b> at every snapshot; at the end it is "
            f"<b>{sure}</b> sure."
        )
    return (
        f"The network says <b>{html.escape(final)}</b> from epoch <b>{found.epochs[since]}</b> on, "
        f"at the end <b>{sure}</b> sure; at epoch {found.epochs[since - 1]} it still said "
        f"{html.escape(said[since - 1])}."
    )


def kernel_caption(layer: LayerHistory, scale: str) -> str:
    """What is drawn, and what the colours mean."""
    colour = layer.kernels_eshwp is not None and layer.kernels_eshwp.shape[-1] == 3
    if colour:
        what = f"All {layer.filters} filters of {layer.layer}"
        zero = "mid-grey is 0; the colours are the weights of red, green and blue"
    else:
        what = (
            f"The {len(layer.shown)} of {short(layer.kernels)} kernels of {layer.layer} with the "
            "greatest norms at the end (a kernel reads one input channel for one unit)"
        )
        zero = "white is 0, red positive, blue negative"
    order = "the greatest norm at the end first" if colour else "the greatest first"
    how = (
        "Each kernel has its own scale at each epoch, so size does not compare"
        if scale == "filter"
        else "One scale for all kernels and all epochs"
    )
    return f"{what}, {order}, at the same place at every epoch. {how}; {zero}."


def patch_caption(found: PatchHistory, layer: str) -> str:
    """Which patches were searched, and what of them is shown."""
    field = found.fields[layer]
    high, wide = field.size
    sees = f"{high} × {wide}"
    more = (
        ", more than the 64 × 64 pixels of a patch: what it does not see is left grey"
        if max(field.size) > 64
        else ""
    )
    return (
        f"Searched: {found.pictures:,} patches: {found.said}. Shown is exactly what the unit sees "
        f"where it answers most: {sees} pixels{more}. Of each patch only the greatest place "
        "counts, before the ReLU; grey alone where a unit is above zero nowhere."
    )


def saliency_caption(found: SaliencyHistory) -> str:
    """What the colours mean."""
    return (
        f"Yellow pixels move the score of '{found.maps[-1].target_class}' most, the class the "
        "finished network says, at every epoch; each map has its own scale, up to its 99th "
        "percentile. Above each map: what the network said then, and how sure it was. "
        f"{found.maps[-1].method.capitalize()}."
    )


def table_csv(history: FilterHistory) -> str:
    """Every measured number, one row a layer and snapshot."""
    file = io.StringIO()
    out = csv.writer(file, lineterminator="\n")
    out.writerow(
        [
            "layer",
            "epoch",
            "validation",
            "way_left",
            "turn_left",
            "since_epoch",
            "cosine",
            "relative",
        ]
    )
    for each in history.layers:
        for place, epoch in enumerate(history.epochs):
            row = [each.layer, epoch, history.validation[place]]
            row += [each.way_left_e[place], each.turn_left_e[place]]
            if place:
                row += [history.epochs[place - 1], each.cosine_g[place - 1]]
                row += [each.relative_g[place - 1]]
            out.writerow(row)
    return file.getvalue()


def numbers_table(history: FilterHistory) -> str:
    """Way left by layer and epoch, and when each layer was halfway, as HTML."""
    heads = "".join(f'<th class="n">epoch {epoch}</th>' for epoch in history.epochs)
    rows = ""
    for each in history.layers:
        cells = "".join(f'<td class="n">{percent(value)}</td>' for value in each.way_left_e)
        rows += (
            f'<tr><td>{each.layer}</td>{cells}<td class="n">'
            f'{_epoch(history.halfway(each.way_left_e))}</td><td class="n">'
            f"{_epoch(history.halfway(each.turn_left_e))}</td></tr>"
        )
    return (
        f'<div class="cs-wide"><table class="cs-table"><thead><tr><th>way left</th>{heads}'
        '<th class="n">half of the way by</th><th class="n">half of the turn by</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def explanation(history: FilterHistory, recipe: Mapping[str, Any]) -> str:
    """How the measures are defined, and what they cannot show.

    Args:
        recipe: of the training, as the card has it.
    """
    own = ""
    if "conv1_std" in recipe and "conv1_weight_decay" in recipe:
        own = (
            f" The recipe treats conv1 on its own (it starts with a standard deviation of "
            f"{recipe['conv1_std']:g} and has a weight decay of {recipe['conv1_weight_decay']:g}, "
            f"the others {recipe.get('weight_decay', 0):g}), so a part of its lead may be the "
            "recipe's."
        )
    lower, close, upper = history.lower_first("turn_left_e")
    return (
        "**Way left** is the L2 distance of a layer's weights to the finished ones, of that "
        f"distance at epoch {history.epochs[0]}: 100% there, 0% at the end by definition. "
        "**Turn left** is the same with the mean over the filters of 1 − cosine similarity, which "
        "ignores how large a filter is. Half of the way is read off straight lines between "
        f"snapshots. By turn left, of the pairs of convolutions the lower one was halfway first in "
        f"{lower}, the upper one in {upper}, and neither by more than an epoch in {close}."
        "\n\n**Turn per epoch** is the mean over the filters of 1 − cosine similarity between "
        "neighbouring snapshots, **change per epoch** the L2 distance between them, of the mean of "
        "their norms. The gaps differ, so both are divided by the epochs in the gap: a mean rate, "
        "which is lower than the true one where weights went to and fro. 1 − cosine grows with the "
        "square of a small turn, so a steady turn shows more per epoch across a longer gap.\n\n"
        "All layers come to rest when the learning rate falls to zero, and all have distance 0 to "
        "themselves at the end: only the order of the layers is a finding, and that of one "
        f"training.{own} Biases are left out. Snapshots before the last are stored with 16 bits, "
        "which moves a weight by at most 0.05%, or by 3 in 100 million where that is more. Zeiler "
        "and Fergus (ECCV 2014, section 4) saw lower layers converge within a few epochs and upper "
        "ones after 40 to 50, by eye."
    )


def snippet(show: str, network: str, layer: str, searched: str, picture: str) -> str:
    """The lines of Python that make a view."""
    if show == "patches":
        return (
            "import vizcore as vc\n"
            f"found = vc.evolution_patches({network!r}, {searched!r})\n"
            f"for epoch, best in zip(found.epochs, found.found):\n"
            f"    print(epoch, best[{layer!r}].pictures_ck[:3, 0], "
            f"best[{layer!r}].values_ck[:3, 0])"
        )
    if show == "saliency":
        imports = picture_views.picture_imports(picture).rstrip()
        return (
            f"{imports}\n"
            f"found = vc.evolution_saliency({network!r}, {picture_views.picture_code(picture)})\n"
            "for epoch, said in zip(found.epochs, found.predictions):\n"
            "    print(epoch, said.classes[0], said.probabilities[0])"
        )
    more = (
        f"layer = past.layer({layer!r})\nprint(layer.kernels_eshwp.shape)"
        if show == "filters"
        else "for layer in past.layers:\n    print(layer.layer, layer.way_left_e.round(2))"
    )
    return (
        f"import vizcore as vc\npast = vc.evolution({network!r})\n"
        f"print(past.epochs, past.validation)\n{more}"
    )
