"""The maps of many pictures by one method: the network rewritten once, several pictures a pass.

`vizcore.lenses.saliency` answers for one picture: it copies the network, rewrites it where a rule
needs that, and proves the rewritten one's scores on that picture. For hundreds of pictures of one
size the copy and the graph are the same each time. Here they are made once, the scores are proven
on every picture, and methods that take one pass take it for several pictures of a class together.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vizcore.errors import NotApplicable
from vizcore.lenses.capture import as_input
from vizcore.lenses.explaining import within
from vizcore.lenses.many_pictures import ManyPictures
from vizcore.lenses.saliency import gradients, layers, rules, saliency
from vizcore.lenses.saliency.fitting import Fitting, Judged
from vizcore.lenses.saliency.look import Attributed, Look, Score, laid_out
from vizcore.lenses.saliency.methods import method_of, settled
from vizcore.lenses.saliency.paths import baseline_of
from vizcore.lenses.saliency.relevance import relevance
from vizcore.lenses.saliency.rounding import ROUNDING
from vizcore.records.saliency import Colours, MethodFit, SaliencyMap, SaliencyMethod, Value
from vizcore.runtime.clone import frozen_copy
from vizcore.runtime.jobs import Progress, finish
from vizcore.runtime.memory import in_batches
from vizcore.runtime.settings import working_memory_bytes

Steps = Generator[Progress, None, Attributed]
Map = npt.NDArray[np.float32]

#: Pictures that are only looked at in one pass.
_BATCH = 64


def _deep_lift(look: Look) -> Steps:
    yield Progress(0, 1, "DeepLIFT")
    return Attributed(rules.Rescale(look.score).multiplied(look.image, baseline_of(look)))


def _lrp(look: Look) -> Steps:
    yield Progress(0, 1, "relevance")
    epsilon = look.number("epsilon")
    found, _ = relevance(look.network, look.image, look.score.target, epsilon)
    return Attributed(found)


#: One pass for several pictures: none depends on another in it.
_TOGETHER: dict[str, Callable[[Look], Steps]] = {
    "gradient": gradients.gradient,
    "input_x_gradient": gradients.input_x_gradient,
    "guided_backprop": rules.guided_backprop,
    "deconvolution": rules.deconvolution,
    "deep_lift": _deep_lift,
    "lrp": _lrp,
    "guided_grad_cam": layers.guided_grad_cam,
}
#: A picture at a time, on the network that is rewritten once: methods of several passes, and
#: Grad-CAM, whose map has many equal values, which the rounding of a batch would put in an order.
_ALONE: dict[str, Callable[[Look], Steps]] = {
    "grad_cam": layers.grad_cam,
    "deep_lift_shap": rules.deep_lift_shap,
    "smoothgrad": gradients.smoothgrad,
    "smoothgrad_sq": gradients.smoothgrad_sq,
    "vargrad": gradients.vargrad,
}


def maps_of(
    network: nn.Module,
    pictures: ManyPictures,
    method: str,
    *,
    layer: str | None = None,
    seed: int = 0,
    options: Mapping[str, Value] | None = None,
    memory_bytes: int | None = None,
) -> Generator[Progress | list[Map], None, MethodFit | None]:
    """One method's map of each picture: what `saliency` gives for it alone, to float rounding.

    Yields:
        progress within a batch, and the maps (H, W) of each batch when it is done, in order.

    Returns:
        (of the generator) how the method fits the network, with the largest difference between the
        scores of the rewritten network and its own over all pictures.

    Raises:
        BadChoice, UnknownLayer, BadInputSize, NotApplicable, OutOfMemory: as `saliency`, and
            NotApplicable where the rewritten network gives other scores for any of the pictures.

    Example:
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(3, 2, bias=False))
        >>> _ = net[1].weight.data.copy_(torch.tensor([[1.0, 0, 0], [0, -2.0, 1]]))
        >>> one = np.ones((3, 1, 1), np.float32), np.zeros((1, 1, 3), np.uint8)
        >>> two = ManyPictures([one[0]] * 2, [one[1]] * 2, np.array([0, 1]))
        >>> found = [each for each in maps_of(net, two, "gradient") if isinstance(each, list)]
        >>> [maps[0].item() for maps in found]
        [1.0, 2.0]
    """
    chosen = method_of(method)
    asked = _Asked(
        chosen,
        settled(chosen, options),
        layer if "layer" in chosen.needs else None,
        seed,
        working_memory_bytes() if memory_bytes is None else memory_bytes,
    )
    if chosen.key not in _TOGETHER and chosen.key not in _ALONE:
        for number in range(len(pictures.targets_n)):
            found = yield from _by_itself(network, pictures, number, asked)
            yield [found.values_hw]
        return found.fit
    copy = frozen_copy(network)
    first = as_input(copy, pictures.inputs(0, 1))
    layout = _best_layout(copy, first)

    def inputs(start: int, stop: int) -> Tensor:
        part = as_input(copy, pictures.inputs(start, stop))
        return part.contiguous(memory_format=layout)

    ready = Fitting(copy, inputs(0, 1)).judged(chosen.key, asked.options)
    if ready.verdict == "refused":
        raise NotApplicable(" ".join(ready.reasons), received=chosen.key)
    fit = ready.fit(chosen.key)
    if ready.network is not copy:
        count, device = len(pictures.targets_n), str(first.device)
        steps = _proven(copy, ready.network, inputs, count, device)
        fit = replace(fit, largest_difference=(yield from steps))
    for run in pictures.runs():
        target, part = int(pictures.targets_n[run.start]), inputs(run.start, run.stop)
        try:
            yield (yield from _of_one_class(copy, ready, part, target, asked))
        except (RuntimeError, TypeError, AssertionError, MemoryError):
            alone = True
        else:
            alone = False
        for number in range(run.start, run.stop) if alone else ():
            # Asked by itself a picture is answered, or what is wrong with it is said.
            found = yield from _by_itself(network, pictures, number, asked)
            yield [found.values_hw]
    return fit


@dataclass(frozen=True, slots=True)
class _Asked:
    """The method with all that it was given."""

    method: SaliencyMethod
    options: Mapping[str, Value]
    layer: str | None
    seed: int
    memory_bytes: int


def _of_one_class(
    plain: nn.Module, ready: Judged, inputs: Tensor, target: int, asked: _Asked
) -> Generator[Progress, None, list[Map]]:
    """The maps of pictures that are asked about one class.

    Raises:
        RuntimeError: a map is not finite, or a rule fails.
    """

    def look(images: Tensor) -> Look:
        return Look(
            network=ready.network,
            plain=plain,
            score=Score(ready.network, target),
            image=images,
            options=asked.options,
            layer=asked.layer,
            seed=asked.seed,
            memory_bytes=asked.memory_bytes,
        )

    key, height, width = asked.method.key, *inputs.shape[2:]
    if key in _ALONE:
        parts = []
        for number in range(len(inputs)):
            steps = _ALONE[key](look(inputs[number : number + 1]))
            parts.append((yield from within(steps, number, len(inputs), "maps")).values)
    else:
        parts = yield from in_batches(
            lambda images: finish(_TOGETHER[key](look(images))).values,
            inputs,
            batch=look(inputs[:1]).batch(),
            device=str(inputs.device),
            note="maps",
        )
    values = torch.cat([each.detach().float() for each in parts])
    if not bool(values.isfinite().all()):
        raise RuntimeError("a map is not finite")
    joined = _joined(values, asked.method.colours)
    if joined.shape[1:] != (height, width):
        joined = F.interpolate(
            joined[:, None], (height, width), mode="bilinear", align_corners=False
        )[:, 0]
    return list(joined.cpu().numpy())


def _by_itself(
    network: nn.Module, pictures: ManyPictures, number: int, asked: _Asked
) -> Generator[Progress, None, SaliencyMap]:
    return (
        yield from saliency(
            network,
            pictures.inputs(number, number + 1),
            image_hwc=pictures.images_hwc[number],
            target=int(pictures.targets_n[number]),
            method=asked.method.key,
            layer=asked.layer,
            seed=asked.seed,
            options=asked.options,
            memory_bytes=asked.memory_bytes,
        )
    )


def _proven(
    network: nn.Module,
    rewritten: nn.Module,
    inputs: Callable[[int, int], Tensor],
    count: int,
    device: str,
) -> Generator[Progress, None, float]:
    """The largest difference of the rewritten network's scores from its own, over all pictures.

    Raises:
        NotApplicable: for a picture it is more than rounding; says how much, and for which.
    """

    def apart(numbers: range) -> Tensor:
        """Of each picture the difference, and what rounding may make of it: (n, 2)."""
        images = inputs(numbers.start, numbers.stop)
        with torch.no_grad():
            before, after = network(images), rewritten(images)
        most = ROUNDING * before.abs().amax(1).clamp(min=1.0)
        return torch.stack([(before - after).abs().amax(1), most], 1)

    parts = yield from in_batches(
        apart, range(count), batch=_BATCH, device=device, note="the rewritten network's scores"
    )
    differences, most = torch.cat(parts).unbind(1)
    for number in torch.nonzero(~(differences <= most))[:1, 0].tolist():  # no number: not proven
        raise NotApplicable(
            f"Rewritten, the network gives scores that differ by "
            f"{float(differences[number]):.2g} for picture {number}."
        )
    return float(differences.max())


def _best_layout(network: nn.Module, first: Tensor) -> torch.memory_format:
    """The memory layout that `laid_out` finds best for one picture."""
    found, _ = laid_out(network, first)
    last = first.contiguous(memory_format=torch.channels_last)
    return torch.channels_last if found.stride() == last.stride() else torch.contiguous_format


def _joined(values_nchw: Tensor, colours: Colours) -> Tensor:
    """One value a pixel of each map, as `saliency` joins them."""
    if colours == "largest":
        return values_nchw.abs().amax(1)
    return values_nchw.sum(1)
