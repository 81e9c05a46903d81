"""Networks built for real and as shapes: the same modules, and nothing of one thread in another."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import nn

from vizcore import zoo
from vizcore.zoo.meta import WeightlessMode, settle

EVERY = [entry.key for entry in zoo.architectures() if not entry.source.startswith("timm:")]


def test_real_weights_are_reproducible_and_leave_the_generator_alone() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = zoo.build("squeezenet1_1", seed=7)
    assert torch.equal(torch.get_rng_state(), before)
    again, other = zoo.build("squeezenet1_1", seed=7), zoo.build("squeezenet1_1", seed=8)
    pairs = zip(first.parameters(), again.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    weight = "classifier.1.weight"
    assert not torch.equal(first.get_parameter(weight), other.get_parameter(weight))
    assert not first.training


def test_building_without_a_seed_draws_from_torchs_generator() -> None:
    torch.manual_seed(3)
    first = zoo.build(zoo.get("zfnet_photos20")).state_dict()
    torch.manual_seed(3)
    again = zoo.build("zfnet_photos20").state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_a_real_network_computes() -> None:
    network = zoo.build("mobilenet_v3_small", seed=0)
    with torch.no_grad():
        assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 1000)


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_auxiliary_heads_are_left_out(name: str) -> None:
    def heads(network: nn.Module) -> list[str]:
        return [key for key, _ in network.named_parameters() if "aux" in key.lower()]

    assert heads(zoo.build_meta(name)) == []
    assert heads(zoo.build_meta(name, aux_logits=True))


def test_options_reach_the_constructor() -> None:
    assert zoo.build_meta("resnet18", num_classes=7).fc.out_features == 7


@pytest.mark.parametrize("key", EVERY)
def test_no_weight_is_allocated_and_the_network_is_ready(key: str) -> None:
    network = zoo.build_meta(key)
    assert all(parameter.is_meta for parameter in network.parameters())
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert not any(module.training for module in network.modules())
    real = sum(buffer.numel() for buffer in network.buffers() if not buffer.is_meta)
    assert real < 1_000_000  # index tables of windows, never weights


@pytest.mark.parametrize("key", ["resnet18", "googlenet", "swin_v2_t", "convnext_tiny", "maxvit_t"])
def test_shapes_are_those_of_the_real_network(key: str) -> None:
    real, shapes = zoo.build(key), zoo.build_meta(key)
    assert {n: (p.shape, p.dtype) for n, p in real.named_parameters()} == {
        n: (p.shape, p.dtype) for n, p in shapes.named_parameters()
    }
    assert {n: (b.shape, b.dtype) for n, b in real.named_buffers()} == {
        n: (b.shape, b.dtype) for n, b in shapes.named_buffers()
    }
    assert [(n, type(m)) for n, m in real.named_modules()] == [
        (n, type(m)) for n, m in shapes.named_modules()
    ]


def test_settling_obeys_a_train_method_of_its_own() -> None:
    class Stubborn(nn.Module):
        def train(self, mode: bool = True) -> Stubborn:
            self.asked = mode
            return super().train(mode)

    network = nn.Sequential(Stubborn(), nn.Dropout())
    settle(network)
    assert network[0].asked is False
    assert [module.training for module in network.modules()] == [False] * 3


def test_two_weightless_builds_and_a_real_one_at_once() -> None:
    """Each thread gets what it would get alone, many times over."""
    expected = [p.clone() for p in zoo.build("squeezenet1_1", seed=5).parameters()]
    counts = {name: len(list(zoo.build_meta(name).parameters())) for name in ("resnet18", "swin_t")}
    wrong: list[str] = []
    start = threading.Barrier(3)

    def weightless(name: str) -> None:
        start.wait()
        for _ in range(10):
            parameters = list(zoo.build_meta(name).parameters())
            if len(parameters) != counts[name] or not all(p.is_meta for p in parameters):
                wrong.append(name)

    def real() -> None:
        start.wait()
        for _ in range(6):
            found = zoo.build("squeezenet1_1", seed=5).parameters()
            if not all(torch.equal(a, b) for a, b in zip(found, expected, strict=True)):
                wrong.append("real")

    threads = [threading.Thread(target=weightless, args=(name,)) for name in counts]
    threads.append(threading.Thread(target=real))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_initialisers_work_in_other_threads_while_one_builds_weightless() -> None:
    """Held inside the mode, another thread's layer is real and filled, its own is neither."""
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with WeightlessMode():
            inside.set()
            done.wait(30)
            assert nn.Linear(3, 3).weight.is_meta

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait(30)
    torch.manual_seed(0)
    here = nn.Conv2d(3, 8, 3)
    nn.init.constant_(here.bias, 4.0)
    done.set()
    holder.join()
    torch.manual_seed(0)
    alone = nn.Conv2d(3, 8, 3)
    assert torch.equal(here.weight, alone.weight)
    assert here.bias.tolist() == [4.0] * 8


def test_torch_is_left_as_it_was() -> None:
    names = [name for name in vars(nn.init) if not name.startswith("__")]
    before = {name: getattr(nn.init, name) for name in names}
    with WeightlessMode():
        inside = {name: getattr(nn.init, name) for name in names}
    assert {name: getattr(nn.init, name) for name in names} == before
    assert inside != before
    with pytest.raises(RuntimeError, match="inside"), WeightlessMode():
        raise RuntimeError("inside")
    assert {name: getattr(nn.init, name) for name in names} == before
    assert not nn.Linear(2, 2).weight.is_meta


def test_somebody_elses_patch_of_torch_survives() -> None:
    original = nn.init.normal_
    try:
        with WeightlessMode():
            nn.init.normal_ = patched = lambda tensor, *_: tensor
        assert nn.init.normal_ is patched
    finally:
        nn.init.normal_ = original


def test_nested_builds() -> None:
    with WeightlessMode():
        with WeightlessMode():
            assert nn.Linear(2, 2).weight.is_meta
        assert nn.Linear(2, 2).weight.is_meta
    assert not nn.Linear(2, 2).weight.is_meta


def test_initialising_a_real_tensor_inside_still_works() -> None:
    tensor = torch.zeros(2)
    with WeightlessMode():
        nn.init.constant_(tensor, 3.0)
        tensor.mul_(2)
        assert (torch.arange(3) * 2).tolist() == [0, 2, 4]
    assert tensor.tolist() == [6.0, 6.0]
