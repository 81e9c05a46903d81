"""What `explain` says of a row, and that every sum it writes is right."""

from __future__ import annotations

import re
from math import ceil, floor, prod

import pytest
from torch import nn

from vizcore import zoo
from vizcore.anatomy import explain, recount, trace
from vizcore.records.layers import Conventions


def one_row(layer: nn.Module, *shape: int):
    return trace(layer, shape).rows[0]


def test_the_first_layer_of_vgg() -> None:
    row = one_row(nn.Conv2d(3, 64, 3, padding=1), 3, 224, 224)
    assert explain(row) == (
        "output size: (224 - 3 + 2·1)/1 + 1 = 224",
        "parameters: 64 filters of 3·3·3: 64 · 3 · 3 · 3 = 1,728 weights + 64 biases = 1,792",
        "work: 224 · 224 · 64 outputs · 27 = 86,704,128 multiply-adds",
        "activations: 64 · 224 · 224 = 3,211,264 values",
        "receptive field: 3×3 pixels, moving by 1",
    )


def test_rounding_is_written() -> None:
    assert explain(one_row(nn.Conv2d(3, 4, 7, 2, 3), 3, 224, 224))[0] == (
        "output size: ⌊(224 - 7 + 2·3)/2⌋ + 1 = 112"
    )
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    assert explain(one_row(pool, 3, 112, 112))[0] == "output size: ⌈(112 - 3 + 2·0)/2⌉ + 1 = 56"


def test_dilation_groups_and_uneven_windows() -> None:
    row = one_row(nn.Conv2d(8, 16, (1, 3), padding=(0, 2), dilation=2, groups=4), 8, 9, 9)
    lines = explain(row)
    assert lines[0] == "output height: (9 - (2·(1 - 1) + 1) + 2·0)/1 + 1 = 9"
    assert lines[1] == "output width: (9 - (2·(3 - 1) + 1) + 2·2)/1 + 1 = 9"
    assert "16 filters of 2·1·3, in 4 groups: 16 · 2 · 1 · 3 = 96 weights" in lines[2]


def test_conventions_show_in_the_sums() -> None:
    table = trace(nn.Conv2d(3, 64, 3, padding=1), (3, 224, 224))
    lines = explain(recount(table, Conventions(bias=False, ops="flops", batch=2)).rows[0])
    assert lines[1].endswith("= 1,728 weights (64 biases not counted)")
    assert lines[2] == "work: 2 · 2 · 224 · 224 · 64 outputs · 27 = 346,816,512 FLOPs"
    assert lines[3] == "activations: 2 · 64 · 224 · 224 = 6,422,528 values"


def test_other_kinds_of_row() -> None:
    linear = explain(one_row(nn.Linear(4096, 1000), 4096))
    assert linear[1] == "parameters: 4,096 · 1,000 = 4,096,000 weights + 1,000 biases = 4,097,000"
    assert linear[2] == "work: 4,096 · 1,000 = 4,096,000 multiply-adds"
    norm = explain(one_row(nn.BatchNorm2d(64), 64, 8, 8))
    assert norm[:3] == (
        "shape: 1×64×8×8, as its input",
        "parameters: 64 scales + 64 shifts = 128",
        "work: no multiply-adds counted",
    )
    relu = explain(one_row(nn.ReLU(inplace=True), 4, 8, 8))
    assert "activations: none new, it writes over its input" in relu
    dropout = explain(one_row(nn.Dropout(), 4, 8, 8))
    assert "activations: none new, it hands on its input" in dropout
    up = explain(one_row(nn.ConvTranspose2d(4, 2, 3, 2, 1, 1), 4, 5, 5))
    assert up[0] == "output size: (5 - 1)·2 - 2·1 + 3 + 1 = 10"
    assert up[2] == "work: 5 · 5 · 4 inputs · 18 = 1,800 multiply-adds"


def value_of(sum_text: str) -> int:
    """Work out a sum as `explain` writes them."""
    python = sum_text.replace(",", "").replace("·", "*").replace("⌊", "floor(")
    python = python.replace("⌈", "ceil(").replace("⌋", ")").replace("⌉", ")")
    python = re.sub(r"2 products of", "2 *", python)
    python = re.sub(r"[a-z]+", lambda word: word[0] if word[0] in ("floor", "ceil") else "", python)
    value = eval(python, {"floor": floor, "ceil": ceil})
    assert value == int(value)
    return int(value)


@pytest.mark.parametrize(
    "key", ["vgg16", "alexnet", "googlenet", "resnet50", "mobilenet_v3_small", "convnext_tiny",
            "vit_b_16", "swin_t", "shufflenet_v2_x0_5", "squeezenet1_0"],
)  # fmt: skip
@pytest.mark.parametrize("batch", [1, 2])
def test_every_sum_of_a_network_is_right(key: str, batch: int) -> None:
    entry = zoo.get(key)
    table = trace(zoo.build_meta(entry), entry.input_shape, batch=batch)
    for row in table.rows:
        lines = {name: text for name, _, text in (line.partition(": ") for line in explain(row))}
        for side, dim in (("output size", -1), ("output height", -2), ("output width", -1)):
            if side in lines and "padded" not in lines[side]:
                left, _, right = lines[side].rpartition(" = ")
                assert value_of(left) == int(right) == row.out_shape[dim]
        work = lines["work"]
        if row.macs:
            left, _, right = work.partition(" = ")
            assert right == f"{row.macs:,} multiply-adds", (row.name, work)
            assert value_of(left) == row.macs, row.name
        else:
            assert work == "no multiply-adds counted"
        activations = lines["activations"]
        if row.activations and " = " in activations:
            assert value_of(activations.partition(" = ")[0]) == row.activations
        weights = re.search(r"([\d, ·]+) = ([\d,]+) weights", lines.get("parameters", ""))
        if weights:
            assert value_of(weights[1]) == value_of(weights[2]) == row.weights
    convolutions = [row for row in table.rows if row.kind == "conv"]
    assert all(" · " in explain(row)[-3] for row in convolutions)
    assert prod(table.input_shape) == table.totals.input_values
