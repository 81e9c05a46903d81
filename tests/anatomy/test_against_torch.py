"""Every torchvision classifier against torch itself: FlopCounterMode, and the shapes seen by hooks.

The oracle runs torch's meta kernels. Its fused attention kernel for inference is switched off,
because the counter does not see inside it.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from vizcore import zoo
from vizcore.anatomy import trace
from vizcore.records import Shape
from vizcore.records.layers import LayerTable

KEYS = [entry.key for entry in zoo.architectures() if entry.source.startswith("torchvision:")]
OWN = [entry.key for entry in zoo.architectures() if entry.source == "own"]


@pytest.fixture(autouse=True)
def attention_in_the_open():
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    yield
    torch.backends.mha.set_fastpath_enabled(before)


def ask_torch(network: nn.Module, shape: Shape) -> tuple[dict[str, int], list[tuple]]:
    """Multiply-adds of every module with all below it; all calls of modules without children."""
    calls: list[tuple[str, Shape, Shape]] = []

    def note(name):
        def hook(module, inputs, output):
            if isinstance(output, torch.Tensor):
                calls.append((name, tuple(inputs[0].shape), tuple(output.shape)))

        return hook

    handles = [
        module.register_forward_hook(note(name))
        for name, module in network.named_modules()
        if name and not list(module.children())
    ]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.empty(shape, device="meta"))
    for handle in handles:
        handle.remove()
    root = type(network).__name__
    macs = {
        "" if name == root else name.removeprefix(f"{root}."): sum(by_op.values()) // 2
        for name, by_op in counter.get_flop_counts().items()
        if name != "Global"
    }
    return macs, calls


def macs_below(table: LayerTable) -> Counter[str]:
    """Multiply-adds of every module with all below it, from the rows' dotted names."""
    total: Counter[str] = Counter()
    for row in table.rows:
        total[""] += row.macs
        parts = row.name.split(".")
        for i in range(1, len(parts) + 1):
            total[".".join(parts[:i])] += row.macs
    return total


@pytest.mark.slow
@pytest.mark.parametrize("key", [*KEYS, *OWN])
def test_macs_and_shapes_are_torchs_own(key: str) -> None:
    entry = zoo.get(key)
    shape = (2, *entry.input_shape)
    table = trace(zoo.build_meta(entry), entry.input_shape, batch=2)
    macs, calls = ask_torch(zoo.build_meta(entry).to("meta"), shape)

    ours = macs_below(table)
    assert ours[""] == sum(row.macs for row in table.rows) == macs[""]
    assert {name: ours[name] for name in macs} == macs

    rows = defaultdict(list)
    for row in table.rows:
        rows[row.name].append((row.in_shape, row.out_shape))
    seen = defaultdict(list)
    for name, in_shape, out_shape in calls:
        seen[name].append((in_shape, out_shape))
    for name in list(seen):
        below = [row for row in table.rows if row.name.startswith(f"{name}.")]
        if below and not rows[name]:  # a module of several operations has a row for each
            assert below[-1].out_shape == seen.pop(name)[-1][1]
    assert {name: rows[name] for name in seen} == dict(seen)


def test_all_torchvision_classifiers_are_there() -> None:
    import torchvision

    names = torchvision.models.list_models(module=torchvision.models)
    assert len(names) == 80
    assert {zoo.get(name).source for name in names} == {f"torchvision:{name}" for name in names}
