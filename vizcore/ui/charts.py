"""Charts on the page: drawn alike everywhere, told to who cannot see them, clicked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: One button, a sharp PNG; no logo, no zoom by wheel.
_CONFIG = {
    "displaylogo": False,
    "modeBarButtons": [["toImage"]],
    "scrollZoom": False,
    "toImageButtonOptions": {"format": "png", "scale": 2},
}


def draw_chart(
    figure: go.Figure,
    *,
    key: str | None = None,
    alt: str = "",
    width: Literal["stretch", "content"] = "stretch",
    on_pick: Callable[[Any], None] | None = None,
) -> None:
    """Draw a figure.

    Args:
        key: the element's key on the page; one that can be clicked needs it.
        alt: what it shows, in words; by default what the figure says of itself.
        on_pick: called before the next run with the custom data of the point that was clicked,
            None where nothing is chosen any more.
    """
    given: dict[str, Any] = {"theme": None, "config": _CONFIG, "key": key, "width": width}
    given["alt"] = alt or figure.layout.meta["alt"]
    if on_pick is None:
        st.plotly_chart(figure, **given)
        return

    def take() -> None:
        assert key is not None
        points = st.session_state[key]["selection"]["points"]
        on_pick(points[0].get("customdata") if points else None)

    st.plotly_chart(figure, **given, on_select=take, selection_mode="points")
