"""Private copies: the same outputs from the same tensors, nothing else in common."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import pytest
import torch
from torch import nn
from torchvision import models

from vizcore.runtime.clone import private_copy


def whole_state(network: nn.Module) -> dict[str, Any]:
    """Everything about a network that a lens might change."""
    return {
        "training": [module.training for module in network.modules()],
        "inplace": [getattr(module, "inplace", None) for module in network.modules()],
        "hooks": [
            [len(value) for name, value in vars(module).items() if "hooks" in name]
            for module in network.modules()
        ],
        "ids": [id(tensor) for tensor in (*network.parameters(), *network.buffers())],
        "grads": [(tensor.requires_grad, tensor.grad is None) for tensor in network.parameters()],
        "versions": [tensor._version for tensor in (*network.parameters(), *network.buffers())],
    }


def tiny_dense() -> nn.Module:
    return models.DenseNet(growth_rate=8, block_config=(2, 2), num_init_features=16)


def tiny_swin() -> nn.Module:
    return models.SwinTransformer([4, 4], 8, [2, 2], [2, 2], [4, 4])


def tiny_transformer() -> nn.Module:
    return models.VisionTransformer(64, 16, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32)


@pytest.mark.parametrize(
    "build",
    [
        models.resnet18,
        models.mobilenet_v3_small,
        models.shufflenet_v2_x0_5,
        models.squeezenet1_1,
        tiny_dense,
        tiny_swin,
        tiny_transformer,
    ],
)
def test_it_computes_the_same_and_leaves_the_original_alone(build):
    network = build()  # in training mode, with in-place activations
    before = whole_state(network)
    copy = private_copy(network)
    copy.register_forward_hook(lambda *_: None)
    with torch.no_grad():
        seen = copy(torch.ones(1, 3, 64, 64))
    assert whole_state(network) == before
    with torch.no_grad():
        expected = network.eval()(torch.ones(1, 3, 64, 64))
    torch.testing.assert_close(seen, expected, rtol=0, atol=0)
    tensors, shared = network.state_dict(keep_vars=True), copy.state_dict(keep_vars=True)
    assert list(tensors) == list(shared)
    assert all(tensors[name] is shared[name] for name in tensors)
    assert not set(network.modules()) & set(copy.modules())


def test_hooks_of_the_copy_see_values_before_anything_overwrites_them():
    """In-place activations are off in the copy, and stay on in the original."""
    network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.ReLU(inplace=True))
    nn.init.ones_(network[0].weight)
    twin, seen = private_copy(network), []
    twin[0].register_forward_hook(lambda *given: seen.append(given[2]))
    picture = torch.tensor([-1.0, 2.0]).reshape(1, 1, 1, 2)
    twin(picture)
    assert torch.equal(seen[0], picture)
    assert network[1].inplace


def test_modules_used_twice_stay_one():
    relu = nn.ReLU(inplace=True)
    network = nn.Sequential(OrderedDict(a=nn.Linear(2, 2), b=relu, c=nn.Linear(2, 2), d=relu))
    copy = private_copy(network)
    assert copy.b is copy.d
    assert copy.b is not relu


def test_the_originals_hooks_run_in_the_copy_and_new_ones_do_not_reach_it():
    network = nn.Sequential(nn.Linear(2, 2))
    network[0].register_forward_hook(lambda module, inputs, output: output + 1)
    copy = private_copy(network)
    torch.testing.assert_close(copy(torch.ones(1, 2)), network(torch.ones(1, 2)))
    copy[0].register_forward_hook(lambda module, inputs, output: output * 0)
    assert copy(torch.ones(1, 2)).abs().sum() == 0
    assert network(torch.ones(1, 2)).abs().sum() != 0


def test_modules_and_bound_methods_in_plain_attributes_are_the_copys():
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)
            self.in_a_list = [self.layer]
            object.__setattr__(self, "alias", self.layer)
            self.run = self.plain

        def plain(self, x: torch.Tensor) -> torch.Tensor:
            return self.in_a_list[0](self.alias(x))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.run(x)

    network = Odd()
    copy = private_copy(network)
    calls: list[int] = []
    copy.layer.register_forward_hook(lambda *_: calls.append(1))
    network(torch.ones(1, 2))
    assert calls == []
    copy(torch.ones(1, 2))
    assert calls == [1, 1]


def test_hooks_of_two_threads_never_meet():
    network = nn.Sequential(*[nn.Linear(8, 8) for _ in range(5)]).eval()
    wrong: list[str] = []

    def look(thread: int) -> None:
        for _ in range(50):
            copy = private_copy(network)
            seen: list[int] = []
            for layer in copy:
                layer.register_forward_hook(
                    lambda module, inputs, output, seen=seen: seen.append(threading.get_ident())
                )
            with torch.no_grad():
                copy(torch.full((1, 8), float(thread)))
            if seen != [threading.get_ident()] * 5:
                wrong.append(f"thread {thread} saw {seen}")

    threads = [threading.Thread(target=look, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("way", ["wrapped", "in place", "a part"])
def test_compiled_networks_are_copied_as_they_were_before(way):
    """The compiled code would run the original and hear none of the copy's hooks."""
    conv = nn.Conv2d(3, 4, 3)
    network: Any = nn.Sequential(conv, nn.ReLU())
    if way == "wrapped":
        network = torch.compile(network, backend="eager")
    elif way == "a part":
        network = nn.Sequential(torch.compile(conv, backend="eager"), nn.ReLU())
    else:
        network.compile(backend="eager")
    twin, heard = private_copy(network), []
    assert type(twin) is nn.Sequential
    twin[0].register_forward_hook(lambda *_: heard.append("copy"))
    picture = torch.randn(1, 3, 6, 6)
    assert torch.equal(twin(picture), conv(picture).relu())
    assert heard == ["copy"]


def test_graph_modules_keep_their_graph():
    """`GraphModule.__new__` makes a new class, which lacks the graph's forward."""
    network = torch.fx.symbolic_trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()))
    picture = torch.randn(1, 3, 6, 6)
    assert torch.equal(private_copy(network)(picture), network(picture))
