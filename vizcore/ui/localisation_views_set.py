"""The view of the page on localisation that measures methods on all scenes."""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from vizcore.errors import ConvScopeError
from vizcore.figures import localisation_words as words
from vizcore.figures.localisation_curves import draw_reached
from vizcore.lenses.saliency.methods import method_of
from vizcore.records.localisation import LocalisationStudy, SceneBaselines
from vizcore.tasks import localisation as localisation_tasks
from vizcore.ui import localisation_views as shared
from vizcore.ui import method_choice as picking
from vizcore.ui import picture_views as views
from vizcore.ui import trust_views, work
from vizcore.ui.charts import draw_chart
from vizcore.ui.room import Download, Room, is_dark

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from vizcore.ui.pictures import Chosen
    from vizcore.zoo.weights import Weights


def draw_all(here: Room, weights: Weights, chosen: Chosen) -> None:
    """How many objects are found, by method and without any network."""
    view = here.view
    with here.controls():
        shared.draw_show(here)
        picking.draw_methods(shared.PAGE, view, weights, chosen)
        methods = [method_of(each) for each in view["methods"]]
        layer = trust_views.draw_layer(here, weights, chosen, methods)
        shared.draw_settings(here)
    place = st.empty()
    studies: list[LocalisationStudy] = []
    keys: list[Hashable] = []
    try:
        settings = shared.settings_of(here)
        localisation_tasks.require_scene_classes(weights)
        base = localisation_tasks.scene_baselines_task(settings=settings, seed=view["seed"])
        without = work.run(base, slot="localisation.baselines")

        def show(so_far: LocalisationStudy) -> None:
            made = draw_reached([*studies, so_far], without, dark=is_dark())
            with place.container():
                st.caption(f"The first {len(so_far.targets_n)} scenes of {so_far.scores.title}")
                draw_chart(made)

        for at, method in enumerate(methods):
            task = localisation_tasks.localisation_task(
                weights.architecture,
                method.key,
                layer=layer,
                seed=view["seed"],
                settings=settings,
                weights=weights,
            )
            studies.append(work.run(task, slot=f"localisation.study{at}", show=show))
            keys.append(task.key)
    except ConvScopeError as error:
        shared.refuse(here, error)
        return
    finally:
        place.empty()
    here.answer(views.answer(weights, words.study_answer(studies, without)))
    chart = _chart((str(base.key), str(keys), is_dark()), studies, without)
    with st.container(key="localisation-curves"):
        draw_chart(chart, key="localisation.chart")
    st.html(words.study_table(studies, without))
    views.caption(weights, words.studies_said(studies))
    _offer(here, weights, studies, without)
    _code(here, weights, layer)


@st.cache_resource(max_entries=64, show_spinner=False)
def _chart(
    key: tuple[str, str, bool], _studies: Sequence[LocalisationStudy], _without: SceneBaselines
) -> go.Figure:
    return draw_reached(_studies, _without, dark=key[2])


def _offer(
    here: Room, weights: Weights, studies: Sequence[LocalisationStudy], without: SceneBaselines
) -> None:
    from vizcore.ui.cache import figure_html

    stem = views.stem(weights, "localisation", "all-scenes")
    here.offer(
        Download(
            "Table, CSV", f"{stem}.csv", "text/csv", lambda: words.study_csv(studies, without)
        ),
        Download(
            "Table, JSON",
            f"{stem}.json",
            "application/json",
            lambda: json.dumps(words.study_rows(studies, without), indent=1) + "\n",
        ),
        Download(
            "Every scene, CSV",
            f"{stem}_scenes.csv",
            "text/csv",
            lambda: words.scenes_csv(shared.scenes(), studies, without),
        ),
        Download(
            "Chart, HTML",
            f"{stem}.html",
            "text/html",
            lambda: figure_html(draw_reached(studies, without)),
        ),
    )


def _code(here: Room, weights: Weights, layer: str | None) -> None:
    imports, argument = views.weights_code(weights)
    given = f", layer={layer!r}" if layer else ""
    if here.view["seed"]:
        given += f", seed={here.view['seed']}"
    how = shared.settings_code(here)
    here.code(
        f"import vizcore as vc\n{imports}\n"
        f"for method in {here.view['methods']!r}:\n"
        f"    study = vc.localisation_study({weights.architecture!r}, "
        f"method{given}{how}{argument})\n"
        "    print(method, study.scores.mean, study.scores.error, study.accuracy)\n"
        f"for scores in vc.scene_baselines({how.removeprefix(', ')}).all:\n"
        "    print(scores.title, scores.mean, scores.error)"
    )
