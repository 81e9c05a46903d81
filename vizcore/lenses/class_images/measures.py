"""What the ascent makes large: a class's unnormalised score, or a unit's activation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable, UnknownClass
from vizcore.lenses.capture import find_layer, forward, layer_names
from vizcore.lenses.places import Found, Seen, explain_absence, watched_places
from vizcore.records import Pair
from vizcore.records.class_images import Goal

#: Gives one layer's activations for some images, with the channels second.
Reading = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Measured:
    """What some images were measured at, and where their gradient begins.

    Attributes:
        scores_n: of each image.
        odds_n: the probability of each image's class, float64; None for units.
        root, pull: the tensor from which, and the weights with which, the gradient of the sum of
            the scores goes back to the images.
    """

    scores_n: Tensor
    odds_n: Tensor | None
    root: Tensor
    pull: Tensor


class Measure:
    """What images of one kind (all for classes, or all for one layer) are measured by.

    Args:
        network: a private copy.
        goals: of the images, all classes or all of one layer.
        image: the start, for finding out what the layer gives.

    Raises:
        UnknownClass, UnknownLayer: there is no such class or layer.
        BadChoice: the layer has no such channel or place.
        NotApplicable: the layer gives nothing that has channels.
        BadInputSize: the network cannot take this shape.
    """

    def __init__(self, network: nn.Module, goals: Sequence[Goal], image: Tensor) -> None:
        self._network = network
        self._goals = tuple(goals)
        self.layer = goals[0].layer
        with torch.no_grad():
            if self.layer is None:
                check_targets(goals, forward(network, image).shape[1])
            else:
                self._read = reading(network, self.layer, image)
                check_units(goals, self._read(image))
        wanted = [goal.target if self.layer is None else goal.channel for goal in goals]
        self._columns = torch.tensor(wanted, device=image.device)
        self._rows = torch.arange(len(goals), device=image.device)
        self._pulled = slice(0, 0), image

    def __call__(self, images: Tensor, part: slice) -> Measured:
        """Measure the images of some goals."""
        if self.layer is None:
            scores, columns = forward(self._network, images), self._columns[part, None]
            values = scores.detach()
            odds = values.softmax(1, dtype=torch.float64).gather(1, columns)
            return Measured(
                values.gather(1, columns)[:, 0], odds[:, 0], scores, self._pull(values, part)
            )
        columns = self._columns[part]
        maps = self._read(images)[self._rows[: len(columns)], columns]
        if maps.ndim > 1:
            places = [
                one.mean() if goal.place is None else one[place_in(goal, one.shape)]
                for one, goal in zip(maps, self._goals[part], strict=True)
            ]
            maps = torch.stack(places)
        return Measured(maps.detach(), None, maps, torch.ones_like(maps))

    def _pull(self, scores: Tensor, part: slice) -> Tensor:
        """1 for each image's own class, 0 for the others; the same in every step."""
        if part != self._pulled[0]:
            own = torch.zeros_like(scores).scatter_(1, self._columns[part, None], 1.0)
            self._pulled = part, own
        return self._pulled[1]


def check_targets(goals: Sequence[Goal], outputs: int) -> None:
    """Refuse classes that the network does not have.

    Raises:
        UnknownClass: it has not.
    """
    for goal in goals:
        if goal.target is None or not 0 <= goal.target < outputs:
            raise UnknownClass(
                f"There is no class number {goal.target}. Allowed: 0 to {outputs - 1}.",
                received=str(goal.target),
            )


def check_units(goals: Sequence[Goal], values: Tensor) -> None:
    """Refuse channels and places that a layer's activations do not have.

    Raises:
        BadChoice: they have not; says which they have.
    """
    sides = tuple(values.shape[2:])
    for goal in goals:
        if goal.channel is None or not 0 <= goal.channel < values.shape[1]:
            raise BadChoice(
                f"'{goal.layer}' has no channel {goal.channel}. "
                f"Allowed: 0 to {values.shape[1] - 1}.",
                received=str(goal.channel),
            )
        if goal.place is None:
            continue
        if len(sides) != 2:
            raise BadChoice(f"'{goal.layer}' has no places: each channel has a single value.")
        row, column = place_in(goal, sides)
        if not (0 <= row < sides[0] and 0 <= column < sides[1]):
            raise BadChoice(
                f"'{goal.layer}' has no place (row {row}, column {column}). Allowed: rows 0 to "
                f"{sides[0] - 1}, columns 0 to {sides[1] - 1}.",
                received=f"{row} {column}",
            )


def place_in(goal: Goal, sides: Sequence[int]) -> Pair:
    """The unit's row and column in a map of this height and width."""
    if goal.place is None or goal.place == "centre":
        return sides[0] // 2, sides[1] // 2
    return goal.place


def reading(network: nn.Module, layer: str, image: Tensor) -> Reading:
    """How a layer's activations are read: (N, channels) or (N, channels, height, width).

    The pass ends at the layer. A module's first run is read by a hook on it alone; other runs
    and functions (`relu_1`, `layer1.0.add`) by watching the whole pass.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer gives nothing with channels, or does not run.
    """
    found: list[Found] = []

    def see(place: Found) -> None:
        if place.name == layer:
            found.append(place)
            raise Seen

    try:
        with watched_places(network, see):
            forward(network, image)
    except Seen:
        last = found[0].last
        if layer not in layer_names(network):
            return _by_watching(network, layer)
        return _by_hook(network, layer, last)
    if layer in layer_names(network):
        read = _by_hook(network, layer, False)
        values = _flat(read, image)
        if values is not None:
            return read
    raise explain_absence(network, image, layer)


def _flat(read: Reading, image: Tensor) -> Tensor | None:
    """A row of values for each image, where the layer gives that."""
    try:
        values = read(image)
    except NotApplicable:
        return None
    return values if values.ndim == 2 else None


def _by_hook(network: nn.Module, layer: str, last: bool) -> Reading:
    module = find_layer(network, layer)

    def read(images: Tensor) -> Tensor:
        kept: list[Tensor] = []

        def see(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor):
                kept.append(output.clone())
            raise Seen

        handle = module.register_forward_hook(see)
        try:
            forward(network, images)
        except Seen:
            pass
        finally:
            handle.remove()
        if not kept:
            raise NotApplicable(f"Layer '{layer}' does not run, or gives no tensor.")
        return kept[0].permute(0, 3, 1, 2) if last else kept[0]

    return read


def _by_watching(network: nn.Module, layer: str) -> Reading:
    def read(images: Tensor) -> Tensor:
        kept: list[Tensor] = []

        def see(place: Found) -> None:
            if place.name == layer:
                kept.append(place.maps_nchw.clone())
                raise Seen

        try:
            with watched_places(network, see):
                forward(network, images)
        except Seen:
            pass
        return kept[0]

    return read
