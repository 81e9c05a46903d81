"""The lines of Python behind a picture of the Accuracy page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vizcore.ui.accuracy_choices import BATCH, NETWORK, OVER_BATCHES, Asked
from vizcore.ui.address import View


def snippet(wanted: Asked, view: View, labels: Sequence[str] = ()) -> str:
    """The lines of Python behind the picture; `labels` are of the networks pointed out."""
    which, find = view["set"], view["find"]
    named = f", find={find!r}" if find else ""
    lines = ["import vizcore as vc"]
    points = f"points = vc.accuracy_points({which!r}{named})"
    measured = "measured = [None] * len(points)"
    imports = {
        "plane": "from vizcore.figures.accuracy import Shown, draw_accuracy",
        NETWORK: "from vizcore.figures.accuracy_ranking import draw_ranking",
        BATCH: "from vizcore.figures.measured_batches import draw_batches",
    }
    if wanted.kind == "plane" and view["lines"]:
        lines.append("from vizcore.accuracy import family_lines")
    lines.append(imports[wanted.kind])
    names = ["AXES"] if wanted.kind != BATCH else []
    if wanted.is_measured and wanted.machine is not None:
        of = "batches_of" if wanted.kind == BATCH else "measured_of"
        names.append(of)
        setup = {name: getattr(wanted.setup, name) for name in wanted.setup.__slots__}
        given = ", ".join(f"{name}={value!r}" for name, value in setup.items())
        measured = (
            f'machine = machines()["{wanted.machine.machine.slug}"]\n'
            f"measured = {of}(points, machine, Setup({given}))"
        )
    elif wanted.kind == BATCH:
        measured = "measured = []  # nothing was measured yet"
    if names:
        lines.append(f"from vizcore.records.accuracy import {', '.join(names)}")
    if len(measured.splitlines()) > 1:
        lines.append("from vizcore.records.bench import Setup")
        lines.append("from vizcore.runtime.measured import machines")
    lines += ["", points, measured]
    if labels and wanted.kind != BATCH:
        lines.append(f"names = {tuple(dict.fromkeys(labels))!r}")
        lines.append(
            "chosen = frozenset(n for n, each in enumerate(points) if each.label in names)"
        )
    lines += _drawing(wanted, view, is_pointed=bool(labels))
    return "\n".join(lines)


def _drawing(wanted: Asked, view: View, *, is_pointed: bool) -> list[str]:
    pointed = ", chosen=chosen" if is_pointed else ""
    shows = "  # figure.show() opens it"
    if wanted.kind == BATCH:
        quantity: Any = OVER_BATCHES.get(wanted.y.key, "throughput")
        return [f"figure = draw_batches(measured, {quantity!r}){shows}"]
    if wanted.x is None:
        return [f'figure = draw_ranking(points, measured, AXES["{wanted.y.key}"]{pointed}){shows}']
    options = [f'AXES["{axis.key}"]' for axis in (wanted.x, wanted.y, wanted.area) if axis]
    options += ["front=False"] * (not view["front"])
    options += ["lines=family_lines(points)"] * view["lines"]
    return [
        f"shown = Shown({', '.join(options)}{pointed})",
        f"figure = draw_accuracy(points, measured, shown){shows}",
    ]
