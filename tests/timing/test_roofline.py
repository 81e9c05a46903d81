"""The roofline's two times, against sums written by hand."""

from __future__ import annotations

import pytest
from torch import nn

from vizcore.anatomy import trace
from vizcore.records.bench import Ceiling
from vizcore.records.layers import Conventions
from vizcore.timing.roofline import roofline


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x):
        return (x + self.conv(x)).flatten(1)


def test_each_layer_has_the_longer_of_two_times() -> None:
    table = trace(Residual(), (4, 10, 10), conventions=Conventions(batch=2))
    slow_memory = Ceiling("fp32", flops_per_s=1e9, side=8, bytes_per_s=1e8, copied_bytes=8)
    found = roofline(table, slow_memory, latency_ms=10.0)
    conv, add = found.layers
    values = 2 * 4 * 10 * 10
    assert conv.flops == 2 * 2 * 400 * 4 * 9
    assert conv.bytes == 4 * (2 * values + 4 * 4 * 9 + 4)
    assert (add.flops, add.bytes) == (0, 4 * 3 * values)
    assert conv.arithmetic_ms == pytest.approx(conv.flops / 1e6)
    assert conv.memory_ms == pytest.approx(conv.bytes / 1e5)
    assert (conv.bound, add.bound) == ("memory", "memory")
    assert found.least_ms == pytest.approx((conv.bytes + add.bytes) / 1e5)
    assert (found.memory_share, found.bound) == (1.0, "memory")
    assert found.reached == pytest.approx(found.least_ms / 10)
    assert found.intensity == pytest.approx(conv.flops / (conv.bytes + add.bytes))


def test_half_the_bytes_in_half_precision() -> None:
    table = trace(Residual(), (4, 10, 10))
    bounds = [roofline(table, Ceiling(dtype, 1e9, 8, 1e8, 8)).bytes for dtype in ("fp32", "bf16")]
    assert bounds[0] == 2 * bounds[1]


def test_depthwise_layers_are_what_memory_bounds() -> None:
    """The same picture through a full and a depthwise convolution, at one ridge of 5."""
    full, depthwise = (
        roofline(
            trace(nn.Conv2d(64, 64, 3, padding=1, groups=groups), (64, 28, 28)),
            Ceiling("fp32", 5e9, 8, 1e9, 8),
        )
        for groups in (1, 64)
    )
    assert (full.bound, depthwise.bound) == ("arithmetic", "memory")
