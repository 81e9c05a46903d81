"""Strongest patches against brute force: every value of every picture, sorted by hand."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vizcore.errors import BadChoice, BadInputSize, NotApplicable, OutOfMemory, UnknownLayer
from vizcore.lenses.strongest import Search, strongest
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


def test_equal_values_of_either_sign_and_both_zeros_keep_the_order_of_pictures():
    network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.Flatten())
    network[0].weight.data.fill_(1.0)
    values = [0.0, -2.5, -0.0, 7.0, -2.5, 1e-30, 7.0, -1e30, -0.0]
    images = torch.tensor(values).reshape(9, 1, 1, 1)
    for batch in (1, 2, 9):
        seen = finish(strongest(network, images, ["0"], top=9, batch=batch))["0"]
        assert seen.pictures_ck.tolist() == [[3, 6, 5, 0, 2, 8, 1, 4, 7]]
        assert seen.values_ck[0].tolist() == images.flatten()[seen.pictures_ck[0]].tolist()


def test_every_convolution_that_runs_is_searched_where_no_layer_is_named():
    network, images = Two(), pictures()
    network.auxiliary = nn.Conv2d(2, 2, 1)
    found = finish(strongest(network, images))
    assert tuple(found) == LAYERS
    named = finish(strongest(network, images, ["second"]))["second"]
    np.testing.assert_array_equal(named.pictures_ck, found["second"].pictures_ck)
    with pytest.raises(NotApplicable, match="no convolution"):
        Search(nn.Sequential(nn.Flatten(), nn.Linear(144, 2))).feed([0], images[:1])


def test_nothing_runs_past_the_deepest_layer_asked_for():
    network, images = Two(), pictures(12)
    ran: list[int] = []
    network.head.register_forward_hook(lambda *_: ran.append(1))
    finish(strongest(network, images, ["conv"], batch=4))
    assert len(ran) == 1  # one picture goes all the way, to learn in which order layers run
    seen: list[int] = []
    network.second.register_forward_hook(lambda _m, given, _o: seen.append(len(given[0])))
    finish(strongest(network, images, ["conv"], batch=4))
    assert seen == [1]
    seen.clear()
    finish(strongest(network, images, ["second", "conv"], batch=4))
    assert seen == [1, 4, 4, 4]


def test_what_is_overwritten_later_was_read_before():
    class Overwrites(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(2, 5, 3)

        def forward(self, images: Tensor) -> Tensor:
            maps = self.conv(images)
            return torch.relu_(maps).mul_(0).sum((2, 3))

    network, images = Overwrites(), pictures()
    with torch.no_grad():
        maps = network.conv(images).numpy()
    found = finish(strongest(network, images, ["conv"]))["conv"]
    assert found.values_ck[:, 0].tolist() == maps.max(axis=(0, 2, 3)).tolist()


class Thrice(nn.Module):
    """One ReLU used three times, one convolution used twice, and functions between."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(6)
        self.conv = nn.Conv2d(2, 2, 1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, images: Tensor) -> Tensor:
        first = self.relu(self.conv(images))
        second = self.relu(self.conv(first) + images)
        third = self.relu(torch.cat([second, -first - 0.1], 1) + 0.05)
        return F.relu(third - 0.2, inplace=True).sum((2, 3))

    def by_hand(self, images: Tensor) -> dict[str, Tensor]:
        """Every place of the pass, written out."""
        conv = self.conv(images)
        conv_1 = self.conv(conv.relu())
        added = conv_1 + images
        cat = torch.cat([added.relu(), -conv.relu() - 0.1], 1)
        relu_2 = (cat + 0.05).relu()
        return {
            "conv": conv,
            "relu": conv.relu(),
            "conv_1": conv_1,
            "add": added,
            "relu_1": added.relu(),
            "cat": cat,
            "relu_2": relu_2,
            "relu_3": (relu_2 - 0.2).relu(),  # the function
        }


@pytest.mark.parametrize("batch", [1, 5, 23])
def test_every_run_of_a_module_and_every_function_is_a_place_of_its_own(batch):
    network, images = Thrice(), pictures()
    with torch.no_grad():
        places = {name: maps.numpy() for name, maps in network.by_hand(images).items()}
    together = finish(strongest(network, images, tuple(places), batch=batch))
    assert list(together) == list(places)  # in the order they run
    for name, maps in places.items():
        alone = finish(strongest(network, images, [name], batch=batch))[name]
        for channel, rows in enumerate(by_hand(maps, 9)):
            for seen in (together[name], alone):
                values = [row[0] for row in rows]
                np.testing.assert_allclose(seen.values_ck[channel], values, rtol=1e-4, atol=1e-6)
                if name in ("conv", "conv_1", "add", "cat"):  # no equal values: no zeros
                    assert seen.pictures_ck[channel].tolist() == [row[1] for row in rows]
                    at = [[row[2], row[3]] for row in rows]
                    assert seen.places_ckp[channel].tolist() == at
    assert network.relu.inplace
    assert not network.conv._forward_hooks


def test_without_names_every_run_of_every_convolution_is_searched():
    network, images = Thrice(), pictures()
    found = finish(strongest(network, images, batch=5))
    assert list(found) == ["conv", "conv_1"]
    named = finish(strongest(network, images, ["conv_1"]))["conv_1"]
    np.testing.assert_array_equal(named.pictures_ck, found["conv_1"].pictures_ck)
    assert (found["conv"].values_ck != found["conv_1"].values_ck).any()


def test_a_layer_that_runs_for_some_pictures_only_is_told():
    class Choosy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(2, 2, 1), nn.Conv2d(2, 2, 1)

        def forward(self, images: Tensor) -> Tensor:
            maps = self.first(images)
            return (self.second(maps) if bool(images[0, 0, 0, 0] > 0) else maps).sum((2, 3))

    search = Search(Choosy(), ["first", "second"])
    images = torch.ones(2, 2, 4, 4)
    search.feed([0, 1], images)
    with pytest.raises(NotApplicable, match="'second' runs for some of the pictures only"):
        search.feed([2, 3], -images)
    assert search.last == 1


@pytest.mark.parametrize("before", [3, 9, 20])
def test_a_search_goes_on_from_what_an_earlier_one_had_found(before):
    network, images = Two(), pictures()
    expected = finish(strongest(network, images, LAYERS))
    first = Search(network, LAYERS)
    first.feed(range(before), images[:before])
    second = Search(network, LAYERS, begun=first.found())
    untouched = second.found()
    second.feed(range(before, 23), images[before:])
    for layer in LAYERS:
        for part in ("values_ck", "pictures_ck", "places_ckp"):
            np.testing.assert_array_equal(
                getattr(untouched[layer], part), getattr(first.found()[layer], part)
            )
            if part != "values_ck":
                np.testing.assert_array_equal(
                    getattr(second.found()[layer], part), getattr(expected[layer], part)
                )


def test_what_is_kept_does_not_grow_with_the_pictures():
    network = Two()
    search = Search(network, LAYERS)
    draw = torch.Generator().manual_seed(5)

    def held() -> tuple[int, int]:
        gc.collect()
        alive = [each for each in gc.get_objects() if issubclass(type(each), Tensor)]
        return len(alive), sum(each.nbytes for each in alive)

    kept = []
    for number in range(40):
        search.feed(range(16 * number, 16 * number + 16), torch.randn(16, 2, 9, 8, generator=draw))
        if number in (1, 39):
            kept.append(held())
    assert kept[0] == kept[1]
    assert max(each.pictures_ck.max() for each in search.found().values()) > 320


def test_a_bundled_network_unit_by_unit_against_a_full_sort_of_200_pictures():
    from vizcore.data import photos20
    from vizcore.networks.loading import load_network

    loaded = load_network("resnet14_photos20")
    patches = photos20.held_out("validation")[0]
    chosen = patches[np.linspace(0, len(patches) - 1, 200).astype(int)]
    chosen[150] = chosen[3]  # two equal pictures: the earlier one comes first
    images = torch.tensor(loaded.weights.preprocessing.standardise(chosen))
    found = finish(strongest(loaded.module, images, batch=40))
    convolutions = [n for n, m in loaded.module.named_modules() if isinstance(m, nn.Conv2d)]
    assert sorted(found) == sorted(convolutions)
    maps: dict[str, list[np.ndarray]] = {layer: [] for layer in found}
    handles = [
        module.register_forward_hook(lambda _m, _i, out, n=name: maps[n].append(out.numpy().copy()))
        for name, module in loaded.module.named_modules()
        if name in found
    ]
    with torch.no_grad():
        for part in images.split(40):
            loaded.module(part)
    for handle in handles:
        handle.remove()
    for layer, seen in found.items():
        every = np.concatenate(maps[layer])
        flat = every.reshape(*every.shape[:2], -1)
        greatest, at = flat.max(axis=2).T, flat.argmax(axis=2).T
        order = np.argsort(-greatest, axis=1, kind="stable")[:, :9]
        np.testing.assert_array_equal(seen.pictures_ck, order)
        np.testing.assert_array_equal(seen.values_ck, np.take_along_axis(greatest, order, 1))
        places = np.take_along_axis(at, order, 1)
        width = every.shape[3]
        expected = np.stack([places // width, places % width], axis=2)
        np.testing.assert_array_equal(seen.places_ckp, expected)


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
        (["head"], {}, NotApplicable, "'head' has no maps"),
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
    with pytest.raises(NotApplicable, match=r"'auxiliary' has no maps.*or it does not run"):
        finish(strongest(network, pictures(), ["auxiliary"]))
