"""The parts of the Atlas: controls, the three pictures, the card, downloads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from vizcore import zoo
from vizcore.errors import ConvScopeError
from vizcore.formats.words import counted
from vizcore.networks import offers
from vizcore.ui import atlas_card, atlas_entries, cache
from vizcore.ui.atlas_entries import ALL, SORTS, Row
from vizcore.ui.charts import draw_chart
from vizcore.ui.room import Download, Room

if TYPE_CHECKING:
    import plotly.graph_objects as go

VIEWS = {"timeline": "Timeline", "challenge": "Challenge", "list": "List"}
HEIGHTS = {"params": "Parameters", "macs": "Multiply-adds", "error": "Top-1 error"}
_REFUSED = "atlas.refused"


def draw_controls(here: Room) -> None:
    """The view, and what is searched, kept and ordered in it."""
    view = here.view
    with here.controls():
        st.segmented_control(
            "View", list(VIEWS), format_func=VIEWS.__getitem__, required=True, **view.bind("view")
        )
        if view["view"] == "challenge":
            return
        st.text_input(
            "Search",
            type="search",
            live=True,
            icon=":material/search:",
            placeholder="name, family or year",
            width=220,
            **view.bind("q"),
        )
        st.selectbox(
            "Family",
            [ALL, *atlas_entries.families()],
            format_func=lambda family: "All families" if family == ALL else family,
            width=170,
            **view.bind("family"),
        )
        if view["view"] == "timeline":
            st.selectbox(
                "Height shows",
                list(HEIGHTS),
                format_func=HEIGHTS.__getitem__,
                width=155,
                **view.bind("height"),
            )
        else:
            st.selectbox(
                "Sort by",
                list(SORTS),
                format_func=lambda sort: SORTS[sort][0],
                width=155,
                **view.bind("sort"),
            )


def is_searching(view: Any) -> bool:
    """Whether the choices leave some of the zoo out."""
    return bool(view["q"].strip()) or view["family"] != ALL


def choose(key: str | None) -> None:
    """Make an architecture the chosen one, on every page."""
    if key:
        st.session_state["arch"] = key


def draw_nothing_found(here: Room) -> None:
    """Say what was searched, and offer what is near."""
    text, family = here.view["q"].strip(), here.view["family"]
    near = atlas_entries.nearest(text)
    within = f" among the {family} networks" if family != ALL else ""
    with st.container(border=True, key="atlas-nothing"):
        st.markdown(
            f"**No architecture matches '{text}'{within}.** Names, families, years and the names "
            "in the libraries are searched." + (" The nearest are:" if near else "")
        )
        with st.container(horizontal=True):
            for key in near:
                name = zoo.get(key).name
                st.button(name, key=f"atlas-near-{key}", on_click=_take, args=(here, key))
            st.button(
                "Look for it in timm", key="atlas-timm", on_click=_take_from_timm, args=(here, text)
            )
            st.button("Show all", key="atlas-all", type="primary", on_click=_show_all, args=(here,))
        if refused := st.session_state.pop(_REFUSED, None):
            st.markdown(f":material/error: {refused}")


def _show_all(here: Room) -> None:
    here.view["q"], here.view["family"] = "", ALL


def _take(here: Room, key: str) -> None:
    _show_all(here)
    choose(key)


def _take_from_timm(here: Room, text: str) -> None:
    """Ask timm for a model of this name; it is loaded only now."""
    try:
        _take(here, zoo.get(text if text.startswith("timm:") else f"timm:{text}").key)
    except ConvScopeError as error:
        st.session_state[_REFUSED] = str(error)


def draw_timeline(here: Room, found: Sequence[Row], dark: bool) -> None:
    """The zoo by year; a click on a circle chooses it."""
    figure = timeline_figure(here, found, dark)
    _draw_chart(
        figure, "atlas.timeline", f"{counted(len(found), 'architecture')} by year and family"
    )


def timeline_figure(here: Room, found: Sequence[Row], dark: bool) -> go.Figure:
    """The timeline as the page's choices want it."""
    view = here.view
    lit = tuple(each.key for each in found) if is_searching(view) else None
    return cache.timeline(view["height"], view["arch"], lit, dark)


def draw_challenge(here: Room, dark: bool) -> None:
    """The challenge by year; a click on a bar chooses the architecture behind it."""
    figure = cache.challenge_chart(here.view["arch"], dark)
    _draw_chart(figure, "atlas.challenge", "Two bar charts over the years of the challenge")


def _draw_chart(figure: go.Figure, key: str, what: str) -> None:
    def take(data: Any) -> None:
        choose(data[0] if data else None)

    draw_chart(figure, key=key, alt=f"{what}. {figure.layout.title.text}.", on_pick=take)


def draw_list(here: Room, found: Sequence[Row]) -> None:
    """The zoo as a table; a click on a row chooses it."""
    key, keys = "atlas.list", tuple(each.key for each in found)
    config = st.column_config
    chosen = [keys.index(here.view["arch"])] if here.view["arch"] in keys else []
    st.session_state[key] = {"selection": {"rows": chosen, "columns": [], "cells": []}}

    def take() -> None:
        selection = st.session_state[key]["selection"]
        picked = [*(cell[0] for cell in selection["cells"]), *selection["rows"]]
        choose(keys[picked[0]] if picked else None)

    st.dataframe(
        cache.zoo_frame(keys),
        key=key,
        hide_index=True,
        height=min(35 * (len(keys) + 1) + 3, 423),
        on_select=take,
        selection_mode=("single-row", "single-cell"),
        placeholder="",
        column_config={
            "name": config.TextColumn("Name", width=215),
            "year": config.NumberColumn("Year", format="%d", width=60),
            "family": config.TextColumn("Family", width=110),
            "depth": config.NumberColumn(
                "Depth", width=65, help="weight layers; blocks for transformers"
            ),
            "params": config.NumberColumn("Parameters, M", format="%.3g", width=110),
            "macs": config.NumberColumn(
                "MACs, G", format="%.3g", width=80, help="multiply-adds for one picture"
            ),
            "top1": config.NumberColumn("Top-1 error, %", format="%.3g", width=110),
            "top5": config.NumberColumn("Top-5 error, %", format="%.3g", width=110),
            "protocol": config.TextColumn("Measured on, how", width="large"),
            "source": config.TextColumn("Built by", width="medium"),
            "key": config.TextColumn("Name in code", width="medium"),
        },
        alt=f"{counted(len(keys), 'architecture')}",
    )


def draw_card(architecture: zoo.Architecture) -> None:
    """The chosen architecture, and where to go with it."""
    pages = st.session_state["pages"]
    address = {"arch": architecture.key}
    with st.container(border=True, key="atlas-card"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(atlas_card.heading(architecture), width="stretch")
            st.page_link(
                pages["layers"],
                label="Its layers",
                icon=":material/stacks:",
                query_params=address,
            )
            if idea := atlas_card.IDEAS.get(architecture.family):
                st.page_link(
                    pages["blocks"],
                    label="Its building block",
                    icon=":material/widgets:",
                    query_params={"block": idea},
                )
            if not offers.weights(architecture).is_random:
                st.page_link(
                    pages["feature-maps"],
                    label="Its feature maps",
                    icon=":material/grid_view:",
                    query_params={"network": architecture.key},
                )
        st.html(atlas_card.body(architecture.key))


def offer_downloads(here: Room, found: Sequence[Row]) -> None:
    """The list and the picture.

    A file is made when it is asked for, outside the page's run: the choices are read here.
    """
    view = here.view.values()
    some = tuple(found)
    is_challenge = view["view"] == "challenge"
    lit = {each.key for each in some} if is_searching(view) else None

    def picture() -> str:
        if is_challenge:
            from vizcore.figures.challenge import draw_challenge

            return cache.figure_html(
                draw_challenge(*atlas_entries.challenge(), selected=view["arch"])
            )
        from vizcore.figures.timeline import draw_timeline

        entries = atlas_entries.timeline_entries()
        figure = draw_timeline(entries, quantity=view["height"], selected=view["arch"], found=lit)
        return cache.figure_html(figure)

    name = "imagenet_challenge" if is_challenge else "timeline"
    here.offer(
        Download("List, CSV", "zoo.csv", "text/csv", lambda: atlas_entries.to_csv(some)),
        Download("List, JSON", "zoo.json", "application/json", lambda: atlas_entries.to_json(some)),
        Download("Picture, HTML", f"{name}.html", "text/html", picture),
    )


def snippet(view: Any) -> str:
    """The lines of Python behind the view."""
    if view["view"] == "challenge":
        return (
            "from vizcore.figures.challenge import draw_challenge\n"
            "from vizcore.reference import challenge_winners\n\n"
            "for entry in challenge_winners():\n"
            "    print(entry.year, entry.team, entry.err_supplied_data_only_pct, entry.depth)\n"
            "draw_challenge(challenge_winners()).show()"
        )
    family = "" if view["family"] == ALL else view["family"]
    words = f"{view['q']} {family}".lower().split()
    return (
        "import vizcore as vc\n"
        "from vizcore import zoo\n\n"
        f"for entry in {f'zoo.find({chr(32).join(words)!r})' if words else 'vc.models()'}:\n"
        "    print(entry.year, entry.key, entry.family, entry.depth, entry.published)\n"
        f"print(zoo.get({view['arch']!r}).deviations)"
    )
