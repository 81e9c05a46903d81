"""Ways to layers: what is shared, what is copied, and what cannot be shared."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from vizcore.lenses.reading import read_maps
from vizcore.runtime.way import on_way


class Net(nn.Module):
    """A head that runs before what is registered before it, and a chain."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.late = nn.BatchNorm2d(4)
        self.stem = nn.Conv2d(3, 4, 1)
        self.norm = nn.BatchNorm2d(4)
        self.body = nn.Sequential(nn.ReLU(), nn.Conv2d(4, 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.body[0](self.norm(self.stem(x)))
        return self.body(x).mean((2, 3)) + self.late(x).mean()


IMAGE = torch.randn(2, 3, 5, 4, generator=torch.Generator().manual_seed(1))


def test_it_shares_what_is_not_on_it_and_leaves_the_network_alone():
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Sequential(nn.ReLU(), nn.Conv2d(4, 2, 1))).eval()

    def look(way: Any) -> Tensor:
        assert way is not network
        assert way[0] is network[0]
        assert way[1][0] is network[1][0]
        assert way[1][1] is not network[1][1]
        assert way[1][1].weight is network[1][1].weight
        way[1][1].register_forward_hook(lambda module, inputs, output: output + 1)
        return way(IMAGE)

    torch.testing.assert_close(on_way(network, ["1.1", "1"], look), network(IMAGE) + 1)
    assert not network[1][1]._forward_hooks


def test_what_is_not_ready_makes_it_a_copy_of_all():
    relu = nn.ReLU()
    for network in (
        nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(inplace=True)).eval(),
        nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU()).train(),
        nn.Sequential(nn.Conv2d(3, 4, 1), nn.Sequential(nn.ReLU(), nn.Dropout())).eval(),
        nn.Sequential(relu, nn.Conv2d(3, 4, 1), relu).eval(),
    ):
        if isinstance(network[1], nn.Sequential):
            network[1][1].train()  # inside of one that is in evaluation mode itself

        def look(way: Any, network: Any = network) -> Tensor:
            way(IMAGE)
            assert all(mine is not theirs for mine, theirs in zip(way, network, strict=True))
            assert not any(module.training for module in way.modules())
            assert not any(getattr(module, "inplace", False) for module in way.modules())
            return way(IMAGE)

        on_way(network, ["0"], look)


@pytest.mark.parametrize("layer", ["stem", "norm", "body.1", "body"])
@pytest.mark.parametrize("trained", ["norm", "late", "body.0", ""])
def test_a_network_partly_in_training_is_never_changed(layer: str, trained: str):
    """A normalisation in training mode would count every picture it is shown."""
    network = Net().eval()
    expected = read_maps(network, IMAGE, [layer])[layer]
    network.get_submodule(trained).train()
    before = {name: each.clone() for name, each in network.named_buffers()}
    torch.testing.assert_close(read_maps(network, IMAGE, [layer])[layer], expected)
    assert all(torch.equal(before[name], each) for name, each in network.named_buffers())
    assert not any(module._forward_hooks for module in network.modules())


class Aliased(nn.Module):
    """Runs a module by another name than the one it is registered under."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.conv = nn.Conv2d(3, 4, 1)
        if how == "attribute":
            object.__setattr__(self, "alias", self.norm)
        elif how == "list":
            self.alias = [self.norm]
        else:
            self.alias = self.norm.forward

    def forward(self, x: Tensor) -> Tensor:
        alias: Any = self.alias
        alias = alias[0] if isinstance(alias, list) else alias
        return self.conv(alias(x)).mean((2, 3))


@pytest.mark.parametrize("how", ["attribute", "list", "method"])
def test_a_module_in_training_under_another_name_is_never_run_itself(how: str):
    network = Aliased(how).eval()
    expected = read_maps(network, IMAGE, ["conv"])["conv"]
    network.norm.train()
    before = network.norm.running_mean.clone()
    torch.testing.assert_close(read_maps(network, IMAGE, ["conv"])["conv"], expected)
    assert torch.equal(network.norm.running_mean, before)


def test_a_layer_that_runs_at_two_places_is_read_in_its_first_run():
    conv = nn.Conv2d(3, 3, 1)
    network = nn.Sequential(nn.Sequential(conv), nn.ReLU(), conv, nn.Flatten()).eval()
    found = read_maps(network, IMAGE, ["0.0"])["0.0"]
    torch.testing.assert_close(found, conv(IMAGE).detach())


def test_maps_follow_whatever_was_changed_since_the_last_time():
    network = Net().eval()
    read_maps(network, IMAGE, ["body.1"])
    network.norm = nn.BatchNorm2d(4)  # in training mode
    nn.init.constant_(network.norm.weight, 2.0)
    network.stem.weight = nn.Parameter(network.stem.weight * 3)
    found = read_maps(network, IMAGE, ["body.1"])["body.1"]
    network.eval()
    with torch.no_grad():
        expected = network.body[1](network.norm(network.stem(IMAGE)).relu())
    torch.testing.assert_close(found, expected)
