"""The view of the page on localisation that finds the object of one picture."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from vizcore.data.localisation import Scene
from vizcore.errors import ConvScopeError
from vizcore.figures import localisation_words as words
from vizcore.figures.localisation import FoundPictures, draw_found
from vizcore.figures.marking import marked
from vizcore.figures.saliency_words import fit_words
from vizcore.figures.trust_words import plain
from vizcore.formats.data import npy
from vizcore.lenses.saliency.methods import method_of
from vizcore.records.localisation import Localisation, LocalisationSettings, Rectangle
from vizcore.records.saliency import SaliencyMap
from vizcore.tasks import localisation as localisation_tasks
from vizcore.tasks import saliency as saliency_tasks
from vizcore.tasks.prediction import prediction_task
from vizcore.tasks.sight import as_picture
from vizcore.ui import localisation_views as shared
from vizcore.ui import method_choice as methods
from vizcore.ui import picture_views as views
from vizcore.ui import trust_views, work
from vizcore.ui.room import Download, Room, is_dark

if TYPE_CHECKING:
    from vizcore.data.images import Picture
    from vizcore.ui.pictures import Chosen
    from vizcore.zoo.weights import Weights


def draw_one(here: Room, weights: Weights, chosen: Chosen) -> None:
    """The object of one picture: map, seeds, segment, box."""
    view, method = here.view, method_of(here.view["method"])
    scene = shared.scenes()[view["scene"]] if view["show"] == "scene" else None
    with here.controls():
        shared.draw_show(here)
        if scene is not None:
            _draw_scene_picker(here)
        methods.draw_method(shared.PAGE, view, weights, chosen)
        layer = trust_views.draw_layer(here, weights, chosen, [method])
        _draw_class(here, weights, scene)
        shared.draw_settings(here)
    try:
        if scene is not None:
            localisation_tasks.require_scene_classes(weights)
        picture = chosen.picture if scene is None else as_picture(scene.rgb_hwc)
        target = view["class"] or (None if scene is None else scene.class_name)
        task = saliency_tasks.saliency_task(
            weights.architecture,
            picture,
            target,
            method.key,
            layer=layer,
            seed=view["seed"],
            weights=weights,
        )
        saliency = work.run(task, slot="localisation.map")
        found = _found((task.key, shared.settings_of(here)), saliency)
        said = _said(weights, picture)
    except ConvScopeError as error:
        shared.refuse(here, error)
        return
    box = None if scene is None else localisation_tasks.box_as_seen(scene.box, weights)
    asked = _Asked(saliency, found, box, method.title, said)
    _draw_found(here, weights, chosen, scene, asked, task.key)
    _code(here, weights, chosen, scene, layer)


def _draw_scene_picker(here: Room) -> None:
    view, known = here.view, shared.scenes()

    def move(by: int) -> None:
        view["scene"] = (view["scene"] + by) % shared.SCENES

    st.button(
        "", icon=":material/chevron_left:", help="Previous scene", on_click=move, args=(-1,),
        key="localisation.previous",
    )  # fmt: skip
    st.selectbox(
        "Scene",
        range(shared.SCENES),
        format_func=lambda at: f"{known[at].class_name} on {known[at].background}",
        width=150,
        **view.bind("scene"),
    )
    st.button(
        "", icon=":material/chevron_right:", help="Next scene", on_click=move, args=(1,),
        key="localisation.next",
    )  # fmt: skip


def _draw_class(here: Room, weights: Weights, scene: Scene | None) -> None:
    names = ["", *weights.classes]
    if here.view["class"] not in names:
        names.append(here.view["class"])  # refused below
    usual = "most probable" if scene is None else "the object's"
    st.selectbox(
        "Class",
        names,
        format_func=lambda name: views.plain(name) if name else usual,
        width=150 if scene is None else 120,
        **here.view.bind("class"),
    )


@st.cache_resource(max_entries=128, show_spinner=False)
def _found(key: tuple[Hashable, LocalisationSettings], _saliency: SaliencyMap) -> Localisation:
    from vizcore.lenses.localisation import localise

    return localise(_saliency.image_hwc, _saliency.values_hw, key[1])


def _said(weights: Weights, picture: Picture) -> str:
    task = prediction_task(weights.architecture, picture, 1, weights=weights)
    return work.run(task, slot="localisation.prediction").classes[0]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was found, and what is known of it."""

    saliency: SaliencyMap
    found: Localisation
    box: Rectangle | None
    method: str
    said: str

    @property
    def is_signed(self) -> bool:
        return self.saliency.signed and not self.found.settings.absolute

    def draw(self, *, dark: bool = False) -> FoundPictures:
        return draw_found(self.found, self.box, signed=self.is_signed, dark=dark)

    def words(self) -> tuple[str, str, str, str]:
        """What is said of each of the four pictures."""
        low, high = self.found.thresholds
        inside = float(self.found.component_hw.mean())
        left, top, right, bottom = self.found.box
        box = f"{right - left:g} × {bottom - top:g} pixels"
        if self.box is not None:
            box = f"IoU {plain(self.found.iou(self.box))}"
        return (
            f"of {self.saliency.target_class}",
            f"> {high:.2g}, < {low:.2g}",
            f"{100 * inside:.0f}% of the picture",
            box,
        )


def _draw_found(
    here: Room,
    weights: Weights,
    chosen: Chosen,
    scene: Scene | None,
    asked: _Asked,
    key: Hashable,
) -> None:
    target = asked.saliency.target_class
    if asked.box is not None and scene is not None and target == scene.class_name:
        text = words.scene_answer(asked.found, asked.box, asked.method, target, asked.said)
    else:
        text = words.photo_answer(asked.found, asked.method, target)
    here.answer(views.answer(weights, text))
    drawn = _drawn((key, asked.found.settings, scene is not None, is_dark()), asked)
    with st.container(key="localisation-strip", gap="small"):
        said = asked.words()
        alt = f"The box around {target}: {said[3]}"
        st.image(drawn.png(), alt=alt, output_format="PNG")
        width = drawn.rgb_hwc.shape[1]
        st.html(words.heads_html(said, width))
    rewritten = fit_words(asked.saliency)
    views.caption(weights, f"{drawn.caption} {rewritten}." if rewritten else drawn.caption)
    name = chosen.name if scene is None else f"scene-{here.view['scene']}"
    stem = views.stem(weights, "localisation", here.view["method"], name)
    mark = views.mark(weights)

    def png() -> bytes:
        made = asked.draw().labelled(asked.words())
        return marked(made, mark)

    here.offer(
        Download("The four pictures, PNG", f"{stem}.png", "image/png", png),
        Download(
            "Box and numbers, JSON",
            f"{stem}.json",
            "application/json",
            lambda: words.found_json(asked.found, asked.box, target, asked.method, asked.said),
        ),
        Download(
            "Segment, NPY",
            f"{stem}.npy",
            "application/octet-stream",
            lambda: npy(asked.found.component_hw),
        ),
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _drawn(key: tuple[Hashable, LocalisationSettings, bool, bool], _asked: _Asked) -> FoundPictures:
    return _asked.draw(dark=key[3])


def _code(
    here: Room, weights: Weights, chosen: Chosen, scene: Scene | None, layer: str | None
) -> None:
    imports, argument = views.weights_code(weights)
    view = here.view
    given = f", method={view['method']!r}"
    if layer:
        given += f", layer={layer!r}"
    if view["seed"]:
        given += f", seed={view['seed']}"
    given += shared.settings_code(here) + argument
    if scene is None:
        target = f", {view['class']!r}" if view["class"] else ""
        here.code(
            views.picture_imports(chosen.name) + imports + f"\nfound = vc.localise("
            f"{weights.architecture!r}, {views.picture_code(chosen.name)}{target}{given})\n"
            "print(found.box)"
        )
        return
    wanted = repr(view["class"]) if view["class"] else "scene.class_name"
    here.code(
        f"import vizcore as vc\n{imports}\nscene = vc.localisation_set()[{view['scene']}]\n"
        f"found = vc.localise({weights.architecture!r}, scene.rgb_hwc, {wanted}{given})\n"
        "print(found.box, scene.box, found.iou(scene.box))"
    )
