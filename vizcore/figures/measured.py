"""What was measured on a machine: latency with its spread, throughput over batch sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import log10
from typing import TYPE_CHECKING, Any

from vizcore.errors import NotApplicable
from vizcore.figures.fleet import decades
from vizcore.figures.numbers import short
from vizcore.figures.palette import FONT_SIZE, SECOND_PATTERN, Theme, apply_theme, theme
from vizcore.formats.words import counted
from vizcore.records.bench import Measurement

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW_PX = 34
#: How many times the shortest latency the longest may be on an axis that begins at 0.
_WIDE = 30


def names(measurements: Iterable[Measurement]) -> dict[tuple[str, tuple[int, int, int]], str]:
    """What to call each network and input: its key, and the side in pixels where it has several.

    Example:
        >>> from vizcore.records.bench import Setup
        >>> at = [Measurement("n", (3, s, s), Setup(), "", 1, 1, (1,), (1, 1), 1) for s in (8, 9)]
        >>> list(names(at).values()), list(names(at[:1]).values())
        (['n, 8 px', 'n, 9 px'], ['n'])
    """
    found = list(dict.fromkeys((m.network, m.input_shape) for m in measurements))
    times = Counter(network for network, _ in found)
    return {
        (network, shape): network if times[network] == 1 else f"{network}, {shape[1]} px"
        for network, shape in found
    }


def _kind(measurement: Measurement) -> tuple[str, tuple[int, int, int]]:
    return measurement.network, measurement.input_shape


def latency_finding(measurements: Sequence[Measurement]) -> str:
    """Who is quickest and who slowest, in a line.

    Raises:
        NotApplicable: nothing was measured.
    """
    if not measurements:
        raise NotApplicable("Nothing was measured in this setup yet.")
    quick = min(measurements, key=lambda m: m.latency_ms)
    slow = max(measurements, key=lambda m: m.latency_ms)
    called = names(measurements)
    if quick is slow:
        return (
            f"{called[_kind(quick)]}: {ms(quick.latency_ms)} a pass, its rounds "
            f"{quick.spread:.1%} apart"
        )
    return (
        f"{called[_kind(quick)]} needs {ms(quick.latency_ms)} a pass, {called[_kind(slow)]} "
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

    A thin line reaches from the quickest round's median to the slowest's: the stated spread. Where
    latencies lie far apart they are points on a logarithmic axis, on which bars have no beginning.

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
    called = names(order)
    others = {_kind(m): m for m in beside}
    second = [others[_kind(m)] for m in order if _kind(m) in others]
    if second:
        title = beside_finding([m for m in order if _kind(m) in others], second, titles)
    every = [ms for m in (*order, *second) for ms in m.rounds_ms]
    is_wide = max(every) > _WIDE * min(every)
    figure = go.Figure()
    for shown, machine, pattern in ((second, titles[1], SECOND_PATTERN), (order, titles[0], "")):
        if shown:
            if is_wide:
                figure.add_scatter(**_points(shown, called, machine, pattern, colours))
            else:
                figure.add_bar(**_bars(shown, called, machine, pattern, colours))
    height = max(220, 110 + _ROW_PX * len(order) * (2 if second else 1))
    apply_theme(figure, dark, title=title, x_title="Latency of one pass, ms", height=height)
    figure.update_layout(
        annotations=[
            {
                "x": log10(max(m.rounds_ms)) if is_wide else max(m.rounds_ms),
                "y": called[_kind(m)],
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
    if is_wide:
        ends = (log10(min(every)) - 0.1, log10(max(every)) + 0.3)
        figure.update_xaxes(type="log", range=ends, **decades(ends))
        figure.update_yaxes(range=[-0.6, len(order) - 0.4])
    else:
        figure.update_xaxes(range=[0, 1.14 * max(every)])
    return figure


def _bars(
    shown: Sequence[Measurement],
    called: Mapping[tuple[str, tuple[int, int, int]], str],
    machine: str,
    pattern: str,
    colours: Theme,
) -> dict[str, Any]:
    return {
        "name": machine,
        "x": [m.latency_ms for m in shown],
        "y": [called[_kind(m)] for m in shown],
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


def _points(
    shown: Sequence[Measurement],
    called: Mapping[tuple[str, tuple[int, int, int]], str],
    machine: str,
    pattern: str,
    colours: Theme,
) -> dict[str, Any]:
    """The same as points; the second machine's are hollow."""
    bars = _bars(shown, called, machine, pattern, colours)
    del bars["orientation"]
    marker = {
        "size": 12,
        "color": colours.paper if pattern else colours.accent,
        "line": {"width": 3, "color": colours.accent},
    }
    return {**bars, "mode": "markers", "marker": marker}


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
    if measurement.compile_s is not None:
        lines.append(f"compiled in {measurement.compile_s:.3g} s, which is in no pass")
    return "<br>".join([*lines, f"measured {measurement.date}"])


def _listed(what: str, title: str, measurements: Sequence[Measurement]) -> str:
    called = names(measurements)
    values = "; ".join(f"{called[_kind(m)]} {ms(m.latency_ms)}" for m in reversed(measurements))
    return f"{what} of {counted(len(measurements), 'network')}. {title}. {values}."
