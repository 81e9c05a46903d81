"""The maps of some places in one forward pass, which ends at the deepest of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.places import Found, Seen, explain_absence, watched_places
from vizcore.runtime.clone import private_copy
from vizcore.runtime.way import on_way

#: Modules whose output has its channels second, whatever comes in.
_CHANNELS_SECOND = (
    nn.Conv2d,
    nn.ConvTranspose2d,
    nn.BatchNorm2d,
    nn.MaxPool2d,
    nn.AvgPool2d,
    nn.LocalResponseNorm,
)


def read_maps(network: nn.Module, images_nchw: Images, layers: Iterable[str]) -> dict[str, Tensor]:
    """What each place computes for the pictures: (N, C, H, W), as it is when it is computed.

    The pass ends when the last of them has been computed. What is read is not copied; where the
    network then writes over it (`F.relu(x, inplace=True)`, `x += skip`), which torch's version
    counters tell, the pass is run again and those are copied.

    Args:
        layers: names of `vizcore.lenses.places.places`.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: a layer gives no maps; says which do, the nearest first.
        BadInputSize: the network cannot take this shape.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Flatten())
        >>> read_maps(net, torch.ones(1, 3, 5, 5), ["0"])["0"].shape
        torch.Size([1, 4, 3, 3])
    """
    names = tuple(dict.fromkeys(layers))
    with torch.no_grad():
        found = _read_modules(network, images_nchw, names)
        if found is None:
            found = _read_places(network, images_nchw, names)
    for name in names:
        if name not in found:
            raise explain_absence(network, images_nchw, name)
    return {name: found[name] for name in names}


class _Reader:
    """Keeps what comes, and ends the pass when it has all it wants."""

    def __init__(self, names: Iterable[str], copied: Iterable[str] = ()) -> None:
        self.wanted = set(names)
        self.copied = set(copied)
        self.kept: dict[str, Tensor] = {}
        self.versions: dict[str, int] = {}

    def take(self, name: str, maps_nchw: Tensor) -> None:
        if name not in self.wanted or name in self.kept:
            return
        self.kept[name] = maps_nchw.clone() if name in self.copied else maps_nchw
        self.versions[name] = self.kept[name]._version
        if len(self.kept) == len(self.wanted):
            raise Seen

    def hook(self, name: str) -> Callable[[Any, Any, Tensor], None]:
        return lambda _module, _inputs, output: self.take(name, output)

    def overwritten(self) -> list[str]:
        return [name for name, maps in self.kept.items() if maps._version != self.versions[name]]


def _read_modules(
    network: nn.Module, images_nchw: Images, names: tuple[str, ...]
) -> dict[str, Tensor] | None:
    """The quick way, for layers that say by themselves where their channels are; else None."""
    try:
        if any(type(network.get_submodule(name)) not in _CHANNELS_SECOND for name in names):
            return None
    except AttributeError:
        return None
    images = as_input(network, images_nchw)
    return on_way(network, names, lambda way: _read_way(way, images, names))


def _read_way(way: nn.Module, images: Tensor, names: tuple[str, ...]) -> dict[str, Tensor] | None:
    modules = [(name, way.get_submodule(name)) for name in names]
    copied: list[str] = []
    while True:
        reader = _Reader(names, copied)
        handles = [module.register_forward_hook(reader.hook(name)) for name, module in modules]
        try:
            forward(way, images)
        except Seen:
            pass
        finally:
            for handle in handles:
                handle.remove()
        if len(reader.kept) < len(names):
            return None  # it does not run, or not from where its name says
        again = reader.overwritten()
        if not again:
            return reader.kept
        copied += again


def _read_places(
    network: nn.Module, images_nchw: Images, names: tuple[str, ...]
) -> dict[str, Tensor]:
    copy = private_copy(network)
    images = as_input(copy, images_nchw)
    copied: list[str] = []
    while True:
        reader = _Reader(names, copied)

        def see(place: Found, reader: _Reader = reader) -> None:
            reader.take(place.name, place.maps_nchw)

        try:
            with watched_places(copy, see):
                forward(copy, images)
        except Seen:
            pass
        again = reader.overwritten()
        if not again:
            return reader.kept
        copied += again
