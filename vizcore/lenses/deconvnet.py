"""What in a picture excited a unit: its activation sent back down to the pixels.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014, arXiv
1311.2901), section 2.1. All activations of the layer but one are set to zero; then, layer by
layer, the signal is unpooled at the switches that max pooling recorded on the way up, rectified
where the network rectifies, and filtered with the transposed kernels. Contrast normalisation is
left out on the way down, as in the paper.

For convolutions, pooling and everything else that is linear once the switches are recorded, this
is the gradient; at a ReLU it is not: the gradient is zero where the forward value was, the
deconvnet drops the negative part of the signal itself, whatever the forward value. So the signal
goes down torch's own record of the forward pass, with that one rule changed at each ReLU. The
record holds every operation that ran, modules and plain functions alike: what the paper gives no
way down for cannot be overlooked, and is refused.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.capture import as_input, forward
from vizcore.lenses.places import Found, Seen, explain_absence, watched_places
from vizcore.lenses.way_down import SAID, change_the_relu_rule, leave_out_normalisation
from vizcore.records import Pair
from vizcore.records.deconvnet import Projections
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import Sliceable, in_batches


def deconvnet(
    network: nn.Module,
    pictures: Sliceable,
    layer: str,
    channels: int | Sequence[int],
    places: Pair | Sequence[Pair | None] | None = None,
    *,
    batch: int = 9,
) -> Generator[Progress, None, Projections]:
    """Project one unit's activation in each picture back to the input.

    Where windows of max pooling overlap, signals that meet at one switch are added.

    Args:
        pictures: anything whose slices are preprocessed pictures (n, C, H, W).
        layer: a name of `vizcore.lenses.places.places`; nothing deeper is computed.
        channels: of the unit; one for all pictures, or one for each.
        places: row and column in the map, for all pictures or for each; None takes the place
            where the channel is greatest.

    Raises:
        UnknownLayer: with the nearest names.
        BadChoice: no such channel or place, or not one for each picture.
        NotApplicable: the layer gives no maps, or an operation below it has no way down.
        BadInputSize: the network cannot take this shape.
        OutOfMemory: not even one picture fits.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> net = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.ReLU(), nn.Flatten())
        >>> _ = net[0].weight.data.fill_(2.0)
        >>> image = torch.tensor([[3.0, 5.0]]).reshape(1, 1, 1, 2)
        >>> found = finish(deconvnet(net, image, "1", 0))
        >>> found.values_n.tolist(), found.projections_nchw.tolist()
        ([10.0], [[[[0.0, 20.0]]]])
    """
    count = len(pictures)
    channel_of: list[int] = _each(channels, isinstance(channels, int), count, "channels")
    is_one_place = places is None or _is_pair(places)
    place_of: list[Pair | None] = _each(places, is_one_place, count, "places")
    copy = private_copy(network)
    leave_out_normalisation(copy)
    device = str(next(copy.parameters(), torch.empty(0)).device)
    done = 0
    met: set[str] = set()

    def step(part: Any) -> tuple[list[Pair], Tensor, Tensor]:
        nonlocal done
        images = as_input(copy, part).requires_grad_(True)
        taken = slice(done, done + len(images))
        found = _project(copy, images, layer, channel_of[taken], place_of[taken], met)
        done += len(images)
        return found

    parts = yield from in_batches(step, pictures, batch=batch, device=device, note="projections")
    return Projections(
        layer,
        np.array(channel_of, np.int64),
        np.array([place for places, _, _ in parts for place in places], np.int64),
        torch.cat([values for _, values, _ in parts]).numpy(),
        torch.cat([projected for _, _, projected in parts]).numpy(),
        notes=tuple(sentence for name, sentence in SAID.items() if name in met),
    )


def _project(
    network: nn.Module,
    images: Tensor,
    layer: str,
    channels: Sequence[int],
    places: Sequence[Pair | None],
    met: set[str],
) -> tuple[list[Pair], Tensor, Tensor]:
    """The places, the units' values and their projections, of one batch."""
    with torch.enable_grad():
        maps = _maps_of(network, images, layer)
        height, width = maps.shape[2:]
        found: list[Pair] = []
        signal = torch.zeros_like(maps)
        for n, (channel, place) in enumerate(zip(channels, places, strict=True)):
            if not 0 <= channel < maps.shape[1]:
                raise BadChoice(
                    f"'{layer}' has no channel {channel}. Allowed: 0 to {maps.shape[1] - 1}.",
                    received=str(channel),
                )
            if place is None:
                place = divmod(int(maps[n, channel].argmax()), width)
            if not (0 <= place[0] < height and 0 <= place[1] < width):
                raise BadChoice(
                    f"'{layer}' has no place (row {place[0]}, column {place[1]}). Allowed: rows "
                    f"0 to {height - 1}, columns 0 to {width - 1}.",
                    received=f"{place[0]} {place[1]}",
                )
            found.append(place)
            signal[n, channel, place[0], place[1]] = maps[n, channel, place[0], place[1]].detach()
        if not bool(signal.isfinite().all()):
            raise NotApplicable(f"Layer '{layer}' gives values that are not finite.")
        hooked = change_the_relu_rule(maps, images, layer, met)
        try:
            (projected,) = torch.autograd.grad(maps, images, signal)
        finally:
            for handle in hooked:
                handle.remove()
    values = signal.flatten(1).sum(1)  # all others are zero
    return found, values.float().cpu(), projected.float().cpu()


def _maps_of(network: nn.Module, images: Tensor, layer: str) -> Tensor:
    """The layer's maps (N, C, H, W), with torch's record of how they came about.

    The pass ends there.
    """
    kept: list[Tensor] = []

    def see(place: Found) -> None:
        if place.name == layer:
            kept.append(place.maps_nchw.clone())  # an operation in place may follow
            raise Seen

    try:
        with watched_places(network, see):
            forward(network, images)
    except Seen:
        return kept[0]
    raise explain_absence(network, images[:1], layer)


def _each(given: Any, is_for_all: bool, count: int, what: str) -> list[Any]:
    """One value for each picture."""
    values = [given] * count if is_for_all else list(given)
    if len(values) != count:
        raise BadChoice(f"{len(values)} {what} came for {count} pictures.")
    return values


def _is_pair(given: Any) -> bool:
    return (
        isinstance(given, tuple)
        and len(given) == 2
        and not isinstance(given[0], (tuple, type(None)))
    )
