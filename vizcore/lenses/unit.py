"""One unit: its layer's maps, what it contributes to every class, its numbers over many pictures.

Gradient times activation is what a class score would lose without the channel if the network were
linear from there on. All classes of a picture are asked at once: the contributions are the
Jacobian of the scores times the channel's activation, which the gradient of a gradient gives
without a pass for each class.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.capture import Images, as_input, find_layer, forward
from vizcore.lenses.layout import Layouts
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import in_batches, is_out_of_memory

Floats = npt.NDArray[np.float32]
#: Told a layer's name, what it gives, and whether its channels come last; what it returns is what
#: the network goes on with.
Take = Callable[[str, Tensor, bool], Tensor | None]


@contextmanager
def _taking(network: nn.Module, layers: Iterable[str], take: Take) -> Iterator[None]:
    """Call `take` each time one of the layers gives maps; the network's own copy is changed.

    Raises:
        UnknownLayer: with the nearest names.
    """
    wanted = {find_layer(network, layer): layer for layer in layers}
    layouts = Layouts()

    def hook(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> Tensor | None:
        if not isinstance(output, Tensor) or output.ndim != 4:
            return None
        last = layouts.channels_last(module, inputs, output)
        if module not in wanted or last is None:
            return None
        return take(wanted[module], output, last)

    handles = [module.register_forward_hook(hook) for module in network.modules()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _channels_second(values: Tensor, last: bool) -> Tensor:
    return values.permute(0, 3, 1, 2) if last else values


def _without_maps(layer: str) -> NotApplicable:
    return NotApplicable(
        f"Layer '{layer}' gives no maps, or does not run in evaluation mode, so it has no units "
        "with a place in the picture.",
        received=layer,
    )


def last_maps(network: nn.Module, image_nchw: Images, layers: Sequence[str]) -> dict[str, Floats]:
    """What each layer gives for one picture (C, H, W), in its last run; those without maps are out.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the first layer gives no maps, or runs several times.
        BadInputSize: the network cannot take this shape.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(inplace=True), nn.Flatten())
        >>> last_maps(net, torch.ones(1, 1, 3, 3), ["0"])["0"].shape
        (2, 3, 3)
    """
    copy = private_copy(network)
    kept: dict[str, Floats] = {}
    runs: Counter[str] = Counter()

    def take(layer: str, output: Tensor, last: bool) -> None:
        runs[layer] += 1
        maps = _channels_second(output, last)[0].detach()
        kept[layer] = maps.float().cpu().numpy().copy()

    with _taking(copy, layers, take), torch.no_grad():
        forward(copy, as_input(copy, image_nchw))
    if layers[0] not in kept:
        raise _without_maps(layers[0])
    if runs[layers[0]] > 1:
        raise NotApplicable(
            f"Layer '{layers[0]}' runs {runs[layers[0]]} times in one pass, so a channel of it is "
            "not one unit.",
            received=layers[0],
            suggestions=layers[1:],
        )
    return kept


def classes_fed(
    network: nn.Module, images_nchw: Images, layer: str, channel: int, *, batch: int = 9
) -> Generator[Progress, None, Floats]:
    """What a channel contributes to every class score of each picture (n, classes).

    Of a layer that runs several times in a pass, the last run counts.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer gives no maps, the scores do not depend on it, or the network has
            an operation whose gradient has none itself.
        BadChoice: no such channel.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> net = nn.Sequential(nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(2, 3))
        >>> _ = net[3].weight.data.copy_(torch.arange(6.0).reshape(3, 2))
        >>> finish(classes_fed(net, torch.full((1, 2, 2, 2), 2.0), "0", 1)).tolist()
        [[2.0, 6.0, 10.0]]
    """
    copy = private_copy(network)
    images = as_input(copy, images_nchw)
    find_layer(copy, layer)

    def step(part: Tensor) -> Floats:
        with torch.no_grad():
            return _fed(copy, part, layer, channel)

    parts = yield from in_batches(
        step, images, batch=batch, device=str(images.device), note="pictures"
    )
    return np.concatenate(parts)


def _fed(network: nn.Module, images: Tensor, layer: str, channel: int) -> Floats:
    kept: list[tuple[Tensor, bool]] = []

    def take(_layer: str, output: Tensor, last: bool) -> Tensor:
        torch.set_grad_enabled(True)  # from here on; what comes before needs none
        kept[:] = [(output.detach().clone().requires_grad_(), last)]
        return kept[0][0].clone()

    with _taking(network, [layer], take):
        scores = forward(network, images)
    if not kept:
        raise _without_maps(layer)
    if not scores.requires_grad:
        raise NotApplicable(f"The class scores do not depend on layer '{layer}'.", received=layer)
    given, last = kept[0]
    channels = given.shape[3 if last else 1]
    if not 0 <= channel < channels:
        raise BadChoice(
            f"'{layer}' has no channel {channel}. Allowed: 0 to {channels - 1}.",
            received=str(channel),
            suggestions=[str(min(max(channel, 0), channels - 1))],
        )
    activation = torch.zeros_like(given)
    _channels_second(activation, last)[:, channel] = _channels_second(given.detach(), last)[
        :, channel
    ]
    try:
        weights = torch.zeros_like(scores).requires_grad_()
        (gradient,) = torch.autograd.grad(
            scores, given, weights, create_graph=True, allow_unused=True
        )
        if gradient is None:
            raise NotApplicable(f"The class scores do not depend on layer '{layer}'.")
        if not gradient.requires_grad:
            return np.zeros(scores.shape, np.float32)
        (fed,) = torch.autograd.grad((gradient * activation).sum(), weights)
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        raise NotApplicable(
            f"What layer '{layer}' contributes to the classes cannot be told: after it there is "
            "an operation whose gradient torch cannot differentiate again."
        ) from error
    result: Floats = fed.detach().float().cpu().numpy()
    return result


class Activity:
    """Mean, maximum and zeros of every channel of layers: feed it batches, read it at any time.

    Of a layer that runs several times in a pass, the last run counts. Only sums are kept.

    Example:
        >>> net = nn.Sequential(nn.ReLU(), nn.Flatten())
        >>> seen = Activity(net, ["0"])
        >>> seen.feed(torch.tensor([-1.0, 3.0]).reshape(1, 1, 1, 2))
        >>> [part.tolist() for part in seen.found()["0"]]
        [[1.5], [3.0], [0.5], [0.5]]
    """

    def __init__(self, network: nn.Module, layers: Iterable[str]) -> None:
        self._network = private_copy(network)
        self._layers = tuple(dict.fromkeys(layers))
        self._sums: dict[str, tuple[Tensor, Tensor, Tensor, Tensor, int]] = {}
        self.device = str(next(self._network.parameters(), torch.empty(0)).device)

    def feed(self, images_nchw: Images) -> None:
        """Look at a batch of preprocessed pictures (N, C, H, W)."""
        seen: dict[str, tuple[Tensor, Tensor, Tensor, Tensor, int]] = {}

        def take(layer: str, output: Tensor, last: bool) -> None:
            maps = output.detach()
            axes = (0, 1, 2) if last else (0, 2, 3)
            seen[layer] = (
                maps.sum(axes, dtype=torch.float32).double(),
                maps.amax(axes).double(),
                (maps == 0).sum(axes),
                (maps <= 0).sum(axes),
                maps.numel() // maps.shape[3 if last else 1],
            )

        with _taking(self._network, self._layers, take), torch.no_grad():
            forward(self._network, as_input(self._network, images_nchw))
        for layer, (total, highest, zeros, stopped, count) in seen.items():
            if layer in self._sums:
                before = self._sums[layer]
                total, zeros, stopped = total + before[0], zeros + before[2], stopped + before[3]
                highest, count = torch.maximum(highest, before[1]), count + before[4]
            self._sums[layer] = (total, highest, zeros, stopped, count)

    def found(self) -> dict[str, tuple[npt.NDArray[np.float64], ...]]:
        """For each layer with maps (C,): the mean, the maximum, and the shares that are 0, and
        that are 0 or below."""
        return {
            layer: tuple(
                part.double().cpu().numpy()
                for part in (total / count, highest, zeros / count, stopped / count)
            )
            for layer, (total, highest, zeros, stopped, count) in self._sums.items()
        }
