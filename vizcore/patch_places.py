"""The places of a network whose units' strongest patches can be looked for, and what each costs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from vizcore.data.preprocessing import Preprocessing
from vizcore.networks.loading import source_of
from vizcore.place_rows import field_in, rows_of
from vizcore.records.patches import PatchPlace
from vizcore.runtime.jobs import Task
from vizcore.tasks.sight import AnyWeights, chosen_weights
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    from torch import Tensor, nn

#: In place of names of layers: every place that gives maps.
EVERY = "places"


def patch_places_task(name: str, *, weights: AnyWeights = None) -> Task[tuple[PatchPlace, ...]]:
    """Every place of a network whose units have strongest patches, in the order they run.

    Raises:
        UnknownArchitecture, UnknownWeights: there is nothing of this name.
        WeightsNotHere: pretrained weights that have to be fetched first.
    """
    found = chosen_weights(name, weights)
    key = ("patch places", found.architecture, found.identity)
    return Task(partial(_places, weights=found), "Places with maps", source_of(found), key)


def absence_task(name: str, layer: str, *, weights: AnyWeights = None) -> Task[tuple[str, ...]]:
    """Why a layer's units have no strongest patches: raises it when it runs.

    Raises:
        UnknownLayer: (when it runs) there is no such layer; with the nearest names.
        NotApplicable: (when it runs) it has no maps; with the nearest that have.
    """
    found = chosen_weights(name, weights)
    work = partial(names_asked, how=found.preprocessing, layers=[layer])
    key = ("absent place", found.architecture, found.identity, layer)
    return Task(work, f"Maps of {layer}", source_of(found), key)


def layers_asked(layers: Sequence[str] | str | None) -> tuple[str, ...] | str | None:
    """What was asked for, each once: names, `EVERY`, or None for every convolution.

    Example:
        >>> layers_asked(["a", "b", "a"]), layers_asked("conv1"), layers_asked("places")
        (('a', 'b'), ('conv1',), 'places')
    """
    if layers is None or layers == EVERY:
        return layers
    return tuple(dict.fromkeys([layers] if isinstance(layers, str) else layers))


def names_asked(
    network: nn.Module, how: Preprocessing, layers: Sequence[str] | None
) -> tuple[str, ...]:
    """The names of the places, before a picture is read.

    Args:
        layers: names, `EVERY`, or None for every run of every convolution.

    Raises:
        UnknownLayer, NotApplicable: a layer that there is not, or without maps; with the nearest.
    """
    from vizcore.lenses.reading import read_maps
    from vizcore.lenses.runs import runs_asked, runs_of
    from vizcore.runtime.clone import private_copy

    if layers == EVERY:
        return tuple(runs_of(private_copy(network), _blank(network, how)))
    if layers is None:
        return tuple(runs_asked(private_copy(network), _blank(network, how), None))
    read_maps(network, _blank(network, how), layers)
    return tuple(layers)


def _places(network: nn.Module, *, weights: Weights) -> tuple[PatchPlace, ...]:
    from torch.nn import Conv2d

    from vizcore.lenses.runs import runs_of
    from vizcore.runtime.clone import private_copy

    runs = runs_of(private_copy(network), _blank(network, weights.preprocessing))
    convolutions = {name for name, each in network.named_modules() if isinstance(each, Conv2d)}
    rows = rows_of(weights)
    so_far = dict(zip(rows, np.cumsum([row.macs for row in rows.values()]).tolist(), strict=True))
    found: list[PatchPlace] = []
    macs = 0
    for name, run in runs.items():
        macs = max(macs, so_far.get(name, 0))  # a module made of others ends with the last of them
        found.append(
            PatchPlace(
                name,
                run.op,
                run.channels,
                run.leaf,
                run.module in convolutions,
                field_in(rows, name),
                macs,
            )
        )
    return tuple(found)


def _blank(network: nn.Module, how: Preprocessing) -> Tensor:
    from vizcore.lenses.capture import as_input

    return as_input(network, np.zeros((1, how.channels, how.crop_px, how.crop_px), np.float32))
