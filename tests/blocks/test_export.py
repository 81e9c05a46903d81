"""The study as a document and as text."""

import json

import pytest

from vizcore.blocks import names, study
from vizcore.blocks.export import to_document, to_text
from vizcore.blocks.wording import compare


@pytest.mark.parametrize("name", names())
def test_the_document_is_json_with_a_key_a_variant(name):
    result = study(name)
    document = json.loads(json.dumps(to_document(result)))
    for variant in result.variants:
        found = document[variant.name]
        assert found["macs"] == sum(row["macs"] for row in found["rows"])
        assert found["params"] == sum(row["params"] for row in found["rows"])
    assert set(document["knobs"]) == {knob.name for knob in result.knobs}
    assert set(document["lecture"]) == {check.claim.id for check in result.lecture}


def test_the_inception_document_has_the_issues_shape():
    document = to_document(study("inception"))
    assert document["naive"]["macs"] == 854_196_224
    assert document["reduced"]["macs"] == 271_351_808
    total = document["lecture"]["incep_red_total"]
    assert (total["stated_value"], total["traced"]) == (358e6, [271_351_808])
    assert total["verdict"] == "slip"


@pytest.mark.parametrize("name", names())
def test_the_text_holds_the_answer_the_totals_and_the_sources(name):
    result = study(name)
    text = to_text(result)
    assert result.answer in text
    for variant in result.variants:
        assert f"{variant.table.totals.macs:,}" in text
        assert variant.formula in text
    assert all(source in text for source in result.sources)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [(10, 10, "the same"), (10, 9, "10% fewer"), (9, 10, "11% more"), (10, 5, "2 times fewer")],
)
def test_compare(first, second, words):
    assert compare(first, second) == words


def test_a_study_shows_itself_in_a_notebook():
    shown = repr(study("inception"))
    assert shown.startswith("The Inception module: ")
    assert "Naive: 854,196,224 multiply-adds, 1,089,536 weights, output (1, 672, 28, 28)" in shown
