"""Parts of the Saliency methods room: which method applies to which network, and why not."""

from __future__ import annotations

import html
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from vizcore import zoo
from vizcore.data.samples import sample
from vizcore.figures.method_matrix import VERDICT_NAMES, draw_method_matrix
from vizcore.lenses.saliency.methods import METHODS
from vizcore.networks import offers
from vizcore.networks.presence import presence_of
from vizcore.saliency_matrix import SIDE_PX, classifiers, matrix, versions
from vizcore.tasks import saliency as saliency_tasks
from vizcore.ui import cache, work
from vizcore.ui import picture_views as views
from vizcore.ui.address import Choice, View, any_text
from vizcore.ui.charts import draw_chart
from vizcore.ui.method_rows import Fits, csv_text, groups, matrix_rows, shown_methods
from vizcore.ui.room import Download, Room, is_dark

if TYPE_CHECKING:
    import plotly.graph_objects as go

PAGE = "methods"
CHOICES = [
    Choice("family", "", any_text),
    Choice("kind", "", any_text),
    Choice("of", "", any_text),
    Choice("method", "", any_text),
]


#: Which methods are shown: those that tell networks apart, all, or one family.
DIFFERING, ALL = "", "all"


@dataclass(frozen=True, slots=True)
class Zoo:
    """What is known of the zoo.

    Attributes:
        fits: of every architecture by key, then by method.
        made: how that was found, one sentence each.
    """

    fits: Fits
    made: tuple[str, ...]


def of_the_zoo() -> Zoo:
    """The trial of the whole zoo that comes with the app."""
    found, every = matrix(), classifiers()
    return Zoo(
        {each.architecture: {fit.method: fit for fit in each.fits} for each in found},
        (
            f"{len(found)} of the {len(every)} classifiers of the zoo were tried with random "
            "weights: what applies hangs on a network's operations, not on what it has learned. "
            f"The picture was one of random numbers, of {SIDE_PX} pixels a side where the network "
            "takes that and its own input is larger.",
            "A method applies as it is where its rule reaches every operation it is about; it is "
            "applied to a rewritten network where the two give the same outputs; it is refused "
            "where it would silently do something else, or fail.",
            f"Computed with {versions()} by `python -m vizcore.saliency_matrix`.",
        ),
    )


def with_hand(zoo_fits: Fits, hand: str) -> Fits:
    """The same with the network at hand, which is tried now where the zoo does not hold it."""
    if hand in zoo_fits:
        return zoo_fits
    here = presence_of(offers.weights(hand)).here
    task = saliency_tasks.saliency_methods_task(
        hand, sample("coffee").read(), weights=None if here else "random"
    )
    found = work.run(task, slot="methods.hand")
    return {**zoo_fits, hand: {each.method: each for each in found.fits}}


@st.cache_resource(max_entries=32, show_spinner=False)
def matrix_chart(
    family: str, kind: str, hand: str, selected: tuple[str, str] | None, dark: bool, _fits: Fits
) -> go.Figure:
    """The matrix. `_fits` are the zoo's, and those of `hand`."""
    methods = shown_methods(kind, _fits)
    return draw_method_matrix(
        [(each.key, each.title) for each in methods],
        matrix_rows(_fits, methods, family, hand),
        selected=selected,
        dark=dark,
    )


def answer(fits: Fits, hand: str) -> str:
    """How many methods apply to the network at hand, as HTML; of the zoo where it is not known."""
    count = len(METHODS)
    if hand not in fits:
        cells = [fit.verdict for its in fits.values() for fit in its.values()]
        counts = Counter(cells)
        return (
            f"Of {len(cells):,} pairs of a network and a method, <b>{counts['applies']:,}</b> "
            f"apply as they are, <b>{counts['rewritten']:,}</b> once the network is rewritten, "
            f"and <b>{counts['refused']:,}</b> are refused."
        )
    its = Counter(fit.verdict for fit in fits[hand].values())
    rest = [
        f"<b>{its['rewritten']}</b> once it is rewritten" if its["rewritten"] else "",
        f"<b>{its['refused']}</b> {'is' if its['refused'] == 1 else 'are'} refused"
        if its["refused"]
        else "",
    ]
    told = "".join(f", {each}" for each in rest if each)
    name = html.escape(zoo.get(hand).name)
    return f"<b>{its['applies']}</b> of {count} methods apply to <b>{name}</b> as it is{told}."


def draw_controls(here: Room, fits: Fits) -> None:
    """Which networks and which methods the matrix holds."""
    view = here.view
    families = dict.fromkeys(entry.family for entry in zoo.architectures() if entry.key in fits)
    kinds = {DIFFERING: "Those that tell networks apart", ALL: "All"} | {
        each.family: f"{each.family[:1].upper()}{each.family[1:]}" for each in METHODS
    }
    for name, allowed in (("family", families), ("kind", kinds)):
        if view[name] not in allowed:
            if view[name]:
                st.warning(
                    f"{name} = '{views.plain(view[name])}' is not one of them. Allowed: "
                    f"{', '.join(allowed)}."
                )
            view[name] = ""
    with here.controls():
        st.selectbox(
            "Networks",
            ["", *families],
            format_func=lambda name: name or "Whole zoo",
            width=260,
            help="The whole zoo has one row for networks of a family with the same verdicts; a "
            "family has a row for each network.",
            **view.bind("family"),
        )
        st.selectbox(
            "Methods",
            list(kinds),
            format_func=kinds.__getitem__,
            width=270,
            **view.bind("kind"),
        )


def draw_matrix(here: Room, fits: Fits, hand: str) -> None:
    """The matrix, and below it the cell that was chosen."""
    view = here.view
    selected = _selected(view, fits)
    chart = matrix_chart(view["family"], view["kind"], hand, selected, is_dark(), fits)
    key = "methods.matrix"

    def take(picked: Any) -> None:
        if picked:
            view["of"], view["method"] = picked[0], picked[1]

    with st.container(key="methods-matrix"):
        draw_chart(chart, key=key, on_pick=take)
    if selected is not None:
        with st.container(border=True, key="methods-cell"):
            draw_cell(fits, *selected, view)
    else:
        st.caption(caption(view["kind"], fits))


def caption(kind: str, fits: Fits) -> str:
    """What is not shown, and how to know more."""
    shown = len(shown_methods(kind, fits))
    others = len(METHODS) - shown
    rest = (
        f"The other {others} methods apply to every one of these {len(fits)} networks as it is. "
        if kind == DIFFERING and others
        else ""
    )
    return f"{rest}A click on a cell gives its reason."


def _selected(view: View, fits: Fits) -> tuple[str, str] | None:
    keys = {each.key for each in METHODS}
    if view["of"] in fits and view["method"] in keys:
        return view["of"], view["method"]
    return None


def draw_cell(fits: Fits, key: str, method_key: str, view: View) -> None:
    """Why a method applies to a network or does not, and which networks are alike."""
    fit, entry = fits[key][method_key], zoo.get(key)
    method = next(each for each in METHODS if each.key == method_key)
    st.markdown(f"**{method.title}** on **{entry.name}**: {VERDICT_NAMES[fit.verdict]}")
    for reason in fit.reasons:
        st.markdown(views.plain(reason))
    if fit.changes:
        proof = (
            f" Largest difference between its outputs before and after: "
            f"{fit.largest_difference:.2g}."
            if fit.largest_difference is not None
            else ""
        )
        st.markdown(f"Rewritten: {views.plain(', '.join(fit.changes))}.{views.plain(proof)}")
    st.caption(f"{views.plain(method.says[:1].upper() + method.says[1:])}. {method.paper}")
    same = next((keys for keys in groups(fits, METHODS, "") if key in keys), (key,))
    if len(same) > 1:
        names = ", ".join(zoo.get(each).name for each in same)
        st.caption(f"The same verdicts: {names}")


def offer(here: Room, known: Zoo, fits: Fits, hand: str) -> None:
    """The files of the page."""
    view = here.view
    here.offer(
        Download(
            "Matrix, CSV",
            "saliency_methods.csv",
            "text/csv",
            lambda: csv_text(fits, known.made),
        ),
        Download(
            "Matrix, HTML",
            "saliency_methods.html",
            "text/html",
            lambda: cache.figure_html(
                matrix_chart(view["family"], view["kind"], hand, None, False, fits)
            ),
        ),
    )


def draw_methods() -> None:
    """Every method: what a value of its map is, what it costs, who published it."""
    rows = "".join(
        f"<tr><td><b>{html.escape(each.title)}</b></td><td>{html.escape(each.says)}</td>"
        f"<td>{'sign' if each.signed else 'magnitude'}</td>"
        f"<td>{html.escape(each.passes)}</td><td>{html.escape(each.paper)}</td></tr>"
        for each in METHODS
    )
    heads = "".join(
        f"<th>{name}</th>" for name in ("method", "a value", "keeps", "passes", "paper")
    )
    st.html(
        f'<div class="cs-wide"><table class="cs-table"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def snippet(key: str) -> str:
    """The lines of Python that give the verdicts of the network at hand."""
    return (
        f"import vizcore as vc\n\nfound = vc.saliency_methods({key!r})\n"
        "for fit in found.fits:\n    print(fit.method, fit.verdict, *fit.changes, *fit.reasons)"
    )
