"""FractalNet: numbers, the wiring of columns and joins, drop-path."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import vizcore as vc
from vizcore import zoo
from vizcore.reference import architecture_facts
from vizcore.zoo.fractalnet import Join
from vizcore.zoo.own_builders import FILES

FACTS = {facts.key: facts for facts in architecture_facts()}
KEYS = FILES["fractalnet"]
SMALL = {"channels": (4,), "dropouts": (0.0,), "last_pool": False}
WHOLE = {"local_drop": 0.0, "global_share": 0.0}


def picture(px: int = 8) -> Tensor:
    return torch.randn(3, 3, px, px, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("key", KEYS)
def test_parameters_and_macs_are_those_of_the_facts(key: str) -> None:
    totals = vc.layers(key).totals
    assert (totals.params, totals.macs) == (FACTS[key].params, FACTS[key].macs)


@pytest.mark.parametrize(("key", "px"), [("fractalnet20_cifar", 32), ("fractalnet34", 64)])
def test_forward_and_backward(key: str, px: int) -> None:
    network = zoo.build(key, seed=0, **WHOLE).train()
    scores = network(picture(px))
    assert scores.shape == (3, FACTS[key].num_outputs)
    scores.square().sum().backward()
    gradients = [parameter.grad for parameter in network.parameters()]
    assert all(grad is not None and grad.isfinite().all() for grad in gradients)


@pytest.mark.parametrize(
    ("key", "per_block", "sizes"),
    [("fractalnet20_cifar", [1, 2, 4], [32, 16, 8, 4, 2]),
     ("fractalnet34", [1, 2, 4, 8], [56, 28, 14, 7])],
)  # fmt: skip
def test_columns_double_and_blocks_halve_the_map(
    key: str, per_block: list[int], sizes: list[int]
) -> None:
    rows = [row for row in vc.layers(key).rows if row.kind == "conv" and "block" in row.name]
    for number, px in enumerate(sizes, start=1):
        block = [row for row in rows if row.name.startswith(f"block{number}.")]
        for column, count in enumerate(per_block, start=1):
            assert sum(f".column{column}." in row.name for row in block) == count
        assert {tuple(row.out_shape[-2:]) for row in block} == {(px, px)}


def test_three_columns_by_hand() -> None:
    """The expansion rule written out; columns that end together meet in one mean."""
    network = zoo.build("fractalnet20_cifar", seed=0, columns=3, **SMALL, **WHOLE)
    block = network.block1
    one, two, three = (list(column) for column in block.columns())
    x = picture()
    with torch.no_grad():
        middle = (two[0](x) + three[1](three[0](x))) / 2
        expected = (one[0](x) + two[1](middle) + three[3](three[2](middle))) / 3
        torch.testing.assert_close(block(x), expected)


def test_a_block_that_pools_joins_what_was_pooled() -> None:
    network = zoo.build(
        "fractalnet20_cifar", seed=0, channels=(4,), dropouts=(0.0,), columns=2, **WHOLE
    )
    one, two = (list(column) for column in network.block1.columns())
    x = picture()
    with torch.no_grad():
        pooled = [nn.functional.max_pool2d(y, 2) for y in (one[0](x), two[1](two[0](x)))]
        torch.testing.assert_close(network.block1(x), (pooled[0] + pooled[1]) / 2)


def test_a_global_step_is_one_column_alone() -> None:
    network = zoo.build("fractalnet20_cifar", seed=0, columns=3, **SMALL, global_share=1.0)
    network.train()
    with torch.no_grad():
        alone = [network(picture(), column=number) for number in range(3)]
        seen = set()
        for _ in range(40):
            out = network(picture())
            found = [number for number in range(3) if torch.equal(out, alone[number])]
            assert len(found) == 1
            seen.update(found)
    assert seen == {0, 1, 2}


def test_the_deepest_column_is_a_chain() -> None:
    network = zoo.build("fractalnet20_cifar", seed=0, columns=3, **SMALL)
    x = picture()
    with torch.no_grad():
        y = x
        for unit in network.block1.columns()[2]:
            y = unit(y)
        assert torch.equal(network.block1(x, 2), y)


def test_a_join_drops_inputs_as_often_as_it_says_but_never_all() -> None:
    join = Join(0.15).train()
    maps = [torch.full((1,), float(value)) for value in (1, 2, 4)]
    means = {1: "a", 2: "b", 4: "c", 1.5: "ab", 2.5: "ac", 3: "bc", 7 / 3: "abc"}
    torch.manual_seed(0)
    draws = [join(*maps).item() for _ in range(3000)]
    kept = [means[min(means, key=lambda mean: abs(mean - draw))] for draw in draws]
    share = sum(text == "abc" for text in kept) / 3000
    assert share == pytest.approx(0.85**3, abs=0.04)
    alone = Join(1.0).train()
    assert {alone(*maps).item() for _ in range(60)} == {1.0, 2.0, 4.0}


def test_nothing_is_dropped_in_eval_mode() -> None:
    small = {"channels": (4, 4), "columns": 3}
    dropping = zoo.build("fractalnet20_cifar", seed=0, **small, dropouts=(0.5, 0.5))
    whole = zoo.build("fractalnet20_cifar", seed=0, **small, dropouts=(0.0, 0.0), **WHOLE)
    x = picture(4)
    with torch.no_grad():
        assert torch.equal(dropping(x), whole(x))
        assert len({tuple(dropping.train()(x).flatten().tolist()) for _ in range(10)}) > 1


def test_a_seed_makes_the_same_network() -> None:
    first, again = (zoo.build("fractalnet20_cifar", seed=2).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert float(first["block1.column1.unit.conv.bias"].abs().sum()) == 0
