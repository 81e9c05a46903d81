"""How far every layer's features move when the picture does, and what becomes of the answer.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014), Figure 5:
the Euclidean distance between the features of the original and of the transformed picture, in a
first and in a last layer, and the class probability. Both are given: that distance, and the same
divided by the length of the original's features, so that layers of different sizes can be read on
one scale.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, BadInputSize, NotApplicable
from vizcore.lenses.capture import Images, as_input, forward, watched
from vizcore.lenses.prediction import one_picture
from vizcore.records.invariance import FeatureLayer, FeatureShifts
from vizcore.records.layers import Kind
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import in_batches

_KINDS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("conv", ("Conv",)),
    ("linear", ("Linear",)),
    ("norm", ("Norm",)),
    ("pool", ("Pool",)),
    ("attention", ("Attention",)),
    (
        "activation",
        ("ReLU", "SiLU", "GELU", "Tanh", "Sigmoid", "Hardswish", "Mish", "ELU", "Softplus"),
    ),
)
#: Layers that give back what they get, when a network is looked at.
_IDLE = (nn.Dropout, nn.Dropout2d, nn.Identity, nn.Flatten)


def feature_shifts(
    network: nn.Module, original_nchw: Images, views_nchw: Images, *, batch: int = 16
) -> Generator[Progress, None, FeatureShifts]:
    """Compare each view's features with the original's, in every layer, a batch of views a step.

    The original goes through the network in every batch beside the views, so nothing is kept from
    one batch to the next but the distances. A batch the device has no memory for is halved.

    Args:
        original_nchw: one preprocessed picture (1, C, H, W).
        views_nchw: preprocessed pictures (N, C, H, W) of the same size.

    Raises:
        BadInputSize: the network cannot take this shape, or the views have another than the
            original.
        BadChoice: no views.
        NotApplicable: the scores are not finite, or the network has no layers.
        OutOfMemory: not even one view fits.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> net = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.Flatten(), nn.Linear(4, 2))
        >>> one = torch.ones(1, 1, 2, 2)
        >>> found = finish(feature_shifts(net, one, torch.cat([one, 3 * one])))
        >>> found.layers[0].name, found.distances_ln[0].round(3).tolist()
        ('0', [0.0, 2.0])
    """
    copy = private_copy(network)
    original = as_input(copy, one_picture(original_nchw))
    if len(views_nchw) == 0:
        raise BadChoice("No views came in. Allowed: one and more.")
    views = as_input(copy, views_nchw)
    if views.shape[1:] != original.shape[1:]:
        raise BadInputSize(
            f"The views are {tuple(views.shape[1:])}, the original {tuple(original.shape[1:])}; "
            "they must have one size."
        )
    leaves = [
        name
        for name, module in copy.named_modules()
        if name and not any(module.children()) and not isinstance(module, _IDLE)
    ]
    device = str(original.device)

    def step(part: Tensor) -> _Part:
        return _compared(copy, leaves, torch.cat([original, part]))

    parts: list[_Part] = yield from in_batches(
        step, views, batch=batch, device=device, note="views"
    )
    layers = parts[0].layers
    if not layers:
        raise NotApplicable("This network has no layers whose features could be compared.")
    scores = np.concatenate([parts[0].scores_nc[:1], *(part.scores_nc[1:] for part in parts)])
    if not np.isfinite(scores).all():
        raise NotApplicable("The network's class scores are not finite for these pictures.")
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    first, last = _first_and_last(layers)
    return FeatureShifts(
        layers,
        np.concatenate([part.distances_ln for part in parts], axis=1),
        np.concatenate([part.angles_ln for part in parts], axis=1),
        probabilities[1:],
        probabilities[0],
        first,
        last,
        np.concatenate([part.euclidean_ln for part in parts], axis=1),
    )


class _Part:
    """One batch: layers as they ran, distances from the first picture to the others, scores."""

    def __init__(self) -> None:
        self.listed: list[FeatureLayer] = []
        self.distances: list[npt.NDArray[np.float64]] = []
        self.euclidean: list[npt.NDArray[np.float64]] = []
        self.angles: list[npt.NDArray[np.float64]] = []
        self.scores_nc = np.empty((0, 0))

    @property
    def layers(self) -> tuple[FeatureLayer, ...]:
        return tuple(self.listed)

    @property
    def distances_ln(self) -> npt.NDArray[np.float64]:
        return np.stack(self.distances)

    @property
    def euclidean_ln(self) -> npt.NDArray[np.float64]:
        return np.stack(self.euclidean)

    @property
    def angles_ln(self) -> npt.NDArray[np.float64]:
        return np.stack(self.angles)


def _compared(network: nn.Module, leaves: list[str], pictures: Tensor) -> _Part:
    found, runs = _Part(), Counter[str]()

    def see(layer: str, module: nn.Module, inputs: tuple[Any, ...], output: object) -> None:
        name = layer if runs[layer] == 0 else f"{layer}_{runs[layer]}"
        runs[layer] += 1
        if not isinstance(output, Tensor) or len(output) != len(pictures):
            return
        features = output.detach().flatten(1).float()
        found.listed.append(
            FeatureLayer(name, type(module).__name__, _kind(module), features.shape[1])
        )
        of_original = features[:1]
        length = torch.linalg.vector_norm(of_original)
        apart = torch.linalg.vector_norm(features[1:] - of_original, dim=1)
        lengths = torch.linalg.vector_norm(features[1:], dim=1) * length
        turned = 1 - (features[1:] @ of_original[0]) / lengths
        # A quotient by zero is infinite or no number: in both cases there is no such distance.
        found.distances.append(_finite(apart / length))
        found.euclidean.append(_finite(apart))
        found.angles.append(_finite(turned.clamp(min=0)))

    with watched(network, leaves, see), torch.no_grad():
        found.scores_nc = forward(network, pictures).float().cpu().numpy().astype(np.float64)
    return found


def _finite(values: Tensor) -> npt.NDArray[np.float64]:
    held = values.cpu().numpy().astype(np.float64)
    return np.where(np.isfinite(held), held, np.nan)


def _kind(module: nn.Module) -> Kind:
    name = type(module).__name__
    return next((kind for kind, parts in _KINDS if any(part in name for part in parts)), "other")


def _first_and_last(layers: tuple[FeatureLayer, ...]) -> tuple[int, int]:
    """The activation after the first weighted layer, and the layer before the last weighted one."""
    weighted = [n for n, layer in enumerate(layers) if layer.kind in ("conv", "linear")]
    if not weighted:
        return 0, len(layers) - 1
    first = weighted[0]
    until = weighted[1] if len(weighted) > 1 else len(layers)
    active = [n for n in range(first, until) if layers[n].kind == "activation"]
    return (active[0] if active else first), max(weighted[-1] - 1, 0)
