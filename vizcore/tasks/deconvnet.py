"""The way back from a unit to the pixels, as a task for an engine or for `run_here`."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np

from vizcore.errors import BadChoice
from vizcore.networks.loading import source_of
from vizcore.place_rows import fields_of
from vizcore.records import Pair
from vizcore.records.deconvnet import Projections
from vizcore.runtime.jobs import Progress, Task
from vizcore.tasks.sight import AnyPicture, AnyWeights, Sight, sight

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
    side = views.shape[1], views.shape[2]
    field = fields_of(sights[0].weights, [layer], side)[layer]
    return replace(found, receptive_field=field, images_nhwc=views)
