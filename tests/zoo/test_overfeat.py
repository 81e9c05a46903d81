"""OverFeat against its table, and as what it is: a classifier that slides."""

from __future__ import annotations

from dataclasses import replace

import torch

from vizcore.api import layers
from vizcore.zoo.overfeat import PLANS
from vizcore.zoo.parts.sequential import Conv, Plan, Row, assemble, he_normal


def _narrow(plan: Plan) -> Plan:
    def row_of(row: Row) -> Row:
        return replace(row, out=row.out // 32) if isinstance(row, Conv) else row

    features, classifier = (tuple(map(row_of, rows)) for rows in (plan.features, plan.classifier))
    return Plan(plan.input_shape, features, classifier, he_normal)


def test_map_sizes() -> None:
    sides = {
        key: [row.out_shape[-1] for row in layers(key) if row.kind in ("conv", "pool")]
        for key in PLANS
    }
    assert sides["overfeat_fast"] == [56, 28, 24, 12, 12, 12, 12, 6, 1, 1, 1, 1]
    assert sides["overfeat_accurate"] == [108, 36, 30, 15, 15, 15, 15, 15, 5, 1, 1, 1, 1]


def test_a_larger_picture_is_the_mean_of_several_places() -> None:
    """36 pixels further, the product of the strides, the same network looks at the next place."""
    torch.manual_seed(0)
    network = assemble(_narrow(PLANS["overfeat_accurate"])).eval()
    seen: list[torch.Tensor] = []
    network.classifier.conv9.register_forward_hook(lambda *call: seen.append(call[-1]))
    with torch.no_grad():
        scores = network(torch.randn(1, 3, 221 + 36, 221 + 2 * 36))
    assert seen[0].shape[-2:] == (2, 3)
    assert seen[0].std((2, 3)).min() > 0
    assert torch.allclose(scores, seen[0].mean((2, 3)), rtol=1e-4, atol=0)
