"""A network's filters, as tasks for an engine or for `run_here`."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vizcore.data.samples import sample_pictures_for
from vizcore.errors import NotApplicable, UnknownLayer
from vizcore.networks.loading import source_of
from vizcore.records.filters import (
    FilterBank,
    FilterLayer,
    FilterSlices,
    LayerActivity,
    NetworkFilters,
    Resemblance,
)
from vizcore.records.layers import LayerRow, LayerTable
from vizcore.runtime.jobs import Progress, Task
from vizcore.tasks.sight import AnyPicture, AnyWeights, Sight, as_picture, chosen_weights, sight
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    from torch import nn

_RELUS = frozenset({"ReLU", "relu", "relu_", "ReLU6", "relu6"})


def filter_layers_task(name: str, *, weights: AnyWeights = None) -> Task[tuple[FilterLayer, ...]]:
    """The convolutions that run, in their order.

    Raises:
        UnknownArchitecture, UnknownWeights: there is nothing of this name.
        WeightsNotHere: pretrained weights that have to be fetched first.
        NotApplicable: (when it runs) the network has none.
    """
    found = chosen_weights(name, weights)
    return Task(
        partial(_layers, weights=found),
        "Convolutions",
        source_of(found),
        ("filter layers", found.architecture, found.identity),
    )


def filters_task(
    name: str, layer: str | None = None, *, weights: AnyWeights = None
) -> Task[FilterBank]:
    """All filters of a layer, by default of the first one, which reads the picture.

    Raises:
        UnknownLayer, NotApplicable: (when it runs) no convolution of this name; says which are.
        UnknownArchitecture, UnknownWeights, WeightsNotHere: as for `filter_layers_task`.
    """
    found = chosen_weights(name, weights)
    return Task(
        partial(_bank, weights=found, layer=layer),
        f"Filters of {layer or 'the first layer'}",
        source_of(found),
        ("filters", found.architecture, found.identity, layer),
    )


def filter_slices_task(
    name: str, image: AnyPicture | None, layer: str, number: int, *, weights: AnyWeights = None
) -> Task[FilterSlices]:
    """One filter by input channel, with what each channel holds for a picture, if one is given.

    Raises:
        BadChoice: (when it runs) no such filter.
        BadImage: not a picture.
        UnknownLayer, NotApplicable and the rest: as for `filters_task`.
    """
    found = chosen_weights(name, weights)
    seen = None if image is None else sight(name, image, found)
    of = ("filter slices", found.architecture, found.identity, layer, number)
    return Task(
        partial(_slices, seen=seen, layer=layer, number=number),
        f"Filter {number} of {layer}",
        source_of(found),
        of if seen is None else (*of, seen.picture.sha256),
    )


def resemblances_task(
    name: str, image: AnyPicture, *, weights: AnyWeights = None
) -> Task[tuple[Resemblance, ...]]:
    """Textbook filters and the nearest of the first layer, both on a picture.

    Raises:
        NotApplicable: (when it runs) no first convolution, or one of kernels below 3 x 3.
        BadImage and the rest: as for `filter_slices_task`.
    """
    seen = sight(name, image, weights)
    return Task(
        partial(_resemblances, seen=seen),
        "Textbook filters",
        source_of(seen.weights),
        seen.key("textbook filters"),
    )


def filter_statistics_task(name: str, *, weights: AnyWeights = None) -> Task[NetworkFilters]:
    """Every convolution's filters in numbers, watched on the samples that suit the network."""
    found = chosen_weights(name, weights)
    return Task(
        partial(_statistics, weights=found),
        "Statistics of all filters",
        source_of(found),
        ("filter statistics", found.architecture, found.identity),
    )


def _layers(network: nn.Module, *, weights: Weights) -> tuple[FilterLayer, ...]:
    from vizcore.lenses.filters import convolutions

    rows = _table(weights).rows
    modules = convolutions(network)
    last = {row.name: row for row in rows if row.name in modules}
    if not last:
        raise NotApplicable(f"'{weights.architecture}' has no convolution, so it has no filters.")
    channels = weights.preprocessing.channels
    reads = next((name for name in last if modules[name].in_channels == channels), None)
    return tuple(
        FilterLayer(
            name=name,
            op=type(modules[name]).__name__,
            filters=modules[name].out_channels,
            inputs=modules[name].in_channels // modules[name].groups,
            kernel=(int(modules[name].kernel_size[0]), int(modules[name].kernel_size[1])),
            groups=modules[name].groups,
            reads_picture=name == reads,
            before_relu=_before_relu(rows, row),
        )
        for name, row in last.items()
    )


def _table(weights: Weights) -> LayerTable:
    from vizcore.anatomy import trace
    from vizcore.zoo import build_meta

    key, how = weights.architecture, weights.preprocessing
    shape = (how.channels, how.crop_px, how.crop_px)
    return trace(build_meta(key, **weights.options), shape, key=key)


def _before_relu(rows: tuple[LayerRow, ...], row: LayerRow) -> str | None:
    """The layer whose values a ReLU reads next, and nothing else does."""
    readers = [each for each in rows if row.index in each.inputs]
    if len(readers) == 1 and readers[0].op in _RELUS:
        return row.name
    if len(readers) == 1 and readers[0].op == "BatchNorm2d" and row.kind == "conv":
        return _before_relu(rows, readers[0])
    return None


def _find(layers: tuple[FilterLayer, ...], wanted: str | None) -> FilterLayer:
    for each in layers:
        if each.name == wanted or (wanted is None and each.reads_picture):
            return each
    if wanted is None:
        raise NotApplicable("No convolution of this network reads the picture itself.")
    raise UnknownLayer.among("convolution", wanted, [each.name for each in layers])


def _bank(network: nn.Module, *, weights: Weights, layer: str | None) -> FilterBank:
    from vizcore.lenses.filters import colour_share, read_weights, statistics

    found = _find(_layers(network, weights=weights), layer)
    values = read_weights(network, found.name)
    in_colour = found.reads_picture and found.inputs == 3
    return FilterBank(
        found,
        values,
        statistics(values, found.groups),
        colour_share(values) if in_colour else None,
    )


def _slices(network: nn.Module, *, seen: Sight | None, layer: str, number: int) -> FilterSlices:
    from vizcore.lenses.filters import slices

    return slices(network, None if seen is None else seen.input_nchw(), layer, number)


def _resemblances(network: nn.Module, *, seen: Sight) -> tuple[Resemblance, ...]:
    from vizcore.lenses.textbook import resemblances

    first = _find(_layers(network, weights=seen.weights), None)
    return resemblances(network, seen.input_nchw(), first.name)


@dataclass(frozen=True, slots=True)
class _Samples:
    """The sample pictures as a network sees them, read when they are taken."""

    weights: Weights

    def __len__(self) -> int:
        return len(sample_pictures_for(self.weights.preprocessing.channels))

    def __getitem__(self, part: slice, /) -> npt.NDArray[np.float32]:
        how = self.weights.preprocessing
        chosen = sample_pictures_for(how.channels)[part]
        return np.concatenate([how.apply(as_picture(each.read()).rgb_hwc) for each in chosen])


def _statistics(
    network: nn.Module, *, weights: Weights
) -> Generator[Progress, None, NetworkFilters]:
    from vizcore.lenses.filters import maxima, read_weights, statistics

    layers = _layers(network, weights=weights)
    watched = [each.before_relu for each in layers if each.before_relu is not None]
    pictures = _Samples(weights)
    highest = (yield from maxima(network, pictures, watched)) if watched else {}
    done: list[LayerActivity] = []
    for each in layers:
        yield Progress(len(done), len(layers), f"comparing the filters of {each.name}")
        numbers = statistics(read_weights(network, each.name), each.groups)
        seen = None if each.before_relu is None else highest.get(each.before_relu)
        done.append(LayerActivity(each, numbers, seen))
    return NetworkFilters(weights.architecture, tuple(done), len(pictures))
