"""What the Accuracy page says: the answer, the caption, how to read it."""

from __future__ import annotations

import html
from collections.abc import Sequence

from vizcore.accuracy import fleet_points
from vizcore.accuracy_readings import Reading
from vizcore.figures.accuracy_ranking import MOST
from vizcore.figures.accuracy_words import at_price, axis_name, said_of, short_label
from vizcore.records.accuracy import AccuracyPoint, Axis, pareto_front
from vizcore.records.bench import Measurement
from vizcore.ui.accuracy_choices import BATCH, NETWORK, Asked
from vizcore.ui.accuracy_tables import said_of_reading

HOW_TO_READ = """
- A circle is one network. Its area is the third quantity; the circles in the corner give the scale.
- The dotted line joins the networks that no other beats: none is better in one of the two
  quantities without being worse in the other (the Pareto front).
- A thin line joins neighbours in cost within one family and one training recipe.
- Costs are recomputed from the network itself, for one picture of the size at which the accuracy
  was measured. Operations are two a multiply-add; convolutions, fully connected layers and
  attention are counted.
- Accuracies are as published, each with its own protocol; the networks of the 2017 study come from
  other trainings than those of torchvision, and newer recipes raise old networks by points. A
  hollow circle is an accuracy that somebody read off the study's figure, for want of a number.
- Times, memory, power and energy are never the study's: they were measured on the machine that is
  named, with the study's networks as the zoo builds them.
- The networks in the box are measured here, on the test patches of Photos-20: their axis is not
  that of ImageNet. A bar is the standard deviation over seeds.
"""


def answer(
    points: Sequence[AccuracyPoint],
    found: Sequence[Measurement | None],
    wanted: Asked,
    finding: str = "",
    reading: Reading | None = None,
) -> str:
    """One sentence: a caption's verdict, the ends of the front, or the first and the last.

    `finding` is the picture's title, which says it of batch sizes.
    """
    if reading is not None:
        return said_of_reading(reading)
    if wanted.kind == BATCH:
        where = wanted.machine.machine.title if wanted.machine else ""
        return f"On <b>{html.escape(where)}</b>, {wanted.setup.dtype}: {html.escape(finding)}."
    if wanted.x is None:
        return _ranking_answer(points, found, wanted.y)
    return _plane_answer(points, found, wanted.x, wanted.y)


def _ranking_answer(
    points: Sequence[AccuracyPoint], found: Sequence[Measurement | None], axis: Axis
) -> str:
    known = sorted(
        (value, short_label(point))
        for point, measurement in zip(points, found, strict=True)
        if (value := axis.value(point, measurement)) is not None
    )
    worst, best = (known[-1], known[0]) if axis.less_is_better else (known[0], known[-1])
    middle = known[len(known) // 2]
    return (
        f"<b>{html.escape(best[1])}</b> is first of {len(known)} with {said_of(axis, best[0])}; "
        f"{html.escape(middle[1])} in the middle has {said_of(axis, middle[0])}, "
        f"{html.escape(worst[1])} as the last {said_of(axis, worst[0])}."
    )


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]


def _plane_answer(
    points: Sequence[AccuracyPoint], found: Sequence[Measurement | None], x: Axis, y: Axis
) -> str:
    values = [
        (point, a, b)
        for point, measurement in zip(points, found, strict=True)
        if (a := x.value(point, measurement)) is not None
        and (b := y.value(point, measurement)) is not None
    ]
    front = pareto_front(
        [(a, b) for _, a, b in values], less_x=x.less_is_better, less_y=y.less_is_better
    )
    named = [values[number] for number in front]

    def told(entry: tuple[AccuracyPoint, float, float]) -> str:
        point, a, b = entry
        return f"<b>{html.escape(short_label(point))}</b> ({said_of(y, b)} {at_price(x, a)})"

    if len(values) == 1:
        return f"Of one network alone both are known: {told(named[0])}."
    if x.less_is_better and y.less_is_better and "year" not in (x.key, y.key) and x.key != y.key:
        order = sorted(values, key=lambda each: each[2] / each[1])
        return (
            f"Of {len(values)} networks, {told(order[-1])} has the most {_lowered(axis_name(y))} "
            f"for its {_lowered(axis_name(x))}, {told(order[0])} the least."
        )
    if len(named) == 1:
        return f"Of {len(values)} networks one beats all others in both: {told(named[0])}."
    return (
        f"Of {len(values)} networks, {len(named)} are beaten by no other in both quantities: from "
        f"{told(named[0])} to {told(named[-1])}."
    )


def caption(
    points: Sequence[AccuracyPoint], found: Sequence[Measurement | None], wanted: Asked
) -> str:
    """What is on the plot, what is not and why."""
    if wanted.kind == BATCH:
        return _measured_on(wanted, ()) + (
            " Only networks that were measured at two sizes or more are drawn: "
            "`python -m vizcore bench KEY... --batch 1 2 4 8` measures others."
        )
    said = []
    if wanted.area is not None:
        said.append(f"Area: {wanted.area.title[0].lower()}{wanted.area.title[1:]}.")
    drawn = [axis for axis in (wanted.x, wanted.y) if axis is not None]
    missing = [
        point
        for point, measurement in zip(points, found, strict=True)
        if any(axis.value(point, measurement) is None for axis in drawn)
    ]
    known = [point for point in missing if point.macs is not None]
    said += [_uncounted(point) for point in missing if point.macs is None]
    if known:
        names = [short_label(point) for point in known]
        many = f" and {len(names) - 6} more" if len(names) > 6 else ""
        said.append(f"Not drawn, as not measured: {', '.join(names[:6])}{many}.")
    if wanted.is_measured:
        said += [_measured_on(wanted, found), *_built_otherwise(points, found)]
    if any(point.kind == "read off a figure" for point in points if point not in missing):
        said.append("Hollow: read off the study's figure.")
    seeds = sum(point.spread_pct is not None for point in points)
    if seeds and any(axis.key == "top1" for axis in drawn):
        said.append(
            f"Bars: standard deviation over seeds, of the {seeds} of {len(points)} networks that "
            "were trained with several."
        )
    said += _on_other_pictures(points)
    if any("SWAG" in point.weights for point in points):
        said.append("SWAG: learned on other pictures before ImageNet's.")
    if wanted.kind == NETWORK and len(points) - len(missing) > MOST:
        said.append(f"The first {MOST}; all are in the table.")
    return " ".join([*said, "Click a network for its sources and the way to its layers."])


def _on_other_pictures(points: Sequence[AccuracyPoint]) -> list[str]:
    """Which networks in the box are measured on pictures of another kind."""
    if not all(point.kind == "measured here" for point in points):
        return []
    weights = {point.weights for point in points}
    others = [point for point in fleet_points() if point.weights not in weights]
    return [f"{each.label}, {each.protocol}: on another axis." for each in others]


def _built_otherwise(
    points: Sequence[AccuracyPoint], found: Sequence[Measurement | None]
) -> list[str]:
    """Which networks were measured without the normalisation that they were trained with."""
    plain = [
        point.label
        for point, measurement in zip(points, found, strict=True)
        if measurement is not None and point.label.startswith("BN-") and "without" in point.note
    ]
    return [f"{' and '.join(plain)}: as built without normalisation."] if plain else []


def _uncounted(point: AccuracyPoint) -> str:
    """Why a network that has an accuracy is not on a plot of costs."""
    return (
        f"{short_label(point)} is not drawn: no source tells the operations or parameters of its "
        "classification network, and the zoo has no build of it to count. Its "
        f"{point.top1_pct:.0f}% was read off the study's figure; the bars of accuracy show it."
    )


def _measured_on(wanted: Asked, found: Sequence[Measurement | None]) -> str:
    if wanted.machine is None:
        return "Nothing was measured on any machine yet."
    spreads = [each.spread for each in found if each is not None]
    within = f"; rounds apart by up to {max(spreads):.0%}" if spreads else ""
    how = wanted.setup.words if wanted.kind != BATCH else wanted.setup.dtype
    return (
        f"Measured on {wanted.machine.machine.title}, {how}{within}: not the study's own machine."
    )


def measured_at_all(wanted: Asked) -> str:
    """What the machine's results have where they lack what is asked for."""
    if wanted.machine is None:
        return "Nothing was measured on any machine yet."
    setups = list(dict.fromkeys(each.setup.words for each in wanted.machine.measurements))
    words = f"{wanted.machine.machine.title} was measured with {'; '.join(setups[:6])}."
    if any(axis is not None and axis.key in ("power", "energy") for axis in wanted.axes):
        words += " Power and energy are counted by NVIDIA's boards only."
    return words
