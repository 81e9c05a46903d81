"""The best values so far of many channels, with their pictures and places: held and merged.

A value and the number of its picture are one whole number, so that the greatest k of a row are
found by one `topk`, and equal values keep the order of their pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from vizcore.lenses.runs import Run
from vizcore.records.patches import StrongestPatches

#: The number of a picture is in these bits of a key.
_NUMBER_BITS = 32
_LAST_NUMBER = (1 << _NUMBER_BITS) - 1


class Best(NamedTuple):
    """The best so far of all channels of all layers, int64 (C, k), the greatest first."""

    keys: Tensor
    places: Tensor


class Peaks(NamedTuple):
    """Of one layer and a batch: each map's maximum (N, C), and where it is in the maps (n, c)
    that may be among the best: as many pictures, channels and places."""

    values: Tensor
    pictures: Tensor
    channels: Tensor
    places: Tensor


def look(maps: Tensor, bar_c: Tensor) -> Peaks:
    """The maxima of maps (N, C, H, W), and where those above the channel's bar are."""
    values = maps.flatten(2).amax(2)
    pictures, channels = (values > bar_c).nonzero(as_tuple=True)
    places = maps[pictures, channels].flatten(1).argmax(1)
    return Peaks(values, pictures, channels, places)


def bar_of(best: Best, top: int) -> Tensor:
    """What each channel's next value has to beat: the worst held, where there are `top`."""
    if best.keys.shape[1] == top:
        return _values(best.keys[:, -1])
    return torch.full((len(best.keys),), -torch.inf, device=best.keys.device)


def merge(held: Best, seen: Sequence[Peaks], numbers: Tensor, bar_c: Tensor, top: int) -> Best:
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
        return Best(keys, places)
    return Best(held.keys.index_copy(0, rows, keys), held.places.index_copy(0, rows, places))


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


def begin(runs: Mapping[str, Run], found: Mapping[str, StrongestPatches], device: str) -> Best:
    """What an earlier search had found, to go on from; nothing where `found` is empty."""
    if not found:
        none = torch.empty(sum(run.channels for run in runs.values()), 0, dtype=torch.int64)
        return Best(none.to(device), none.to(device))
    parts = [found[layer] for layer in runs]
    values = torch.tensor(np.concatenate([each.values_ck for each in parts]))
    numbers = torch.tensor(np.concatenate([each.pictures_ck for each in parts]))
    flat = [
        each.places_ckp[..., 0] * run.width + each.places_ckp[..., 1]
        for each, run in zip(parts, runs.values(), strict=True)
    ]
    places = torch.tensor(np.concatenate(flat))
    return Best(_keys(values, numbers).to(device), places.to(device))


def told(runs: Mapping[str, Run], best: Best) -> dict[str, StrongestPatches]:
    """The best of each layer as its record."""
    channels = [run.channels for run in runs.values()]
    layers = zip(runs.items(), best.keys.split(channels), best.places.split(channels), strict=True)
    found = {}
    for (layer, run), keys, flat in layers:
        numbers = _LAST_NUMBER - (keys & _LAST_NUMBER)
        places = torch.stack([flat // run.width, flat % run.width], 2)
        parts = (part.cpu().numpy() for part in (_values(keys), numbers, places))
        found[layer] = StrongestPatches(layer, *parts)
    return found
