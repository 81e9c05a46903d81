"""Everything about one unit by a network's name, as tasks for an engine or for `run_here`.

Its strongest patches are `vizcore.tasks.patches`, its projections `vizcore.tasks.deconvnet`, its
kernel `vizcore.tasks.filters`; here is the rest.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from vizcore.data.loading import loaded
from vizcore.data.picture_sets import PictureSet
from vizcore.errors import BadChoice, BadImage, NotApplicable
from vizcore.formats.words import counted
from vizcore.networks.loading import source_of
from vizcore.patch_places import names_asked
from vizcore.picture_sources import open_pictures
from vizcore.place_rows import fields_of, read_by_relu, rows_of
from vizcore.records import Pair, ReceptiveField
from vizcore.records.unit import ChannelNumbers, ClassesFed, Neighbour, NetworkNumbers, Unit
from vizcore.runtime.jobs import Progress, Task
from vizcore.runtime.kept_numbers import KeptNumbers
from vizcore.tasks.patches import hashed, kept_key
from vizcore.tasks.sight import AnyPicture, AnyWeights, Sight, chosen_weights, sight
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    from torch import nn

#: Filters of the layer that are named as nearest.
NEAREST = 4
_BATCH_PX, _BATCH = 64 * 64 * 64, 64


def unit_task(
    name: str,
    image: AnyPicture,
    layer: str,
    channel: int | None = None,
    *,
    weights: AnyWeights = None,
) -> Task[Unit]:
    """One channel of a layer on a picture, and its neighbours.

    Args:
        layer: a name of `vizcore.lenses.places.places`: every run of a module and every function
            that gives maps has units; a kernel only where a convolution runs.
        channel: None takes the one with the greatest value.

    Raises:
        UnknownLayer, NotApplicable: (when it runs) no layer of this name, or one without maps.
        BadChoice: (when it runs) no such channel; suggests the nearest.
        UnknownArchitecture, UnknownWeights, WeightsNotHere, BadImage: nothing to look with, or at.
    """
    seen = sight(name, image, weights)
    work = partial(_unit, seen=seen, layer=layer, channel=channel)
    label = f"Unit {'' if channel is None else channel} of {layer}"
    return Task(work, label, source_of(seen.weights), seen.key("unit", layer, channel))


def classes_fed_task(
    name: str,
    images: Sequence[AnyPicture],
    layer: str,
    channel: int,
    *,
    weights: AnyWeights = None,
) -> Task[ClassesFed]:
    """What a unit contributes to the score of every class, in each of some pictures.

    Raises:
        NotApplicable: the network's outputs are no class scores; see `vizcore.lenses.unit`.
    """
    if not images:
        raise BadChoice("No picture came in; allowed is one, or a list of some.")
    sights = [sight(name, each, weights) for each in images]
    found = sights[0].weights
    if not found.classes:
        raise NotApplicable(
            f"The outputs of '{found.architecture}' are no class scores with the weights "
            f"{found.name}, so this unit feeds no class."
        )
    key = sights[0].key("classes fed", layer, channel)
    key += tuple(each.picture.sha256 for each in sights[1:])
    work = partial(_classes_fed, sights=sights, layer=layer, channel=channel)
    return Task(work, f"Classes fed by channel {channel} of {layer}", source_of(found), key)


def activity_task(
    name: str, pictures: Any, layer: str | None = None, *, weights: AnyWeights = None
) -> Task[NetworkNumbers]:
    """Mean, maximum and zeros of every channel over a set of pictures; kept on disk.

    Args:
        pictures: as for `vizcore.tasks.patches.top_patches_task`.
        layer: a name of `vizcore.lenses.places.places`; None takes every run of every
            convolution, with the normalisation between it and its ReLU.

    Raises:
        BadImage: (when it runs) none of the pictures can be read.
    """
    found, given = chosen_weights(name, weights), open_pictures(pictures)
    return Task(
        partial(_activity, weights=found, pictures=given, layer=layer),
        f"Numbers of {layer or 'all convolutions'} over {given.title}",
        source_of(found),
        ("activity", found.architecture, found.identity, given.stamp, layer),
    )


def _unit(network: nn.Module, *, seen: Sight, layer: str, channel: int | None) -> Unit:
    from vizcore.lenses.unit import PlaceMaps, maps_beside

    here, before, after = maps_beside(network, seen.input_nchw(), layer)
    own = here.maps_chw
    if channel is None:
        channel = int(own.max(axis=(1, 2)).argmax())
    if not 0 <= channel < len(own):
        raise BadChoice(
            f"'{layer}' has no channel {channel}. Allowed: 0 to {len(own) - 1}.",
            received=str(channel),
            suggestions=[str(min(max(channel, 0), len(own) - 1))],
        )
    row, column = divmod(int(own[channel].argmax()), own.shape[2])
    beside = [each.name for each in (here, before, after) if each is not None]
    fields = fields_of(seen.weights, beside)
    norm, median, nearest = _alike(network, here.module, channel)

    def neighbour(there: PlaceMaps | None) -> Neighbour | None:
        if there is None:
            return None
        maps = there.maps_chw
        sizes = own.shape[1:], maps.shape[1:]
        place = _same_place((row, column), fields[layer], fields[there.name], *sizes)
        values = maps[:, place[0], place[1]]
        best = int(values.argmax())
        return Neighbour(there.name, best, place, float(values[best]))

    return Unit(
        layer=layer,
        channel=channel,
        channels=len(own),
        map_hw=own[channel],
        place=(row, column),
        value=float(own[channel, row, column]),
        receptive_field=fields[layer],
        image_hwc=seen.view_hwc(),
        norm=norm,
        norms_median=median,
        nearest=nearest,
        before=neighbour(before),
        after=neighbour(after),
        op=here.op,
        module=here.module,
        run=here.run,
    )


def _alike(
    network: nn.Module, layer: str | None, channel: int
) -> tuple[float | None, float | None, tuple[tuple[int, float], ...]]:
    """The kernel's norm, the layer's median norm, and the filters of its group nearest to it."""
    from vizcore.lenses.filters import convolutions, read_weights

    found = convolutions(network)
    if layer is None or layer not in found:
        return None, None, ()
    rows = read_weights(network, layer).astype(np.float64)
    rows = rows.reshape(len(rows), -1)
    norms = np.sqrt((rows**2).sum(axis=1))
    size = len(rows) // found[layer].groups
    group = range(channel // size * size, channel // size * size + size)
    products = norms[list(group)] * norms[channel]
    cosines = np.divide(
        rows[list(group)] @ rows[channel],
        products,
        out=np.full(size, -np.inf),
        where=products > 0,
    )
    cosines[channel - group[0]] = -np.inf
    order = [int(each) for each in np.argsort(-cosines, kind="stable")[:NEAREST]]
    alike = tuple((group[each], float(cosines[each])) for each in order if cosines[each] > -np.inf)
    return float(norms[channel]), float(np.median(norms)), alike


def _same_place(
    place: Pair,
    here: ReceptiveField | None,
    there: ReceptiveField | None,
    size: tuple[int, ...],
    other: tuple[int, ...],
) -> Pair:
    """The place in another layer's map whose value sees about the same piece of the picture.

    By the receptive fields' centres; by the share of the map's sides where they say nothing.
    """
    found = []
    for axis in (0, 1):
        if here is None or there is None or here.whole or there.whole or not there.stride[axis]:
            at = (place[axis] + 0.5) * other[axis] / size[axis] - 0.5
        else:
            centre = here.offset[axis] + place[axis] * here.stride[axis] + here.size[axis] / 2
            at = (centre - there.offset[axis] - there.size[axis] / 2) / there.stride[axis]
        found.append(min(max(round(at), 0), other[axis] - 1))
    return found[0], found[1]


def _classes_fed(
    network: nn.Module, *, sights: list[Sight], layer: str, channel: int
) -> Generator[Progress, None, ClassesFed]:
    from vizcore.lenses.unit import classes_fed

    weights = sights[0].weights
    measured = read_by_relu(rows_of(weights), layer) or layer
    inputs = np.concatenate([each.input_nchw() for each in sights])
    fed = yield from classes_fed(network, inputs, measured, channel)
    return ClassesFed(measured, channel, tuple(weights.classes), fed)


def _activity(
    network: nn.Module, *, weights: Weights, pictures: PictureSet, layer: str | None
) -> Generator[Progress, None, NetworkNumbers]:
    layers = None if layer is None else [layer]
    names_asked(network, weights.preprocessing, layers)
    data_sha256 = yield from hashed(pictures)
    kept = KeptNumbers()
    key_of = partial(kept_key, weights, data_sha256, what="numbers")
    found = kept.load(key_of(None))
    if layer is not None and (found is None or layer not in found.layers):
        found = kept.load(key_of(layers))
    if found is None:
        found = yield from _measure(network, weights, pictures, layers)
        kept.save(key_of(layers), found)
    asked = {layer: found.layers[layer]} if layer is not None else found.layers
    return replace(found, title=pictures.title, layers=asked)


def _measure(
    network: nn.Module, weights: Weights, pictures: PictureSet, layers: list[str] | None
) -> Generator[Progress, None, NetworkNumbers]:
    from vizcore.lenses.unit import Activity
    from vizcore.runtime.memory import in_batches

    rows = rows_of(weights)
    read = {name: read_by_relu(rows, name) for name in rows if layers is None or name in layers}
    before_relu = [name for name in read.values() if name is not None]
    seen = Activity(network, layers, before_relu)
    how, count = weights.preprocessing, 0
    batch = max(1, min(_BATCH, _BATCH_PX // how.crop_px**2))
    with closing(loaded(pictures, how, batch=batch)) as batches:
        for each in batches:
            if each.images_nchw is not None:
                steps = in_batches(seen.feed, each.images_nchw, batch=batch, device=seen.device)
                for _ in steps:
                    pass
                count += len(each.numbers)
            yield Progress(each.after, len(pictures), f"{each.after:,} of {len(pictures):,}")
    if not count:
        raise BadImage(
            f"Of {counted(len(pictures), 'file')} in '{pictures.title}' none is a picture "
            "that can be read.",
            received=pictures.title,
        )
    found = seen.found()
    numbers = {}
    for name, (mean, maximum, zeros, _) in found.items():
        stopped = read.get(name)
        after_relu = stopped is not None and stopped in found
        shares = found[stopped][3] if stopped is not None and after_relu else zeros
        numbers[name] = ChannelNumbers(name, mean, maximum, shares, after_relu)
    return NetworkNumbers(pictures.title, count, numbers)
