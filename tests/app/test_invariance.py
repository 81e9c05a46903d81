"""Invariance: every change, the answer it computes, photographs beside it, refusals, files."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pytest

import vizcore as vc
from tests.app.opening import code_of, open_page, texts
from vizcore.data.samples import sample
from vizcore.data.transformations import TRANSFORMATIONS
from vizcore.figures.numbers import percent
from vizcore.ui import invariance_views
from vizcore.ui.room import Room

KEY = "zfnet_photos20"


@pytest.mark.parametrize("kind", TRANSFORMATIONS)
def test_every_change_opens_from_its_address_and_again(kind):
    at = open_page("invariance", kind=kind, picture="cat-test")
    at.run()
    assert not at.exception
    assert not at.warning
    assert "the answer stays" in texts(at).lower()
    labels = [each.label for each in at.selectbox]
    assert ("Beyond the edge" in labels) == TRANSFORMATIONS[kind].moves
    assert len(at.get("plotly_chart")) == 1


def test_the_answer_is_what_the_facade_measures():
    at = open_page("invariance", kind="scale", picture="coffee")
    found = vc.invariance(KEY, sample("coffee").read(), "scale", device="cpu")
    said = texts(at)
    for place in (found.shifts.first, found.shifts.last):
        distances = [
            d
            for d, a in zip(found.shifts.distances_ln[place], found.amounts, strict=True)
            if a != 1
        ]
        assert f"by more than <b>{percent(float(np.median(distances)))}</b>" in said
    assert "from 0.625× to 1.81×" in said
    assert f"up to {percent(found.beyond_n.max())} of a view" in said


def test_photographs_beside_it_and_only_the_middle():
    at = open_page("invariance", kind="rotation", beside="cat,flower", beyond="inside")
    said = texts(at)
    assert "**Chelsea the cat**" in said
    assert "no view reaches its edge" in said
    assert "**Dahlia**" in said
    at = open_page("invariance", kind="scale", beyond="edge")
    assert "its outermost pixels go on" in texts(at)
    at = open_page("invariance", beside="cat,flower")
    assert at.query_params["beside"] in ("cat,flower", ["cat,flower"])


def test_other_layers_are_plotted_and_unknown_ones_refused():
    at = open_page("invariance", first="conv2", last="fc8", kind="blur")
    assert "<code>conv2</code>" in texts(at)
    at = open_page("invariance", first="conv9")
    assert "There is no layer called 'conv9'" in texts(at)
    at = open_page("invariance", **{"class": "no such thing"})
    assert "no such thing" in texts(at)
    at = open_page("invariance", beside="cat,nothing")
    assert "beside = 'cat,nothing'" in at.warning[0].value


def test_one_view_close_up():
    at = open_page("invariance", kind="blur", picture="coffee", at="4")
    at.session_state["kept.open.invariance.One view, close up"] = True
    at.run()
    assert not at.exception
    found = vc.invariance(KEY, sample("coffee").read(), "blur", device="cpu")
    best = int(found.shifts.probabilities_nc[-1].argmax())
    share = percent(float(found.shifts.probabilities_nc[-1, best]))
    assert f'<td>{found.classes[best]}</td><td class="n">{share}</td>' in texts(at)
    at.select_slider[0].set_value("").run()
    assert not at.exception
    assert "at" not in at.query_params
    at = open_page("invariance", kind="scale", at="4")  # no such scale: the unchanged picture
    at.session_state["kept.open.invariance.One view, close up"] = True
    at.run()
    assert not at.exception
    assert at.session_state["invariance.at"] == ""


def test_every_layers_distance_and_how_to_read_it():
    at = open_page("invariance")
    at.session_state[
        "kept.open.invariance.Which layers are plotted, and how far every layer moves"
    ] = True
    at.session_state["kept.open.invariance.How to read this"] = True
    at.run()
    assert not at.exception
    assert len(at.get("plotly_chart")) == 2
    assert "Zeiler and Fergus (2014, Figure 5)" in texts(at)


def test_the_code_runs_and_the_files_hold_the_numbers(monkeypatch):
    offered = {}
    monkeypatch.setattr(
        Room, "offer", lambda self, *files: offered.update({each.label: each for each in files})
    )
    at = open_page("invariance", kind="translation", beyond="inside", picture="coffee")
    code = code_of(at, "invariance")
    names: dict[str, object] = {}
    exec(code, names)
    found = names["found"]
    rows = list(csv.DictReader(io.StringIO(str(offered["Every view and layer, CSV"].make()))))
    assert [float(row["translation"]) for row in rows] == list(found.amounts)
    assert [float(row["distance in relu7"]) for row in rows] == pytest.approx(
        found.shifts.distances_ln[found.shifts.last].tolist(), abs=1e-4
    )
    kept = json.loads(offered["Every picture, JSON"].make())
    assert kept["pictures"][0]["held"] == list(found.held)
    assert bytes(offered["Plots and views, PNG"].make()).startswith(b"\x89PNG")
    assert "relu1" in offered["Chart, HTML"].make()


def test_more_photographs_than_lines_can_show_are_refused():
    with pytest.raises(ValueError, match="at most 4"):
        invariance_views._names("cat,coffee,flower,moon,rocket")


def test_distances_as_published_in_the_chart_the_caption_and_the_code(monkeypatch):
    drawn = {}
    monkeypatch.setattr(
        Room, "offer", lambda self, *files: drawn.update({each.label: each for each in files})
    )
    at = open_page("invariance", kind="scale", picture="coffee", distance="euclidean")
    assert "(Euclidean)" in texts(at).replace("\\", "")
    names: dict[str, object] = {}
    exec(code_of(at, "invariance"), names)
    assert "euclidean_ln" in code_of(at, "invariance")
    assert "Euclidean distance" in drawn["Chart, HTML"].make()
    assert bytes(drawn["Plots and views, PNG"].make()).startswith(b"\x89PNG")


def test_a_layer_that_is_nearly_right_is_offered():
    at = open_page("invariance", last="relu77")
    assert "There is no layer called 'relu77'" in texts(at)
    next(each for each in at.button if each.label == "Use relu7").click().run()
    assert not at.exception
    assert at.session_state["invariance.last"] == "relu7"
    assert "<code>relu7</code>" in texts(at)


def test_the_code_makes_the_photographs_beside_it_too():
    at = open_page("invariance", kind="contrast", beside="cat,flower", first="conv2")
    code = code_of(at, "invariance")
    assert "for layer in ['conv2', 'relu7']:" in code
    names: dict[str, Any] = {}
    exec(code, names)
    expected = vc.invariance(KEY, sample("flower").read(), "contrast", device="cpu")
    assert names["name"] == "flower"
    np.testing.assert_allclose(
        names["beside"].probabilities_n, expected.probabilities_n, rtol=1e-4, atol=1e-6
    )


def test_a_class_that_is_nearly_right_is_offered():
    at = open_page("invariance", **{"class": "catt"})
    assert "'catt'" in texts(at)
    next(each for each in at.button if each.label == "Use cat").click().run()
    assert not at.exception
    assert at.session_state["invariance.class"] == "cat"
