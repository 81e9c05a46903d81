"""The lectures' claims: the arithmetic of every computable row is done again here."""

import ast
import math
import operator
import re

import pytest

from vizcore.errors import BadChoice, UnknownName
from vizcore.reference import lecture_claim, lecture_claims, lecture_decks
from vizcore.reference.lectures import KINDS, VERDICTS

OPERATIONS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}


def evaluate(node):
    """Arithmetic only: numbers and the operators above."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.BinOp):
        return OPERATIONS[type(node.op)](evaluate(node.left), evaluate(node.right))
    if isinstance(node, ast.UnaryOp):
        return OPERATIONS[type(node.op)](evaluate(node.operand))
    raise ValueError(ast.dump(node))


def is_arithmetic(expression):
    return bool(re.fullmatch(r"[0-9eE+\-*/(). ]+", expression)) and "..." not in expression


def leading_number(text):
    """The number a text begins with; infinite where it has none or a float cannot hold it."""
    match = re.match(r"-?[\d.]+(?:e-?\d+)?", text)
    return float(match[0]) if match else math.inf


ARITHMETIC = [
    claim
    for claim in lecture_claims()
    if is_arithmetic(claim.expression) and math.isfinite(leading_number(claim.computed))
]
#: Units in which the slide's number and the computed value are the same quantity.
COUNTS = ("values", "weights", "parameters", "multiply-adds", "bytes", "neurons")


def test_most_computable_claims_are_plain_arithmetic():
    computable = [claim for claim in lecture_claims() if claim.kind == "computable"]
    assert len(computable) == 342
    assert len(ARITHMETIC) > 260


@pytest.mark.parametrize("claim", ARITHMETIC, ids=lambda claim: claim.id)
def test_the_printed_arithmetic_gives_the_computed_value(claim):
    value = evaluate(ast.parse(claim.expression, mode="eval").body)
    written = leading_number(claim.computed)
    digits = len(claim.computed.split()[0].partition(".")[2])
    assert value == pytest.approx(written, rel=2e-5, abs=0.5 * 10**-digits if digits else 0)


@pytest.mark.parametrize(
    "claim",
    [c for c in ARITHMETIC if c.stated_value is not None and c.stated.endswith(COUNTS)],
    ids=lambda claim: claim.id,
)
def test_the_verdict_on_a_count_agrees_with_the_numbers(claim):
    value = evaluate(ast.parse(claim.expression, mode="eval").body)
    off = abs(claim.stated_value - value) / max(abs(value), 1e-9)
    if claim.verdict == "holds":
        assert off < 1e-3
    elif claim.verdict == "rounds":
        assert 0 < off < 0.12
    elif claim.verdict == "slip":
        assert off > 0.04


def test_every_claim_has_a_known_kind_verdict_and_deck():
    decks = {deck.deck for deck in lecture_decks()}
    for claim in lecture_claims():
        assert claim.kind in KINDS
        assert claim.verdict in VERDICTS
        assert claim.deck in decks
        assert claim.claim
        assert (claim.kind == "computable") == bool(claim.expression)
        if claim.verdict in {"slip", "ambiguous"}:
            assert claim.note, "a verdict against a lecture gives its reason"


def test_claims_filter_by_topic_and_deck():
    both = lecture_claims("vgg", deck="sungshin-04")
    assert both
    assert {(claim.topic, claim.deck) for claim in both} == {("vgg", "sungshin-04")}
    assert len(lecture_claims()) == 819


def test_stated_value_reads_one_number_only():
    assert lecture_claim("incep_red_total").stated_value == 358e6
    assert lecture_claim("incep_red_vs_naive").stated_value is None


def test_unknown_topic_and_id_say_what_there_is():
    with pytest.raises(BadChoice, match="inception"):
        lecture_claims("incepton")
    with pytest.raises(UnknownName, match="incep_red_total"):
        lecture_claim("incep_red_totals")
