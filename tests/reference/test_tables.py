"""Every reference file loads, keeps its sources, and is shipped with the package."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from vizcore.errors import UnknownArchitecture
from vizcore.reference import (
    accuracy_vs_compute,
    architecture_facts,
    challenge_winners,
    facts_of,
)

ROOT = Path(__file__).resolve().parents[2]


def test_loaders_need_neither_torch_nor_pandas():
    program = (
        "import sys, vizcore.reference as r;"
        "r.challenge_winners(), r.architecture_facts(), r.lecture_claims(),"
        " r.lecture_decks(), r.accuracy_vs_compute();"
        "print([m for m in ('torch', 'pandas', 'plotly', 'streamlit') if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert out.stdout.strip() == "[]"


def test_the_csv_files_are_package_data():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "*.csv" in settings["tool"]["setuptools"]["package-data"]["vizcore.reference"]


def test_loaders_are_cached():
    assert challenge_winners() is challenge_winners()
    assert architecture_facts() is architecture_facts()


def test_winners_run_from_2010_to_2017_with_one_winner_a_year():
    winners = [w for w in challenge_winners() if w.rank == 1]
    assert [w.year for w in winners] == list(range(2010, 2018))
    # The revolution of depth: no network, no network, 8, not published, 22, 152, mixed, 154.
    assert [w.depth for w in winners] == [None, None, 8, None, 22, 152, None, 154]
    assert [w.shallow for w in winners] == [True, True] + [False] * 6
    errors = [w.top5_err_pct for w in winners]
    assert errors == sorted(errors, reverse=True)
    assert all(w.source for w in challenge_winners())


@pytest.mark.parametrize(
    ("key", "params", "depth"),
    # He et al. 2015, Simonyan & Zisserman 2014 Table 2 (138M), Krizhevsky 2012 (60M).
    [("vgg_d", 138_357_544, 16), ("resnet50", 25_557_032, 50), ("alexnet_2012", 60_965_224, 8)],
)
def test_facts_hold_the_published_numbers(key, params, depth):
    facts = facts_of(key)
    assert (facts.params, facts.depth) == (params, depth)


def test_architecture_keys_are_unique_and_every_row_says_what_it_rests_on():
    table = architecture_facts()
    assert len({facts.key for facts in table}) == len(table) == 123
    for facts in table:
        assert facts.params_basis
        assert facts.macs_basis
        assert facts.venue
        assert facts.source == "own" or facts.source.split(":")[0] in {"torchvision", "timm"}
        assert (facts.top1_err_pct is None) or (facts.error_source and facts.error_protocol)
        if facts.source == "own":
            assert facts.notes, "an own build says how it is laid out"


def test_an_unknown_key_lists_the_nearest():
    with pytest.raises(UnknownArchitecture, match="vgg_d") as caught:
        facts_of("vgg_dd")
    assert "vgg_d" in caught.value.suggestions


def test_one_accuracy_record_is_preferred_per_network():
    preferred = accuracy_vs_compute(preferred_only=True)
    networks = [record.network for record in preferred]
    assert len(networks) == len(set(networks))
    for record in accuracy_vs_compute():
        assert record.confidence
        assert record.top1_acc_pct is None or record.top1_source
        assert record.gops is None or record.compute_source
        if record.gops is not None and record.gmacs is not None:
            assert record.gops == pytest.approx(2 * record.gmacs, abs=0.0021)
