"""The deconvnet against the paper's definition written out, and against what must follow."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision import models

from vizcore.anatomy import trace
from vizcore.data.windows import window_of
from vizcore.errors import BadChoice, NotApplicable, UnknownLayer
from vizcore.lenses.deconvnet import deconvnet
from vizcore.runtime.jobs import finish
from vizcore.zoo import build


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class Small(nn.Module):
    """Two rectified convolutions with pools of 2 x 2, and a third convolution of stride 2."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 5, 3, padding=1)
        self.conv2 = nn.Conv2d(5, 6, 5, padding=2)
        self.conv3 = nn.Conv2d(6, 7, 3, stride=2, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.last = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.relu(self.conv1(x)))
        x = self.pool(self.relu(self.conv2(x)))
        return self.last(self.conv3(x)).flatten(1)


@pytest.fixture(scope="module")
def small() -> Small:
    torch.manual_seed(3)
    return Small().eval()


def from_the_paper(net: Small, images: Tensor, channels: list[int]) -> tuple[Tensor, Tensor]:
    """Section 2.1 of the paper, operation by operation; the greatest place of each channel."""
    with torch.no_grad():
        conv1 = net.conv1(images)
        pool1, switches1 = F.max_pool2d(F.relu(conv1), 2, return_indices=True)
        conv2 = net.conv2(pool1)
        pool2, switches2 = F.max_pool2d(F.relu(conv2), 2, return_indices=True)
        top = F.relu(net.conv3(pool2))
        signal = torch.zeros_like(top)
        for n, c in enumerate(channels):
            place = int(top[n, c].argmax())
            signal[n, c].view(-1)[place] = top[n, c].view(-1)[place]
        values = signal.flatten(1).sum(1)
        odd = pool2.shape[-1] % 2 == 0  # what a stride of 2 leaves over
        signal = F.relu(signal)
        signal = F.conv_transpose2d(
            signal, net.conv3.weight, stride=2, padding=1, output_padding=int(odd)
        )
        signal = F.relu(F.max_unpool2d(signal, switches2, 2, output_size=conv2.shape[2:]))
        signal = F.conv_transpose2d(signal, net.conv2.weight, padding=2)
        signal = F.relu(F.max_unpool2d(signal, switches1, 2, output_size=conv1.shape[2:]))
        return values, F.conv_transpose2d(signal, net.conv1.weight, padding=1)


@pytest.mark.parametrize("side", [16, 20])
def test_nine_pictures_at_once_as_the_paper_defines_it(small, side):
    images, channels = drawn(9, 3, side, side), [0, 1, 2, 3, 4, 5, 6, 0, 1]
    values, expected = from_the_paper(small, images, channels)
    found = finish(deconvnet(small, images, "last", channels))
    assert (values > 0).sum() >= 6
    np.testing.assert_allclose(found.values_n, values.numpy(), rtol=1e-5)
    np.testing.assert_allclose(found.projections_nchw, expected.numpy(), rtol=1e-4, atol=1e-6)


class Rule(torch.autograd.Function):
    """A ReLU whose gradient is the deconvnet's."""

    @staticmethod
    def forward(ctx, x):
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, g):
        return g.clamp(min=0)


class WithRule(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return Rule.apply(x)


def test_it_is_the_gradient_with_the_rule_at_relus_changed(small):
    images = drawn(2, 3, 16, 16, seed=4)
    changed = Small().eval()
    changed.load_state_dict(small.state_dict())
    changed.relu = changed.last = WithRule()
    for place in ((0, 0), (1, 1)):
        given = images.clone().requires_grad_(True)
        maps = changed(given).reshape(2, 7, 2, 2)
        value = maps[:, 2, place[0], place[1]]
        (expected,) = torch.autograd.grad(value, given, value.detach())
        found = finish(deconvnet(small, images, "last", 2, place))
        assert found.places_np.tolist() == [list(place)] * 2
        np.testing.assert_allclose(found.projections_nchw, expected.numpy(), rtol=1e-4, atol=1e-6)


def test_two_channels_for_two_pictures(small):
    images = drawn(2, 3, 16, 16)
    both = finish(deconvnet(small, images, "last", (3, 5), [None, (1, 0)]))
    first = finish(deconvnet(small, images[:1], "last", 3))
    second = finish(deconvnet(small, images[1:], "last", 5, (1, 0)))
    for place, one in enumerate((first, second)):
        np.testing.assert_allclose(
            both.projections_nchw[place], one.projections_nchw[0], rtol=1e-4, atol=1e-7
        )
    in_two = finish(deconvnet(small, images, "last", (3, 5), [None, (1, 0)], batch=1))
    np.testing.assert_allclose(in_two.projections_nchw, both.projections_nchw, rtol=1e-4, atol=1e-7)


def test_it_differs_from_the_plain_gradient(small):
    images = drawn(1, 3, 16, 16, seed=4).requires_grad_(True)
    maps = small(images).reshape(1, 7, 2, 2)
    channel = int(maps[0].amax((1, 2)).argmax())
    (plain,) = torch.autograd.grad(maps[0, channel].max(), images, maps[0, channel].max().detach())
    found = finish(deconvnet(small, images, "last", channel))
    assert float(abs(found.projections_nchw - plain.numpy()).max()) > 1e-3


def residual_without_relus() -> nn.Module:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Conv2d(4, 4, 3, padding=1, groups=2)
            self.bn = nn.BatchNorm2d(4)
            self.b = nn.Conv2d(4, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            x = x + 0.5 * self.bn(self.a(x))
            return torch.cat([x, self.b(x)], 1)

    return nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2), Block(), nn.AvgPool2d(2), nn.Dropout(), nn.Flatten()
    )


def test_a_linear_network_gives_the_gradient_exactly():
    torch.manual_seed(1)
    net = residual_without_relus()
    net[1].bn.running_var.uniform_(0.5, 2.0)
    net.eval()
    images = drawn(3, 3, 11, 11).requires_grad_(True)
    maps = net[:4](images)
    value = maps[:, 5, 1, 0]
    (gradient,) = torch.autograd.grad(value.sum(), images)
    found = finish(deconvnet(net, images, "3", 5, (1, 0)))
    np.testing.assert_array_equal(found.values_n, value.detach().numpy())
    expected = gradient * value.detach()[:, None, None, None]
    np.testing.assert_allclose(found.projections_nchw, expected.numpy(), rtol=1e-4, atol=1e-8)
    assert len(found.notes) == 3, found.notes


def test_where_windows_overlap_signals_at_one_switch_are_added():
    net = nn.Sequential(
        nn.MaxPool2d(3, stride=2), nn.Conv2d(1, 1, (1, 2), bias=False), nn.Flatten()
    )
    net[1].weight.data.fill_(1.0)
    image = torch.zeros(1, 1, 3, 5)
    image[0, 0, 1, 2] = 2.0  # the greatest of both windows
    found = finish(deconvnet(net, image, "1", 0))
    expected = np.zeros((3, 5))
    expected[1, 2] = 2 * 4.0
    np.testing.assert_allclose(found.projections_nchw[0, 0], expected)


def test_response_normalisation_is_left_out_on_the_way_down():
    torch.manual_seed(0)
    conv, norm = nn.Conv2d(3, 6, 3), nn.LocalResponseNorm(5, alpha=1.0)
    image = drawn(1, 3, 8, 8)
    found = finish(deconvnet(nn.Sequential(conv, nn.ReLU(), norm, nn.Flatten()), image, "2", 1))
    with torch.no_grad():
        assert found.values_n[0] == norm(F.relu(conv(image)))[0, 1].max()
    without = finish(deconvnet(nn.Sequential(conv, nn.ReLU(), nn.Flatten()), image, "1", 1,
                               tuple(found.places_np[0].tolist())))  # fmt: skip
    scale = float(found.values_n[0] / without.values_n[0])
    assert scale < 0.99
    np.testing.assert_allclose(
        found.projections_nchw, scale * without.projections_nchw, rtol=1e-4, atol=1e-6
    )
    assert "Local response" in found.notes[0]


class Functional(nn.Module):
    """The same weights, with functions in place of modules, one of them in place."""

    def __init__(self, small: Small) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3 = small.conv1, small.conv2, small.conv3
        self.out = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x), inplace=True), 2)
        x = F.max_pool2d(self.conv2(x).relu(), 2)
        return self.out(torch.relu_(self.conv3(x))).flatten(1)


def test_relus_that_are_functions_and_in_place_are_seen(small):
    images = drawn(2, 3, 16, 16)
    expected = finish(deconvnet(small, images, "last", 3))
    found = finish(deconvnet(Functional(small), images, "out", 3))
    np.testing.assert_allclose(found.projections_nchw, expected.projections_nchw, atol=1e-7)
    before_relu = finish(deconvnet(Functional(small), images, "conv3", 3))
    with torch.no_grad():
        raw = small.conv3(small.pool(F.relu(small.conv2(small.pool(F.relu(small.conv1(images)))))))
    np.testing.assert_allclose(
        before_relu.values_n, raw[:, 3].amax((1, 2)).numpy(), rtol=1e-5
    )  # not overwritten by the ReLU in place


@pytest.mark.parametrize("key", ["resnet14_photos20", "zfnet_photos20", "densenet_photos20"])
def test_nothing_outside_the_receptive_field(key):
    network = build(key, seed=0).eval()
    image = drawn(1, 3, 64, 64)
    table = trace(build(key, seed=0), (3, 64, 64), key=key)
    rows = [row for row in table if row.kind == "conv" and row.receptive_field]
    for row in (rows[1], rows[len(rows) // 2]):
        size = row.out_shape[2]
        place = (1, size - 2)
        found = finish(deconvnet(network, image, row.name, 1, place))
        left, top, right, bottom = (max(0, v) for v in window_of(row.receptive_field, place))
        outside = found.projections_nchw[0].copy()
        outside[:, top:bottom, left:right] = 0
        assert np.abs(found.projections_nchw).max() > 0
        assert np.abs(outside).max() == 0


@pytest.mark.parametrize(
    ("build_it", "layer", "what"),
    [
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.GELU(), nn.Flatten()), "1", "a GELU"),
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.SiLU(), nn.Flatten()), "1", "a SiLU"),
        (lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten()), "1", "a tanh"),
        (lambda: nn.Sequential(nn.GroupNorm(1, 3), nn.Flatten()), "0", "group normalisation"),
        (lambda: nn.Sequential(nn.Hardtanh(), nn.Flatten()), "0", "a hard tanh"),
        (lambda: build("se_photos20", seed=0), None, "a sigmoid"),
    ],
)
def test_what_has_no_way_down_is_refused(build_it, layer, what):
    network = build_it().eval()
    if layer is None:
        layer = [name for name, m in network.named_modules() if isinstance(m, nn.Conv2d)][-1]
    with pytest.raises(NotApplicable, match=what):
        finish(deconvnet(network, drawn(1, 3, 64, 64), layer, 0))


class Gate(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * F.relu(self.conv(x))


def test_a_gate_made_of_what_is_allowed_is_refused_too():
    with pytest.raises(NotApplicable, match="a product of two maps"):
        finish(deconvnet(nn.Sequential(Gate(), nn.Flatten()), drawn(1, 3, 4, 4), "0", 0))


def test_below_what_has_no_way_down_it_works():
    """The first convolution of a vision transformer reads nothing but the picture."""
    torch.manual_seed(0)
    net = models.VisionTransformer(16, 8, 1, 2, 12, 24, num_classes=3).eval()
    found = finish(deconvnet(net, drawn(1, 3, 16, 16), "conv_proj", 5, (1, 0)))
    expected = found.values_n[0] * net.conv_proj.weight[5].detach().numpy()
    np.testing.assert_allclose(found.projections_nchw[0, :, 8:, :8], expected, rtol=1e-5)


def test_relu6_is_a_relu_and_said():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU6(), nn.Conv2d(4, 2, 1), nn.Flatten())
    image = 20 * drawn(1, 3, 9, 9)
    found = finish(deconvnet(net, image, "2", 0))
    net[1] = nn.ReLU()
    plain = finish(deconvnet(net, image, "2", 0, tuple(found.places_np[0].tolist())))
    scale = found.values_n[0] / plain.values_n[0]
    np.testing.assert_allclose(
        found.projections_nchw, scale * plain.projections_nchw, rtol=1e-3, atol=1e-5
    )
    assert "ReLU6" in found.notes[0]


def test_every_run_of_a_module_and_every_function_is_a_place():
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
            self.relu = nn.ReLU(inplace=True)

        def forward(self, x: Tensor) -> Tensor:
            x = self.relu(self.a(x))
            return F.relu(self.relu(self.b(x)) + x).flatten(1)

    torch.manual_seed(0)
    net, image = Twice().eval(), drawn(1, 3, 8, 8)
    with torch.no_grad():
        first = F.relu(net.a(image))
        second = F.relu(net.b(first))
    for name, maps in (("relu", first), ("relu_1", second), ("add", first + second)):
        found = finish(deconvnet(net, image, name, 2))
        assert found.values_n[0] == pytest.approx(float(maps[0, 2].max()), rel=1e-5)
        assert np.abs(found.projections_nchw).max() > 0


def test_the_network_is_left_as_it_was(small):
    small.conv1.weight.requires_grad_(True)
    before = {name: value.clone() for name, value in small.state_dict().items()}
    image = drawn(1, 3, 16, 16)
    finish(deconvnet(small, image, "last", 0))
    assert not image.requires_grad
    assert small.conv1.weight.grad is None
    assert all(not m._forward_hooks for m in small.modules())
    assert all(torch.equal(value, before[name]) for name, value in small.state_dict().items())


def test_bad_choices_are_named(small):
    image = drawn(2, 3, 16, 16)
    with pytest.raises(UnknownLayer):
        finish(deconvnet(small, image, "conv9", 0))
    with pytest.raises(BadChoice, match="no channel 7"):
        finish(deconvnet(small, image, "last", 7))
    with pytest.raises(BadChoice, match=r"no place \(row 2, column 0\)"):
        finish(deconvnet(small, image, "last", 0, (2, 0)))
    with pytest.raises(BadChoice, match="3 channels came for 2 pictures"):
        finish(deconvnet(small, image, "last", (0, 1, 2)))
    with pytest.raises(BadChoice, match="1 places came for 2 pictures"):
        finish(deconvnet(small, image, "last", 0, [None]))
    with pytest.raises(NotApplicable, match="has no maps"):
        finish(deconvnet(nn.Sequential(nn.Flatten(), nn.Linear(768, 2)), image, "0", 0))


@pytest.mark.gpu
@pytest.mark.parametrize("key", ["zfnet_photos20", "resnet14_photos20", "densenet_photos20"])
def test_the_same_on_a_gpu(key):
    network, images = build(key, seed=0).eval(), drawn(9, 3, 64, 64)
    layer = [name for name, m in network.named_modules() if isinstance(m, nn.Conv2d)][-1]
    here = finish(deconvnet(network.double(), images.double(), layer, 2))
    places = [tuple(int(each) for each in place) for place in here.places_np]
    there = finish(deconvnet(network.to("cuda"), images.double(), layer, 2, places))
    np.testing.assert_allclose(there.projections_nchw, here.projections_nchw, rtol=1e-4, atol=1e-7)
