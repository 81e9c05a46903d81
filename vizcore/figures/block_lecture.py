"""A lecture's number beside the operations it should be the sum of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vizcore.figures.block_costs import AXES, UNITS
from vizcore.figures.numbers import exact, round_ticks, short
from vizcore.figures.palette import FONT_SIZE, KIND_COLOURS, apply_theme, ink_on, theme
from vizcore.records.lectures import LectureCheck, LectureClaim, SumPart

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: A part narrower than this share of the axis has its words on hover only.
NARROW = 0.13
HEIGHT_PX = 220


def draw_lecture_sum(check: LectureCheck, quantity: str, *, dark: bool = False) -> go.Figure:
    """Draw what a lecture prints above the operations that were traced, end to end on one axis.

    What only the lecture has counted is hatched. `quantity` is "macs", "params" or "activations".

    Raises:
        ValueError: the check has no parts, or its claim is no single number.
    """
    import plotly.graph_objects as go

    stated = check.claim.stated_value
    if stated is None or not check.parts:
        raise ValueError(f"'{check.claim.id}' has nothing to be drawn")
    traced = sum(part.value for part in check.parts if part.belongs)
    rows = (
        f"The lecture prints <b>{printed_text(check.claim)}</b>",
        f"The sum is <b>{short(traced)}</b>",
    )
    most = max(stated, sum(part.value for part in check.parts))
    ticks, labels = zip(*round_ticks(most), strict=True)
    colours = theme(dark)
    printed = {
        "type": "bar",
        "orientation": "h",
        "x": [stated],
        "y": [rows[0]],
        "width": 0.62,
        "marker": {"color": colours.outline},
        "hovertemplate": f"{exact(int(stated))} {UNITS[quantity]}<extra></extra>",
    }
    return apply_theme(
        go.Figure(
            data=[
                printed,
                *(_part(part, rows[1], most, quantity, dark) for part in check.parts),
            ],
            layout={
                "barmode": "stack",
                "height": HEIGHT_PX,
                "showlegend": False,
                "xaxis": {
                    "range": [0, most * 1.02],
                    "tickvals": ticks,
                    "ticktext": labels,
                    "title": {"text": AXES[quantity]},
                },
                "yaxis": {
                    "categoryorder": "array",
                    "categoryarray": rows[::-1],
                    "showgrid": False,
                    "ticklabelstandoff": 8,
                },
                "shapes": [_line(stated, colours.text)],
                "meta": {"alt": f"{check.claim.claim}: stated {short(stated)}. {check.proof}"},
            },
        ),
        dark,
    )


def printed_text(claim: LectureClaim) -> str:
    """Write what a lecture prints: rounded where it is rounded, with all digits where it has them.

    Example:
        >>> from vizcore.reference import lecture_claim
        >>> [printed_text(lecture_claim(f"conv_{name}")) for name in ("30_85k", "735_shared")]
        ['85K', '735']
    """
    value = claim.stated_value
    if value is None:
        return claim.stated
    for prefix, power in (("G", 1e9), ("M", 1e6), ("K", 1e3)):
        scaled = value / power
        if scaled >= 1 and float(f"{scaled:.3g}") == scaled:
            return f"{scaled:g}{prefix}"
    return exact(int(value)) if value == int(value) else f"{value:g}"


def _line(x: float, colour: str) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": 2, "dash": "dot"},
    }


def _part(part: SumPart, row: str, most: float, quantity: str, dark: bool) -> dict[str, Any]:
    blue, colours = KIND_COLOURS["conv"], theme(dark)
    marker: dict[str, Any] = {"color": blue, "line": {"color": colours.paper, "width": 2}}
    if not part.belongs:
        marker["color"] = colours.paper
        marker["line"] = {"color": blue, "width": 2}
        marker["pattern"] = {"shape": "/", "fgcolor": f"{blue}66", "size": 12, "solidity": 0.15}
    words = f"{part.label}<br>{short(part.value)}" if part.value >= NARROW * most else ""
    return {
        "type": "bar",
        "orientation": "h",
        "x": [part.value],
        "y": [row],
        "width": 0.62,
        "marker": marker,
        "text": [words],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "constraintext": "none",
        "textfont": {
            "size": FONT_SIZE,
            "color": ink_on(blue) if part.belongs else colours.text,
        },
        "hovertemplate": f"{part.label}: {exact(part.value)} {UNITS[quantity]}<extra></extra>",
    }
