"""Drawings on the page: vector boxes with words on hover, whose rows can be clicked."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

_CSS = """
:host { display: block; }
.drawings {
  color: var(--st-text-color); font: 400 16px/1.45 var(--st-font);
  font-variant-numeric: tabular-nums;
}
.drawings > div { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
.drawings > div.even { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); }
figure { margin: 0; max-width: 100%; overflow-x: auto; }
figcaption { display: flex; flex-direction: column; margin-bottom: 0.5rem; }
figcaption > b:first-child { font-size: 18px; font-weight: 650; }
figcaption b { font-weight: 650; }
svg { display: block; }
.even svg { width: 100%; height: auto; max-width: 560px; }
svg.rows { cursor: pointer; }
@media (min-width: 1600px) {
  .drawings { font-size: 18px; }
  figcaption > b:first-child { font-size: 22px; }
}
"""

_JS = """
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector('.drawings');
  if (root.shown !== data.html) {
    root.innerHTML = data.html;
    root.shown = data.html;
  }
  root.onclick = (event) => {
    const drawing = event.target.closest('svg.rows');
    if (!drawing) return;
    const box = drawing.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * Number(drawing.dataset.rows));
    setTriggerValue('row', Math.max(0, Math.min(Number(drawing.dataset.rows) - 1, row)));
  };
}
"""

_component = st.components.v2.component(
    "convscope_drawings", html='<div class="drawings"></div>', css=_CSS, js=_JS
)


def draw_drawings(html: str, *, key: str, on_row: Callable[[int], None] | None = None) -> None:
    """Draw HTML with SVG in it. All text in it must have been escaped.

    Args:
        on_row: called before the next run with the row that was clicked in an SVG of class
            `rows` with an attribute `data-rows`.
    """

    def clicked() -> None:
        row = st.session_state[key].row
        if row is not None and on_row is not None:
            on_row(int(row))

    _component(key=key, data={"html": html}, on_row_change=clicked)
