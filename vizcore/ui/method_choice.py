"""Choosing methods that are put to a test; what the network refuses is greyed out, with why.

What is offered explains a class's score or a layer: a map of a single unit says nothing of where an
object is, nor of what the network has learned of a class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from vizcore.lenses.saliency.methods import METHODS
from vizcore.records.saliency import MethodFit, SaliencyMethod
from vizcore.tasks import saliency as saliency_tasks
from vizcore.ui import picture_views as views
from vizcore.ui import work
from vizcore.ui.address import View

if TYPE_CHECKING:
    from vizcore.ui.pictures import Chosen
    from vizcore.zoo.weights import Weights

OFFERED: tuple[SaliencyMethod, ...] = tuple(each for each in METHODS if each.family != "unit")
TITLES = {each.key: each.title for each in OFFERED}
#: Of a page's popovers that hold the lists: one method, or several.
ONE_KEY, SEVERAL_KEY = "{page}-method", "{page}-methods"
#: Families in three columns of about one length.
COLUMNS = (
    ("gradient", "path", "class activation map"),
    ("backpropagation rule", "perturbation", "surrogate model"),
    ("layer",),
)


def draw_method(page: str, view: View, weights: Weights, chosen: Chosen) -> None:
    """The one method that is looked at, behind a button with its name."""
    label = f"Method: {TITLES[view['method']]}"
    with st.popover(label, key=ONE_KEY.format(page=page), on_change="rerun", width=180) as popover:
        if popover.open:
            _draw_list(page, view, _fits(page, weights, chosen), several=False)


def draw_methods(page: str, view: View, weights: Weights, chosen: Chosen) -> None:
    """The methods that are held against each other."""
    count = len(view["methods"])
    first = TITLES[view["methods"][0]]
    label = f"Method: {first}" if count == 1 else f"{count} methods"
    with st.popover(
        label, icon=":material/checklist:", key=SEVERAL_KEY.format(page=page), on_change="rerun"
    ) as popover:
        if popover.open:
            _draw_list(page, view, _fits(page, weights, chosen), several=True)


def _fits(page: str, weights: Weights, chosen: Chosen) -> dict[str, MethodFit]:
    """What is known of each method on this network."""
    task = saliency_tasks.saliency_methods_task(
        weights.architecture, chosen.picture, weights=weights
    )
    found = work.run(task, slot=f"{page}.fits")
    return {each.method: each for each in found.fits}


def _draw_list(page: str, view: View, fits: Mapping[str, MethodFit], *, several: bool) -> None:
    with st.container(key=f"{page}-list"):
        for column, families in zip(st.columns(len(COLUMNS)), COLUMNS, strict=True):
            with column, st.container(gap="xxsmall"):
                for family in families:
                    st.markdown(f"**{family[:1].upper()}{family[1:]}**")
                    for method in OFFERED:
                        if method.family == family:
                            _draw(page, view, method, fits.get(method.key), several=several)


def _draw(
    page: str, view: View, method: SaliencyMethod, fit: MethodFit | None, *, several: bool
) -> None:
    key = f"{page}.takes.{method.key}"
    is_chosen = method.key in view["methods"] if several else method.key == view["method"]
    refused = fit is not None and fit.is_refused
    said = f"{method.says[:1].upper()}{method.says[1:]}. {method.passes}. {method.paper}."
    if several:
        st.session_state[key] = is_chosen

        def take() -> None:
            kept = [each for each in view["methods"] if each != method.key]
            view["methods"] = [*kept, method.key] if st.session_state[key] else kept or ["gradient"]

        st.checkbox(
            method.title, key=key, on_change=take, disabled=refused and not is_chosen, help=said
        )
    else:

        def choose() -> None:
            view["method"] = method.key

        st.button(
            method.title,
            key=f"{key}.one",
            on_click=choose,
            disabled=refused,
            help=said,
            type="primary" if is_chosen else "tertiary",
        )
    if fit is not None and fit.verdict != "applies":
        what = "Refused" if refused else "On the rewritten network"
        why = "; ".join(fit.reasons or fit.changes)
        st.caption(f"{what}: {views.plain(why)}")
