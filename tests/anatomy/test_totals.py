"""Totals are column sums; recounting gives what tracing again would give."""

from __future__ import annotations

import dataclasses
from math import prod

import pytest
from torch import nn

from vizcore import zoo
from vizcore.anatomy import recount, trace
from vizcore.errors import BadChoice
from vizcore.records.layers import Conventions, LayerTable

EVERY = [
    entry.key
    for entry in zoo.architectures()
    if not entry.source.startswith("timm:")  # timm takes seconds to load; its networks add nothing
]


@pytest.fixture(scope="module")
def vgg() -> LayerTable:
    return trace(zoo.build_meta("vgg16"), (3, 224, 224), key="vgg_d")


def check_sums(table: LayerTable) -> None:
    totals, rows = table.totals, table.rows
    assert totals.params == sum(row.params for row in rows) == totals.weights + totals.biases
    assert totals.weights == sum(row.weights for row in rows)
    assert totals.macs == sum(row.macs for row in rows)
    assert totals.activations == sum(row.activations for row in rows)
    assert totals.input_values == prod(table.input_shape)


@pytest.mark.parametrize("key", EVERY)
def test_recounting_for_more_pictures_is_tracing_more_pictures(key: str) -> None:
    """Windowed attention folds the batch into other dimensions; constants do not grow with it."""
    entry = zoo.get(key)
    one = trace(zoo.build_meta(entry), entry.input_shape, mine=True)
    three = trace(zoo.build_meta(entry), entry.input_shape, batch=3, mine=True)
    check_sums(one)
    check_sums(three)
    again = recount(one, Conventions(batch=3))
    assert again == three
    assert recount(again, Conventions()) == one


def test_biases_can_be_left_out_and_come_back(vgg: LayerTable) -> None:
    bare = recount(vgg, Conventions(bias=False))
    check_sums(bare)
    biases = 2 * 64 + 2 * 128 + 3 * 256 + 6 * 512 + 2 * 4096 + 1000
    assert vgg.totals.params - bare.totals.params == biases == vgg.totals.biases
    assert bare.totals.params == bare.totals.weights == 138_344_128
    assert recount(bare, Conventions()) == vgg


def test_flops_are_two_per_multiply_add(vgg: LayerTable) -> None:
    flops = recount(vgg, Conventions(ops="flops"))
    check_sums(flops)
    assert flops.totals.macs == 2 * vgg.totals.macs == 2 * 15_470_264_320
    assert recount(flops, Conventions()) == vgg


def test_forward_memory_is_the_lectures(vgg: LayerTable) -> None:
    """The list of the VGG slide adds to 15,237,608 values: the picture and every layer once."""
    totals = vgg.totals
    assert totals.input_values + totals.activations == 15_237_608
    assert totals.memory_bytes == 60_950_432
    half = recount(vgg, Conventions(dtype="float16")).totals
    assert half.memory_bytes == 60_950_432 // 2
    assert half.param_bytes == 2 * 138_357_544


def test_training_memory(vgg: LayerTable) -> None:
    totals = recount(vgg, Conventions(memory="training", batch=2)).totals
    activations, params = 2 * (15_237_608 - 150_528), 138_357_544
    assert totals.memory_bytes == 4 * (2 * 150_528 + 2 * activations + 2 * params)


def test_all_conventions_at_once_and_back(vgg: LayerTable) -> None:
    all_different = Conventions(False, "flops", 5, "bfloat16", "training")
    assert recount(recount(vgg, all_different), vgg.conventions) == vgg


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dtype": "float8"}, "dtype cannot be 'float8'. Allowed: float32"),
        ({"ops": "adds"}, "ops cannot be 'adds'. Allowed: macs, flops"),
        ({"memory": "none"}, "memory cannot be 'none'. Allowed: forward, training"),
        ({"batch": 0}, "batch cannot be 0. Allowed: whole numbers from 1"),
        ({"batch": 2.5}, "batch cannot be 2.5"),
    ],
)
def test_bad_conventions(vgg: LayerTable, change: dict, message: str) -> None:
    conventions = dataclasses.replace(Conventions(), **change)
    with pytest.raises(BadChoice, match=message):
        recount(vgg, conventions)
    with pytest.raises(BadChoice, match=message):
        trace(nn.Conv2d(3, 3, 1), (3, 8, 8), conventions=conventions)
