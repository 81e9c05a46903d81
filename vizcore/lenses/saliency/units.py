"""The same questions about one unit of a layer in place of a class score.

Captum's neuron methods take the gradient of a unit in place of that of an output. Here the unit
is the score, and every method on the picture can ask about it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import torch
from captum.attr import NeuronConductance
from torch import Tensor, nn

from vizcore.errors import BadChoice
from vizcore.lenses.saliency.look import Attributed, Look, Score
from vizcore.lenses.saliency.paths import baseline_of, points_of
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import in_batches

Steps = Generator[Progress, None, Attributed]


class UnitScore(Score):
    """What one unit of a layer gives for each picture: (N, 1)."""

    def __init__(
        self, network: nn.Module, layer: nn.Module, place: tuple[int, int, int], last: bool
    ) -> None:
        super().__init__(network, 0)
        self.watched = [layer]  # in a list: it is a part of the network already
        self.channel, self.row, self.column = place
        self.last = last

    def parts(self, images: Tensor) -> Tensor:
        """The unit's value."""
        kept: list[Tensor] = []

        def keep(module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
            kept.append(output)

        handle = self.watched[0].register_forward_hook(keep)
        try:
            self.network(images)
        finally:
            handle.remove()
        maps = kept[-1].permute(0, 3, 1, 2) if self.last else kept[-1]
        return maps[:, self.channel, self.row, self.column].unsqueeze(1)


def settled_place(
    maps_chw: Tensor, layer: str, channel: int, row: int, column: int
) -> tuple[int, int, int]:
    """The unit that is meant: -1 takes the strongest channel, or the strongest place in it.

    Raises:
        BadChoice: no such channel or place.

    Example:
        >>> settled_place(torch.tensor([[[0.0, 1.0]], [[3.0, 2.0]]]), "conv1", -1, -1, -1)
        (1, 0, 0)
    """
    channels, height, width = maps_chw.shape
    for what, number, most in (
        ("channel", channel, channels),
        ("row", row, height),
        ("column", column, width),
    ):
        if not -1 <= number < most:
            raise BadChoice.among(
                what, number, [f"0 to {most - 1} of layer '{layer}', or -1 for the strongest"]
            )
    if channel < 0:
        channel = int(maps_chw.amax((1, 2)).argmax())
    if row < 0 or column < 0:
        row, column = divmod(int(maps_chw[channel].argmax()), width)
    return channel, row, column


def values_at(network: nn.Module, layer: nn.Module, image: Tensor, last: bool) -> Tensor:
    """The layer's maps (C, H, W) for one picture."""
    kept: list[Tensor] = []
    handle = layer.register_forward_hook(lambda _module, _inputs, output: kept.append(output))
    try:
        with torch.no_grad():
            network(image)
    finally:
        handle.remove()
    return (kept[-1].permute(0, 3, 1, 2) if last else kept[-1])[0]


def ask_about_unit(look: Look) -> None:
    """Put the unit that the options name in the place of the class's score.

    Raises:
        UnknownLayer, NotApplicable: no such layer, or not one to look at.
        BadChoice: no such unit.
    """
    layer, last = look.settle_layer(rewritten=True)
    maps = values_at(look.network, layer, look.image, last)
    assert look.layer is not None
    given = (look.whole(key) for key in ("channel", "row", "column"))
    look.unit = settled_place(maps, look.layer, *given)
    look.of_class = look.score_of(look.plain)
    look.score = UnitScore(look.network, layer, look.unit, last)


def conductance(look: Look) -> Steps:
    """Captum's, a few steps at a time: how much of the score flows from the picture through a unit.

    The steps are those of Integrated Gradients.
    """
    unit_score = look.score
    assert isinstance(unit_score, UnitScore)
    assert look.unit is not None
    channel, row, column = look.unit
    place = (row, column, channel) if unit_score.last else look.unit
    method = NeuronConductance(look.class_score, unit_score.watched[0])
    baseline = baseline_of(look)

    def step(part: list[tuple[float, float]]) -> Tensor:
        sizes, alphas = ([float(pair[which]) for pair in part] for which in (0, 1))
        (found,) = method._attribute(
            (look.image,),
            place,
            (baseline,),
            0,
            n_steps=len(part),
            step_sizes_and_alphas=(sizes, alphas),
        )
        return found.detach()

    parts = yield from in_batches(
        step, points_of(look), batch=look.batch(), device=look.device, note="steps"
    )
    return Attributed(torch.stack(parts).sum(0))
