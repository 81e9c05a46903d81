"""Strongest patches against brute force: every value of every picture, sorted by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, BadInputSize, NotApplicable, OutOfMemory, UnknownLayer
from vizcore.lenses.strongest import strongest
from vizcore.runtime.jobs import Progress, finish

LAYERS = ("conv", "second")


class Two(nn.Module):
    """Two convolutions of different sizes and strides, and a head."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.conv = nn.Conv2d(2, 5, 3)
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(5, 3, 3, stride=2, padding=1)
        self.head = nn.Linear(3, 4)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.second(self.relu(self.conv(images))).mean((2, 3)))


def pictures(count: int = 23) -> Tensor:
    return torch.randn(count, 2, 9, 8, generator=torch.Generator().manual_seed(2))


def by_hand(maps_nchw: np.ndarray, top: int) -> list[list[tuple[float, int, int, int]]]:
    """For each channel its best (value, picture, row, column), one place a picture."""
    found = []
    for channel in range(maps_nchw.shape[1]):
        best = []
        for number, each in enumerate(maps_nchw[:, channel]):
            values = [(v, i, j) for (i, j), v in np.ndenumerate(each)]
            value, row, column = max(values, key=lambda seen: (seen[0], -seen[1], -seen[2]))
            best.append((value, number, row, column))
        found.append(sorted(best, key=lambda seen: (-seen[0], seen[1]))[:top])
    return found


def maps_of(network: Two, images: Tensor) -> dict[str, np.ndarray]:
    with torch.no_grad():
        first = network.conv(images)
        return {"conv": first.numpy(), "second": network.second(first.relu()).numpy()}


@pytest.mark.parametrize("batch", [1, 4, 23, 64])
@pytest.mark.parametrize("top", [1, 9, 40])
def test_it_is_what_brute_force_finds(batch, top):
    network, images = Two(), pictures()
    found = finish(strongest(network, images, LAYERS, top=top, batch=batch))
    for layer, maps in maps_of(network, images).items():
        expected = by_hand(maps, top)
        seen = found[layer]
        assert seen.layer == layer
        assert seen.values_ck.shape == (maps.shape[1], min(top, 23))
        for channel, rows in enumerate(expected):
            assert seen.pictures_ck[channel].tolist() == [row[1] for row in rows]
            assert seen.places_ckp[channel].tolist() == [[row[2], row[3]] for row in rows]
            values = [row[0] for row in rows]
            np.testing.assert_allclose(seen.values_ck[channel], values, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("batch", [1, 2, 3, 7])
def test_equal_values_go_to_the_earlier_picture_and_the_upper_left_place(batch):
    network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.Flatten())
    network[0].weight.data.fill_(1.0)
    images = torch.zeros(7, 1, 2, 2)
    images[3] = 1.0
    images[5] = 1.0
    seen = finish(strongest(network, images, ["0"], top=4, batch=batch))["0"]
    assert seen.values_ck.tolist() == [[1, 1, 0, 0]]
    assert seen.pictures_ck.tolist() == [[3, 5, 0, 1]]
    assert not seen.places_ckp.any()


def test_pictures_may_be_read_as_they_are_taken():
    images, taken = pictures(), []

    class Lazy:
        def __len__(self) -> int:
            return 23

        def __getitem__(self, part: slice) -> np.ndarray:
            taken.append(len(images[part]))
            return images[part].numpy()

    network = Two()
    lazy = finish(strongest(network, Lazy(), ["conv"], batch=10))["conv"]
    assert taken == [10, 10, 3]
    whole = finish(strongest(network, images, ["conv"]))["conv"]
    np.testing.assert_array_equal(lazy.pictures_ck, whole.pictures_ck)


def test_progress_counts_the_pictures():
    steps = strongest(Two(), pictures(), LAYERS, batch=10)
    assert [(each.done, each.total) for each in steps] == [(10, 23), (20, 23), (23, 23)]
    assert isinstance(next(strongest(Two(), pictures(), LAYERS)), Progress)


def test_a_batch_without_room_is_halved_and_nothing_counts_twice(monkeypatch):
    network, images = Two(), pictures()
    expected = finish(strongest(network, images, LAYERS))
    original = nn.Linear.forward

    def small(self, values):  # the last layer: both convolutions have run by then
        if len(values) > 5:
            raise torch.OutOfMemoryError("no room")
        return original(self, values)

    monkeypatch.setattr(nn.Linear, "forward", small)
    found = finish(strongest(network, images, LAYERS, batch=20))
    for layer in LAYERS:
        np.testing.assert_array_equal(found[layer].pictures_ck, expected[layer].pictures_ck)
        np.testing.assert_array_equal(found[layer].places_ckp, expected[layer].places_ckp)
    monkeypatch.setattr(
        nn.Linear, "forward", lambda *_: (_ for _ in ()).throw(torch.OutOfMemoryError())
    )
    with pytest.raises(OutOfMemory):
        finish(strongest(network, images, LAYERS))


def test_the_network_is_left_as_it_was():
    network = Two().train()
    state = {name: each.clone() for name, each in network.state_dict().items()}
    finish(strongest(network, pictures(), LAYERS))
    assert network.training
    assert network.relu.inplace
    assert not any(module._forward_hooks for module in network.modules())
    assert all(torch.equal(state[name], each) for name, each in network.state_dict().items())


def test_channels_that_come_last_are_read_as_such():
    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mix = nn.Linear(2, 3)

        def forward(self, images: Tensor) -> Tensor:
            return self.mix(images.permute(0, 2, 3, 1)).mean((1, 2))

    torch.manual_seed(3)
    network, images = Last(), pictures()
    seen = finish(strongest(network, images, ["mix"], top=2))["mix"]
    with torch.no_grad():
        maps = network.mix(images.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).numpy()
    assert seen.pictures_ck.tolist() == [[row[1] for row in rows] for rows in by_hand(maps, 2)]


@pytest.mark.parametrize(
    ("layers", "options", "error", "message"),
    [
        (["conv9"], {}, UnknownLayer, "'conv9'.*nearest names are: conv"),
        (["head"], {}, NotApplicable, "'head' gives no maps"),
        ([], {}, BadChoice, "0 layers"),
        (["conv"], {"top": 0}, BadChoice, "top cannot be '0'"),
    ],
)
def test_what_cannot_be_searched_is_told(layers, options, error, message):
    with pytest.raises(error, match=message):
        finish(strongest(Two(), pictures(), layers, **options))


def test_bad_pictures_are_told():
    with pytest.raises(BadChoice, match="0 pictures"):
        finish(strongest(Two(), pictures(0), ["conv"]))
    with pytest.raises(BadInputSize, match="'conv'"):
        finish(strongest(Two(), torch.zeros(2, 3, 9, 8), ["conv"]))
    broken = pictures()
    broken[2] = torch.nan
    with pytest.raises(NotApplicable, match="not finite"):
        finish(strongest(Two(), broken, ["conv"]))


def test_a_layer_that_does_not_run_is_told():
    network = Two()
    network.auxiliary = nn.Conv2d(2, 2, 1)
    with pytest.raises(NotApplicable, match="'auxiliary' does not run"):
        finish(strongest(network, pictures(), ["auxiliary"]))
