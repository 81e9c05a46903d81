"""The pictures, and the places in them, that excite each channel of a layer most.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014), section 4,
look at the nine greatest activations of a feature map over a set of pictures.

All channels of all layers are searched in one pass. Of a batch, one maximum over each map is
taken where the map is made, before anything can overwrite it; where in a map its maximum is, is
asked only of maps that beat the worst held. After the pass all layers are merged at once.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.capture import Images, as_input, find_layer, forward, watched
from vizcore.lenses.layout import Layouts
from vizcore.records_patches import StrongestPatches
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import Sliceable, in_batches

#: A value and the number of its picture are kept in one key: the number is in these bits.
_NUMBER_BITS = 32
_LAST_NUMBER = (1 << _NUMBER_BITS) - 1


class _Best(NamedTuple):
    """The best so far of all channels of all layers, int64 (C, k), the greatest first."""

    keys: Tensor
    places: Tensor


class _Seen(NamedTuple):
    """Of one layer and a batch: each map's maximum (N, C), and where it is in the maps (n, c)
    that may be among the best: as many pictures, channels and places."""

    values: Tensor
    pictures: Tensor
    channels: Tensor
    places: Tensor


@dataclass(frozen=True, slots=True)
class _Run:
    """How a layer runs in a pass: how often, whether its channels come last, and its maps."""

    times: int
    channels_last: bool
    channels: int
    width: int


class _AllSeen(BaseException):
    """The deepest layer asked for has run: the rest of the pass is for nothing."""


class Search:
    """The strongest places so far: feed it batches, read it at any time.

    Of each picture only its greatest place counts, as in the paper's grids of nine: otherwise
    neighbouring places of one picture would fill them. Of equal values the earlier picture, and in
    it the upper left place, comes first. Only the best so far are kept, so memory does not grow
    with the number of pictures. Of a layer that runs several times in a pass, the last run counts.

    Args:
        layers: which to search; None takes every convolution that runs.
        top: how many places of each channel to keep.
        begun: what an earlier search had found; it goes on from there.

    Raises:
        UnknownLayer: with the nearest names.
        BadChoice: no layers, or `top` below 1.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.Flatten())
        >>> _ = net[0].weight.data.fill_(2.0)
        >>> search = Search(net)
        >>> search.feed([7, 8], torch.tensor([[0.0, 1.0], [5.0, 3.0]]).reshape(2, 1, 1, 2))
        >>> found = search.found()["0"]
        >>> found.values_ck.tolist(), found.pictures_ck.tolist(), found.places_ckp.tolist()
        ([[10.0, 2.0]], [[8, 7]], [[[0, 0], [0, 1]]])
    """

    def __init__(
        self,
        network: nn.Module,
        layers: Sequence[str] | None = None,
        *,
        top: int = 9,
        begun: Mapping[str, StrongestPatches] | None = None,
    ) -> None:
        if top < 1:
            raise BadChoice.among("top", top, ["1 and more"])
        if layers is not None and not layers:
            raise BadChoice("0 layers came; allowed is 1 and more.")
        self._network = private_copy(network)
        for layer in layers or ():
            find_layer(self._network, layer)
        self._layers = None if layers is None else tuple(dict.fromkeys(layers))
        self._top = top
        self.device = str(next(self._network.parameters(), torch.empty(0)).device)
        self._runs: dict[str, _Run] = {}
        self._begun = dict(begun or {})
        self._best: _Best | None = None
        #: The number of the last picture that counts.
        self.last = -1

    def feed(self, numbers: Sequence[int], images_nchw: Images) -> None:
        """Look at a batch of preprocessed pictures (N, C, H, W) and their numbers, rising.

        A batch counts wholly or, where this raises, not at all.

        Raises:
            NotApplicable: a layer gives no maps, does not run, or gives values not finite.
            BadInputSize: the network cannot take this shape.
        """
        images = as_input(self._network, images_nchw)
        if not self._runs:
            self._runs = _probe(self._network, images[:1], self._layers)
            self._best = _held(self._begun, self._runs, self.device) if self._begun else None
        best = self._best or _nothing(self._runs, images.device)
        bar = _bar(best, self._top)
        bars = dict(zip(self._runs, bar.split(_channels(self._runs)), strict=True))
        left = {layer: run.times for layer, run in self._runs.items()}
        seen: dict[str, _Seen] = {}

        def see(layer: str, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            left[layer] -= 1
            if left[layer] == 0:
                last = self._runs[layer].channels_last
                maps = output.permute(0, 3, 1, 2) if last else output
                seen[layer] = _look(maps.detach(), bars[layer])
                if len(seen) == len(left):
                    raise _AllSeen

        with watched(self._network, self._runs, see), torch.no_grad():
            with suppress(_AllSeen):
                forward(self._network, images)
            counted = torch.as_tensor(list(numbers), device=images.device)
            _check_finite(seen)
            self.last = int(counted[-1])  # before: who is interrupted here sees that it may count
            in_order = [seen[layer] for layer in self._runs]
            self._best = _merge(best, in_order, counted, bar, self._top)

    def found(self) -> dict[str, StrongestPatches]:
        """The strongest places of the pictures fed so far, in the order the layers run."""
        if self._best is None:
            return self._begun
        parts = zip(*(part.split(_channels(self._runs)) for part in self._best), strict=True)
        return {
            layer: _record(layer, _Best(*part), run.width)
            for (layer, run), part in zip(self._runs.items(), parts, strict=True)
        }


def strongest(
    network: nn.Module,
    pictures: Sliceable,
    layers: Sequence[str] | None = None,
    *,
    top: int = 9,
    batch: int = 64,
) -> Generator[Progress, None, dict[str, StrongestPatches]]:
    """The `top` pictures of each channel of each layer, and where in each the channel is greatest.

    Args:
        pictures: anything whose slices are preprocessed pictures (n, C, H, W); it may read them
            when it is sliced.
        layers: which to search; None takes every convolution that runs. See `Search`.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: a layer gives no maps, or values that are not finite.
        BadChoice: no pictures, no layers, or `top` below 1.
        BadInputSize: the network cannot take this shape.
        OutOfMemory: not even one picture fits.
    """
    if not len(pictures):
        raise BadChoice("0 pictures came; allowed is 1 and more.")
    search = Search(network, layers, top=top)
    seen = 0

    def step(images: Any) -> None:
        nonlocal seen
        search.feed(range(seen, seen + len(images)), images)
        seen += len(images)

    yield from in_batches(step, pictures, batch=batch, device=search.device, note="patches")
    return search.found()


def _probe(network: nn.Module, image: Tensor, layers: tuple[str, ...] | None) -> dict[str, _Run]:
    """Run one picture whole: how each layer to be searched runs, in the order of its last run.

    Raises:
        NotApplicable: one gives no maps, or does not run.
    """
    layouts = Layouts()
    runs: dict[str, _Run] = {}
    no_maps: set[str] = set()

    def see(layer: str, module: nn.Module, inputs: tuple[Any, ...], output: object) -> None:
        before = runs.pop(layer, None)
        if not isinstance(output, Tensor) or output.ndim != 4:
            no_maps.add(layer)
            return
        last = layouts.channels_last(module, inputs, output)
        if last is None:  # nothing is known about its axes: the heads of attention
            no_maps.add(layer)
            return
        channels, width = output.shape[3 if last else 1], output.shape[2 if last else 3]
        runs[layer] = _Run(1 if before is None else before.times + 1, last, channels, width)

    names = dict.fromkeys([*(name for name, _ in network.named_modules() if name), *(layers or ())])
    with watched(network, names, see), torch.no_grad():
        forward(network, image)
    if layers is None:
        modules = dict(network.named_modules())
        runs = {name: run for name, run in runs.items() if isinstance(modules[name], nn.Conv2d)}
        if not runs:
            raise NotApplicable("This network has no convolution, so it has no strongest patches.")
        return runs
    for layer in layers:
        if layer in no_maps:
            raise NotApplicable(f"Layer '{layer}' gives no maps, so it has no strongest patches.")
        if layer not in runs:
            raise NotApplicable(
                f"Layer '{layer}' does not run in evaluation mode (an auxiliary head, for example)."
            )
    return {name: run for name, run in runs.items() if name in layers}


def _look(maps: Tensor, bar_c: Tensor) -> _Seen:
    """The maxima of maps (N, C, H, W), and where those above the channel's bar are."""
    values = maps.flatten(2).amax(2)
    pictures, channels = (values > bar_c).nonzero(as_tuple=True)
    places = maps[pictures, channels].flatten(1).argmax(1)
    return _Seen(values, pictures, channels, places)


def _bar(best: _Best, top: int) -> Tensor:
    """What each channel's next value has to beat: the worst held, where there are `top`."""
    if best.keys.shape[1] == top:
        return _values(best.keys[:, -1])
    return torch.full((len(best.keys),), -torch.inf, device=best.keys.device)


def _check_finite(seen: Mapping[str, _Seen]) -> None:
    if bool(torch.cat([each.values for each in seen.values()], 1).isfinite().all()):
        return
    layer = next(name for name, each in seen.items() if not bool(each.values.isfinite().all()))
    raise NotApplicable(f"Layer '{layer}' gives values that are not finite.")


def _merge(held: _Best, seen: Sequence[_Seen], numbers: Tensor, bar_c: Tensor, top: int) -> _Best:
    """The best of what is held and what was seen of all layers, in channels above their bar."""
    values = torch.cat([each.values for each in seen], 1).T.float()
    places = torch.zeros(values.shape, dtype=torch.int64, device=values.device)
    first = 0
    for each in seen:
        places[each.channels + first, each.pictures] = each.places
        first += each.values.shape[1]
    rows = (values.amax(1) > bar_c).nonzero().squeeze(1)
    keys = torch.cat([held.keys[rows], _keys(values[rows], numbers)], 1)
    keys, order = keys.topk(min(top, keys.shape[1]), dim=1)
    places = torch.cat([held.places[rows], places[rows]], 1).gather(1, order)
    if len(rows) == len(values):
        return _Best(keys, places)
    return _Best(held.keys.index_copy(0, rows, keys), held.places.index_copy(0, rows, places))


def _keys(values: Tensor, numbers: Tensor) -> Tensor:
    """Whole numbers in the order of the values, equal values in the order of earlier pictures.

    The bits of a positive float rise with it; those of a negative one fall, so they are turned
    over. No two keys are equal, so that what is greatest does not depend on a sort's habits.
    """
    bits = (values + 0.0).view(torch.int32)  # -0.0 is as great as 0.0
    rising = bits ^ (bits >> 31 & 0x7FFFFFFF)
    return (rising.long() << _NUMBER_BITS) + (_LAST_NUMBER - numbers)


def _values(keys: Tensor) -> Tensor:
    """The values of keys."""
    rising = (keys >> _NUMBER_BITS).int()
    return (rising ^ (rising >> 31 & 0x7FFFFFFF)).view(torch.float32)


def _nothing(runs: Mapping[str, _Run], device: torch.device) -> _Best:
    none = torch.empty(sum(_channels(runs)), 0, dtype=torch.int64, device=device)
    return _Best(none, none)


def _channels(runs: Mapping[str, _Run]) -> list[int]:
    return [run.channels for run in runs.values()]


def _record(layer: str, best: _Best, width: int) -> StrongestPatches:
    numbers = _LAST_NUMBER - (best.keys & _LAST_NUMBER)
    places = torch.stack([best.places // width, best.places % width], 2)
    values = _values(best.keys)
    return StrongestPatches(layer, *(part.cpu().numpy() for part in (values, numbers, places)))


def _held(found: Mapping[str, StrongestPatches], runs: Mapping[str, _Run], device: str) -> _Best:
    """What an earlier search had found, to go on from."""
    parts = [found[layer] for layer in runs]
    values = torch.tensor(np.concatenate([each.values_ck for each in parts]))
    numbers = torch.tensor(np.concatenate([each.pictures_ck for each in parts]))
    flat = [
        each.places_ckp[..., 0] * run.width + each.places_ckp[..., 1]
        for each, run in zip(parts, runs.values(), strict=True)
    ]
    places = torch.tensor(np.concatenate(flat))
    return _Best(_keys(values, numbers).to(device), places.to(device))
