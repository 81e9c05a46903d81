"""Choosing methods: by family, those that the network refuses greyed out with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from vizcore.figures.numbers import percent
from vizcore.lenses.saliency.methods import METHODS
from vizcore.records.saliency import COMPLETENESS_LIMIT, MethodFit, SaliencyMethod
from vizcore.tasks import saliency as saliency_tasks
from vizcore.ui import picture_views as views
from vizcore.ui import work
from vizcore.ui.address import View
from vizcore.ui.map_views import layer_label
from vizcore.ui.pictures import Chosen
from vizcore.ui.saliency_views import MOST_METHODS, TITLES
from vizcore.zoo.weights import Weights

KEY = "saliency-methods"
_READING = (
    "A map explains one number: the class's score before the softmax, or with *Minus* the "
    "difference of two. It does not say which pixels show the object: a pixel the network would "
    "mind can lie beside it. Methods answer different questions, so their maps differ and their "
    "values are in different units; only the maps of one method can share a scale.\n\n"
    "**Colours.** Magnitudes run from dark purple (0) to yellow, signed values from blue (lowers "
    "the score) over white (0) to red (raises it). The strongest pixels would leave the rest "
    "dark, so all above a percentile get the last colour; its value is under the scale.\n\n"
    "**Completeness.** Some methods promise that their values sum to the difference between this "
    "picture's score and a baseline's. The sum stands under their maps; where it misses by more "
    "than {limit}, the map fails its own promise.\n\n"
)


def draw_picker(view: View, weights: Weights, chosen: Chosen) -> None:
    """The list of methods behind a button; what the network refuses is found when it is opened."""
    count = len(view["method"])
    label = f"Method: {TITLES[view['method'][0]]}" if count == 1 else f"{count} methods"
    with st.popover(label, icon=":material/checklist:", key=KEY, on_change="rerun") as popover:
        if popover.open:
            task = saliency_tasks.saliency_methods_task(
                weights.architecture, chosen.picture, weights=weights
            )
            found = work.run(task, slot="saliency.methods")
            draw_methods(view, {each.method: each for each in found.fits})
            _link_to_methods(weights)


def _link_to_methods(weights: Weights) -> None:
    if page := st.session_state["pages"].get("methods"):
        st.page_link(
            page,
            label="Every method on every network",
            icon=":material/grid_on:",
            query_params={"network": weights.architecture, "weights": weights.name},
        )


def draw_layers(
    view: View, weights: Weights, chosen: Chosen, taken: Sequence[SaliencyMethod]
) -> None:
    """Which layer, where a chosen method looks at one: those that run."""
    if not any("layer" in each.needs for each in taken):
        return
    task = saliency_tasks.saliency_layers_task(
        weights.architecture, chosen.picture, weights=weights
    )
    layers = work.run(task, slot="saliency.layers")
    names = {each.name: layer_label(each) for each in layers}
    if view["layer"] not in names:
        names[view["layer"]] = view["layer"] or "The last with maps"
    st.selectbox(
        "Layer", list(names), format_func=names.__getitem__, width=170, **view.bind("layer")
    )


def draw_reading(taken: Sequence[SaliencyMethod]) -> None:
    """How to read a map, and what the values of the chosen methods are."""
    st.markdown(_READING.format(limit=percent(COMPLETENESS_LIMIT)))
    for method in taken:
        says = f"{method.says[:1].upper()}{method.says[1:]}"
        st.markdown(f"**{method.title}.** {views.plain(says)}. {views.plain(method.paper)}.")


def draw_methods(view: View, fits: Mapping[str, MethodFit]) -> None:
    """The list of all methods; `fits` says by key what is known of them on this network."""
    full = len(view["method"]) >= MOST_METHODS
    with st.container(key="saliency-list"):
        for column, families in zip(st.columns(len(_COLUMNS)), _COLUMNS, strict=True):
            with column:
                for family in families:
                    st.markdown(f"**{family[:1].upper()}{family[1:]}**")
                    for method in METHODS:
                        if method.family == family:
                            _draw_method(view, method, fits.get(method.key), full=full)


def _in_columns() -> tuple[tuple[str, ...], ...]:
    """The families in three columns of about one length, in their order."""
    counts = Counter(each.family for each in METHODS)
    columns: list[list[str]] = [[], [], []]
    share, filled = len(METHODS) / len(columns), 0
    for family, count in counts.items():
        columns[min(2, int((filled + count / 2) / share))].append(family)
        filled += count
    return tuple(map(tuple, columns))


_COLUMNS = _in_columns()


def _draw_method(view: View, method: SaliencyMethod, fit: MethodFit | None, *, full: bool) -> None:
    key = f"saliency.takes.{method.key}"
    is_chosen = method.key in view["method"]
    st.session_state[key] = is_chosen

    def take() -> None:
        kept = [each for each in view["method"] if each != method.key]
        if st.session_state[key]:
            kept.append(method.key)
        view["method"] = kept or ["gradient"]

    refused = fit is not None and fit.is_refused
    st.checkbox(
        method.title,
        key=key,
        on_change=take,
        disabled=not is_chosen and (refused or full),
        help=f"{method.says[:1].upper()}{method.says[1:]}. {method.passes}. {method.paper}.",
    )
    if fit is not None and fit.verdict != "applies":
        what = "Refused" if refused else "On the rewritten network"
        why = "; ".join(fit.reasons or fit.changes)
        st.caption(f"{what}: {views.plain(why)}")
