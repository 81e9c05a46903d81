"""One unit: its layer's maps, what it contributes to every class, its numbers over many pictures.

Gradient times activation is what a class score would lose without the channel if the network were
linear from there on. All classes of a picture are asked at once: the contributions are the
Jacobian of the scores times the channel's activation, which the gradient of a gradient gives
without a pass for each class.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.places import Found, Seen, explain_absence, watched_places
from vizcore.lenses.prediction import one_picture
from vizcore.lenses.runs import Run, runs_asked, watched_runs
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import in_batches, is_out_of_memory

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PlaceMaps:
    """What one place gives for a picture.

    Attributes:
        name, op: as in `vizcore.records.maps.MapLayer`.
        module: the name of the module that runs here; None for a function.
        run: how often that module had run before.
        maps_chw: float32.
    """

    name: str
    op: str
    module: str | None
    run: int
    maps_chw: Floats


def maps_beside(
    network: nn.Module, image_nchw: Images, layer: str
) -> tuple[PlaceMaps, PlaceMaps | None, PlaceMaps | None]:
    """What a place gives for one picture, and the convolutions that run before and after it.

    The pass ends with the convolution after it.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer gives no maps.
        BadInputSize: the network cannot take this shape.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.Conv2d(2, 3, 1), nn.Flatten())
        >>> own, before, after = maps_beside(net, torch.ones(1, 1, 3, 3), "1")
        >>> own.maps_chw.shape, before.name, after.name
        ((2, 3, 3), '0', '2')
    """
    copy = private_copy(network)
    convolutions = {name for name, each in copy.named_modules() if isinstance(each, nn.Conv2d)}
    own: list[tuple[Found, Tensor]] = []
    before: list[tuple[Found, Tensor]] = []
    after: list[tuple[Found, Tensor]] = []

    def see(found: Found) -> None:
        if found.name != layer and found.module not in convolutions:
            return
        kept = found, found.maps_nchw[0].clone()  # an operation in place may follow
        if found.name == layer:
            own.append(kept)
        elif not own:
            before[:] = [kept]
        else:
            after.append(kept)
            raise Seen

    images = as_input(copy, one_picture(image_nchw))
    try:
        with watched_places(copy, see), torch.no_grad():
            forward(copy, images)
    except Seen:
        pass
    if not own:
        raise explain_absence(network, images, layer)
    return (
        _read(*own[0]),
        _read(*before[0]) if before else None,
        _read(*after[0]) if after else None,
    )


def _read(found: Found, maps_chw: Tensor) -> PlaceMaps:
    values = maps_chw.float().cpu().numpy()
    return PlaceMaps(found.name, found.op, found.module, found.run, values)


def classes_fed(
    network: nn.Module, images_nchw: Images, layer: str, channel: int, *, batch: int = 9
) -> Generator[Progress, None, Floats]:
    """What a channel contributes to every class score of each picture (n, classes).

    Args:
        layer: a name of `vizcore.lenses.places.places`.

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

    def step(part: Tensor) -> Floats:
        with torch.no_grad():
            return _fed(copy, part, layer, channel)

    parts = yield from in_batches(
        step, images, batch=batch, device=str(images.device), note="pictures"
    )
    return np.concatenate(parts)


def _fed(network: nn.Module, images: Tensor, layer: str, channel: int) -> Floats:
    kept: list[Tensor] = []

    def see(found: Found) -> Tensor | None:
        if found.name != layer:
            return None
        torch.set_grad_enabled(True)  # from here on; what comes before needs none
        kept.append(found.maps_nchw.detach().clone().requires_grad_())
        return found.as_given(kept[0].clone())

    with watched_places(network, see):
        scores = forward(network, images)
    if not kept:
        raise explain_absence(network, images[:1], layer)
    if not scores.requires_grad:
        raise NotApplicable(f"The class scores do not depend on layer '{layer}'.", received=layer)
    given = kept[0]
    channels = given.shape[1]
    if not 0 <= channel < channels:
        raise BadChoice(
            f"'{layer}' has no channel {channel}. Allowed: 0 to {channels - 1}.",
            received=str(channel),
            suggestions=[str(min(max(channel, 0), channels - 1))],
        )
    activation = torch.zeros_like(given)
    activation[:, channel] = given.detach()[:, channel]
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

    Only sums are kept.

    Args:
        layers: by the names of `vizcore.lenses.places.places`; None takes every run of every
            convolution.
        besides: others, as far as they give maps.

    Raises:
        UnknownLayer, NotApplicable: (when it is fed) a layer that there is not, or without maps.

    Example:
        >>> net = nn.Sequential(nn.ReLU(), nn.Flatten())
        >>> seen = Activity(net, ["0"])
        >>> seen.feed(torch.tensor([-1.0, 3.0]).reshape(1, 1, 1, 2))
        >>> [part.tolist() for part in seen.found()["0"]]
        [[1.5], [3.0], [0.5], [0.5]]
    """

    def __init__(
        self, network: nn.Module, layers: Sequence[str] | None, besides: Iterable[str] = ()
    ) -> None:
        self._network = private_copy(network)
        self._layers = layers
        self._besides = frozenset(besides)
        self._runs: dict[str, Run] = {}
        self._sums: dict[str, tuple[Tensor, Tensor, Tensor, Tensor, int]] = {}
        self.device = str(next(self._network.parameters(), torch.empty(0)).device)

    def feed(self, images_nchw: Images) -> None:
        """Look at a batch of preprocessed pictures (N, C, H, W)."""
        images = as_input(self._network, images_nchw)
        if not self._runs:
            self._runs = runs_asked(self._network, images[:1], self._layers, self._besides)
        seen: dict[str, tuple[Tensor, Tensor, Tensor, Tensor, int]] = {}

        def see(found: Found) -> None:
            maps = found.maps_nchw.detach()
            axes = (0, 2, 3)
            seen[found.name] = (
                maps.sum(axes, dtype=torch.float32).double(),
                maps.amax(axes).double(),
                (maps == 0).sum(axes),
                (maps <= 0).sum(axes),
                maps.numel() // maps.shape[1],
            )
            if len(seen) == len(self._runs):
                raise Seen

        with watched_runs(self._network, self._runs, see), torch.no_grad(), suppress(Seen):
            forward(self._network, images)
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
