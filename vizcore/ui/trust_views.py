"""Parts of the page on trust: its choices, and the view in which layers forget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from vizcore.errors import ConvScopeError, UnknownClass, UnknownLayer
from vizcore.figures import trust_tables as tables
from vizcore.figures import trust_words as words
from vizcore.figures.saliency_words import rewriting_words
from vizcore.figures.trust import alt, draw_decline
from vizcore.figures.trust_maps import RowOfMaps, draw_row, enlarged, labelled
from vizcore.lenses.saliency.methods import method_of
from vizcore.records.saliency import SaliencyMethod
from vizcore.records.trust import SanityCheck
from vizcore.tasks import trust as trust_tasks
from vizcore.ui import map_views, work
from vizcore.ui import picture_views as views
from vizcore.ui.address import Choice, any_text, one_of, whole
from vizcore.ui.charts import draw_chart
from vizcore.ui.method_choice import TITLES, draw_method
from vizcore.ui.pictures import Chosen
from vizcore.ui.room import Download, Room, is_dark
from vizcore.ui.trust_counts import COUNTS
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    import plotly.graph_objects as go

PAGE = "trust"
#: Room for the row of maps, and for the enlarged ones beside it.
LEAST_PX, PICTURE_PX = 928, 272
SHOWS = {"random": "Random layers", "metrics": "Metrics"}
ORDERS = {"cascading": "From the top down", "independent": "Each alone"}
STEPS = {"4": "4", "8": "8", "16": "16"}
BASELINES = {"mean": "Mean colour", "blur": "Blurred", "zero": "0"}


def parse_methods(text: str) -> list[str]:
    """Methods in the address: keys with commas.

    Example:
        >>> parse_methods("gradient,gradient")
        ['gradient']
    """
    found = list(dict.fromkeys(text.split(",")))
    unknown = [each for each in found if each not in TITLES]
    if unknown:
        raise ValueError(f"Allowed, with commas: {', '.join(TITLES)}.")
    return found


CHOICES = [
    Choice("show", "random", one_of(*SHOWS)),
    Choice("class", "", any_text),
    Choice("method", "gradient", one_of(*TITLES)),
    Choice("methods", list(trust_tasks.USUAL), parse_methods, write=",".join),
    Choice("layer", "", any_text),
    Choice("order", "cascading", one_of(*ORDERS)),
    Choice("steps", "8", one_of(*STEPS)),
    Choice("at", 0, whole(0, 999)),
    Choice("seed", 0, whole(0, 999_999)),
    Choice("deleted", "mean", one_of(*BASELINES)),
    Choice("inserted", "blur", one_of(*BASELINES)),
    *(Choice(key, each.usual, whole(each.least, each.most)) for key, each in COUNTS.items()),
]


def draw_show(here: Room) -> None:
    """The choice between the two views."""
    st.segmented_control(
        "Show",
        list(SHOWS),
        format_func=SHOWS.__getitem__,
        required=True,
        **here.view.bind("show"),
    )


def draw_class(here: Room, weights: Weights) -> None:
    """The class whose score is explained."""
    names = ["", *weights.classes]
    if here.view["class"] not in names:
        names.append(here.view["class"])  # refused below
    st.selectbox(
        "Class",
        names,
        format_func=lambda name: views.plain(name) if name else "Most probable",
        width=150,
        **here.view.bind("class"),
    )


def draw_seed(here: Room) -> None:
    """The seed of all that is random."""
    st.number_input("Seed of all that is random", 0, 999_999, **here.view.bind("seed"))


def draw_layer(
    here: Room,
    weights: Weights,
    chosen: Chosen,
    methods: Sequence[SaliencyMethod],
) -> str | None:
    """The layer, where a method looks at one; returns its name."""
    if not any("layer" in each.needs for each in methods):
        return None
    listed = map_views.listed_layers(weights, chosen, "trust.layers")
    names = ["", *(each.name for each in listed if each.leaf)]
    if here.view["layer"] not in names:
        names.append(here.view["layer"])  # refused below
    st.selectbox(
        "Layer",
        names,
        format_func=lambda name: name or "the method's usual one",
        width=200,
        **here.view.bind("layer"),
    )
    return here.view["layer"] or None


def refuse(here: Room, error: ConvScopeError) -> None:
    """Say what was wrong, with what would be right for the choice it was wrong in."""
    sets = None
    if isinstance(error, (UnknownClass, UnknownLayer)):
        sets = "class" if isinstance(error, UnknownClass) else "layer"
    here.refuse(error, sets=sets)


def draw(here: Room, weights: Weights, chosen: Chosen) -> None:
    """The maps of a network that forgets, and how much is left of the first."""
    view, method = here.view, method_of(here.view["method"])
    with here.controls():
        draw_show(here)
        draw_method(PAGE, view, weights, chosen)
        layer = draw_layer(here, weights, chosen, [method])
        draw_class(here, weights)
        st.segmented_control(
            "Layers forget",
            list(ORDERS),
            format_func=ORDERS.__getitem__,
            required=True,
            **view.bind("order"),
        )
        with st.popover("Settings"):
            st.segmented_control(
                "Steps, at most",
                list(STEPS),
                help="Neighbouring layers share a step where a network has more of them.",
                required=True,
                **view.bind("steps"),
            )
            draw_seed(here)
    target, order, most = view["class"] or None, view["order"], int(view["steps"])
    place = st.empty()

    def show(found: SanityCheck) -> None:
        place.image(draw_row(found, dark=is_dark()).png(), alt="The maps so far")

    try:
        task = trust_tasks.sanity_task(
            weights.architecture,
            chosen.picture,
            target,
            method.key,
            layer=layer,
            order=order,
            most=most,
            seed=view["seed"],
            weights=weights,
        )
        check = work.run(task, slot="trust.sanity", show=show)
    except ConvScopeError as error:
        refuse(here, error)
        return
    finally:
        place.empty()
    here.answer(views.answer(weights, words.sanity_answer(check, method.title)))
    key = (str(task.key), is_dark())
    row, chart = _drawn(key, check)
    with st.container(key="trust-panes", horizontal=True, gap="medium"):
        with st.container(key="trust-row", gap="small", width=LEAST_PX):
            st.image(row.png(), alt=f"{len(check.steps) + 1} maps of {method.title}: {alt(check)}")
            draw_chart(chart, width="content", key="trust.decline", alt=alt(check))
        _draw_large(here, check)
    rewritten = views.plain(rewriting_words(check.fit))
    views.caption(weights, f"{row.caption} Seed {check.seed}. {rewritten}".strip())
    _offer(here, weights, chosen, check, method, row)
    _code(here, weights, chosen, check, layer)
    with here.details("Every step in numbers") as is_open:
        if is_open:
            st.html(tables.sanity_table(check))


def _draw_large(here: Room, check: SanityCheck) -> None:
    """The map as it is and the map of one step, enlarged."""
    view, last = here.view, len(check.steps)
    if view["at"] > last:
        view["at"] = 0
    with st.container(width=PICTURE_PX):
        st.image(enlarged(check.values_hw, check.signed), alt="The map as it is")
        st.caption("The map of the network as it is")
    with st.container(width=PICTURE_PX):
        step = check.steps[view["at"] - 1]
        if step.values_hw is None:
            st.caption(f"No map: {views.plain(step.note)}")
        else:
            alone = enlarged(step.values_hw, check.signed)
            said = words.likeness_said(step.likeness)
            down = "and all above it " if check.order == "cascading" else ""
            st.image(alone, alt=f"The map with {step.name} {down}random: {said}")
            st.caption(said[:1].upper() + said[1:])
        st.selectbox(
            "Layers random down to" if check.order == "cascading" else "Layer random",
            [0, *range(1, last)],
            format_func=lambda number: check.steps[number - 1].name,
            **view.bind("at"),
        )


@st.cache_resource(max_entries=64, show_spinner=False)
def _drawn(key: tuple[str, bool], _check: SanityCheck) -> tuple[RowOfMaps, go.Figure]:
    row = draw_row(_check, dark=key[1])
    return row, draw_decline(_check, dark=key[1], step_px=row.step_px)


def _offer(
    here: Room,
    weights: Weights,
    chosen: Chosen,
    check: SanityCheck,
    method: SaliencyMethod,
    row: RowOfMaps,
) -> None:
    from vizcore.figures.marking import marked
    from vizcore.ui.cache import figure_html

    stem = views.stem(weights, "sanity", method.key, check.order, chosen.name)
    mark = views.mark(weights)

    def picture() -> bytes:
        png = labelled(check)
        return marked(png, mark)

    here.offer(
        Download("Maps with their numbers, PNG", f"{stem}.png", "image/png", picture),
        Download("Numbers, CSV", f"{stem}.csv", "text/csv", lambda: tables.sanity_csv(check)),
        Download(
            "Chart, HTML",
            f"{stem}.html",
            "text/html",
            lambda: figure_html(draw_decline(check, step_px=row.step_px)),
        ),
    )


def _code(
    here: Room, weights: Weights, chosen: Chosen, check: SanityCheck, layer: str | None
) -> None:
    imports, argument = views.weights_code(weights)
    view = here.view
    given = [f"method={view['method']!r}", f"order={view['order']!r}", f"most={view['steps']}"]
    if layer:
        given.append(f"layer={layer!r}")
    if view["seed"]:
        given.append(f"seed={view['seed']}")
    here.code(
        views.picture_imports(chosen.name)
        + imports
        + f"\ncheck = vc.sanity_check({weights.architecture!r}, {views.picture_code(chosen.name)}, "
        f"{check.target_class!r},\n    {', '.join(given)}{argument})\n"
        "for step in check.steps:\n"
        "    print(step.name, step.likeness)\n"
        "print('edges', check.edges)"
    )
