"""One forward pass: a network's layers by name, what goes in, its scores, hooks that go away.

Lenses work on their own copy of the network (`private_copy`), so the one they are given keeps its
mode, hooks, gradients and options, whatever happens. What a hook sees a later in-place operation
(`F.relu(x, inplace=True)`, `x += skip`) may overwrite: who keeps it copies it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.errors import BadInputSize, NotApplicable, UnknownLayer
from vizcore.runtime.clone import private_copy
from vizcore.runtime.memory import is_out_of_memory

#: Preprocessed pictures (N, C, H, W).
Images = npt.NDArray[np.floating] | Tensor
#: Told a layer's name, its module, its inputs and its output.
Seen = Callable[[str, nn.Module, tuple[Any, ...], object], None]


def layer_names(network: nn.Module) -> tuple[str, ...]:
    """Torch's dotted names of every module of the network, containers included.

    Example:
        >>> layer_names(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.ReLU())))
        ('0', '1', '1.0')
    """
    return tuple(name for name, _ in network.named_modules(remove_duplicate=False) if name)


def find_layer(network: nn.Module, layer: str) -> nn.Module:
    """The module of this dotted name.

    Raises:
        UnknownLayer: with the nearest names.
    """
    modules = dict(network.named_modules(remove_duplicate=False))
    if not layer or layer not in modules:
        raise UnknownLayer.among("layer", layer, layer_names(network))
    return modules[layer]


def as_input(network: nn.Module, images_nchw: Images) -> Tensor:
    """The pictures as a float tensor on the network's device, in its floating type.

    Raises:
        BadInputSize: not four axes, or no picture.
    """
    images = images_nchw if isinstance(images_nchw, Tensor) else torch.tensor(images_nchw)
    if images.ndim != 4 or images.shape[0] == 0:
        raise BadInputSize(
            f"The input has shape {_times(images.shape)}; a network takes pictures x channels x "
            "height x width."
        )
    like = _first_parameter(network)
    like = torch.empty(0) if like is None else like
    return images.detach().to(like.device, like.dtype)


def _first_parameter(network: nn.Module) -> Tensor | None:
    """The first of `network.parameters()`, without its chain of generators: twenty times quicker
    where another layer's maps have driven their code out of the processor's cache."""
    ahead: list[nn.Module | None] = [network]
    while ahead:
        module = ahead.pop()
        if module is None:
            continue
        for parameter in module._parameters.values():
            if parameter is not None:
                return parameter
        ahead += reversed(module._modules.values())
    return None


def forward(network: nn.Module, images: Tensor) -> Tensor:
    """Run the network: its class scores, one row a picture.

    Raises:
        BadInputSize: the network cannot take this shape; names the layer where it fails.
        NotApplicable: the network gives something else than a table of scores.
    """
    try:
        scores = network(images)
    except (RuntimeError, ValueError, AssertionError) as error:
        if is_out_of_memory(error):
            raise
        raise BadInputSize(
            f"This network cannot take an input of {_times(images.shape)}: "
            f"{_failing_layer(network, images)} fails ({_first_line(error)}).",
            received=_times(images.shape[2:]),
        ) from error
    if not isinstance(scores, Tensor) or scores.ndim != 2:
        what = _times(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
        raise NotApplicable(
            f"This network gives {what}, not one row of class scores for each picture."
        )
    return scores


@contextmanager
def watched(network: nn.Module, layers: Iterable[str], see: Seen) -> Iterator[None]:
    """Call `see(name, module, inputs, output)` whenever one of the layers has run.

    Raises:
        UnknownLayer: with the nearest names.
    """
    modules = {layer: find_layer(network, layer) for layer in layers}
    handles = []
    try:
        for layer, module in modules.items():
            handles.append(module.register_forward_hook(_hook(layer, see)))
        yield
    finally:
        for handle in handles:
            handle.remove()


def _hook(layer: str, see: Seen) -> Callable[[nn.Module, tuple[Any, ...], Any], None]:
    def hook(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        see(layer, module, inputs, output)

    return hook


def _failing_layer(network: nn.Module, images: Tensor) -> str:
    """Run again to see which layer was the innermost at work when the pass failed."""
    copy = private_copy(network)
    names = {module: name for name, module in copy.named_modules()}
    at_work: list[nn.Module] = []
    for module in names:
        module.register_forward_pre_hook(lambda module, _inputs: at_work.append(module))
        module.register_forward_hook(lambda _module, _inputs, _output: (at_work.pop(), None)[1])
    try:
        with torch.no_grad():
            copy(images)
    except (RuntimeError, ValueError, AssertionError):
        inner = at_work[-1]
        if names[inner]:
            return f"layer '{names[inner]}' ({type(inner).__name__})"
    return f"its own code ({type(network).__name__})"


def _times(shape: Iterable[int]) -> str:
    return " x ".join(str(size) for size in shape) or "no axes"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
