"""The ImageNet challenge by protocol: ensembles, single networks, each error where it belongs."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vizcore.figures.palette import FONT_SIZE, Theme, apply_theme, theme
from vizcore.records.accuracy import ProtocolPoint

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT_PX = 535
#: What a mark is: its words, plotly's symbol, whether it is filled.
_MARKS: dict[str, tuple[str, str, bool]] = {
    "entry": ("an ensemble, on the challenge's own data", "circle", True),
    "outside": ("the same with outside data", "diamond", True),
    "single": ("one network", "circle", False),
    "features": ("no network", "square", True),
}


def kind_of(point: ProtocolPoint) -> str:
    """A key of the marks: "entry", "outside", "single" or "features"."""
    if point.is_ensemble is None:
        return "features"
    if not point.is_ensemble:
        return "single"
    return "outside" if point.outside_data else "entry"


def finding(points: Sequence[ProtocolPoint]) -> str:
    """How far ensembles and single networks came, in a line.

    Example:
        >>> from vizcore.challenge import protocol_points
        >>> finding(protocol_points())
        'Ensembles fell from 16.4% to 2.25%, the best single networks from 18.2% to 4.47%'
    """
    said = []
    for kind, words in (("entry", "Ensembles fell"), ("single", "the best single networks")):
        winners = [point for point in points if kind_of(point) == kind and point.rank == 1]
        years = sorted({point.year for point in winners})
        first, last = (
            min(point.top5_err_pct for point in winners if point.year == year)
            for year in (years[0], years[-1])
        )
        said.append(f"{words} from {first:.3g}% to {last:.3g}%")
    return ", ".join(said)


def draw_protocols(points: Sequence[ProtocolPoint], *, dark: bool = False) -> go.Figure:
    """Draw every top-5 error of the challenge's networks in a column a network, by protocol.

    Filled: several networks together; a diamond with outside data. Hollow: one network. A line
    joins what is told of one name.
    """
    import plotly.graph_objects as go

    colours = theme(dark)
    columns = list(dict.fromkeys((point.year, point.name) for point in points))
    places = {column: place for place, column in enumerate(columns)}
    traces = [_line(points, column, place, colours) for column, place in places.items()]
    for kind in _MARKS:
        some = [point for point in points if kind_of(point) == kind]
        traces.append(_marks(kind, some, places, colours))
    figure = go.Figure(traces)
    apply_theme(figure, dark, title=finding(points), y_title="Top-5 error, %", height=HEIGHT_PX)
    figure.update_layout(
        hovermode="closest",
        showlegend=True,
        legend={"y": 0.98, "yanchor": "top", "x": 0.99, "xanchor": "right", "orientation": "v"},
        annotations=_values(points, places, colours),
        meta={"alt": alternative(points)},
    )
    figure.update_xaxes(
        tickvals=list(places.values()),
        ticktext=[f"{_broken(name)}<br>{year}" for year, name in columns],
        range=[-0.6, len(columns) - 0.4],
        showgrid=False,
        tickangle=0,
    )
    figure.update_yaxes(range=[0, max(point.top5_err_pct for point in points) + 2], showgrid=True)
    return figure


def _broken(name: str) -> str:
    """A name that is too long for its column, on two lines."""
    return name.replace("-", "-<br>", 1) if len(name) > 10 else name


def _line(
    points: Sequence[ProtocolPoint], column: tuple[int, str], place: int, colours: Theme
) -> dict[str, Any]:
    values = [point.top5_err_pct for point in points if (point.year, point.name) == column]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [place, place],
        "y": [min(values), max(values)],
        "line": {"width": 2, "color": colours.grid},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _marks(
    kind: str, some: Sequence[ProtocolPoint], places: dict[tuple[int, str], int], colours: Theme
) -> dict[str, Any]:
    words, symbol, filled = _MARKS[kind]
    colour = colours.outline if kind == "features" else colours.accent
    return {
        "type": "scatter",
        "mode": "markers",
        "name": words,
        "x": [places[point.year, point.name] for point in some],
        "y": [point.top5_err_pct for point in some],
        "hovertext": [_hover(point) for point in some],
        "hoverinfo": "text",
        "cliponaxis": False,
        "marker": {
            "symbol": symbol,
            "size": 13,
            "color": colour if filled else colours.paper,
            "line": {"width": 2.5, "color": colour},
        },
    }


def _values(
    points: Sequence[ProtocolPoint], places: dict[tuple[int, str], int], colours: Theme
) -> list[dict[str, Any]]:
    """Each error beside its mark: by turns right and left, so that near ones keep apart."""
    made = []
    for column, place in places.items():
        own = sorted(
            (point for point in points if (point.year, point.name) == column),
            key=lambda point: point.top5_err_pct,
        )
        for turn, point in enumerate(own):
            right = turn % 2 == 0
            made.append(
                {
                    "x": place,
                    "y": point.top5_err_pct,
                    "text": _written(point.top5_err_pct),
                    "showarrow": False,
                    "xshift": 11 if right else -11,
                    "xanchor": "left" if right else "right",
                    "font": {"size": FONT_SIZE, "color": colours.text},
                }
            )
    return made


def _written(value: float) -> str:
    """An error with three digits, and with its tenths where it has no more."""
    return f"{value:.1f}" if value == round(value, 1) else f"{value:.3g}"


def _hover(point: ProtocolPoint) -> str:
    told = "; ".join(filter(None, (point.protocol, point.part, f"source: {point.source}")))
    lines = "<br>".join(html.escape(line) for line in textwrap.wrap(told, 70))
    return f"<b>{point.name}</b>, {point.year}: {point.top5_err_pct:g}% top-5 error<br>{lines}"


def alternative(points: Sequence[ProtocolPoint]) -> str:
    """The chart in words."""
    listed = "; ".join(
        f"{point.year} {point.name} {point.top5_err_pct:.3g}% ({_MARKS[kind_of(point)][0]})"
        for point in points
    )
    return f"Top-5 error in the ImageNet challenge by protocol. {finding(points)}. {listed}."
