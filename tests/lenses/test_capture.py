"""What layers computed: any layer by its name, and a network left as it was found."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision import models

from vizcore.errors import BadInputSize, NotApplicable, UnknownLayer
from vizcore.lenses.capture import find_layer, forward, layer_names, watched
from vizcore.lenses.feature_maps import feature_maps
from vizcore.lenses.prediction import predict
from vizcore.lenses.reading import read_maps
from vizcore.lenses.saliency import saliency
from vizcore.runtime.jobs import finish


class Block(nn.Module):
    """Overwrites what its layers gave: in place by a function, a module and an addition."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(4, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.unused = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.conv1(x), inplace=True)
        y = self.conv2(self.relu(y))
        y += x
        return self.relu(y)


class Tiny(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.block = Block()
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.block(self.stem(x)))


@pytest.fixture
def network() -> Tiny:
    torch.manual_seed(3)
    return Tiny()


@pytest.fixture
def image() -> Tensor:
    return torch.randn(1, 3, 6, 6, generator=torch.Generator().manual_seed(4))


def test_every_layer_gives_what_it_computed_before_anything_overwrote_it(network, image):
    with torch.no_grad():
        stem = network.stem(image)
        conv1 = network.block.conv1(stem)
        conv2 = network.block.conv2(conv1.relu())
        end = (conv2 + stem).relu()
    expected = {
        "stem": stem,
        "block.conv1": conv1,
        "block.relu_1": conv1.relu(),  # the function, which runs before the module of this name
        "block.relu": conv1.relu(),
        "block.conv2": conv2,
        "block.add": conv2 + stem,
        "block.relu_2": end,
        "block": end,
    }
    seen = read_maps(network, image, expected)
    assert list(seen) == list(expected)
    for name, maps in expected.items():
        torch.testing.assert_close(seen[name], maps, msg=name)
        maps_chw = torch.from_numpy(feature_maps(network, image, name).maps_chw)
        torch.testing.assert_close(maps_chw, maps[0], msg=name)


def test_every_name_of_torch_is_a_layer(network):
    names = layer_names(network)
    assert names == tuple(name for name, _ in network.named_modules() if name)
    for name in names:
        assert find_layer(network, name) is network.get_submodule(name)


def test_an_unknown_layer_lists_the_nearest(network, image):
    for name in ("block.conv3", "Block.Conv3"):
        with pytest.raises(UnknownLayer, match=f"no layer called '{name}'") as caught:
            read_maps(network, image, [name])
        assert set(caught.value.suggestions[:2]) == {"block.conv1", "block.conv2"}
    with pytest.raises(UnknownLayer):
        read_maps(network, image, [""])


def test_a_layer_that_does_not_run(network, image):
    with pytest.raises(NotApplicable, match=r"'block.unused' has no maps.*or it does not run"):
        read_maps(network, image, ["block.unused"])


def test_a_layer_that_gives_no_tensor():
    class Pair(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x, x

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 1)
            self.pair = Pair()

        def forward(self, x: Tensor) -> Tensor:
            return self.pair(self.conv(x))[0].flatten(1)

    with pytest.raises(NotApplicable, match=r"'pair' has no maps.*that have them: conv"):
        read_maps(Net(), torch.ones(1, 3, 2, 2), ["pair"])


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3, 6, 6), "has shape 3 x 6 x 6"),
        ((0, 3, 6, 6), "has shape 0 x 3 x 6 x 6"),
        ((1, 4, 6, 6), r"input of 1 x 4 x 6 x 6: layer 'stem' \(Conv2d\) fails"),
    ],
)
def test_inputs_a_network_cannot_take(network, shape, message):
    with pytest.raises(BadInputSize, match=message):
        read_maps(network, torch.ones(shape), ["stem"])


def test_an_input_that_is_too_small_names_the_layer_where_it_vanishes():
    with pytest.raises(BadInputSize, match=r"layer 'features.15' \(MaxPool2d\) fails"):
        predict(models.vgg11(init_weights=False), torch.ones(1, 3, 8, 8))


def test_a_network_that_gives_no_scores(image):
    with pytest.raises(NotApplicable, match="gives 1 x 4 x 6 x 6, not one row of class scores"):
        forward(nn.Conv2d(3, 4, 3, padding=1), image)


def test_watching_ends_whatever_happens(network, image):
    def see(name: str, *_: object) -> None:
        raise RuntimeError(name)

    hooks = [len(module._forward_hooks) for module in network.modules()]
    with pytest.raises(RuntimeError, match="stem"), watched(network, ["stem", "block"], see):
        network(image)
    with pytest.raises(UnknownLayer), watched(network, ["stem", "nowhere"], see):
        raise AssertionError("not reached")
    assert [len(module._forward_hooks) for module in network.modules()] == hooks


def state(network: nn.Module) -> dict[str, object]:
    tensors = (*network.parameters(), *network.buffers())
    return {
        "modes": [module.training for module in network.modules()],
        "options": [getattr(module, "inplace", None) for module in network.modules()],
        "hooks": [
            {name: dict(hooks) for name, hooks in vars(module).items() if "hooks" in name}
            for module in network.modules()
        ],
        "tensors": [(id(each), each._version, each.requires_grad) for each in tensors],
        "gradients": [None if each.grad is None else each.grad.sum().item() for each in tensors],
    }


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_a_lens_leaves_the_network_as_it_found_it(network, image, training, fails):
    network.train(training)
    network.stem.weight.requires_grad_(False)
    network.block.conv1.register_forward_hook(lambda module, inputs, output: output * 2)
    network.head[2].weight.grad = torch.ones(5, 4)
    if fails:

        def burst(module: nn.Module, inputs: object, output: Tensor) -> None:
            raise KeyError("in the middle")

        network.block.conv2.register_forward_hook(burst)
    before, grad_mode = state(network), torch.is_grad_enabled()
    photo = torch.zeros(6, 6, 3, dtype=torch.uint8).numpy()
    for look in (
        lambda: predict(network, image),
        lambda: feature_maps(network, image, "block"),
        lambda: read_maps(network, image, ["block"]),
        lambda: finish(saliency(network, image, image_hwc=photo)),
    ):
        if fails:
            with pytest.raises(KeyError, match="in the middle"):
                look()
        else:
            look()
        assert state(network) == before
        assert torch.is_grad_enabled() == grad_mode
    assert not image.requires_grad
    assert image.grad is None
