"""The way back from a unit to the pixels, as a task for an engine or for `run_here`."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np

from vizcore.errors import BadChoice
from vizcore.networks import source_of
from vizcore.records import Pair, ReceptiveField
from vizcore.records_deconvnet import Projections
from vizcore.runtime.jobs import Progress, Task
from vizcore.tasks import AnyPicture, AnyWeights, Sight, sight
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    from torch import nn


def deconvnet_task(
    name: str,
    images: AnyPicture | Sequence[AnyPicture],
    layer: str,
    channel: int,
    places: Pair | Sequence[Pair | None] | None = None,
    *,
    weights: AnyWeights = None,
) -> Task[Projections]:
    """What in one picture, or in each of several, excited a unit; see `vizcore.lenses.deconvnet`.

    Args:
        places: row and column in the map, for all pictures or for each; None takes the strongest.

    Raises:
        UnknownArchitecture, UnknownWeights, BadImage: there is nothing to look with, or at.
        WeightsNotHere: pretrained weights that have to be fetched first.
    """
    given = cast(
        "list[AnyPicture]", list(images) if isinstance(images, (list, tuple)) else [images]
    )
    if not given:
        raise BadChoice("No picture came in; allowed is one, or a list of some.")
    sights = [sight(name, each, weights) for each in given]
    work = partial(_projections, sights=sights, layer=layer, channel=channel, places=places)
    found = sights[0].weights
    asked = tuple(places) if isinstance(places, list) else places
    key = sights[0].key("deconvnet", layer, channel, asked)
    key += tuple(each.picture.sha256 for each in sights[1:])
    return Task(work, f"Deconvnet of {layer}, channel {channel}", source_of(found), key)


def field_of(weights: Weights, side: Pair, layer: str) -> ReceptiveField | None:
    """What a value of a layer sees of a picture of this height and width; None if not known.

    A layer is named as in `vizcore.lenses.places`: `relu_1` is the second run of `relu`, and a
    module made of others has the field of the last of them.
    """
    from vizcore.anatomy import trace
    from vizcore.zoo import build_meta

    key = weights.architecture
    channels = weights.preprocessing.channels
    table = trace(build_meta(key, **weights.options), (channels, *side), key=key)
    runs: dict[str, list[ReceptiveField | None]] = {}
    for row in table:
        runs.setdefault(row.name, []).append(row.receptive_field)
    base, _, run = layer.rpartition("_")
    if layer in runs:
        return runs[layer][0]
    if run.isdecimal() and int(run) < len(runs.get(base, ())):
        return runs[base][int(run)]
    inside = [each for name, each in runs.items() if name.startswith(f"{layer}.")]
    return inside[-1][-1] if inside else None


def _projections(
    network: nn.Module,
    *,
    sights: list[Sight],
    layer: str,
    channel: int,
    places: Pair | Sequence[Pair | None] | None,
) -> Generator[Progress, None, Projections]:
    from vizcore.lenses.deconvnet import deconvnet

    inputs = np.concatenate([each.input_nchw() for each in sights])
    found = yield from deconvnet(network, inputs, layer, channel, places)
    views = np.stack([each.view_hwc() for each in sights])
    field = field_of(sights[0].weights, views.shape[1:3], layer)
    return replace(found, receptive_field=field, images_nhwc=views)
