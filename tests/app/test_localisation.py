"""Does the map find the object: one scene, a picture, all scenes, refusals."""

from __future__ import annotations

from typing import Any

import pytest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from vizcore.data.samples import sample
from vizcore.figures.trust_words import plain
from vizcore.runtime.jobs import run_here
from vizcore.tasks import localisation as localisation_tasks
from vizcore.ui import localisation_views
from vizcore.ui import method_choice as picking

NETWORK = "zfnet_photos20"


def test_one_scene_beside_its_true_box():
    at = open_page("localisation", scene="3", object="90")
    scene = vc.localisation_set()[3]
    how = vc.LocalisationSettings(foreground=0.9)
    found = vc.localise(NETWORK, scene.rgb_hwc, scene.class_name, settings=how, device="cpu")
    said = plain(found.iou(scene.box))
    assert f"an IoU of <b>{said}</b>" in texts(at)
    assert f"IoU {said}" in texts(at)
    code = code_of(at, "localisation")
    assert "vc.localisation_set()[3]" in code
    assert "settings=vc.LocalisationSettings(foreground=0.9)" in code
    at.button(key="localisation.next").click().run()
    assert not at.exception
    assert at.session_state["localisation.scene"] == 4
    at.button(key="localisation.previous").click().run()
    assert at.session_state["localisation.scene"] == 3


def test_a_picture_whose_box_is_not_known():
    at = open_page("localisation", show="photo", picture="coffee", **{"class": "coffee"})
    found = vc.localise(NETWORK, sample("coffee").read(), "coffee", device="cpu")
    left, top, right, bottom = found.box
    assert f"{right - left:g} × {bottom - top:g} pixels" in texts(at)
    assert "IoU" not in texts(at)
    assert "sample('coffee')" in code_of(at, "localisation")


def test_all_scenes_against_what_needs_no_network(monkeypatch: pytest.MonkeyPatch):
    few = vc.localisation_set()[::60]
    monkeypatch.setattr(localisation_tasks, "localisation_set", lambda part: few)
    at = open_page("localisation", show="all", seed="11")
    without = run_here(localisation_tasks.scene_baselines_task(seed=11))
    assert f"of {len(few)} objects" in texts(at)
    assert f"Best centred square, {without.side_px} px" in texts(at)
    assert f"best centred square ({plain(without.centred.mean)})" in texts(at)
    assert "names the object's class first in" in texts(at)
    assert "vc.localisation_study('zfnet_photos20', method, seed=11)" in code_of(at, "localisation")


def test_the_code_of_every_view_runs_as_it_is_printed(monkeypatch: pytest.MonkeyPatch):
    few = vc.localisation_set()[::60]
    monkeypatch.setattr(localisation_tasks, "localisation_set", lambda part: few)
    at = open_page("localisation", scene="3", method="grad_cam", layer="conv3", blur="2")
    names: dict[str, Any] = {}
    exec(code_of(at, "localisation"), names)
    assert f"IoU {plain(names['found'].iou(names['scene'].box))}" in texts(at)
    at = open_page("localisation", show="photo", picture="cat", magnitude="0", method="lrp")
    exec(code_of(at, "localisation"), names)
    left, top, right, bottom = names["found"].box
    assert f"{right - left:g} × {bottom - top:g} pixels" in texts(at)
    at = open_page("localisation", show="all", methods="gradient,grad_cam", seed="3")
    exec(code_of(at, "localisation"), names)
    assert names["study"].scores.title == "Grad-CAM"
    assert f'<td class="n">{plain(names["study"].scores.mean)}</td>' in texts(at)
    assert names["scores"].title == "Edges alone"


def test_a_network_of_other_classes_is_refused_with_those_that_fit():
    at = open_page("localisation", network="lenet5_modern")
    assert "knows none" in texts(at)
    next(each for each in at.button if each.label.startswith("Use alexnet")).click().run()
    assert not at.exception
    assert 'class="cs-answer"' in texts(at)


def test_other_refusals():
    at = open_page("localisation", show="photo", **{"class": "coffe"})
    assert "'coffe'" in texts(at)
    next(button for button in at.button if button.label == "Use coffee").click().run()
    assert not at.exception
    assert 'class="cs-answer"' in texts(at)


def test_what_the_network_refuses_is_greyed_out_with_the_reason():
    at = open_page("localisation", show="photo", picture="coffee")
    assert not [each for each in at.button if each.label == "Grad-CAM"]  # until it is opened
    at.session_state["localisation-method"] = True
    at.run()
    assert not at.exception
    buttons = {each.label: each for each in at.button}
    assert buttons["Class activation map"].disabled
    assert "Refused: The scores are no linear function" in texts(at)
    assert "On the rewritten network: " in texts(at)
    buttons["Layer-wise relevance propagation"].click().run()
    assert at.session_state["localisation.method"] == "lrp"
    assert "Layer-wise relevance propagation points at a box" in texts(at)
    assert "Network rewritten: " in texts(at).replace("\\", "")


def test_a_method_that_is_refused_says_why_in_place():
    at = open_page("localisation", method="cam")
    assert "The scores are no linear function" in texts(at)
    assert not at.exception


def test_several_methods_are_chosen_from_the_list(monkeypatch: pytest.MonkeyPatch):
    few = vc.localisation_set()[::60]
    monkeypatch.setattr(localisation_tasks, "localisation_set", lambda part: few)
    at = open_page("localisation", show="all", methods="gradient,lrp", seed="12")
    assert "best of 2" in texts(at)
    assert "Layer-wise relevance propagation: network rewritten: " in texts(at).replace("\\", "")
    at.session_state["localisation-methods"] = True
    at.run()
    ticks = {each.label: each for each in at.checkbox}
    assert ticks["Gradient"].value
    assert ticks["Class activation map"].disabled
    ticks["Gradient"].uncheck().run()
    assert at.session_state["localisation.methods"] == ["lrp"]
    at.session_state["localisation-methods"] = True
    at.run()
    next(each for each in at.checkbox if each.value).uncheck().run()
    assert at.session_state["localisation.methods"] == ["gradient"]  # one at least
    assert not at.exception


def test_the_list_has_every_method_once():
    columns = [family for column in picking.COLUMNS for family in column]
    assert sorted(columns) == sorted({each.family for each in picking.OFFERED})


def test_the_page_counts_the_scenes_rightly():
    assert len(vc.localisation_set()) == localisation_views.SCENES
