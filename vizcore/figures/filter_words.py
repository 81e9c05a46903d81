"""What is said about filters: answers in a sentence, and their numbers as CSV."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterable, Sequence

from vizcore.figures.numbers import percent, short
from vizcore.formats.words import counted
from vizcore.records.filters import (
    DEAD_BELOW,
    SMALL_BELOW,
    TWIN_ABOVE,
    FilterBank,
    FilterSlices,
    LayerActivity,
    NetworkFilters,
    Resemblance,
)

DEFINITIONS = (
    f"A filter is **dead** where its L2 norm is below {percent(DEAD_BELOW)} of the layer's median "
    "norm, and **silent** where what goes into the ReLU behind it never rose above zero on the "
    "sample pictures (not measured where no ReLU follows, with none but a batch normalisation "
    f"between). Two filters are **nearly the same** where their cosine similarity is above "
    f"{TWIN_ABOVE:g}; filters of different groups read different channels and are not compared. "
    f"A weight is **nearly zero** below {percent(SMALL_BELOW)} of the layer's greatest magnitude. "
    "Biases are left out, and batch normalisation is not folded in."
)


def _any(number: int, one: str, many: str) -> str:
    return counted(number, one, many) if number else f"no {one}"


def bank_answer(bank: FilterBank) -> str:
    """What the filters of a layer look for, in a sentence of HTML."""
    layer = bank.layer
    name = f"<code>{html.escape(layer.name)}</code>"
    count = f"<b>{counted(layer.filters, 'filter')}</b>"
    if bank.colour_f is not None:
        colour = int((bank.colour_f > 0.5).sum())
        first = (
            f"Of the {count} of {name}, <b>{colour}</b> look for colour and "
            f"<b>{layer.filters - colour}</b> for light and dark"
        )
    else:
        height, width = layer.kernel
        first = (
            f"Each of the {count} of {name} looks at {height} × {width} "
            f"places of {counted(layer.inputs, 'channel')}"
        )
    return f"{first}. {_health(bank)}."


def _health(bank: FilterBank) -> str:
    found = bank.statistics
    dead = _any(int(found.dead_f.sum()), "filter is dead", "filters are dead")
    twins = _any(len(found.twins), "pair is nearly the same", "pairs are nearly the same")
    said = f"{dead}, {twins}, {percent(found.sparsity)} of the weights are nearly zero"
    return said[0].upper() + said[1:]


def slices_answer(bank: FilterBank, found: FilterSlices) -> str:
    """What one filter reads, in a sentence of HTML."""
    name = f"<code>{html.escape(found.layer)}</code>"
    count = len(found.inputs_i)
    if not found.norms_i.any():
        return f"Filter <b>{found.number}</b> of {name} is zero: it looks at nothing."
    half = found.needed(0.5)
    reads = (
        f"reads one channel, number {found.inputs_i[0]}"
        if count == 1
        else f"reads <b>{count} channels</b>; half of its squared weights are in <b>{half}</b> of "
        f"them, most in channel <b>{found.inputs_i[0]}</b>"
    )
    return (
        f"Filter <b>{found.number}</b> of {name} {reads}. Among the layer's {bank.layer.filters} "
        f"filters {_health(bank)[0].lower() + _health(bank)[1:]}."
    )


def textbook_answer(layer: str, found: Sequence[Resemblance]) -> str:
    """Which textbook filters were learned, in a sentence of HTML."""
    best = max(found, key=lambda each: abs(each.cosine))
    beyond = sum(abs(each.cosine) > each.chance for each in found)
    turned = ", as its negative" if best.cosine < 0 else ""
    verb = "has" if beyond == 1 else "have"
    return (
        f"<b>{beyond} of {len(found)}</b> textbook filters {verb} one in "
        f"<code>{html.escape(layer)}</code> that is nearer than random filters get. The nearest "
        f"pair is <b>{best.name}</b> and filter <b>{best.number}</b>{turned}: cosine "
        f"{abs(best.cosine):.2f}, where random filters reached {best.chance:.2f}."
    )


def network_answer(found: NetworkFilters) -> str:
    """The whole network's filters in one sentence."""
    filters = sum(each.layer.filters for each in found.layers)
    dead = sum(int(each.statistics.dead_f.sum()) for each in found.layers)
    twins = sum(len(each.statistics.twins) for each in found.layers)
    measured = [each for each in found.layers if each.silent_f is not None]
    silent = sum(int(each.silent_f.sum()) for each in measured if each.silent_f is not None)
    watched = sum(each.layer.filters for each in measured)
    quiet = (
        f", and {short(silent)} of the {short(watched)} in front of a ReLU stayed silent on "
        f"{found.pictures} sample pictures"
        if measured
        else ""
    )
    return (
        f"Of {short(filters)} filters in {len(found.layers)} convolutions {short(dead)} are dead, "
        f"{_any(twins, 'pair is nearly the same', 'pairs are nearly the same')}{quiet}."
    )


def bank_csv(bank: FilterBank) -> str:
    """One line for each filter of a layer."""
    activity = LayerActivity(bank.layer, bank.statistics, None)
    colours = None if bank.colour_f is None else [f"{share:.6g}" for share in bank.colour_f]
    return _csv(_lines(activity, colours))


def network_csv(found: NetworkFilters) -> str:
    """One line for each filter of every layer."""
    return _csv(line for each in found.layers for line in _lines(each, None))


def _lines(activity: LayerActivity, colours: list[str] | None) -> Iterable[dict[str, object]]:
    layer, found = activity.layer, activity.statistics
    alike: dict[int, list[int]] = {}
    for a, b, _ in found.twins:
        alike.setdefault(a, []).append(b)
        alike.setdefault(b, []).append(a)
    silent = activity.silent_f
    for number in range(layer.filters):
        yield {
            "layer": layer.name,
            "filter": number,
            "inputs": layer.inputs,
            "kernel": f"{layer.kernel[0]}x{layer.kernel[1]}",
            "groups": layer.groups,
            "l2_norm": f"{found.norms_f[number]:.6g}",
            "dead": int(found.dead_f[number]),
            "nearly_zero_share": f"{found.small_f[number]:.6g}",
            "nearly_the_same_as": " ".join(map(str, sorted(alike.get(number, [])))),
            "colour_share": "" if colours is None else colours[number],
            "maximum_on_samples": ""
            if activity.maxima_f is None
            else f"{activity.maxima_f[number]:.6g}",
            "silent_on_samples": "" if silent is None else int(silent[number]),
        }


def _csv(lines: Iterable[dict[str, object]]) -> str:
    text = io.StringIO()
    rows = list(lines)
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
