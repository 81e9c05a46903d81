"""What was measured on a machine: latency with its spread, throughput over batch sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log10
from typing import TYPE_CHECKING, Any

from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.fleet import decades
from vizcore.figures.numbers import short
from vizcore.figures.palette import FONT_SIZE, SECOND_PATTERN, Theme, apply_theme, theme
from vizcore.formats.words import counted
from vizcore.records_bench import Measurement

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW_PX = 34
HEIGHT_PX = 560
#: The height of the plotting area, in which names at the ends of lines are kept apart.
_PLOT_PX = 440.0


def name_of(measurement: Measurement) -> str:
    """A network's key, with the picture's side where it is not square in the usual way."""
    return measurement.network


def latency_finding(measurements: Sequence[Measurement]) -> str:
    """Who is quickest and who slowest, in a line.

    Raises:
        NotApplicable: nothing was measured.
    """
    if not measurements:
        raise NotApplicable("Nothing was measured in this setup yet.")
    quick = min(measurements, key=lambda m: m.latency_ms)
    slow = max(measurements, key=lambda m: m.latency_ms)
    if quick is slow:
        return f"{name_of(quick)}: {ms(quick.latency_ms)} a pass, ± {quick.spread:.0%}"
    return (
        f"{name_of(quick)} needs {ms(quick.latency_ms)} a pass, {name_of(slow)} "
        f"{ms(slow.latency_ms)}"
    )


def ms(value: float) -> str:
    """Milliseconds, with the digits they deserve.

    Example:
        >>> ms(0.1234), ms(12.34), ms(1234)
        ('0.123 ms', '12.3 ms', '1.23 s')
    """
    return f"{value:.3g} ms" if value < 1000 else f"{value / 1000:.3g} s"


def draw_latency(
    measurements: Sequence[Measurement],
    beside: Sequence[Measurement] = (),
    *,
    titles: tuple[str, str] = ("", ""),
    dark: bool = False,
) -> go.Figure:
    """Draw the latency of one pass, a bar a network, the quickest above.

    A thin line reaches from the quickest round's median to the slowest's: the stated spread.

    Args:
        beside: another machine's measurements of the same networks, hatched.
        titles: of the two machines, where there are two.

    Raises:
        NotApplicable: nothing was measured.
    """
    import plotly.graph_objects as go

    title = latency_finding(measurements)
    colours = theme(dark)
    order = sorted(measurements, key=lambda m: -m.latency_ms)
    others = {name_of(m): m for m in beside}
    second = [others[name_of(m)] for m in order if name_of(m) in others]
    if second:
        title = beside_finding([m for m in order if name_of(m) in others], second, titles)
    figure = go.Figure()
    for shown, machine, pattern in ((second, titles[1], SECOND_PATTERN), (order, titles[0], "")):
        if shown:
            figure.add_bar(**_bars(shown, machine, pattern, colours))
    height = max(220, 110 + _ROW_PX * len(order) * (2 if second else 1))
    apply_theme(figure, dark, title=title, x_title="Latency of one pass, ms", height=height)
    figure.update_layout(
        annotations=[
            {
                "x": max(m.rounds_ms),
                "y": name_of(m),
                "text": ms(m.latency_ms),
                "showarrow": False,
                "xanchor": "left",
                "xshift": 8,
                "font": {"size": FONT_SIZE, "color": colours.text},
            }
            for m in ([] if second else order)
        ],
        showlegend=bool(second),
        legend={"traceorder": "reversed"},
        barmode="group",
        meta={"alt": _listed("Latency of one pass", title, order)},
    )
    figure.update_xaxes(range=[0, 1.14 * max(max(m.rounds_ms) for m in (*order, *second))])
    return figure


def _bars(
    shown: Sequence[Measurement], machine: str, pattern: str, colours: Theme
) -> dict[str, Any]:
    return {
        "name": machine,
        "x": [m.latency_ms for m in shown],
        "y": [name_of(m) for m in shown],
        "orientation": "h",
        "marker": {
            "color": colours.accent,
            "pattern": {"shape": pattern, "fgcolor": colours.accent, "bgcolor": colours.paper},
            "line": {"width": 2 if pattern else 0, "color": colours.accent},
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [max(m.rounds_ms) - m.latency_ms for m in shown],
            "arrayminus": [m.latency_ms - min(m.rounds_ms) for m in shown],
            "color": colours.text,
            "thickness": 2,
        },
        "hovertext": [hover(m) for m in shown],
        "hoverinfo": "text",
    }


def beside_finding(
    first: Sequence[Measurement], second: Sequence[Measurement], titles: tuple[str, str]
) -> str:
    """How many times quicker one machine is, network by network, in a line."""
    ratios = sorted(b.latency_ms / a.latency_ms for a, b in zip(first, second, strict=True))
    low, high = ratios[0], ratios[-1]
    if low >= 1:
        return f"{titles[0]} is {low:.3g} to {high:.3g} times as quick"
    if high <= 1:
        return f"{titles[1]} is {1 / high:.3g} to {1 / low:.3g} times as quick"
    return f"{titles[0]} takes {1 / high:.3g} to {1 / low:.3g} times what the other takes"


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
    for each in measurements:
        if value(each):
            lines.setdefault(name_of(each), []).append(each)

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


def hover(measurement: Measurement) -> str:
    """What is told of a measurement when a person points at it, as HTML."""
    low, high = measurement.quartiles_ms
    lines = [
        f"<b>{measurement.network}</b>, {measurement.setup.words}, {measurement.input_shape[1]} px",
        f"{ms(measurement.latency_ms)} a pass; rounds: "
        + ", ".join(ms(value) for value in measurement.rounds_ms),
        f"middle half of the blocks: {ms(low)} to {ms(high)}; {measurement.runs:,} passes",
        f"{short(measurement.images_per_s)} pictures a second, "
        f"{short(measurement.flops_per_s)} operations a second",
    ]
    if measurement.peak_bytes is not None:
        lines.append(f"{measurement.peak_bytes / 1e6:,.1f} MB at its widest")
    if measurement.energy_per_image_j is not None:
        lines.append(f"{measurement.energy_per_image_j:.3g} J a picture")
    return "<br>".join([*lines, f"measured {measurement.date}"])


def _listed(what: str, title: str, measurements: Sequence[Measurement]) -> str:
    values = "; ".join(f"{name_of(m)} {ms(m.latency_ms)}" for m in reversed(measurements))
    return f"{what} of {counted(len(measurements), 'network')}. {title}. {values}."
