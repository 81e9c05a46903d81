"""The Saliency methods room: the answer, the matrix's rows, a cell's reason, its files."""

from __future__ import annotations

import csv
from collections import Counter

import pytest

import vizcore as vc
from tests.app.opening import open_page, texts
from vizcore import zoo
from vizcore.lenses.saliency.methods import METHODS
from vizcore.saliency_matrix import classifiers, matrix
from vizcore.ui import method_rows, method_views

KNOWN = method_views.of_the_zoo()


def counts(key: str) -> Counter[str]:
    return Counter(fit.verdict for fit in KNOWN.fits[key].values())


def answer(at) -> str:
    return next(each.proto.body for each in at.get("html") if "cs-answer" in each.proto.body)


def test_the_answer_counts_the_methods_of_the_network_at_hand():
    at = open_page("methods", network="zfnet_photos20")
    its = counts("zfnet_photos20")
    assert f"<b>{its['applies']}</b> of {len(METHODS)} methods apply" in answer(at)
    assert f"<b>{its['refused']}</b>" in answer(at)


def test_a_cell_in_the_address_says_why():
    at = open_page("methods", of="zfnet_photos20", method="cam")
    said = texts(at)
    assert "**Class activation map** on **ZFNet, small**: refused" in said
    assert "global average pooling" in said
    rewritten = open_page("methods", of="mobilenet_photos20", method="guided_backprop")
    assert "Rewritten: " in texts(rewritten)
    assert "Largest difference between its outputs" in texts(rewritten)


def test_networks_of_a_row_have_the_same_verdicts_and_each_is_in_one_row():
    rows = method_rows.groups(KNOWN.fits, METHODS, "")
    assert Counter(key for row in rows for key in row) == Counter(list(KNOWN.fits))
    for row in rows:
        assert len({method_rows.pattern(KNOWN.fits[key], METHODS) for key in row}) == 1
        assert len({zoo.get(key).family for key in row}) == 1
    family = method_rows.groups(KNOWN.fits, METHODS, "ResNet")
    assert all(len(row) == 1 for row in family)


def test_the_methods_shown_first_are_those_that_tell_networks_apart():
    shown = {each.key for each in method_rows.shown_methods("", KNOWN.fits)}
    for method in METHODS:
        verdicts = {its[method.key].verdict for its in KNOWN.fits.values()}
        assert (method.key in shown) == (len(verdicts) > 1)
    assert method_rows.shown_methods("all", KNOWN.fits) == METHODS
    assert {m.family for m in method_rows.shown_methods("path", KNOWN.fits)} == {"path"}
    others = len(METHODS) - len(shown)
    assert f"The other {others} methods" in texts(open_page("methods"))


def test_a_family_that_does_not_exist_is_said():
    at = open_page("methods", family="ResMet")
    assert any("'ResMet'" in each.value for each in at.warning)
    assert "methods apply" in answer(at)


def test_the_file_has_a_row_for_each_pair_and_says_how_it_was_made():
    text = method_rows.csv_text(KNOWN.fits, KNOWN.made)
    head = [line for line in text.splitlines() if line.startswith("# ")]
    assert len(head) == len(KNOWN.made)
    assert "captum" in text
    rows = list(csv.DictReader(text.splitlines(keepends=True)[len(head) :]))
    assert len(rows) == len(KNOWN.fits) * len(METHODS)
    for row in rows:
        assert row["verdict"] == KNOWN.fits[row["architecture"]][row["method"]].verdict


def test_a_network_that_was_not_tried_before_is_tried_now(monkeypatch: pytest.MonkeyPatch):
    only = tuple(each for each in matrix() if each.architecture == "lenet5_modern")
    monkeypatch.setattr(method_views, "matrix", lambda: only)
    at = open_page("methods", network="alexnet_photos20")
    its = Counter(fit.verdict for fit in vc.saliency_methods("alexnet_photos20").fits)
    assert f"<b>{its['applies']}</b> of {len(METHODS)} methods apply" in answer(at)


def test_how_it_was_found_says_how_many_were_tried():
    assert f"{len(matrix())} of the {len(classifiers())} classifiers" in KNOWN.made[0]
    assert "captum" in KNOWN.made[-1]
