"""What was measured over batch sizes: throughput, time, memory, power, energy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log10
from typing import TYPE_CHECKING

from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.fleet import decades
from vizcore.figures.measured import hover, names
from vizcore.figures.palette import FONT_SIZE, apply_theme, theme
from vizcore.records.bench import Measurement

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 560
#: The height of the plotting area, in which names at the ends of lines are kept apart.
_PLOT_PX = 440.0
#: What can be drawn over batch sizes: its axis, its value, whether more is better.
Quantity = tuple[str, Callable[[Measurement], float | None], bool]
QUANTITIES: dict[str, Quantity] = {
    "throughput": ("Pictures a second", lambda m: m.images_per_s, True),
    "time": ("Time for one picture, ms", lambda m: m.latency_ms / m.setup.batch, False),
    "memory": ("Peak memory, MB", lambda m: m.peak_bytes and m.peak_bytes / 1e6, False),
    "power": ("Mean power, W", lambda m: m.power_w, False),
    "energy": ("Energy of one picture, J", lambda m: m.energy_per_image_j, False),
}


def draw_batches(
    measurements: Sequence[Measurement], quantity: str = "throughput", *, dark: bool = False
) -> go.Figure:
    """Draw a quantity against the pictures in one pass, a line a network, named at its end.

    Args:
        quantity: a key of `QUANTITIES`.

    Raises:
        BadChoice: another quantity.
        NotApplicable: no network has it at two batch sizes.
    """
    import plotly.graph_objects as go

    if quantity not in QUANTITIES:
        raise BadChoice.among("quantity", quantity, QUANTITIES)
    axis, value, _ = QUANTITIES[quantity]
    colours = theme(dark)
    lines: dict[str, list[Measurement]] = {}
    called = names(measurements)
    for each in measurements:
        if value(each):
            lines.setdefault(called[each.network, each.input_shape], []).append(each)

    def of(measurement: Measurement) -> float:
        return value(measurement) or 0.0

    lines = {name: found for name, found in lines.items() if len(found) > 1}
    if not lines:
        raise NotApplicable(
            f"No network's {axis.partition(',')[0].lower()} is known at two batch sizes in this "
            "number format. Measure some with several."
        )
    figure = go.Figure()
    for name, found in lines.items():
        found.sort(key=lambda m: m.setup.batch)
        figure.add_scatter(
            x=[m.setup.batch for m in found],
            y=[of(m) for m in found],
            mode="lines+markers",
            name=name,
            line={"width": 2, "color": colours.accent},
            marker={"size": 9, "color": colours.accent},
            hovertext=[hover(m) for m in found],
            hoverinfo="text",
        )
    title = batches_finding(lines, quantity)
    apply_theme(
        figure,
        dark,
        title=title,
        x_title="Pictures in one pass",
        y_title=axis,
        height=HEIGHT_PX,
    )
    rates = [of(m) for found in lines.values() for m in found]
    ends = (log10(min(rates)) - 0.1, log10(max(rates)) + 0.1)
    ordered = sorted(lines, key=lambda name: of(lines[name][-1]))
    heights = [
        (log10(of(lines[name][-1])) - ends[0]) / (ends[1] - ends[0]) * _PLOT_PX for name in ordered
    ]
    for name, height, lifted in zip(ordered, heights, apart(heights), strict=True):
        figure.add_annotation(
            x=log10(lines[name][-1].setup.batch),
            y=log10(of(lines[name][-1])),
            text=name,
            showarrow=False,
            xanchor="left",
            xshift=10,
            yshift=lifted - height,
            font={"size": FONT_SIZE, "color": colours.text},
        )
    sizes = sorted({m.setup.batch for found in lines.values() for m in found})
    figure.update_xaxes(type="log", tickvals=sizes, ticktext=list(map(str, sizes)))
    figure.update_yaxes(type="log", range=ends, **decades(ends))
    figure.update_layout(
        showlegend=False,
        hovermode="closest",
        margin={"r": 190},
        meta={"alt": f"{axis} against batch size of {', '.join(lines)}. {title}."},
    )
    return figure


def apart(heights: Sequence[float], least: float = 20.0) -> list[float]:
    """Rising heights, moved up as little as keeps neighbours apart.

    Example:
        >>> apart([0, 5, 100])
        [0, 20.0, 100]
    """
    moved: list[float] = []
    for height in heights:
        moved.append(max(height, moved[-1] + least) if moved else height)
    return moved


def batches_finding(lines: dict[str, list[Measurement]], quantity: str = "throughput") -> str:
    """What a larger batch changes most, in a line."""
    axis, value, more_is_better = QUANTITIES[quantity]

    def change(found: list[Measurement]) -> float:
        first = value(found[0]) or 1.0
        every = [(value(m) or first) / first for m in found]
        return max(every) if more_is_better else every[-1]

    most = max(lines, key=lambda name: abs(log10(change(lines[name]))))
    last = max(lines[most], key=lambda m: value(m) or 0.0) if more_is_better else lines[most][-1]
    words = axis.partition(",")[0]
    return (
        f"{most}: {change(lines[most]):.3g} times the {words[0].lower()}{words[1:]} with "
        f"{last.setup.batch} in one pass"
    )
