"""The view of the page on trust that measures several methods alike."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import streamlit as st

from vizcore.errors import ConvScopeError
from vizcore.figures import trust_tables as tables
from vizcore.figures import trust_words as words
from vizcore.figures.saliency_words import rewriting_words
from vizcore.figures.trust_curves import alt, draw_pixel_curves
from vizcore.lenses.saliency.methods import method_of
from vizcore.records.trust import MapMetrics, MethodMetrics, MetricSettings
from vizcore.tasks import trust as trust_tasks
from vizcore.ui import picture_views as views
from vizcore.ui import trust_views as trust
from vizcore.ui import work
from vizcore.ui.charts import draw_chart
from vizcore.ui.method_choice import draw_methods
from vizcore.ui.pictures import Chosen
from vizcore.ui.room import Download, Room, is_dark
from vizcore.ui.trust_counts import COUNTS
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    import plotly.graph_objects as go


def draw(here: Room, weights: Weights, chosen: Chosen) -> MapMetrics | None:
    """Curves and a table; returns what is in them, None where it was refused."""
    view = here.view
    if not view["methods"]:
        view["methods"] = list(trust_tasks.USUAL)
    with here.controls():
        trust.draw_show(here)
        draw_methods(trust.PAGE, view, weights, chosen)
        methods = [method_of(each) for each in view["methods"]]
        layer = trust.draw_layer(here, weights, chosen, methods)
        trust.draw_class(here, weights)
        with st.popover("Settings"):
            for name, label in (
                ("deleted", "A pixel taken away"),
                ("inserted", "One not given yet"),
            ):
                st.selectbox(
                    label,
                    list(trust.BASELINES),
                    format_func=trust.BASELINES.__getitem__,
                    **view.bind(name),
                )
            for name, count in COUNTS.items():
                st.number_input(count.words, count.least, count.most, **view.bind(name))
            trust.draw_seed(here)
    settings = MetricSettings(
        deletion_baseline=view["deleted"],
        insertion_baseline=view["inserted"],
        seed=view["seed"],
        **{count.setting: view[name] for name, count in COUNTS.items()},
    )
    place = st.empty()
    rows: list[MethodMetrics] = []
    keys: list[Hashable] = []
    try:
        frame_task, rows_of = trust_tasks.metrics_tasks(
            weights.architecture,
            chosen.picture,
            view["methods"],
            view["class"] or None,
            layer=layer,
            settings=settings,
            weights=weights,
        )
        frame = work.run(frame_task, slot="trust.frame")
        row_tasks = rows_of(frame)
        for number, task in enumerate(row_tasks):
            rows.append(work.run(task, slot=f"trust.row{number}"))
            keys.append(task.key)
            if task is not row_tasks[-1]:
                place.html(tables.metrics_table(trust_tasks.joined(frame, rows)))
    except ConvScopeError as error:
        trust.refuse(here, error)
        return None
    finally:
        place.empty()
    found = trust_tasks.joined(frame, rows)
    here.answer(views.answer(weights, words.metrics_answer(found)))
    chart = _chart((str(frame_task.key), str(keys), is_dark()), found)
    with st.container(key="trust-curves"):
        draw_chart(chart, key="trust.curves", alt=alt(found))
    st.html(tables.metrics_table(found))
    views.caption(
        weights,
        f"Deletion and insertion in {settings.steps} parts; {settings.random_orders} random "
        f"orders; {settings.removals} squares of {found.side_px} × {found.side_px} pixels for "
        f"infidelity; {settings.nudges} inputs, each value moved by at most {settings.radius:g}, "
        f"for sensitivity; seed {settings.seed}.",
    )
    for row in found.rows:
        if rewritten := rewriting_words(row.fit):
            st.caption(views.plain(f"{row.title}. {rewritten}"))
    _offer(here, weights, chosen, found)
    _code(here, weights, chosen, found, layer)
    return found


@st.cache_resource(max_entries=64, show_spinner=False)
def _chart(key: tuple[str, str, bool], _found: MapMetrics) -> go.Figure:
    return draw_pixel_curves(_found, dark=key[2])


def _offer(here: Room, weights: Weights, chosen: Chosen, found: MapMetrics) -> None:
    from vizcore.ui.cache import figure_html

    stem = views.stem(weights, "metrics", found.target_class, chosen.name)
    here.offer(
        Download("Table, CSV", f"{stem}.csv", "text/csv", lambda: tables.metrics_csv(found)),
        Download(
            "Curves, CSV",
            f"{stem}_curves.csv",
            "text/csv",
            lambda: tables.curves_csv(found),
        ),
        Download(
            "Curves, HTML",
            f"{stem}.html",
            "text/html",
            lambda: figure_html(draw_pixel_curves(found)),
        ),
    )


def _code(
    here: Room, weights: Weights, chosen: Chosen, found: MapMetrics, layer: str | None
) -> None:
    imports, argument = views.weights_code(weights)
    given = f", layer={layer!r}" if layer else ""
    usual, how = MetricSettings(), found.settings
    changed = {
        name: getattr(how, name)
        for name in (
            "deletion_baseline",
            "insertion_baseline",
            "seed",
            *(count.setting for count in COUNTS.values()),
        )
        if getattr(how, name) != getattr(usual, name)
    }
    settings = ""
    if changed:
        imports = "from vizcore.records.trust import MetricSettings\n" + imports
        inside = ", ".join(f"{name}={value!r}" for name, value in changed.items())
        settings = f", settings=MetricSettings({inside})"
    here.code(
        views.picture_imports(chosen.name)
        + imports
        + f"\nfound = vc.map_metrics({weights.architecture!r}, {views.picture_code(chosen.name)},\n"
        f"    {[row.method for row in found.rows]!r}, {found.target_class!r}"
        f"{given}{settings}{argument})\n"
        "for row in found.rows:\n"
        "    print(row.title, row.curves and row.curves.deletion.area, row.sensitivity)\n"
        "print('random', found.random_areas('deletion'))"
    )
