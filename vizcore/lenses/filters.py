"""A network's filters: the kernels of its convolutions, in numbers and one by one."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.formats.words import counted
from vizcore.lenses.capture import Images, as_input, find_layer, forward, watched
from vizcore.lenses.prediction import one_picture
from vizcore.records.filters import (
    DEAD_BELOW,
    SMALL_BELOW,
    TWIN_ABOVE,
    FilterSlices,
    FilterStatistics,
)
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import Sliceable, in_batches

Weights = npt.NDArray[np.float32]


def convolutions(network: nn.Module) -> dict[str, nn.Conv2d]:
    """The two-dimensional convolutions by name, in the network's own order.

    Example:
        >>> list(convolutions(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 1))))
        ['0', '2']
    """
    return {name: each for name, each in network.named_modules() if isinstance(each, nn.Conv2d)}


def read_weights(network: nn.Module, layer: str) -> Weights:
    """A convolution's weights (filters, inputs that each reads, height, width).

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer is no convolution; says which are.
    """
    module = find_layer(network, layer)
    if not isinstance(module, nn.Conv2d):
        names = list(convolutions(network))
        raise NotApplicable(
            f"Layer '{layer}' ({type(module).__name__}) has no kernels. There "
            f"are kernels in {counted(len(names), 'convolution')}: "
            f"{', '.join(names[:12])}{' ...' if len(names) > 12 else ''}.",
            received=layer,
            suggestions=names,
        )
    return module.weight.detach().float().cpu().numpy()


def statistics(weights_fihw: Weights, groups: int = 1) -> FilterStatistics:
    """Norms, dead filters, pairs that are nearly the same, and how many weights nearly are zero.

    Only filters of one group are compared: those of different groups read different channels. A
    filter of zeros is like no other.

    Example:
        >>> found = statistics(np.float32([[3, 4], [6, 8], [0, 0.01]]).reshape(3, 2, 1, 1))
        >>> found.norms_f.round(3).tolist(), found.dead_f.tolist(), found.twins
        ([5.0, 10.0, 0.01], [False, False, True], ((0, 1, 1.0),))
    """
    rows = weights_fihw.reshape(len(weights_fihw), -1).astype(np.float64)
    norms = np.sqrt((rows**2).sum(axis=1))
    small = np.abs(rows) < SMALL_BELOW * np.abs(rows).max(initial=0.0)
    if not rows.any():
        small = np.ones_like(small)
    twins: list[tuple[int, int, float]] = []
    units = np.divide(rows, norms[:, None], out=np.zeros_like(rows), where=norms[:, None] > 0)
    size = len(rows) // groups
    for first in range(0, len(rows) if size > 1 else 0, size):
        alike = units[first : first + size] @ units[first : first + size].T
        found = np.argwhere(np.triu(alike > TWIN_ABOVE, 1))
        twins += [(first + int(a), first + int(b), min(1.0, float(alike[a, b]))) for a, b in found]
    return FilterStatistics(
        norms_f=norms,
        dead_f=norms < DEAD_BELOW * np.median(norms) if norms.any() else np.ones(len(rows), bool),
        small_f=small.mean(axis=1),
        sparsity=float(small.mean()),
        twins=tuple(sorted(twins, key=lambda pair: -pair[2])),
    )


def colour_share(weights_fihw: Weights) -> npt.NDArray[np.float64]:
    """Of each filter's squared weights the share that differs between the input channels.

    0 for a filter that is the same in red, green and blue and sees light and dark only; 1 for one
    whose channels cancel, so that a grey picture leaves it at its bias. For weights drawn at
    random it is 2/3 on average.

    Example:
        >>> colour_share(np.float32([[1, 1, 1], [1, 0, -1]]).reshape(2, 3, 1, 1)).tolist()
        [0.0, 1.0]
    """
    weights = weights_fihw.astype(np.float64)
    whole = (weights**2).sum(axis=(1, 2, 3))
    grey = weights.shape[1] * (weights.mean(axis=1) ** 2).sum(axis=(1, 2))
    share = 1 - np.divide(grey, whole, out=np.ones_like(whole), where=whole > 0)
    return np.asarray(share.clip(0, 1))


def slices(network: nn.Module, image_nchw: Images | None, layer: str, number: int) -> FilterSlices:
    """One filter's kernels by input channel, with what those channels hold for a picture, if any.

    Of a layer that runs several times in a pass, the first run counts.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer is no convolution, or does not run in evaluation mode.
        BadChoice: it has no such filter.
        BadInputSize: the network cannot take this shape.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(2, 1, 1, bias=False), nn.Flatten())
        >>> _ = net[0].weight.data.copy_(torch.tensor([1.0, -3.0]).reshape(1, 2, 1, 1))
        >>> found = slices(net, torch.ones(1, 2, 4, 4), "0", 0)
        >>> found.inputs_i, found.norms_i.tolist(), found.output_hw[0, 0].item()
        ((1, 0), [3.0, 1.0], -2.0)
    """
    weights = read_weights(network, layer)
    if not 0 <= number < len(weights):
        raise BadChoice(
            f"'{layer}' has no filter {number}. Allowed: 0 to {len(weights) - 1}.",
            received=str(number),
        )
    size = weights.shape[1]
    groups = convolutions(network)[layer].groups
    group = number // (len(weights) // groups)
    norms = np.sqrt((weights[number].astype(np.float64) ** 2).sum(axis=(1, 2)))
    order = np.argsort(-norms, kind="stable")
    numbers = group * size + order
    maps = None if image_nchw is None else in_and_out(network, image_nchw, layer)
    return FilterSlices(
        layer,
        number,
        tuple(int(each) for each in numbers),
        weights[number][order],
        norms[order],
        None if maps is None else maps[0][numbers],
        None if maps is None else maps[1][number],
    )


def in_and_out(network: nn.Module, image_nchw: Images, layer: str) -> tuple[Weights, Weights]:
    """What goes into a convolution and what comes out, both (C, H, W), in its first run."""
    copy = private_copy(network)
    kept: list[Tensor] = []

    def see(_name: str, module: nn.Module, inputs: tuple[Any, ...], output: object) -> None:
        assert isinstance(output, Tensor)
        if not kept:
            kept.extend(each.detach()[0].float().cpu().clone() for each in (inputs[0], output))

    images = as_input(copy, one_picture(image_nchw))
    with watched(copy, [layer], see), torch.no_grad():
        forward(copy, images)
    if not kept:
        raise NotApplicable(
            f"Layer '{layer}' does not run in evaluation mode (an auxiliary head, for example)."
        )
    return kept[0].numpy(), kept[1].numpy()


def maxima(
    network: nn.Module, pictures: Sliceable, layers: Sequence[str], *, batch: int = 16
) -> Generator[Progress, None, dict[str, Weights]]:
    """The greatest value of each channel of each layer (C,) over all pictures and places.

    The layers are convolutions and batch normalisations; one that does not run is left out.
    """
    copy = private_copy(network)
    device = str(next(copy.parameters(), torch.empty(0)).device)
    highest: dict[str, Tensor] = {}

    def step(part: Any) -> None:
        def see(name: str, module: nn.Module, inputs: tuple[Any, ...], output: object) -> None:
            assert isinstance(output, Tensor)
            found = output.detach().amax((0, 2, 3))
            highest[name] = torch.maximum(highest[name], found) if name in highest else found

        images = as_input(copy, part)
        with watched(copy, dict.fromkeys(layers), see), torch.no_grad():
            forward(copy, images)

    yield from in_batches(step, pictures, batch=batch, device=device, note="pictures")
    return {name: found.float().cpu().numpy() for name, found in highest.items()}
