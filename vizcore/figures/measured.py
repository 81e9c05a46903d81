"""What was measured on a machine: latency with its spread, throughput over batch sizes."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import TYPE_CHECKING

from vizcore.errors import NotApplicable
from vizcore.figures.fleet import decades
from vizcore.figures.numbers import short
from vizcore.figures.palette import FONT_SIZE, apply_theme, theme
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


def draw_latency(measurements: Sequence[Measurement], *, dark: bool = False) -> go.Figure:
    """Draw the latency of one pass, a bar a network, the quickest above.

    A thin line reaches from the quickest round's median to the slowest's: the stated spread.

    Raises:
        NotApplicable: nothing was measured.
    """
    import plotly.graph_objects as go

    title = latency_finding(measurements)
    colours = theme(dark)
    order = sorted(measurements, key=lambda m: -m.latency_ms)
    middle = [m.latency_ms for m in order]
    figure = go.Figure(
        go.Bar(
            x=middle,
            y=[name_of(m) for m in order],
            orientation="h",
            marker_color=colours.accent,
            width=0.66,
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [max(m.rounds_ms) - m.latency_ms for m in order],
                "arrayminus": [m.latency_ms - min(m.rounds_ms) for m in order],
                "color": colours.text,
                "thickness": 2,
            },
            hovertext=[hover(m) for m in order],
            hoverinfo="text",
        )
    )
    height = max(220, 110 + _ROW_PX * len(order))
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
            for m in order
        ],
        meta={"alt": _listed("Latency of one pass", title, order)},
    )
    figure.update_xaxes(range=[0, 1.14 * max(max(m.rounds_ms) for m in order)])
    return figure


def draw_batches(measurements: Sequence[Measurement], *, dark: bool = False) -> go.Figure:
    """Draw pictures a second against pictures in one pass, a line a network, named at its end.

    Raises:
        NotApplicable: no network was measured with two batch sizes.
    """
    import plotly.graph_objects as go

    colours = theme(dark)
    lines: dict[str, list[Measurement]] = {}
    for each in measurements:
        lines.setdefault(name_of(each), []).append(each)
    lines = {name: found for name, found in lines.items() if len(found) > 1}
    if not lines:
        raise NotApplicable(
            "No network was measured with two batch sizes in this number format. Measure some "
            "with several."
        )
    figure = go.Figure()
    for name, found in lines.items():
        found.sort(key=lambda m: m.setup.batch)
        figure.add_scatter(
            x=[m.setup.batch for m in found],
            y=[m.images_per_s for m in found],
            mode="lines+markers",
            name=name,
            line={"width": 2, "color": colours.accent},
            marker={"size": 9, "color": colours.accent},
            hovertext=[hover(m) for m in found],
            hoverinfo="text",
        )
    title = batches_finding(lines)
    apply_theme(
        figure,
        dark,
        title=title,
        x_title="Pictures in one pass",
        y_title="Pictures a second",
        height=HEIGHT_PX,
    )
    rates = [m.images_per_s for found in lines.values() for m in found]
    ends = (log10(min(rates)) - 0.1, log10(max(rates)) + 0.1)
    ordered = sorted(lines, key=lambda name: lines[name][-1].images_per_s)
    heights = [
        (log10(lines[name][-1].images_per_s) - ends[0]) / (ends[1] - ends[0]) * _PLOT_PX
        for name in ordered
    ]
    for name, height, lifted in zip(ordered, heights, apart(heights), strict=True):
        figure.add_annotation(
            x=log10(lines[name][-1].setup.batch),
            y=log10(lines[name][-1].images_per_s),
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
        meta={"alt": f"Throughput against batch size of {', '.join(lines)}. {title}."},
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


def batches_finding(lines: dict[str, list[Measurement]]) -> str:
    """What a larger batch brings at most, in a line."""

    def gain(found: list[Measurement]) -> float:
        return max(m.images_per_s for m in found) / found[0].images_per_s

    most = max(lines, key=lambda name: gain(lines[name]))
    best = max(lines[most], key=lambda m: m.images_per_s)
    return (
        f"{most}: {gain(lines[most]):.3g} times the pictures a second with "
        f"{best.setup.batch} in one pass"
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
    return f"{what} of {len(measurements)} networks. {title}. {values}."
