"""What each channel of a layer contributes to a class score: by its gradient, and without it.

Gradient times activation, summed over the map, is the first-order estimate of what the score
loses without the channel (Molchanov, Tyree, Karras, Aila and Kautz, "Pruning Convolutional Neural
Networks for Resource Efficient Inference", ICLR 2017, whose criterion is its magnitude). Ablation
measures it: the channel is set to zero and the rest of the network is computed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.errors import NotApplicable, UnknownClass
from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.places import Found, explain_absence, watched_places
from vizcore.lenses.prediction import class_names, one_picture
from vizcore.records.maps import Contribution
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import in_batches

#: Memory that one batch of ablated copies may take, and the most copies in it.
_BATCH_BYTES, _BATCH = 256 * 2**20, 32


def contribution(
    network: nn.Module,
    image_nchw: Images,
    layer: str,
    *,
    target: int | None = None,
    classes: Sequence[str] | None = None,
    ablate: bool = True,
) -> Generator[Progress, None, Contribution]:
    """What every channel of a place contributes to a class score of one picture (1, C, H, W).

    Args:
        target: output number of the class; None takes the most probable one.
        classes: the names of the outputs; numbers as text where there are none.
        ablate: measure by ablation too, a pass from the layer on for each channel.

    Raises:
        UnknownLayer: with the nearest names.
        UnknownClass: the network has no such output.
        NotApplicable: the layer gives no maps, or the score does not depend on it.
        BadInputSize: the network cannot take this shape.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> net = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.AvgPool2d(2), nn.Flatten())
        >>> _ = net[0].weight.data.copy_(torch.tensor([3.0, 5.0]).reshape(2, 1, 1, 1))
        >>> found = finish(contribution(net, torch.ones(1, 1, 2, 2), "0", target=1))
        >>> found.gradient_c.tolist(), found.ablation_c.tolist()
        ([0.0, 5.0], [0.0, 5.0])
    """
    copy = private_copy(network)
    images = as_input(copy, one_picture(image_nchw))
    maps, scores, largest = _pass_with_gradient(copy, images, layer)
    if maps is None:
        raise explain_absence(network, images, layer)
    names = class_names(len(scores), classes)
    chosen = int(scores.argmax()) if target is None else target
    if not 0 <= chosen < len(scores):
        raise UnknownClass(
            f"There is no class number {chosen}. Allowed: 0 to {len(scores) - 1}.",
            received=str(chosen),
        )
    gradient_c = _gradient_times_activation(scores[chosen], maps, layer)
    score = float(scores[chosen].detach())
    del scores
    ablation_c, agreement = None, None
    if ablate:
        del maps
        batch = max(1, min(_BATCH, _BATCH_BYTES // (16 * largest)))
        ablation_c = yield from _ablate(copy, images, layer, chosen, score, len(gradient_c), batch)
        agreement = rank_correlation(gradient_c, ablation_c)
    return Contribution(layer, chosen, names[chosen], score, gradient_c, ablation_c, agreement)


def rank_correlation(first: npt.ArrayLike, second: npt.ArrayLike) -> float | None:
    """Spearman's rank correlation, equal values sharing their ranks; None without two orders.

    Example:
        >>> rank_correlation([1, 2, 3, 4], [1, 10, 100, 1000])
        1.0
    """
    ranks = [_ranks(np.asarray(values, np.float64)) for values in (first, second)]
    centred = [each - each.mean() for each in ranks]
    sizes = float((centred[0] ** 2).sum() * (centred[1] ** 2).sum())
    if sizes == 0:
        return None
    return float(np.clip((centred[0] * centred[1]).sum() / np.sqrt(sizes), -1, 1))


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts).astype(np.float64)
    ranks: npt.NDArray[np.float64] = (ends - (counts - 1) / 2)[place]
    return ranks


def _pass_with_gradient(
    network: nn.Module, images: Tensor, layer: str
) -> tuple[Tensor | None, Tensor, int]:
    """The place's maps, the scores as a function of them, and the values of the largest result.

    What comes before the place is computed without a gradient.
    """
    held: list[Tensor] = []
    largest = images.numel()

    def see(place: Found) -> Tensor | None:
        nonlocal largest
        largest = max(largest, place.values.numel())
        if place.name != layer or held:
            return None
        torch.set_grad_enabled(True)  # until the end of the pass
        held.append(place.maps_nchw.detach().requires_grad_())
        return place.as_given(held[0].clone())

    with torch.no_grad(), watched_places(network, see):
        scores = forward(network, images)[0]
    return (held[0] if held else None), scores, largest


def _gradient_times_activation(score: Tensor, maps: Tensor, layer: str) -> npt.NDArray[np.float32]:
    gradient = None
    if score.requires_grad:
        (gradient,) = torch.autograd.grad(score, maps, allow_unused=True)
    if gradient is None:
        raise NotApplicable(
            f"The class scores do not depend on the maps of layer '{layer}', so its channels "
            "contribute nothing that could be compared.",
            received=layer,
        )
    product: npt.NDArray[np.float32] = (
        (gradient * maps.detach()).sum(dim=(2, 3))[0].float().cpu().numpy()
    )
    return product


def _ablate(
    network: nn.Module,
    images: Tensor,
    layer: str,
    target: int,
    score: float,
    channels: int,
    batch: int,
) -> Generator[Progress, None, npt.NDArray[np.float32]]:
    """How much the score falls without each channel, a batch of channels a step."""

    def scores_without(missing: Sequence[int | None]) -> Tensor:
        left = [True]

        def see(place: Found) -> Tensor | None:
            if place.name != layer or not left:
                return None
            left.clear()
            maps = place.maps_nchw.clone()
            for number, channel in enumerate(missing):
                if channel is not None:
                    maps[number, channel] = 0
            return place.as_given(maps)

        copies = images.expand(len(missing), *images.shape[1:])
        with torch.no_grad(), watched_places(network, see):
            return forward(network, copies)[:, target]

    def step(part: range) -> npt.NDArray[np.float32]:
        without: npt.NDArray[np.float32] = scores_without(part).double().cpu().numpy()
        return (score - without).astype(np.float32)

    _skip_what_comes_before(network, images, layer)
    # The shorter way has to give the same score, or the long one is taken.
    try:
        close = torch.allclose(
            scores_without([None, None]), torch.tensor(score).to(images), rtol=1e-4, atol=1e-4
        )
    except Exception:  # whatever a network's own code makes of the kept results
        close = False
    if not close:
        _skip_nothing(network)
    parts = yield from in_batches(
        step, range(channels), batch=batch, device=str(images.device), note="channels"
    )
    return np.concatenate(parts)


def _skip_what_comes_before(network: nn.Module, images: Tensor, layer: str) -> None:
    """Let the modules that end before the place hand out what they gave for the picture.

    Of what one of them contains nothing is kept, nor of modules that run again later, nor what the
    network itself writes over.
    """
    kept: dict[nn.Module, tuple[Tensor, int]] = {}
    runs: Counter[nn.Module] = Counter()
    reached = False

    def see(place: Found) -> None:
        nonlocal reached
        reached = reached or place.name == layer

    def ended(module: nn.Module, _inputs: Any, output: Any) -> None:
        runs[module] += 1
        if reached:
            return
        for inner in module.modules():
            kept.pop(inner, None)
        if isinstance(output, Tensor) and output.ndim and len(output) == 1:
            kept[module] = (output, output._version)

    with torch.no_grad(), watched_places(network, see):
        handles = [module.register_forward_hook(ended) for module in network.modules()]
        try:
            forward(network, images)
        finally:
            for handle in handles:
                handle.remove()
    for module, (output, version) in kept.items():
        if runs[module] == 1 and output._version == version:
            module.forward = _HandOut(output)


class _HandOut:
    """Stands in for a module's `forward`: what it gave for one picture, for as many as come."""

    def __init__(self, output: Tensor) -> None:
        self.output = output

    def __call__(self, input: Tensor, *_: Any, **__: Any) -> Tensor:
        return self.output.expand(len(input), *self.output.shape[1:])


def _skip_nothing(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module.__dict__.get("forward"), _HandOut):
            del module.__dict__["forward"]
