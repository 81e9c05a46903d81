"""Every channel of a layer for one picture, and which layers have such maps."""

from __future__ import annotations

from typing import get_args

import numpy as np
import numpy.typing as npt
from torch import nn

from vizcore.errors import BadChoice
from vizcore.lenses.capture import Images
from vizcore.lenses.contribution import contribution
from vizcore.lenses.prediction import one_picture
from vizcore.lenses.reading import read_maps
from vizcore.records.maps import Contribution, FeatureMaps, Sorting
from vizcore.runtime.jobs import finish

#: The ways to sort channels.
SORTINGS: tuple[Sorting, ...] = get_args(Sorting)
#: Those that need a class score.
OF_A_CLASS = ("gradient", "ablation")


def feature_maps(
    network: nn.Module,
    image_nchw: Images,
    layer: str,
    *,
    sorted_by: Sorting = "maximum",
    target: int | None = None,
) -> FeatureMaps:
    """What every channel of `layer` computes for one preprocessed picture (1, C, H, W).

    Sorting puts the largest first: `maximum` and `mean` of a map, its `sparsity` after Hoyer
    ("Non-negative matrix factorization with sparseness constraints", 2004): 1 where a single
    value is not zero, 0 where all have the same size (and for a map of zeros), or what it
    contributes to the score of a class, by `gradient` times activation or by `ablation` (see
    `vizcore.lenses.contribution`). `channel` keeps the network's order. Nothing deeper than the
    layer is computed, unless the class score is needed.

    Args:
        layer: a name of `vizcore.lenses.places.places`: of a module that runs several times,
            `relu` is the first run and `relu_1` the second.
        target: output number of the class, for `gradient` and `ablation`; None takes the most
            probable one.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer gives no maps, or does not run in evaluation mode.
        BadChoice: an unknown way to sort.
        UnknownClass: the network has no such output.
        BadInputSize: the network cannot take this shape.

    Example:
        >>> import torch
        >>> net = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.Flatten())
        >>> _ = net[0].weight.data.copy_(torch.tensor([1.0, 3.0]).reshape(2, 1, 1, 1))
        >>> seen = feature_maps(net, np.ones((1, 1, 4, 4), np.float32), "0")
        >>> seen.order, seen.strength_c.tolist()
        ((1, 0), [1.0, 3.0])
    """
    if sorted_by not in SORTINGS:
        raise BadChoice.among("sorted_by", sorted_by, SORTINGS)
    maps_nchw = read_maps(network, one_picture(image_nchw), [layer])[layer]
    maps_chw = maps_nchw[0].float().cpu().numpy()
    found = None
    if sorted_by in OF_A_CLASS:
        ablate = sorted_by == "ablation"
        found = finish(contribution(network, image_nchw, layer, target=target, ablate=ablate))
    return sort_maps(
        FeatureMaps(layer, maps_chw, (), "channel", np.empty(0, np.float32)), sorted_by, found
    )


def sort_maps(
    maps: FeatureMaps, sorted_by: Sorting, found: Contribution | None = None
) -> FeatureMaps:
    """The same maps in another order; `found` holds what the channels contribute to a class.

    Raises:
        BadChoice: an unknown way to sort, or one by a contribution that was not measured.
    """
    if sorted_by not in SORTINGS:
        raise BadChoice.among("sorted_by", sorted_by, SORTINGS)
    strength: npt.NDArray[np.float32] | None
    if sorted_by in OF_A_CLASS:
        measured = None if found is None else (found.gradient_c, found.ablation_c)
        strength = None if measured is None else measured[OF_A_CLASS.index(sorted_by)]
        if strength is None:
            raise BadChoice(f"sorted_by cannot be '{sorted_by}': it was not measured.")
    else:
        strength = _strength(maps.maps_chw, sorted_by)
    largest_first = strength if sorted_by == "channel" else -strength
    order = np.argsort(largest_first, kind="stable")
    return FeatureMaps(maps.layer, maps.maps_chw, tuple(order.tolist()), sorted_by, strength)


def _strength(maps_chw: npt.NDArray[np.float32], sorted_by: Sorting) -> npt.NDArray[np.float32]:
    """The value each channel is sorted by."""
    if sorted_by == "channel":
        return np.arange(len(maps_chw), dtype=np.float32)
    if sorted_by == "maximum":
        return maps_chw.max(axis=(1, 2))
    values = maps_chw.reshape(len(maps_chw), -1).astype(np.float64)
    if sorted_by == "mean":
        return values.mean(axis=1).astype(np.float32)
    sizes = np.abs(values)
    root = np.sqrt(values.shape[1])
    length = np.sqrt((sizes**2).sum(axis=1))
    evenness = np.divide(
        sizes.sum(axis=1), length, out=np.full(len(values), root), where=length > 0
    )
    return ((root - evenness) / max(root - 1.0, 1.0e-12)).clip(0, 1).astype(np.float32)
