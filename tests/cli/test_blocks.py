"""`python -m vizcore blocks`: listing, text, JSON, knobs and refusals."""

import argparse
import json

import pytest

from vizcore.blocks import names
from vizcore.cli import blocks
from vizcore.errors import BadChoice, UnknownName


def call(*words):
    parser = argparse.ArgumentParser(prog="vizcore blocks")
    blocks.add_arguments(parser)
    return blocks.run(parser.parse_args(words))


def test_without_a_name_it_lists_the_studies(capsys):
    assert call() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(names())
    assert call("--json") == 0
    assert list(json.loads(capsys.readouterr().out)) == list(names())


def test_inception_json_is_what_the_issue_asks_for(capsys):
    assert call("inception", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["naive"]["macs"] == 854_196_224
    assert sum(row["macs"] for row in document["reduced"]["rows"]) == 271_351_808
    assert document["lecture"]


def test_knobs_change_the_numbers(capsys):
    call("depthwise", "--json", "--knob", "channels=64", "--knob", "filters=64")
    document = json.loads(capsys.readouterr().out)
    assert document["knobs"]["channels"] == 64
    assert document["ratio"] == pytest.approx(9 * 64 / (9 + 64))


def test_text_is_for_people(capsys):
    assert call("sharing") == 0
    out = capsys.readouterr().out
    assert "7,776,000" in out
    assert "735" in out
    assert "slip" in out


@pytest.mark.parametrize("bad", ["channels", "channels=", "channels=x", "channels=1.5"])
def test_a_malformed_knob_is_a_usage_error(bad, capsys):
    with pytest.raises(SystemExit) as stop:
        call("inception", "--knob", bad)
    assert stop.value.code == 2
    assert bad in capsys.readouterr().err


def test_refusals_are_raised_for_the_dispatcher():
    with pytest.raises(UnknownName, match="inception"):
        call("inceptoin")
    with pytest.raises(BadChoice, match="reduction"):
        call("residual", "--knob", "reduction=3")
