"""How much a layer's filters changed between two moments of a training.

A filter is all weights that make one output channel: row `f` of the weights (F, ...). Biases are
left out. Everything is computed in double precision.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice


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


def _rows(before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
    """The filters as rows, in double precision."""
    if before.shape != after.shape or before.ndim < 2 or not before.numel():
        raise BadChoice(
            f"Filters of shape {tuple(before.shape)} cannot be compared with "
            f"{tuple(after.shape)}. Allowed: the same layer twice, with weights."
        )
    first, second = (each.detach().double().flatten(1) for each in (before, after))
    return first, second
