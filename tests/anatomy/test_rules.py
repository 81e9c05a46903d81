"""Every function that has a rule, against torch running it: shapes, and the work of products."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from vizcore.anatomy import trace
from vizcore.anatomy.rules.base import RULES, op_of, writes_in_place


class Apply(nn.Module):
    """One function as a network."""

    def __init__(self, function: Callable[[Tensor], Tensor], *parameters: Tensor) -> None:
        super().__init__()
        self.function = function
        self.weights = nn.ParameterList(parameters)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, *self.weights)


def index_of(*numbers: int) -> Tensor:
    return torch.tensor(numbers)


#: Functions of a (2, 6, 8, 10) picture.
CASES: dict[str, Callable[[Tensor], Tensor]] = {
    "relu6": F.relu6,
    "gelu": lambda x: F.gelu(x, approximate="tanh"),
    "leaky_relu": lambda x: F.leaky_relu(x, 0.1, inplace=True),
    "tensor method": lambda x: x.sigmoid().tanh_(),
    "operators": lambda x: (1 - x) / 2 + 3 * x**2 - x / (1 + x),
    "reflected": lambda x: 2 ** (1 / x),
    "broadcast": lambda x: x[:, :1] * x + x.mean((2, 3), keepdim=True),
    "in place": lambda x: x.clone().add_(1).mul_(2).clamp_(0, 1),
    "augmented": lambda x: x.__iadd__(1),
    "where": lambda x: torch.where(x > 0, x, x * 0.1),
    "masked": lambda x: x.masked_fill(x < 0, 0.0),
    "maximum": lambda x: torch.maximum(x, -x),
    "logic": lambda x: (x > 0) & (x == x),
    "softmax": lambda x: F.softmax(x, dim=1),
    "max of two": lambda x: torch.max(x, x * 2),
    "mean of all": lambda x: x.mean(),
    "mean": lambda x: x.mean((2, 3)),
    "mean keeps": lambda x: x.mean(dim=(-2, -1), keepdim=True),
    "mean keeps by place": lambda x: x.mean((2, 3), True),
    "sum": lambda x: torch.sum(x, 1),
    "amax": lambda x: x.amax(dim=(2, 3)),
    "max": lambda x: x.max(dim=2)[0],
    "max indices": lambda x: x.max(2, keepdim=True).indices,
    "std": lambda x: x.std(dim=1),
    "norm": lambda x: torch.norm(x, 2, dim=(2, 3), keepdim=True),
    "logsumexp": lambda x: x.logsumexp(1),
    "flatten": lambda x: x.flatten(1),
    "unflatten": lambda x: x.unflatten(1, (2, 3)),
    "view": lambda x: x.view(2, 6, -1),
    "reshape": lambda x: x.reshape(-1, 10),
    "permute": lambda x: x.permute(0, 2, 3, 1),
    "permuted and made whole": lambda x: x.permute(0, 2, 3, 1).contiguous().view(2, 80, 6),
    "transpose": lambda x: x.transpose(1, -1).swapaxes(0, 1),
    "movedim": lambda x: x.movedim(1, -1),
    "T": lambda x: x.flatten(1).T,
    "mT": lambda x: x.mT,
    "squeeze": lambda x: x[:, :1].squeeze(1),
    "squeeze all": lambda x: x[:1, :1].squeeze(),
    "unsqueeze": lambda x: x.unsqueeze(-1),
    "expand": lambda x: x[:, :1].expand(-1, 5, -1, -1),
    "repeat": lambda x: x.repeat(1, 2, 1, 1),
    "chunk": lambda x: x.chunk(3, dim=1)[1],
    "split": lambda x: x.split([2, 4], dim=1)[1] * 1,
    "unbind": lambda x: x.unbind(1)[2],
    "narrow": lambda x: x.narrow(2, 1, 4),
    "index": lambda x: x[:, 1, ..., None, 2:],
    "strided index": lambda x: x[..., ::2, 1::3],
    "numbers as index": lambda x: x[index_of(0, 1, 1)],
    "numbers in the middle": lambda x: x[:, index_of(0, 2)],
    "set": lambda x: [x.clone(), None][0],
    "roll": lambda x: x.roll((1, 2), dims=(2, 3)),
    "flip": lambda x: x.flip(3),
    "cat": lambda x: torch.cat([x, x[:, :2], x], dim=1),
    "cat by axis": lambda x: torch.cat((x, x), axis=-1),
    "stack": lambda x: torch.stack([x, x], dim=2),
    "pad": lambda x: F.pad(x, (1, 2, 0, 3)),
    "pad circular": lambda x: F.pad(x, (1, 2, 0, 3), mode="circular"),
    "crop": lambda x: F.pad(x, (-1, -1)),
    "interpolate": lambda x: F.interpolate(x, scale_factor=2.0, mode="bilinear"),
    "interpolate to": lambda x: F.interpolate(x, size=(5, 7)),
    "max_pool2d": lambda x: F.max_pool2d(x, 3, 2, padding=1, ceil_mode=True),
    "avg_pool2d": lambda x: F.avg_pool2d(x, (2, 3), ceil_mode=True),
    "pool with indices": lambda x: F.max_pool2d(x, 2, return_indices=True)[1],
    "adaptive": lambda x: F.adaptive_avg_pool2d(x, (3, None)),
    "adaptive max": lambda x: F.adaptive_max_pool2d(x, 4),
    "layer_norm": lambda x: F.layer_norm(x, (10,)),
    "group_norm": lambda x: F.group_norm(x, 3),
    "instance_norm": lambda x: F.instance_norm(x),
    "lrn": lambda x: F.local_response_norm(x, 3),
    "normalize": lambda x: F.normalize(x, dim=1),
    "zeros_like": lambda x: torch.zeros_like(x) + x,
    "pixel_shuffle": lambda x: F.pixel_shuffle(x[:, :4], 2),
    "pixel_unshuffle": lambda x: F.pixel_unshuffle(x, 2),
    "unfold": lambda x: F.unfold(x, 3),
    "cumsum": lambda x: x.cumsum(1),
    "topk": lambda x: x.topk(2, dim=1).values,
    "fft": lambda x: torch.fft.rfft2(x).real,
    "matmul": lambda x: x @ x.transpose(-2, -1),
    "matmul with a matrix": lambda x: x @ torch.ones(10, 4, device=x.device),
    "bmm": lambda x: torch.bmm(x.flatten(0, 1), x.flatten(0, 1).mT),
    "vector": lambda x: torch.matmul(x, torch.ones(10, device=x.device)),
    "einsum": lambda x: torch.einsum("nchw,ndhw->ncd", x, x),
    "einsum outer": lambda x: torch.einsum("nchw,ndhw->ncdhw", x, x),
    "einsum three": lambda x: torch.einsum("nchw,ndhw,nehw->ncde", x, x, x),
    "baddbmm": lambda x: torch.baddbmm(x.flatten(0, 1).mean((1, 2), keepdim=True),
                                       x.flatten(0, 1), x.flatten(0, 1).mT),
    "attention": lambda x: F.scaled_dot_product_attention(x, x, x),
    "bilinear form": lambda x: F.bilinear(x, x, torch.ones(3, 10, 10, device=x.device)),
    "conv1d": lambda x: F.conv1d(x.flatten(2), torch.ones(4, 3, 5, device=x.device), groups=2),
    "conv2d same": lambda x: F.conv2d(x, torch.ones(4, 6, 3, 5, device=x.device), padding="same"),
    "conv2d": lambda x: F.conv2d(x, torch.ones(4, 6, 3, 3, device=x.device), stride=(2, 1),
                                 padding=(1, 2), dilation=2),
    "conv3d": lambda x: F.conv3d(x[:, None], torch.ones(4, 1, 3, 3, 3, device=x.device)),
    "transposed": lambda x: F.conv_transpose2d(x, torch.ones(6, 2, 3, 3, device=x.device),
                                               stride=2, output_padding=1, groups=2),
    "linear": lambda x: F.linear(x, torch.ones(7, 10, device=x.device)),
    "prelu": lambda x: F.prelu(x, torch.ones(6, device=x.device)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_shapes_and_work_are_torchs(case: str) -> None:
    """The last row has the shape torch gives; the work of all rows is what torch's counter sees."""
    function = CASES[case]
    table = trace(Apply(function), (6, 8, 10), batch=2)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        result = function(torch.rand(2, 6, 8, 10, device="meta"))
    assert table.rows[-1].out_shape == tuple(result.shape)
    assert table.totals.macs == counter.get_total_flops() // 2


LAYERS: list[tuple[nn.Module, tuple[int, ...]]] = [
    (nn.Conv2d(4, 6, (3, 5), (2, 1), (1, 2), (1, 2), 2, padding_mode="reflect"), (4, 12, 12)),
    (nn.Conv2d(4, 6, 5, padding="same"), (4, 9, 9)),
    (nn.Conv1d(4, 8, 3, 2, groups=4), (4, 20)),
    (nn.Conv3d(2, 4, 3, padding=1), (2, 5, 6, 7)),
    (nn.ConvTranspose1d(4, 8, 3, 2, 1, 1), (4, 9)),
    (nn.ConvTranspose2d(4, 6, 4, 2, 1, groups=2), (4, 7, 7)),
    (nn.ConvTranspose2d(4, 4, 3, dilation=2, bias=False), (4, 7, 7)),
    (nn.Linear(10, 4), (3, 10)),
    (nn.MaxPool2d(3, 2, 1, ceil_mode=True), (4, 12, 11)),
    (nn.MaxPool2d(2, 2, ceil_mode=True), (4, 7, 7)),
    (nn.MaxPool2d(3, 2, 1, ceil_mode=True), (4, 6, 6)),
    (nn.AvgPool2d(3, 2, ceil_mode=True), (4, 8, 8)),
    (nn.MaxPool1d(3), (4, 10)),
    (nn.AvgPool3d(2), (4, 6, 6, 6)),
    (nn.AdaptiveAvgPool2d((None, 3)), (4, 8, 9)),
    (nn.AdaptiveMaxPool1d(4), (4, 9)),
    (nn.LPPool2d(2, 3), (4, 9, 9)),
    (nn.MaxPool2d(2, return_indices=True), (4, 8, 8)),
    (nn.BatchNorm2d(4), (4, 5, 5)),
    (nn.BatchNorm2d(4, track_running_stats=False), (4, 5, 5)),
    (nn.BatchNorm1d(4), (4, 5)),
    (nn.LayerNorm((4, 5)), (4, 5)),
    (nn.RMSNorm(5), (4, 5)),
    (nn.GroupNorm(2, 4), (4, 5, 5)),
    (nn.InstanceNorm2d(4, affine=True), (4, 5, 5)),
    (nn.LocalResponseNorm(3), (4, 5, 5)),
    (nn.PReLU(4), (4, 5, 5)),
    (nn.Softmax(1), (4, 5)),
    (nn.Softmax2d(), (4, 5, 5)),
    (nn.GLU(1), (4, 5)),
    (nn.Hardtanh(), (4, 5)),
    (nn.Upsample(scale_factor=2), (4, 5, 5)),
    (nn.ZeroPad2d(2), (4, 5, 5)),
    (nn.ReflectionPad2d(1), (4, 5, 5)),
    (nn.PixelShuffle(2), (4, 5, 5)),
    (nn.ChannelShuffle(2), (4, 5, 5)),
    (nn.Flatten(), (4, 5, 5)),
    (nn.Unflatten(1, (2, 2)), (4, 5, 5)),
    (nn.Dropout2d(), (4, 5, 5)),
    (nn.Bilinear(5, 5, 3), (5,)),
]


class First(nn.Module):
    """A layer called on its input, twice where it takes two; the first of what it gives."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        result = self.layer(x, x) if isinstance(self.layer, nn.Bilinear) else self.layer(x)
        return result[0] if isinstance(result, tuple) else result


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda value: str(value)[:40])
def test_layers_are_torchs(layer: nn.Module, shape: tuple[int, ...]) -> None:
    network = First(layer).eval()
    table = trace(network, shape, batch=2)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        result = network(torch.rand(2, *shape))
    assert table.rows[-1].out_shape == tuple(result.shape)
    assert table.totals.macs == counter.get_total_flops() // 2
    assert table.totals.params == sum(p.numel() for p in layer.parameters())


ATTENTION = [
    {},
    {"bias": False},
    {"add_bias_kv": True},
    {"add_zero_attn": True},
    {"kdim": 6, "vdim": 10},
    {"batch_first": True},
]


@pytest.mark.parametrize("options", ATTENTION, ids=str)
@pytest.mark.parametrize("need_weights", [True, False])
def test_attention_layers_are_torchs(options: dict, need_weights: bool) -> None:
    class Attend(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(8, 2, **options)
            self.k = nn.Linear(8, options.get("kdim", 8))
            self.v = nn.Linear(8, options.get("vdim", 8))

        def forward(self, x: Tensor) -> Tensor:
            other = x[:, :5] if options.get("batch_first") else x[:5]
            found, weights = self.attention(
                x, self.k(other), self.v(other), need_weights=need_weights
            )
            return found if weights is None else weights

    network = Attend().eval()
    table = trace(network, (7, 8), batch=3)
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            network.to("meta")(torch.rand(3, 7, 8, device="meta"))
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
    assert table.totals.macs == counter.get_total_flops() // 2
    assert table.totals.params == sum(p.numel() for p in network.parameters())


def test_recurrent_layers_go_through_torchs_own_kernels() -> None:
    network = First(nn.LSTM(8, 16, batch_first=True))
    table = trace(network, (5, 8))
    assert table.rows[-1].out_shape == (1, 5, 16)
    assert table.totals.macs == 5 * (8 * 64 + 16 * 64)
    assert table.totals.params == sum(p.numel() for p in network.parameters())


def test_work_that_no_rule_knows_is_said() -> None:
    network = Apply(lambda x, weight: F.bilinear(x, x, weight), nn.Parameter(torch.ones(2, 8, 8)))
    table = trace(network, (8,))
    assert table.totals.macs == 0
    assert table.totals.params == 128
    assert any("bilinear" in line for line in table.not_counted)


@pytest.mark.parametrize(
    ("func", "op", "in_place"),
    [
        (Tensor.add_, "add", True),
        (Tensor.__iadd__, "add", True),
        (Tensor.__rsub__, "sub", False),
        (torch.relu_, "relu", True),
        (Tensor.__pow__, "pow", False),
        (Tensor.__invert__, "invert", False),
        (torch.swapaxes, "transpose", False),
    ],
)
def test_names_of_operations(func: Callable, op: str, in_place: bool) -> None:
    assert (op_of(func), writes_in_place(func)) == (op, in_place)


def test_rules_are_many() -> None:
    assert len(RULES) > 250
