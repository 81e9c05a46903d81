"""Scores and gradients of many images: a batch at a time, as large as memory allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from vizcore.errors import BadInputSize, NotApplicable
from vizcore.lenses.class_images.measures import Measure
from vizcore.lenses.class_images.transforming import Transformation
from vizcore.records.class_images import Goal
from vizcore.runtime.clone import lay_kernels
from vizcore.runtime.jobs import finish
from vizcore.runtime.memory import in_batches, is_out_of_memory

#: What the layers' outputs of one batch may take, for a gradient; the rest waits for the next.
#: A fixed number, so that a seed gives the same bytes however much memory is free.
BATCH_BYTES = 2 * 2**30


@dataclass
class _Group:
    """Images that one measure reads, and how they are sent through the network.

    Attributes:
        numbers: of the images, among all of the run.
        batch: how many go in one batch.
        layout: of a batch in memory.
    """

    measure: Measure
    numbers: list[int]
    batch: int
    layout: torch.memory_format = torch.contiguous_format


class Measuring:
    """Measures all images of a run: those for classes together, those of one layer together.

    On a CPU several images go through the network with the channels last in memory, and meet
    kernels that lie alike: it was seen to take 0.6 to 0.9 of the time. One image goes as it is.

    Args:
        network: a private copy, its parameters frozen; its kernels may be laid out anew.
        start: one image (1, C, H, W), for finding out what the layers give.

    Raises:
        as `Measure`.
    """

    def __init__(self, network: nn.Module, goals: Sequence[Goal], start: Tensor) -> None:
        self._device = str(start.device)
        of_layer: dict[str | None, list[int]] = {}
        for number, goal in enumerate(goals):
            of_layer.setdefault(goal.layer, []).append(number)
        self._groups = []
        for numbers in of_layer.values():
            with _counted_bytes(network) as held:
                measure = Measure(network, [goals[number] for number in numbers], start)
            room = max(1, BATCH_BYTES // max(1, max(held)))
            group = _Group(measure, numbers, min(room, len(numbers)))
            if (
                group.batch > 1
                and start.device.type == "cpu"
                and _takes_channels_last(group, start)
            ):
                group.layout = torch.channels_last
            self._groups.append(group)
        if any(group.layout == torch.channels_last for group in self._groups):
            lay_kernels(network)

    def __call__(
        self, images: Tensor, transformation: Transformation | None, wants_gradient: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The scores (n,), the probabilities (n,; NaN for units) and the gradients of the scores.

        A batch that the device has no memory for is halved.

        Raises:
            NotApplicable: no gradient leads from the scores to the images.
            OutOfMemory: not even one image fits.
        """
        found: list[tuple[list[int], _Found]] = []
        for group in self._groups:

            def step(places: range, group: _Group = group) -> tuple[list[int], _Found]:
                part = slice(places.start, places.stop)
                numbers = group.numbers[part]
                mine = images if len(numbers) == len(images) else images[numbers]
                return numbers, _one_batch(group, part, mine, transformation, wants_gradient)

            places = range(len(group.numbers))
            if group.batch >= len(places):  # as nearly always; short, because it is every step's
                try:
                    found.append(step(places))
                    continue
                except Exception as error:
                    if not is_out_of_memory(error):
                        raise
            parts = finish(in_batches(step, places, batch=group.batch, device=self._device))
            group.batch = min(group.batch, max(len(numbers) for numbers, _ in parts))
            found += parts
        if len(found) == 1:
            return found[0][1]
        scores, gradients = images.new_zeros(len(images)), torch.zeros_like(images)
        odds = torch.zeros(len(images), dtype=torch.float64, device=images.device)
        for numbers, (score, probability, gradient) in found:
            scores[numbers], odds[numbers], gradients[numbers] = score, probability, gradient
        return scores, odds, gradients


#: Scores, probabilities and gradients of one batch.
_Found = tuple[Tensor, Tensor, Tensor]


def _one_batch(
    group: _Group,
    part: slice,
    images: Tensor,
    transformation: Transformation | None,
    wants_gradient: bool,
) -> _Found:
    with torch.set_grad_enabled(wants_gradient), reproducible(images.device):
        leaf = images.detach().requires_grad_(wants_gradient)
        shown = leaf if transformation is None else transformation(leaf)
        # A copy, because the network may begin with an operation in place.
        found = group.measure(shown.clone(memory_format=group.layout), part)
        odds = found.odds_n
        if odds is None:
            odds = torch.full_like(found.scores_n, torch.nan, dtype=torch.float64)
        if not wants_gradient:
            return found.scores_n, odds, torch.zeros_like(images)
        if found.root.grad_fn is None:
            raise NotApplicable("No gradient leads from this network's scores back to the image.")
        (gradient,) = torch.autograd.grad(found.root, leaf, found.pull, allow_unused=True)
        if gradient is None:
            raise NotApplicable("This network's scores do not depend on the image.")
    return found.scores_n, odds, gradient.contiguous()


def _takes_channels_last(group: _Group, start: Tensor) -> bool:
    """Whether a network can compute with the channels last in memory; some reshape as if not."""
    try:
        with torch.no_grad():
            both = start.expand(2, -1, -1, -1).clone(memory_format=torch.channels_last)
            group.measure(both, slice(0, 2))
    except BadInputSize:
        return False
    return True


def reproducible(device: torch.device) -> AbstractContextManager[None]:
    """Kernels that give the same bytes in every run; on the CPU they do of themselves."""
    return _deterministic() if device.type == "cuda" else nullcontext()


@contextmanager
def _deterministic() -> Iterator[None]:
    """The settings are the process's: they are put back as they were; a device has one worker."""
    before = torch.are_deterministic_algorithms_enabled()
    only_warned = torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
            yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=only_warned)


@contextmanager
def _counted_bytes(network: nn.Module) -> Iterator[list[int]]:
    """Bytes of the outputs of all leaf modules, of one pass with a gradient, for each pass."""
    passes = [0]

    def begin(_module: nn.Module, _inputs: Any) -> None:
        passes.append(0)

    def add(_module: nn.Module, _inputs: Any, output: Any) -> None:
        if isinstance(output, Tensor):
            # Kept for the way back, and once more as the gradient that comes down.
            passes[-1] += 2 * output.numel() * output.element_size()

    handles = [network.register_forward_pre_hook(begin)]
    handles += [
        module.register_forward_hook(add)
        for module in network.modules()
        if not any(module.children())
    ]
    try:
        yield passes
    finally:
        for handle in handles:
            handle.remove()
