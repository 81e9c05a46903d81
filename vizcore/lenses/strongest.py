"""The pictures, and the places in them, that excite each channel of a layer most.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014), section 4,
look at the nine greatest activations of a feature map over a set of pictures.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.capture import as_input, find_layer, forward, watched
from vizcore.lenses.layout import Layouts
from vizcore.records_evolution import StrongestPatches
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import Sliceable, in_batches

#: Of some pictures: values (C, N) and flat places in the map (C, N), and the map's width.
_New = tuple[Tensor, Tensor, int]
#: The best so far: values, numbers of pictures and places, all (C, k), and the map's width.
_Best = tuple[Tensor, Tensor, Tensor, int]


def strongest(
    network: nn.Module,
    pictures: Sliceable,
    layers: Sequence[str],
    *,
    top: int = 9,
    batch: int = 64,
) -> Generator[Progress, None, dict[str, StrongestPatches]]:
    """The `top` pictures of each channel of each layer, and where in each the channel is greatest.

    Of each picture only its greatest place counts, as in the paper's grids of nine: otherwise
    neighbouring places of one picture would fill them. Of equal values the earlier picture, and in
    it the upper left place, comes first. Only the best so far are kept, so memory does not grow
    with the number of pictures. Of a layer that runs several times in a pass, the last run counts.

    Args:
        pictures: anything whose slices are preprocessed pictures (n, C, H, W); it may read them
            when it is sliced.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: a layer gives no maps, or values that are not finite.
        BadChoice: no pictures, no layers, or `top` below 1.
        BadInputSize: the network cannot take this shape.
        OutOfMemory: not even one picture fits.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> net = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.Flatten())
        >>> _ = net[0].weight.data.fill_(2.0)
        >>> images = torch.tensor([[0.0, 1.0], [5.0, 3.0]]).reshape(2, 1, 1, 2)
        >>> found = finish(strongest(net, images, ["0"], top=2))["0"]
        >>> found.values_ck.tolist(), found.pictures_ck.tolist(), found.places_ckp.tolist()
        ([[10.0, 2.0]], [[1, 0]], [[[0, 0], [0, 1]]])
    """
    if top < 1:
        raise BadChoice.among("top", top, ["1 and more"])
    if not len(pictures) or not layers:
        raise BadChoice(f"{len(pictures)} pictures and {len(layers)} layers came; allowed is 1 up.")
    copy = private_copy(network)
    for layer in layers:
        find_layer(copy, layer)
    device = str(next(copy.parameters(), torch.empty(0)).device)
    best: dict[str, _Best] = {}
    seen = 0

    def step(images: Any) -> None:
        nonlocal seen
        tensors = as_input(copy, images)
        greatest = _greatest_places(copy, tensors, layers)
        merged = {name: _merge(best.get(name), new, seen, top) for name, new in greatest.items()}
        best.update(merged)
        seen += len(tensors)

    yield from in_batches(step, pictures, batch=batch, device=device, note="patches")
    return {layer: _record(layer, best[layer]) for layer in layers}


def _greatest_places(network: nn.Module, images: Tensor, layers: Sequence[str]) -> dict[str, _New]:
    """Of each picture each channel's greatest value, and where it is."""
    layouts = Layouts()
    found: dict[str, _New] = {}

    def see(layer: str, module: nn.Module, inputs: tuple[Any, ...], output: object) -> None:
        if not isinstance(output, Tensor) or output.ndim != 4:
            if layer in layers:
                raise NotApplicable(
                    f"Layer '{layer}' gives no maps, so it has no strongest patches."
                )
            return
        last = layouts.channels_last(module, inputs, output)
        if layer in layers:
            maps = output.detach().permute(0, 3, 1, 2) if last else output.detach()
            values, places = maps.flatten(2).max(dim=2)
            found[layer] = values.T, places.T, int(maps.shape[3])

    names = [name for name, _ in network.named_modules() if name]
    with watched(network, names, see), torch.no_grad():
        forward(network, images)
    for layer in layers:
        if layer not in found:
            raise NotApplicable(
                f"Layer '{layer}' does not run in evaluation mode (an auxiliary head, for example)."
            )
        if not bool(found[layer][0].isfinite().all()):
            raise NotApplicable(f"Layer '{layer}' gives values that are not finite.")
    return found


def _merge(held: _Best | None, new: _New, first: int, top: int) -> _Best:
    """The best of both; `first` is the number of the first new picture.

    The sort is stable and the held pictures are the earlier ones.
    """
    values, places, width = new
    numbers = torch.arange(first, first + values.shape[1], device=values.device)
    parts = [values, numbers.expand_as(values), places]
    if held is not None:
        if held[3] != width:
            raise NotApplicable("The pictures differ in size, so their places cannot be compared.")
        parts = [torch.cat(pair, 1) for pair in zip(held[:3], parts, strict=True)]
    order = parts[0].sort(dim=1, descending=True, stable=True).indices[:, :top]
    values, numbers, places = (part.gather(1, order) for part in parts)
    return values, numbers, places, width


def _record(layer: str, best: _Best) -> StrongestPatches:
    values, numbers, places, width = best
    rows_columns = torch.stack([places // width, places % width], dim=2)
    return StrongestPatches(
        layer,
        values.float().cpu().numpy(),
        numbers.cpu().numpy(),
        rows_columns.cpu().numpy(),
    )
