"""How much a layer's filters changed between two moments of a training.

A filter is all weights that make one output channel: row `f` of the weights (F, ...). Biases are
left out. Everything is computed in double precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice
from vizcore.records.evolution import LayerHistory

#: Kernels shown of a layer that has more.
SHOWN = 64


def filter_layers(network: nn.Module) -> dict[str, nn.Module]:
    """The convolutions and fully connected layers by name, in the network's own order.

    Example:
        >>> list(filter_layers(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Linear(4, 2))))
        ['0', '2']
    """
    return {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear))
    }


def cosine_distance(before: Tensor, after: Tensor) -> float:
    """Mean over the filters of 1 - cosine similarity: 0 the same direction, 1 a right angle.

    The scale of a filter does not count. Where a filter is zero there is no direction: such a
    filter counts 0 if both are zero, else 1.

    Raises:
        BadChoice: shapes that differ, or no filters.

    Example:
        >>> cosine_distance(torch.tensor([[1.0, 0], [1, 0]]), torch.tensor([[5.0, 0], [0, 1]]))
        0.5
    """
    first, second = _rows(before, after)
    norms = [torch.linalg.vector_norm(each, dim=1, keepdim=True) for each in (first, second)]
    units = [f / n.where(n > 0, 1.0) for f, n in zip((first, second), norms, strict=True)]
    # Half the squared distance of the directions is 1 - cosine, without its cancellation.
    turned = (units[0] - units[1]).square().sum(dim=1) / 2
    one_is_zero = ((norms[0] == 0) != (norms[1] == 0)).flatten()
    return float(turned.where(~one_is_zero, 1.0).mean())


def relative_distance(before: Tensor, after: Tensor) -> float:
    """L2 distance of a layer's weights, of the mean of the two norms: 0 no change, at most 2.

    Example:
        >>> relative_distance(torch.tensor([[1.0]]), torch.tensor([[3.0]]))
        1.0
    """
    first, second = _rows(before, after)
    scale = float(first.norm() + second.norm()) / 2
    return float((second - first).norm()) / scale if scale else 0.0


def left_to_go(distances_e: Sequence[float]) -> list[float]:
    """Distances to the finished weights, as shares of the first; all 0 where it never moved.

    Example:
        >>> left_to_go([4.0, 3.0, 0.0])
        [1.0, 0.75, 0.0]
    """
    return [each / distances_e[0] if distances_e[0] else 0.0 for each in distances_e]


def distance(before: Tensor, after: Tensor) -> float:
    """L2 distance of two layers' weights.

    Example:
        >>> distance(torch.zeros(1, 2), torch.tensor([[3.0, 4.0]]))
        5.0
    """
    first, second = _rows(before, after)
    return float((second - first).norm())


def layer_history(layer: str, weights_e: list[Tensor]) -> LayerHistory:
    """One layer's weights (F, ...) at every snapshot as numbers and as kernels to be drawn.

    Example:
        >>> layer_history("fc", [torch.eye(2), torch.eye(2)]).way_left_e.tolist()
        [0.0, 0.0]
    """
    last = weights_e[-1]
    steps = list(pairwise(weights_e))
    kernels, shown, count = _kernels(weights_e)
    return LayerHistory(
        layer=layer,
        kind="linear" if last.ndim == 2 else "conv",
        filters=len(last),
        cosine_g=np.array([cosine_distance(*step) for step in steps]),
        relative_g=np.array([relative_distance(*step) for step in steps]),
        way_left_e=np.array(left_to_go([distance(each, last) for each in weights_e])),
        turn_left_e=np.array(left_to_go([cosine_distance(each, last) for each in weights_e])),
        kernels_eshwp=kernels,
        shown=shown,
        kernels=count,
    )


def _rows(before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
    """The filters as rows, in double precision."""
    if before.shape != after.shape or before.ndim < 2 or not before.numel():
        raise BadChoice(
            f"Filters of shape {tuple(before.shape)} cannot be compared with "
            f"{tuple(after.shape)}. Allowed: the same layer twice, with weights."
        )
    first, second = (each.detach().double().flatten(1) for each in (before, after))
    return first, second


def _kernels(
    weights_e: list[Tensor],
) -> tuple[npt.NDArray[np.float32] | None, tuple[tuple[int, int], ...], int]:
    """The kernels to draw at every snapshot, those with the greatest norm at the last first."""
    if weights_e[-1].ndim != 4:
        return None, (), 0
    every = np.stack([each.float().numpy() for each in weights_e])
    epochs, filters, inputs, height, width = every.shape
    if inputs == 3:
        every = every.transpose(0, 1, 3, 4, 2)
        which = [(number, -1) for number in range(filters)]
    else:
        every = every.reshape(epochs, filters * inputs, height, width, 1)
        which = [divmod(number, inputs) for number in range(filters * inputs)]
    norms = np.square(every[-1].astype(np.float64)).sum(axis=(1, 2, 3))
    order = np.argsort(-norms, kind="stable")[: filters if inputs == 3 else SHOWN]
    return np.ascontiguousarray(every[:, order]), tuple(which[i] for i in order), len(which)
