"""Every colour of ConvScope, for figures and for the app's theme: the one home of both.

Kinds of layer have the colours of Okabe and Ito (2008), safe for colour-blind readers.
Quantities use viridis (S. van der Walt and N. Smith, CC0), signed maps ColorBrewer's RdBu
(C. Brewer) centred on zero. Needs numpy only; plotly is imported when a figure is styled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vizcore.records.layers import Kind

if TYPE_CHECKING:
    import plotly.graph_objects as go

Rgb = npt.NDArray[np.uint8]

KIND_COLOURS: dict[Kind, str] = {
    "conv": "#0072B2",
    "pool": "#D55E00",
    "linear": "#009E73",
    "norm": "#CC79A7",
    "activation": "#F0E442",
    "join": "#56B4E9",
    "attention": "#E69F00",
    "other": "#999999",
}

#: What a kind is called in a legend or a sentence.
KIND_NAMES: dict[Kind, str] = {
    "conv": "convolution",
    "pool": "pooling",
    "linear": "fully connected",
    "norm": "normalisation",
    "activation": "activation",
    "join": "join",
    "attention": "attention",
    "other": "other",
}

#: Fill pattern of the second of two things compared (the first is solid).
SECOND_PATTERN = "/"

_VIRIDIS = (
    "440154 481769 472a7a 433d84 3d4e8a 355e8d 2e6d8e 297b8e 23898e "
    "1f978b 21a585 2eb37c 46c06f 65cb5e 89d548 b0dd2f d8e219 fde725"
)
_RED_BLUE = "053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f"
_NEUTRAL = (0xF7, 0xF7, 0xF7)


def rgb_of(colour: str) -> tuple[int, int, int]:
    """A colour of this file as three numbers.

    Example:
        >>> rgb_of("#0072B2")
        (0, 114, 178)
    """
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def _plotly_scale(colours: str) -> list[list[float | str]]:
    names = colours.split()
    return [[i / (len(names) - 1), f"#{name}"] for i, name in enumerate(names)]


#: The same two maps as plotly colour scales.
SEQUENTIAL_SCALE = _plotly_scale(_VIRIDIS)
DIVERGING_SCALE = _plotly_scale(_RED_BLUE)


@lru_cache(maxsize=2)
def _table(colours: str) -> Rgb:
    """256 colours, linear between the stops."""
    stops = np.array([rgb_of(name) for name in colours.split()], dtype=np.float64)
    grid, ends = np.linspace(0.0, 1.0, 256), np.linspace(0.0, 1.0, len(stops))
    channels = [np.interp(grid, ends, stops[:, c]) for c in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)


def _look_up(position: npt.NDArray[np.float64], colours: str) -> Rgb:
    return _table(colours)[np.rint(np.clip(position, 0.0, 1.0) * 255).astype(np.uint8)]


def sequential(values01: npt.ArrayLike) -> Rgb:
    """Colour values of 0 to 1 with viridis; outside values are clipped, NaN counts as 0.

    Shape (...) gives (..., 3).

    Example:
        >>> sequential([0.0, 1.0]).tolist()
        [[68, 1, 84], [253, 231, 37]]
    """
    return _look_up(np.nan_to_num(np.asarray(values01, dtype=np.float64)), _VIRIDIS)


def diverging(values: npt.ArrayLike, limit: float | None = None) -> Rgb:
    """Colour signed values: red positive, blue negative, near-white at zero.

    Shape (...) gives (..., 3). `limit` is the magnitude that gets the darkest colour; without
    it, the largest magnitude in `values`. Print it beside the picture.

    Example:
        >>> diverging([-2.0, 0.0, 2.0]).tolist()
        [[5, 48, 97], [247, 247, 247], [103, 0, 31]]
    """
    signed = np.nan_to_num(np.asarray(values, dtype=np.float64))
    reach = float(np.max(np.abs(signed), initial=0.0)) if limit is None else float(limit)
    colours = _look_up(0.5 + signed / (2 * reach) if reach > 0 else signed + 0.5, _RED_BLUE)
    # A table of 256 entries has none at its middle: zero is set, so that it is exactly neutral.
    colours[signed == 0] = _NEUTRAL
    return colours


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours around the data. Every text colour has a contrast of 4.5:1 or more.

    Attributes:
        paper: the page; `panel` a raised or filled area on it.
        text, muted: main and secondary text.
        grid: grid lines and hairlines; `outline` the edges of boxes and arrows.
        accent: links and the one thing a chart points at.
    """

    name: str
    paper: str
    panel: str
    text: str
    muted: str
    grid: str
    outline: str
    accent: str


LIGHT = Theme(
    name="light",
    paper="#ffffff",
    panel="#f3f5f7",
    text="#1a1d21",
    muted="#545c66",
    grid="#d5dae0",
    outline="#646d78",
    accent="#0072B2",
)
DARK = Theme(
    name="dark",
    paper="#14171c",
    panel="#1f242b",
    text="#e8eaed",
    muted="#a7afba",
    grid="#39414b",
    outline="#8c96a3",
    accent="#56B4E9",
)

FONT_FAMILY = '"Source Sans 3", "Source Sans Pro", "Source Sans", "Helvetica Neue", sans-serif'
#: Pixels; readable from the back of a lecture room on a 1280 x 800 projector.
FONT_SIZE = 16
TITLE_SIZE = 20


def theme(dark: bool = False) -> Theme:
    """Return the light or the dark theme."""
    return DARK if dark else LIGHT


def verdict_fill(verdict: str, dark: bool = False) -> str:
    """The fill of a verdict: the accent where all is well, half of it, or next to nothing.

    Args:
        verdict: "applies", "rewritten" (applies with a change) or "refused".

    Example:
        >>> verdict_fill("applies"), verdict_fill("rewritten")
        ('#0072b2', '#8cc0dc')
    """
    colours = theme(dark)
    shares = {"applies": 1.0, "rewritten": 0.45, "refused": 0.0}
    base = np.array(rgb_of((colours.panel if verdict == "refused" else colours.paper)[1:]))
    mixed = base + shares[verdict] * (np.array(rgb_of(colours.accent[1:])) - base)
    return "#" + "".join(f"{round(channel):02x}" for channel in mixed)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.1, relative luminance).

    Example:
        >>> round(contrast("#000000", "#ffffff"))
        21
    """

    def luminance(colour: str) -> float:
        channels = np.array(rgb_of(colour.lstrip("#"))) / 255
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return float(linear @ np.array([0.2126, 0.7152, 0.0722]))

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def ink_on(fill: str) -> str:
    """Return black or white, whichever reads better on `fill` (never under 4.5:1).

    Example:
        >>> ink_on(KIND_COLOURS["conv"]), ink_on(KIND_COLOURS["activation"])
        ('#ffffff', '#000000')
    """
    return max(("#ffffff", "#000000"), key=lambda ink: contrast(ink, fill))


def badge(colour: str) -> str:
    """Return the fill nearest to `colour` for Streamlit's data frame, whose ink is not ours.

    It writes black above a luminance of 0.5 and white below: the fill is mixed with black or
    white, as little as gives its ink 4.5:1.

    Example:
        >>> badge(KIND_COLOURS["conv"]), badge(KIND_COLOURS["join"])
        ('#0072b2', '#7dc5ee')
    """
    start = np.array(rgb_of(colour.lstrip("#")), dtype=np.float64)
    for share in np.linspace(0.0, 1.0, 101):
        for end in (0.0, 255.0):
            mixed = np.rint(start + share * (end - start)).astype(int)
            fill = "#" + "".join(f"{channel:02x}" for channel in mixed)
            # A luminance of 0.5 has a contrast of 11 with black: (0.5 + 0.05) / 0.05.
            if contrast(fill, "#ffffff") >= 4.5 or contrast(fill, "#000000") > 11:
                return fill
    return "#000000"


@lru_cache(maxsize=2)
def _template(dark: bool) -> go.layout.Template:
    import plotly.graph_objects as go

    colours = theme(dark)
    axis = {
        "automargin": True,
        "gridcolor": colours.grid,
        "linecolor": colours.grid,
        "zerolinecolor": colours.grid,
        "zeroline": False,
        "ticks": "",
        "tickfont": {"size": FONT_SIZE, "color": colours.text},
        "title": {"font": {"size": FONT_SIZE, "color": colours.muted}, "standoff": 10},
    }
    layout = go.Layout(
        paper_bgcolor=colours.paper,
        plot_bgcolor=colours.paper,
        font={"family": FONT_FAMILY, "size": FONT_SIZE, "color": colours.text},
        title={
            "x": 0,
            "xref": "paper",
            "xanchor": "left",
            "font": {"size": TITLE_SIZE, "color": colours.text},
        },
        margin={"l": 8, "r": 16, "t": 16, "b": 8},
        hoverlabel={
            "bgcolor": colours.panel,
            "bordercolor": colours.grid,
            "font": {"family": FONT_FAMILY, "size": FONT_SIZE, "color": colours.text},
        },
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
        colorway=list(KIND_COLOURS.values()),
        colorscale={"sequential": SEQUENTIAL_SCALE, "diverging": DIVERGING_SCALE},
        xaxis=axis,
        yaxis=axis,
        dragmode=False,
    )
    return go.layout.Template(layout=layout)


def apply_theme(
    figure: go.Figure,
    dark: bool = False,
    *,
    title: str | None = None,
    x_title: str | None = None,
    y_title: str | None = None,
    height: int | None = None,
) -> go.Figure:
    """Give a plotly figure ConvScope's fonts, colours and margins; returns the same figure.

    `title` states the finding; `x_title` and `y_title` name the quantity with its unit;
    `height` is in pixels.
    """
    figure.layout.template = _template(dark)
    if title is not None:
        figure.update_layout(title_text=title, margin_t=56)
    if x_title is not None:
        figure.update_xaxes(title_text=x_title)
    if y_title is not None:
        figure.update_yaxes(title_text=y_title)
    if height is not None:
        figure.update_layout(height=height)
    return figure
