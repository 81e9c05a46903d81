"""Every place of a network as one scan: found as torch.fx finds them, served from what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import fx, nn

from vizcore.networks.loading import load_network
from vizcore.networks.offers import weights
from vizcore.patch_places import EVERY, patch_places_task
from vizcore.runtime.jobs import run_here
from vizcore.tasks import patches as patch_tasks
from vizcore.tasks.patches import top_patches_task

KEY = "resnet14_photos20"
COUNT = 12


@pytest.fixture(autouse=True)
def alone(empty_cache: Path, drawn_weights: Path) -> None:
    """A cache and weights of this test's own."""


@pytest.fixture
def pictures() -> np.ndarray:
    draw = np.random.default_rng(5)
    return draw.integers(0, 255, (COUNT, 64, 64, 3)).astype(np.uint8)


class _Values(fx.Interpreter):
    """Every value with four axes, in the order torch.fx computes them."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__(fx.symbolic_trace(network))
        self.seen: list[tuple[str, torch.Tensor]] = []

    def run_node(self, n: fx.Node) -> Any:
        found = super().run_node(n)
        if n.op != "placeholder" and isinstance(found, torch.Tensor) and found.ndim == 4:
            self.seen.append((str(n.target), found.clone()))
        return found


def test_every_place_is_what_torch_fx_computes(pictures: np.ndarray) -> None:
    loaded = load_network(KEY)
    how = loaded.weights.preprocessing
    reference = _Values(loaded.module)
    with torch.no_grad():
        reference.run(torch.cat([torch.tensor(how.apply(each)) for each in pictures]))
    found = run_here(top_patches_task(KEY, pictures, EVERY))
    leaves = [each for each in run_here(patch_places_task(KEY)) if each.leaf]
    assert [each.channels for each in leaves] == [maps.shape[1] for _, maps in reference.seen]
    sums = 0
    for place, (target, maps) in zip(leaves, reference.seen, strict=True):
        sums += place.op == "add"
        assert (place.op == "add") == ("add" in target.strip("_").split(".")[-1]), place.name
        best, order = maps.flatten(2).amax(2).sort(dim=0, descending=True, stable=True)
        seen = found.found[place.name]
        np.testing.assert_allclose(seen.values_ck, best[:9].T, rtol=1e-3, atol=1e-3)
        close = np.isclose(seen.values_ck[:, :1], best[:9].T[:, 1:], rtol=1e-3, atol=1e-3).any(1)
        first = seen.pictures_ck[:, 0] == order[0].numpy()
        assert (first | close).all(), place.name
    assert sums >= 6, "a residual network has sums"


def test_what_a_place_costs_is_what_the_layer_table_says() -> None:
    import vizcore as vc

    places = {each.name: each for each in run_here(patch_places_task(KEY))}
    how = weights(KEY).preprocessing
    rows = vc.layers(KEY, input_size=how.crop_px).rows
    last = next(row for row in reversed(rows) if row.kind == "conv")
    through = [row.macs for row in rows if row.index <= last.index]
    assert places[last.name].macs == sum(through)
    assert max(each.macs for each in places.values()) <= sum(row.macs for row in rows)
    costs = [each.macs for each in places.values()]
    assert costs == sorted(costs)


@pytest.mark.parametrize("asked", [None, ["stage1.unit1.add"], "stem.conv"])
def test_a_scan_of_every_place_is_asked_first(
    pictures: np.ndarray, monkeypatch: pytest.MonkeyPatch, asked: Any
) -> None:
    whole = run_here(top_patches_task(KEY, pictures, EVERY))

    def look_again(*_args: object, **_more: object) -> None:
        raise AssertionError("the scan of every place has it")

    monkeypatch.setattr(patch_tasks, "_look_through", look_again)
    part = run_here(top_patches_task(KEY, pictures, asked))
    assert set(part.found) < set(whole.found)
    for name, seen in part.found.items():
        np.testing.assert_array_equal(seen.values_ck, whole.found[name].values_ck)
    if asked is None:
        network = load_network(KEY).module
        modules = dict(network.named_modules())
        assert all(isinstance(modules[name], nn.Conv2d) for name in part.found)
