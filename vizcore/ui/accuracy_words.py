"""What the Accuracy page says: the answer, the caption, the code, how to read it."""

from __future__ import annotations

import html
from collections.abc import Sequence

from vizcore.figures.accuracy_words import said_of, short_label
from vizcore.records_accuracy import AccuracyPoint, Axis, pareto_front
from vizcore.records_bench import MachineResults, Measurement, Setup

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
- The networks in the box are measured here, on 376 patches of twenty photographs: their axis is
  not that of ImageNet. A bar is the standard deviation over seeds.
"""


def answer(
    points: Sequence[AccuracyPoint], found: Sequence[Measurement | None], x: Axis, y: Axis
) -> str:
    """One sentence: the knee of the front, with its numbers."""
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
        return f"<b>{html.escape(short_label(point))}</b> ({said_of(y, b)} with {said_of(x, a)})"

    said = f"Of {len(values)} networks, {len(named)} are beaten by no other in both quantities"
    if len(named) == 1:
        return f"Of {len(values)} networks one beats all others in both: {told(named[0])}."
    return f"{said}: from {told(named[0])} to {told(named[-1])}."


def caption(
    points: Sequence[AccuracyPoint],
    found: Sequence[Measurement | None],
    x: Axis,
    y: Axis,
    area: Axis | None,
    machine: MachineResults | None,
    setup: Setup,
) -> str:
    """What is on the plot and what is not."""
    said = []
    if area is not None:
        said.append(f"Area: {area.title[0].lower()}{area.title[1:]}.")
    missing = [
        short_label(point)
        for point, measurement in zip(points, found, strict=True)
        if x.value(point, measurement) is None or y.value(point, measurement) is None
    ]
    if missing:
        many = f" and {len(missing) - 6} more" if len(missing) > 6 else ""
        said.append(f"Not drawn, as a quantity is unknown: {', '.join(missing[:6])}{many}.")
    if any(axis is not None and axis.measured for axis in (x, y, area)) and machine is not None:
        spreads = [each.spread for each in found if each is not None]
        within = f"; rounds apart by up to {max(spreads):.0%}" if spreads else ""
        said.append(f"Measured on {machine.machine.title}, {setup.words}{within}.")
    if any(point.kind == "read off a figure" for point in points):
        said.append("Hollow: read off the study's figure.")
    return " ".join([*said, "Click a circle for its numbers."])


def snippet(which: str, x: Axis, y: Axis, area: Axis | None) -> str:
    """The lines of Python behind the plot."""
    third = f', AXES["{area.key}"]' if area else ""
    return (
        "import vizcore as vc\n"
        "from vizcore.figures.accuracy import Shown, draw_accuracy\n"
        "from vizcore.records_accuracy import AXES\n\n"
        f"points = vc.accuracy_points({which!r})\n"
        f'shown = Shown(AXES["{x.key}"], AXES["{y.key}"]{third})\n'
        "figure = draw_accuracy(points, [None] * len(points), shown)  # figure.show() opens it"
    )
