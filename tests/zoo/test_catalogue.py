"""The catalogue file against tables traced now."""

from __future__ import annotations

import pytest

from vizcore import zoo
from vizcore.api import layers
from vizcore.reference import architecture_facts
from vizcore.zoo.catalogue import catalogue, counts_of


def test_the_catalogue_is_of_the_registered_architectures() -> None:
    assert list(catalogue()) == [entry.key for entry in zoo.architectures()]
    assert counts_of("timm:resnet18") is None


@pytest.mark.parametrize("key", list(catalogue()))
def test_every_row_is_recomputed(key: str) -> None:
    counts, table = catalogue()[key], layers(key)
    totals = table.totals
    assert (counts.params, counts.macs) == (totals.params, totals.macs)
    assert (counts.activations, counts.rows) == (totals.activations, len(table))
    weighted = [row for row in table if row.kind in ("conv", "linear") and row.weights]
    assert counts.layers == len(weighted)


def test_the_reference_facts_agree() -> None:
    """Exact parameters and multiply-adds, counted independently, and conv and linear layers."""
    compared = 0
    for facts in architecture_facts():
        counts = counts_of(facts.key)
        if counts is not None:
            compared += 1
            assert (counts.params, counts.macs) == (facts.params, facts.macs), facts.key
            assert counts.layers == facts.conv_layers + facts.linear_layers, facts.key
    assert compared >= 67
