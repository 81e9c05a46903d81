"""Traces of small networks written here: what is counted, how it is named, what stays as it was."""

from __future__ import annotations

import threading
from collections import OrderedDict

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vizcore import zoo
from vizcore.anatomy import trace
from vizcore.errors import NotApplicable


def state_of(network: nn.Module) -> dict:
    """Everything a trace could change, in a form that compares."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return {
        name: (
            module.training,
            sorted(module.__dict__),
            [list(module.__dict__[kind].items()) for kind in hooks],
            [(n, id(p), p._version, p.requires_grad, p.grad, p.device) for n, p in
             module.named_parameters(recurse=False)],
            [(n, id(b), b._version) for n, b in module.named_buffers(recurse=False)],
            sorted(vars(type(module))),
        )
        for name, module in network.named_modules()
    }  # fmt: skip


class Residual(nn.Module):
    """One skip, a ReLU used twice, a functional pool, a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, groups=4, bias=False)
        self.scale = nn.Parameter(torch.ones(8, 1, 1))
        self.fc = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn(self.conv1(x)))
        x = x + self.scale * self.conv2(x)
        x = self.relu(x)
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


def test_rows_of_a_network_with_a_skip() -> None:
    rows = trace(Residual(), (3, 10, 10)).rows
    assert [(row.name, row.kind, row.inputs) for row in rows] == [
        ("conv1", "conv", (-1,)),
        ("bn", "norm", (0,)),
        ("relu", "activation", (1,)),
        ("conv2", "conv", (2,)),
        ("mul", "other", (3,)),
        ("add", "join", (2, 4)),
        ("relu", "activation", (5,)),
        ("adaptive_avg_pool2d", "pool", (6,)),
        ("flatten", "other", (7,)),
        ("fc", "linear", (8,)),
    ]
    assert [row.index for row in rows] == list(range(10))
    assert [row.weights for row in rows] == [216, 8, 0, 144, 8, 0, 0, 0, 0, 40]
    assert [row.biases for row in rows] == [8, 8, 0, 0, 0, 0, 0, 0, 0, 5]
    assert [row.macs for row in rows] == [21600, 0, 0, 14400, 0, 0, 0, 0, 0, 40]
    assert [row.activations for row in rows] == [800, 800, 0, 800, 800, 800, 0, 8, 0, 5]
    assert (rows[3].groups, rows[3].kernel, rows[3].padding) == (4, (3, 3), (1, 1))
    assert rows[0].in_shape == (1, 3, 10, 10)
    assert rows[-1].out_shape == (1, 5)


@pytest.mark.parametrize("training", [True, False])
def test_the_network_is_left_as_it_is_found(training: bool) -> None:
    network = Residual().train(training)
    network.conv2.eval()
    network.scale.requires_grad_(False)
    seen: list[object] = []
    network.conv1.register_forward_hook(lambda *_: seen.append(1))
    network.register_forward_pre_hook(lambda *_: seen.append(2))
    network(torch.ones(2, 3, 8, 8)).sum().backward()
    seen.clear()
    before, weights = state_of(network), [p.clone() for p in network.parameters()]
    trace(network, (3, 10, 10))
    assert state_of(network) == before
    assert seen == []
    for old, new in zip(weights, network.parameters(), strict=True):
        assert torch.equal(old, new)


def test_a_failing_trace_leaves_the_network_too() -> None:
    network = Residual()
    before = state_of(network)
    with pytest.raises(Exception, match="channels"):
        trace(network, (4, 10, 10))
    assert state_of(network) == before


def test_grad_mode_and_function_modes_are_restored() -> None:
    assert torch.is_grad_enabled()
    trace(Residual(), (3, 8, 8))
    assert torch.is_grad_enabled()
    assert torch.overrides._get_current_function_mode_stack() == []


def test_parameters_used_twice_are_counted_once() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)
            self.other = nn.Conv2d(3, 3, 3, padding=1)
            self.other.weight = self.conv.weight

        def forward(self, x: Tensor) -> Tensor:
            return self.other(self.conv(self.conv(x)))

    table = trace(Tied(), (3, 6, 6))
    assert [row.params for row in table] == [84, 0, 3]
    assert [row.repeat for row in table] == [0, 1, 2]
    assert [row.macs for row in table] == [81 * 36] * 3
    assert table.totals.params == sum(p.numel() for p in Tied().parameters())


def test_parameters_that_are_never_used_are_said() -> None:
    class Auxiliary(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.aux = nn.Linear(4, 2), nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.aux(x) if self.training else self.fc(x)

    table = trace(Auxiliary().train(), (4,))
    assert table.totals.params == 10
    assert any("15 parameters" in line and "aux" in line for line in table.not_counted)


def test_a_layer_of_unknown_type_is_one_row_where_its_work_is_one_thing() -> None:
    class ChannelsLast(nn.LayerNorm):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(4, 4))

        def forward(self, x: Tensor) -> Tensor:
            return F.linear(F.linear(x, self.weight), self.weight)

    class Same(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x

    network = nn.Sequential(OrderedDict(norm=ChannelsLast(4), same=Same(), two=Two()))
    rows = trace(network, (4, 3, 4)).rows
    assert [(row.name, row.op, row.kind) for row in rows] == [
        ("norm", "ChannelsLast", "norm"),
        ("same", "Same", "other"),
        ("two", "linear", "linear"),
        ("two", "linear", "linear"),
    ]
    assert (rows[0].params, rows[0].activations, rows[0].out_shape) == (8, 48, (1, 4, 3, 4))
    assert (rows[1].activations, rows[1].inputs) == (0, (0,))
    assert [row.repeat for row in rows[2:]] == [0, 1]


def test_names_of_functions_are_unique_and_below_their_module() -> None:
    class Sums(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            y = x * 2
            return (x + y) + (y + x)

    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Sums()

        def forward(self, x: Tensor) -> Tensor:
            return self.inner(x).relu_()

    rows = trace(Outer(), (2, 4, 4)).rows
    assert [row.name for row in rows] == [
        "inner.mul", "inner.add", "inner.add_1", "inner.add_2", "relu",
    ]  # fmt: skip
    assert [row.inputs for row in rows] == [(-1,), (-1, 0), (0, -1), (1, 2), (3,)]
    assert rows[-1].activations == 0


def test_weights_made_on_the_way_belong_to_the_row_that_uses_them() -> None:
    class Standardised(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
            return F.conv2d(x, weight / weight.std(), self.bias, self.stride, self.padding)

    table = trace(nn.Sequential(Standardised(3, 4, 3)), (3, 8, 8))
    assert [(row.name, row.op, row.params) for row in table] == [("0", "Standardised", 112)]


def test_weight_norm_old_and_new() -> None:
    new = torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3))
    table = trace(nn.Sequential(new), (3, 8, 8))
    assert table.totals.macs == 36 * 4 * 27
    assert table.totals.params == 112 + 4
    old = nn.Conv2d(3, 4, 3)
    with pytest.warns(FutureWarning):
        old = torch.nn.utils.weight_norm(old)
    table = trace(nn.Sequential(old), (3, 8, 8))
    assert table.totals.macs == 36 * 4 * 27
    assert table.totals.params == 112 + 4


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:FutureWarning")
@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_compiled_script_is_refused() -> None:
    with pytest.raises(NotApplicable, match="TorchScript"):
        trace(torch.jit.trace(nn.ReLU(), torch.ones(1)), (1,))


@pytest.mark.parametrize("way", ["wrapped", "in place", "a part", "a graph"])
def test_compiled_and_rewritten_networks_are_those_they_were_made_from(way: str) -> None:
    conv, relu = nn.Conv2d(3, 4, 3), nn.ReLU()
    network = nn.Sequential(conv, relu)
    expected = trace(network, (3, 8, 8))
    given: nn.Module = network
    if way == "wrapped":
        given = torch.compile(network, backend="eager")  # type: ignore[assignment]
    elif way == "a part":
        given = nn.Sequential(torch.compile(conv, backend="eager"), relu)
    elif way == "a graph":
        given = torch.fx.symbolic_trace(network)
    else:
        network.compile(backend="eager")
    before = state_of(given)
    assert trace(given, (3, 8, 8)) == expected
    assert state_of(given) == before


def test_code_that_fails_at_every_size_is_named() -> None:
    class Broken(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise KeyError("missing piece")

    network = nn.Sequential(OrderedDict(fine=nn.ReLU(), broken=Broken()))
    with pytest.raises(NotApplicable, match=r"layer 'broken' fails .*missing piece"):
        trace(network, (3, 8, 8))


def test_other_kinds_of_input() -> None:
    assert trace(nn.Linear(7, 3), (7,)).rows[0].out_shape == (1, 3)
    sequence = nn.Sequential(nn.Conv1d(4, 6, 3, padding=1), nn.MaxPool1d(2), nn.Flatten())
    assert [row.out_shape for row in trace(sequence, (4, 10))] == [(1, 6, 10), (1, 6, 5), (1, 30)]
    volume = trace(nn.Conv3d(2, 4, 3, stride=2), (2, 9, 9, 9)).rows[0]
    assert (volume.out_shape, volume.macs, volume.kernel) == ((1, 4, 4, 4, 4), 256 * 54, None)


def test_half_precision_networks() -> None:
    table = trace(nn.Sequential(nn.Conv2d(3, 4, 3), nn.GELU()).half(), (3, 8, 8))
    assert table.rows[1].out_shape == (1, 4, 6, 6)


def test_a_weight_is_never_made() -> None:
    """A network whose weights would take 4 TB."""
    with torch.device("meta"):
        network = nn.Sequential(nn.Linear(10**6, 10**6), nn.ReLU())
    assert trace(network, (10**6,)).totals.params == 10**12 + 10**6


def test_threads_do_not_meet() -> None:
    """Tables of two networks traced at once, while a third thread computes, are the usual ones."""
    keys = ("resnet18", "mobilenet_v2")
    alone = {key: trace(zoo.build_meta(key), (3, 64, 64)) for key in keys}
    network, picture = Residual().eval(), torch.ones(2, 3, 8, 8)
    expected = network(picture).detach()
    wrong: list[str] = []
    start = threading.Barrier(3)

    def count(key: str) -> None:
        start.wait()
        for _ in range(8):
            if trace(zoo.build_meta(key), (3, 64, 64)) != alone[key]:
                wrong.append(key)

    def compute() -> None:
        start.wait()
        for _ in range(60):
            if not torch.equal(network(picture), expected):
                wrong.append("computed")

    threads = [threading.Thread(target=count, args=(key,)) for key in keys]
    threads.append(threading.Thread(target=compute))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_one_network_can_be_traced_by_two_threads() -> None:
    network = Residual()
    alone = trace(network, (3, 9, 9))
    tables: list[object] = []
    threads = [
        threading.Thread(target=lambda: tables.append(trace(network, (3, 9, 9)))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tables == [alone] * 4
