"""Parts of the page on localisation: its choices, and the object of one picture."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import streamlit as st

from vizcore import localisation_tasks, saliency_tasks, tasks
from vizcore.data.localisation import Scene, localisation_set
from vizcore.errors import ConvScopeError, UnknownClass, UnknownLayer
from vizcore.figures import localisation_words as words
from vizcore.figures.localisation import FoundPictures, draw_found
from vizcore.figures.marking import marked
from vizcore.figures.trust_words import plain
from vizcore.formats.data import npy
from vizcore.lenses.saliency.methods import method_of
from vizcore.records_localisation import Localisation, LocalisationSettings, Rectangle
from vizcore.records_saliency import SaliencyMap
from vizcore.ui import picture_views as views
from vizcore.ui import trust_views, work
from vizcore.ui.address import Choice, any_text, flag, number, one_of, whole, yes_no
from vizcore.ui.room import Download, Room, is_dark

if TYPE_CHECKING:
    from vizcore.data.images import Picture
    from vizcore.ui.pictures import Chosen
    from vizcore.zoo.weights import Weights

PAGE = "localisation"
SHOWS = {"scene": "Scene", "photo": "Picture", "all": "All scenes"}
#: One for every ordered pair of photographs.
SCENES = 380
_USUAL = LocalisationSettings()

CHOICES = [
    Choice("show", "scene", one_of(*SHOWS)),
    Choice("scene", 57, whole(0, SCENES - 1)),
    Choice("class", "", any_text),
    Choice("method", "gradient", one_of(*trust_views.TITLES)),
    Choice("methods", ["gradient"], trust_views.parse_methods, write=",".join),
    Choice("layer", "", any_text),
    Choice("object", round(100 * _USUAL.foreground), whole(51, 99)),
    Choice("background", round(100 * _USUAL.background), whole(1, 50)),
    Choice("blur", _USUAL.blur_px, number(0, 16), write="{:g}".format),
    Choice("magnitude", _USUAL.absolute, yes_no, write=flag),
    Choice("seed", 0, whole(0, 999_999)),
]


@cache
def scenes() -> tuple[Scene, ...]:
    """The localisation set."""
    return localisation_set()


def settings_of(here: Room) -> LocalisationSettings:
    """How a box is made from a map, as chosen."""
    view = here.view
    return LocalisationSettings(
        view["object"] / 100, view["background"] / 100, view["blur"], view["magnitude"]
    )


def draw_show(here: Room) -> None:
    """The choice between the three views."""
    st.segmented_control(
        "Look at",
        list(SHOWS),
        format_func=SHOWS.__getitem__,
        required=True,
        **here.view.bind("show"),
    )


def draw_settings(here: Room) -> None:
    """Quantiles, smoothing, signs, the seed."""
    view = here.view
    with st.popover("Settings"):
        st.slider("The object's seeds: above this quantile, %", 51, 99, **view.bind("object"))
        st.slider("The background's: below this quantile, %", 1, 50, **view.bind("background"))
        st.number_input(
            "Map smoothed first, deviation in pixels",
            0.0,
            16.0,
            step=0.5,
            help="Simonyan et al. take the map as it is: 0.",
            **view.bind("blur"),
        )
        st.toggle(
            "Magnitude of maps with signs",
            help="Else what raises the score most is the object's.",
            **view.bind("magnitude"),
        )
        trust_views.draw_seed(here)


def refuse(here: Room, error: ConvScopeError) -> None:
    """Say what was wrong, with what would be right for the choice it was wrong in."""
    sets = None
    if isinstance(error, UnknownClass):
        sets = "class"
    elif isinstance(error, UnknownLayer):
        sets = "layer"
    elif set(error.suggestions) & set(work.network_keys()):
        sets = "network"
    here.refuse(error, sets=sets)


def draw_one(here: Room, weights: Weights, chosen: Chosen) -> None:
    """The object of one picture: map, seeds, segment, box."""
    view, method = here.view, method_of(here.view["method"])
    scene = scenes()[view["scene"]] if view["show"] == "scene" else None
    with here.controls():
        draw_show(here)
        if scene is not None:
            _draw_scene_picker(here)
        st.selectbox(
            "Method",
            list(trust_views.TITLES),
            format_func=trust_views.TITLES.__getitem__,
            width=145,
            **view.bind("method"),
        )
        layer = trust_views.draw_layer(here, weights, chosen, [method])
        _draw_class(here, weights, scene)
        draw_settings(here)
    try:
        if scene is not None:
            localisation_tasks.require_scene_classes(weights)
        picture = chosen.picture if scene is None else tasks.as_picture(scene.rgb_hwc)
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
        found = _found((task.key, settings_of(here)), saliency)
        said = _said(weights, picture)
    except ConvScopeError as error:
        refuse(here, error)
        return
    box = None if scene is None else localisation_tasks.box_as_seen(scene.box, weights)
    asked = _Asked(saliency, found, box, method.title, said)
    _draw_found(here, weights, chosen, scene, asked, task.key)
    _code(here, weights, chosen, scene, layer)


def _draw_scene_picker(here: Room) -> None:
    view = here.view

    def move(by: int) -> None:
        view["scene"] = (view["scene"] + by) % SCENES

    st.button(
        "", icon=":material/chevron_left:", help="Previous scene", on_click=move, args=(-1,),
        key="localisation.previous",
    )  # fmt: skip
    st.selectbox(
        "Scene",
        range(SCENES),
        format_func=lambda at: f"{scenes()[at].class_name} on {scenes()[at].background}",
        width=165,
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
        width=140,
        **here.view.bind("class"),
    )


@st.cache_resource(max_entries=128, show_spinner=False)
def _found(key: tuple[Hashable, LocalisationSettings], _saliency: SaliencyMap) -> Localisation:
    from vizcore.lenses.localisation import localise

    return localise(_saliency.image_hwc, _saliency.values_hw, key[1])


def _said(weights: Weights, picture: Picture) -> str:
    task = tasks.prediction_task(weights.architecture, picture, 1, weights=weights)
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
    views.caption(weights, drawn.caption)
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


def settings_code(here: Room) -> str:
    """The argument that says how boxes are made, where that is not as usual."""
    how, parts = settings_of(here), []
    for name in ("foreground", "background", "blur_px", "absolute"):
        if getattr(how, name) != getattr(_USUAL, name):
            parts.append(f"{name}={getattr(how, name)!r}")
    return f", settings=vc.LocalisationSettings({', '.join(parts)})" if parts else ""


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
    given += settings_code(here) + argument
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
