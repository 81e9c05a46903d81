"""The maps of the Saliency room: each in its place as it comes, with its colours in words."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from vizcore.errors import ConvScopeError
from vizcore.figures.overlay import SaliencyPicture, draw_saliency, reach
from vizcore.figures.saliency_words import completeness_words, finding, fit_words
from vizcore.records.maps import Prediction
from vizcore.records.saliency import SaliencyMap, SaliencyMethod
from vizcore.ui import picture_views as views
from vizcore.ui import saliency_views_layout as layout
from vizcore.ui.address import View
from vizcore.ui.pictures import Chosen
from vizcore.ui.room import is_dark
from vizcore.ui.saliency_jobs import Cell, gather
from vizcore.ui.saliency_views import draw_other_layers
from vizcore.ui.saliency_views_asked import Asked
from vizcore.zoo.weights import Weights


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a map is drawn; see `vizcore.figures.overlay.draw_saliency`."""

    strength: float
    percentile: int
    absolute: bool
    limit: float | None
    zoom: int
    dark: bool


@st.cache_resource(max_entries=256, show_spinner=False)
def _picture(key: Hashable, drawing: Drawing, _found: SaliencyMap) -> SaliencyPicture:
    """A drawn map. `key` names what `_found` is of."""
    return draw_saliency(_found, **asdict(drawing))


@st.cache_resource(max_entries=256, show_spinner=False)
def _png(key: Hashable, drawing: Drawing, which: str, mark: str, _drawn: SaliencyPicture) -> bytes:
    """A drawn map for the screen; `mark` stands under it."""
    from vizcore.figures.marking import marked

    png = _drawn.png(which)
    return marked(png, mark, dark=drawing.dark)


def drawing_of(view: View, found: SaliencyMap, limit: float | None) -> Drawing:
    """How a map is drawn here."""
    return Drawing(
        view["strength"] / 100,
        view["clip"],
        view["sign"] == "absolute",
        limit,
        layout.drawn_zoom(max(found.values_hw.shape)),
        is_dark(),
    )


def picture(view: View, asked: Asked, found: SaliencyMap, limit: float | None) -> SaliencyPicture:
    """A map as it is looked at here.

    Raises:
        NotApplicable: values that are not finite.
    """
    return _picture(asked.task.key, drawing_of(view, found, limit), found)


def draw_one(
    view: View, weights: Weights, chosen: Chosen, said: Prediction, asked: Asked
) -> dict[str, Any]:
    """The photo and what the network says of it, the map over it, and the map alone."""
    photo, maps = st.columns([1, 2], gap="small")
    with photo:
        views.draw_seen_and_said(weights, chosen, said)

    def draw(_cell: Cell, found: SaliencyMap) -> None:
        drawn = _try_picture(view, asked, found, None)
        if drawn is None:
            return
        over, alone = st.columns(2, gap="small")
        with over:
            _draw_png(view, weights, asked, found, drawn, "over", None)
            st.caption("Over the photo, in grey")
        with alone:
            _draw_png(view, weights, asked, found, drawn, "map", None)
            views.draw_scale(drawn.limit, signed=drawn.signed)
        draw_words(found)
        views.caption(weights, drawn.caption)
        draw_trust(view, weights, chosen, asked)

    with maps:
        cell = Cell(asked.name, asked.task, st.empty(), st.empty())
        return gather([cell], draw, _offer_layers(view))


def draw_grid(
    view: View,
    weights: Weights,
    chosen: Chosen,
    asked: Sequence[Asked],
    tell: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Many maps: the methods side by side for one class, else a row a method.

    Args:
        tell: called with the maps that are there, each time there is one more.
    """
    rows = _rows(asked)
    in_rows = len(rows) > 1 and len(rows[0]) > 1
    side = weights.preprocessing.crop_px
    across = layout.across(len(rows[0]) if in_rows else len(asked) + 1)
    heads = [each.of if in_rows else f"{each.method.title}\n{each.of}" for each in asked]
    layout.draw_style(side, across, heads)
    cells: list[Cell] = []
    with st.container(key="saliency-grid"):
        for row in rows if in_rows else [list(asked)]:
            if in_rows:
                _draw_row_head(row[0].method)
            with st.container(horizontal=True, gap="small"):
                if not in_rows:
                    with st.container(
                        width=layout.cell_px(side, across), key="saliency-cell-photo"
                    ):
                        st.markdown(f"**What the network sees**  \n{side} × {side} pixels")
                        views.draw_seen(weights, chosen, captioned=False)
                cells += [_place(view, each, (side, across), in_rows=in_rows) for each in row]
    by_name = {each.name: each for each in asked}
    arrived: dict[str, dict[str, tuple[Cell, SaliencyMap]]] = {}

    there: dict[str, Any] = {}

    def draw(cell: Cell, found: SaliencyMap) -> None:
        this = by_name[cell.name]
        there[cell.name] = found
        tell(there)
        if view["scale"] != "row":
            draw_cell(view, weights, this, found, None)
            draw_trust(view, weights, chosen, this)
            return
        row = arrived.setdefault(this.method.key, {})
        row[cell.name] = (cell, found)
        limit = max(_reach(view, each) for _, each in row.values())
        for other, its in row.values():
            with nullcontext() if other is cell else other.place.container():
                draw_cell(view, weights, by_name[other.name], its, limit)
                draw_trust(view, weights, chosen, by_name[other.name])

    return gather(cells, draw, _offer_layers(view))


def _offer_layers(view: View) -> Callable[[Cell, ConvScopeError], None]:
    return lambda cell, error: draw_other_layers(view, cell.name, error)


def shared_limit(view: View, asked: Asked, found: dict[str, Any]) -> float | None:
    """The magnitude of the last colour where the maps of a method share it."""
    if view["scale"] != "row":
        return None
    maps = [
        each
        for name, each in found.items()
        if isinstance(each, SaliencyMap) and name.startswith(f"saliency-{asked.method.key}-")
    ]
    return max((_reach(view, each) for each in maps), default=None)


def _reach(view: View, found: SaliencyMap) -> float:
    import numpy as np

    limit = reach(found, view["clip"])
    return limit if np.isfinite(limit) else 0.0


def draw_cell(
    view: View, weights: Weights, asked: Asked, found: SaliencyMap, limit: float | None
) -> None:
    """One map with its scale and its words."""
    drawn = _try_picture(view, asked, found, limit)
    if drawn is None:
        return
    _draw_png(view, weights, asked, found, drawn, view["show"], limit)
    views.draw_scale(drawn.limit, signed=drawn.signed)
    views.caption(weights, drawn.colours)
    draw_words(found)


def draw_trust(view: View, weights: Weights, chosen: Chosen, asked: Asked) -> None:
    """The way to the sanity checks and the metrics of a map; those of a unit have none."""
    if asked.method.family == "unit":
        return
    layer = {"layer": view["layer"]} if view["layer"] and "layer" in asked.method.needs else {}
    st.page_link(
        st.session_state["pages"]["trust"],
        label="Can it be trusted?",
        icon=":material/fact_check:",
        query_params={
            "network": weights.architecture,
            "weights": weights.name,
            "picture": chosen.name,
            "class": asked.class_name,
            "method": asked.method.key,
            **layer,
        },
    )


def draw_words(found: SaliencyMap) -> None:
    """What to know of a map: whether its sum holds, what was rewritten, notes."""
    sums = found.completeness
    if sums is not None:
        verdict, numbers = map(views.plain, completeness_words(sums).split(":", 1))
        if sums.fails:
            st.markdown(f":material/warning: **{verdict}**:{numbers}")
        else:
            st.caption(f"{verdict}:{numbers}")
    for text in (fit_words(found), *_reservations(found), *found.notes):
        if text:
            st.caption(views.plain(text))


def _reservations(found: SaliencyMap) -> tuple[str, ...]:
    """What to know of the method on this network, beside that it was rewritten."""
    fit = found.fit
    reasons = () if fit is None else fit.reasons
    return tuple(each for each in reasons if not each.startswith("The network was rewritten"))


def _try_picture(
    view: View, asked: Asked, found: SaliencyMap, limit: float | None
) -> SaliencyPicture | None:
    """The drawn map; where no colour would be true for it, that is said."""
    try:
        return picture(view, asked, found, limit)
    except ConvScopeError as error:
        st.markdown(f":material/block: {views.plain(str(error))}")
        for note in found.notes:
            st.caption(views.plain(note))
        return None


def _draw_png(
    view: View,
    weights: Weights,
    asked: Asked,
    found: SaliencyMap,
    drawn: SaliencyPicture,
    which: str,
    limit: float | None,
) -> None:
    drawing = drawing_of(view, found, limit)
    png = _png(asked.task.key, drawing, which, views.mark(weights), drawn)
    where = "over the photo" if which == "over" else "alone"
    words = f"{asked.method.title} of {asked.class_name} {where}: {finding(found)}"
    st.image(png, alt=words, output_format="PNG")


def _rows(asked: Sequence[Asked]) -> list[list[Asked]]:
    rows: dict[str, list[Asked]] = {}
    for each in asked:
        rows.setdefault(each.method.key, []).append(each)
    return list(rows.values())


def _draw_row_head(method: SaliencyMethod) -> None:
    st.markdown(f"**{method.title}**: {views.plain(method.says)}")


def _place(view: View, asked: Asked, size: tuple[int, int], *, in_rows: bool) -> Cell:
    with st.container(width=layout.cell_px(*size), key=f"saliency-cell-{asked.name}"):
        of = views.plain(asked.of)
        st.markdown(f"**{of}**" if in_rows else f"**{asked.method.title}**  \n{of}")
        return Cell(asked.name, asked.task, st.empty(), st.empty())
