"""A network that forgets layer by layer: which layers have weights, and drawing them anew.

What is drawn has the distribution of torch's own start of a convolution or fully connected layer:
U(-1/sqrt(n), 1/sqrt(n)) for n inputs. Normalisations begin with their statistics, scale and shift
as torch makes them. Any other parameter is normal with the mean and deviation it had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from math import sqrt
from typing import Any

import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.prediction import one_picture
from vizcore.runtime.clone import private_copy

_NORMS = (
    nn.modules.batchnorm._NormBase,
    nn.LayerNorm,
    nn.GroupNorm,
    nn.RMSNorm,
)
_WEIGHTED = (nn.modules.conv._ConvNd, nn.Linear)


@dataclass(frozen=True, slots=True)
class Stage:
    """What forgets together.

    Attributes:
        layers: names of the layers with weights, the top one first.
        modules: of everything that is drawn anew: they, and the normalisations after them.
    """

    layers: tuple[str, ...]
    modules: tuple[str, ...]


def stages(network: nn.Module, image_nchw: Images, *, most: int | None = None) -> tuple[Stage, ...]:
    """The layers with weights, from the scores down to the picture, as they run for a picture.

    A layer's stage holds what normalises, scales or shifts after it too, so that all of the network
    is in a stage. A layer that runs several times stands where it runs last; one that no score
    depends on (an auxiliary head) is left out.

    Args:
        most: so many stages at most: neighbouring layers share one then. None: a layer each.

    Raises:
        BadChoice: `most` below 1.
        NotApplicable: the network has no layer with weights.
        BadInputSize: the network cannot take this shape.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Flatten())
        >>> _ = net.append(nn.Linear(4, 2))
        >>> [each.modules for each in stages(net, torch.ones(1, 3, 1, 1))]
        [('3',), ('0', '1')]
    """
    if most is not None and most < 1:
        raise BadChoice.among("most", most, ["1 and more"])
    copy = _recording(network)
    order = _run_order(copy, as_input(copy, one_picture(image_nchw)))
    bottom_up: list[tuple[list[str], list[str]]] = []
    early: list[str] = []
    for name in order:
        if _has_weights(copy.get_submodule(name)):
            bottom_up.append(([name], [name]))
        elif bottom_up:
            bottom_up[-1][1].append(name)
        else:
            early.append(name)
    if not bottom_up:
        raise NotApplicable("This network has no layer with weights, so nothing can be drawn anew.")
    bottom_up[0][1][:0] = early
    single = [Stage(tuple(layers), tuple(modules)) for layers, modules in reversed(bottom_up)]
    if most is None or len(single) <= most:
        return tuple(single)
    ends = [round(place * len(single) / most) for place in range(most + 1)]
    return tuple(
        Stage(
            tuple(name for each in single[begin:end] for name in each.layers),
            tuple(name for each in single[begin:end] for name in each.modules),
        )
        for begin, end in pairwise(ends)
    )


def own_tensors(copy: nn.Module) -> None:
    """Give a private copy parameters and buffers of its own; what was one tensor stays one."""
    twins: dict[int, Tensor] = {}
    for module in copy.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None:
                if id(parameter) not in twins:
                    twins[id(parameter)] = nn.Parameter(parameter.detach().clone(), False)
                module._parameters[name] = twins[id(parameter)]  # type: ignore[assignment]
        for name, buffer in module._buffers.items():
            if buffer is not None:
                if id(buffer) not in twins:
                    twins[id(buffer)] = buffer.detach().clone()
                module._buffers[name] = twins[id(buffer)]


def draw_anew(copy: nn.Module, names: Sequence[str], seed: int) -> None:
    """Draw these modules' weights, in place: a module's depend on the seed and its name alone.

    Example:
        >>> net = nn.Sequential(nn.Linear(4, 2))
        >>> draw_anew(net, ["0"], 1)
        >>> bool((net[0].weight.abs() <= 0.5).all())
        True
    """
    with torch.no_grad():
        for name in names:
            source = torch.Generator().manual_seed(seed_of(seed, name))
            module = copy.get_submodule(name)
            if isinstance(module, _NORMS):
                _start_norm(module)
            elif isinstance(module, _WEIGHTED):
                fan_in = nn.init._calculate_correct_fan(module.weight, "fan_in")
                for parameter in _direct(module):
                    bound = 1 / sqrt(fan_in)
                    drawn = torch.empty(parameter.shape).uniform_(-bound, bound, generator=source)
                    parameter.copy_(drawn)
            else:
                for parameter in _direct(module):
                    _draw_alike(parameter, source)


def seed_of(seed: int, name: str) -> int:
    """The seed of one module's weights."""
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:6])


def restore(copy: nn.Module, network: nn.Module, names: Sequence[str]) -> None:
    """Put back what these modules have in the network that was copied."""
    with torch.no_grad():
        for name in names:
            mine, its = copy.get_submodule(name), network.get_submodule(name)
            for own, given in (
                (mine._parameters, its._parameters),
                (mine._buffers, its._buffers),
            ):
                for key, value in own.items():
                    if value is not None and given[key] is not None:
                        value.copy_(given[key])  # type: ignore[arg-type]


def _direct(module: nn.Module) -> list[Tensor]:
    return list(module.parameters(recurse=False))


def _start_norm(module: nn.Module) -> None:
    for name, value in (*module._parameters.items(), *module._buffers.items()):
        if value is not None and name != "num_batches_tracked":
            value.fill_(1.0 if name in ("weight", "running_var") else 0.0)


def _draw_alike(parameter: Tensor, source: torch.Generator) -> None:
    values = parameter.float()
    mean = float(values.mean())
    spread = float(values.std(correction=0)) or abs(mean)
    drawn = torch.empty(parameter.shape).normal_(mean, spread, generator=source)
    parameter.copy_(drawn)


def _run_order(copy: nn.Module, images: Tensor) -> list[str]:
    """The modules with parameters of their own that the scores depend on, as they ran last."""
    names = {module: name for name, module in copy.named_modules()}
    at: dict[nn.Module, int] = {}
    handles = []

    def ran(module: nn.Module, _inputs: object) -> None:
        at[module] = next(clock)

    clock = count()
    try:
        for module in names:
            handles.append(module.register_forward_pre_hook(ran))
        with torch.enable_grad():
            scores = forward(copy, images)
    finally:
        for handle in handles:
            handle.remove()
    holders = [module for module in names if _direct(module)]
    read = _read_by(scores)
    used = [module for module in holders if any(id(each) in read for each in _direct(module))]

    def place(module: nn.Module) -> int:
        name = names[module]
        while module not in at:  # its parent reads its weights itself
            name = name.rpartition(".")[0]
            module = copy.get_submodule(name)
        return at[module]

    return [names[module] for module in sorted(used, key=place)]


def _read_by(scores: Tensor) -> set[int]:
    """The ids of the parameters that some scores were computed from, by torch's own record."""
    found: set[int] = set()
    ahead: list[Any] = [scores.grad_fn]
    known: set[Any] = {None}
    while ahead:
        node = ahead.pop()
        if node in known:
            continue
        known.add(node)
        if hasattr(node, "variable"):
            found.add(id(node.variable))
        ahead += [each for each, _ in node.next_functions]
    return found


def _recording(network: nn.Module) -> nn.Module:
    """A private copy whose parameters, on the network's own tensors, are recorded in a pass."""
    copy = private_copy(network)
    twins: dict[int, nn.Parameter] = {}
    for module in copy.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None and parameter.is_floating_point():
                if id(parameter) not in twins:
                    twins[id(parameter)] = nn.Parameter(parameter.detach())
                module._parameters[name] = twins[id(parameter)]
    return copy


def _has_weights(module: nn.Module) -> bool:
    """Whether a module is a layer with weights, not only a token, a scale or a shift."""
    shapes = [each.shape for each in _direct(module)]
    return isinstance(module, _WEIGHTED) or any(
        sum(size > 1 for size in shape) >= 2 for shape in shapes
    )
