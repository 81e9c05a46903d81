"""Architectures and layers in numbers: no weight is allocated."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from vizcore import zoo
from vizcore.errors import BadChoice, BadInputSize
from vizcore.records import Pair
from vizcore.records.blocks import BlockStudy
from vizcore.records.layers import Conventions, LayerTable

if TYPE_CHECKING:
    from torch import nn


def layers(
    network: str | zoo.Architecture | nn.Module,
    *,
    input_size: int | Pair | tuple[int, int, int] | None = None,
    batch: int = 1,
    bias: bool = True,
    ops: Literal["macs", "flops"] = "macs",
    dtype: str = "float32",
    memory: Literal["forward", "training"] = "forward",
) -> LayerTable:
    """Every layer of a network in numbers; no weight is allocated.

    Args:
        network: an architecture's name or record, or any module that takes one tensor.
        input_size: side of a square picture, (height, width), or (channels, height, width);
            by default the architecture's own.
        batch, bias, ops, dtype, memory: how to count; see `vizcore.records.layers.Conventions`.

    Raises:
        UnknownArchitecture: no architecture has this name.
        BadInputSize: the network cannot take this input; suggests the smallest that works.
        BadChoice: a convention outside its allowed values.

    Example:
        >>> layers("vgg16").totals.macs
        15470264320
    """
    from vizcore.anatomy import trace

    conventions = Conventions(bias=bias, ops=ops, batch=batch, dtype=dtype, memory=memory)
    if not isinstance(network, (str, zoo.Architecture)):
        from torch import nn

        if not isinstance(network, nn.Module):
            raise BadChoice(
                f"network cannot be {network!r}. "
                "Give an architecture's name or record, or a torch.nn.Module.",
                received=repr(network),
            )
        if input_size is None:
            raise BadChoice(
                "input_size cannot be None for a network from outside the zoo. "
                "Give the side of a square picture, or (channels, height, width).",
                received="None",
                suggestions=("224",),
            )
        return trace(network, _picture_shape(input_size, (3, 0, 0)), conventions=conventions)
    entry = zoo.get(network) if isinstance(network, str) else network
    shape = _picture_shape(input_size, entry.input_shape)
    with _collector_at_rest():
        return trace(
            zoo.build_meta(entry), shape, key=entry.key, conventions=conventions, mine=True
        )


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Put off the cycle collector: thousands of short-lived modules would wake it for nothing.

    Torch's own objects make each of its rounds take a quarter of a second.
    """
    awake = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if awake:
            gc.enable()


def models() -> tuple[zoo.Architecture, ...]:
    """Every registered architecture, oldest first; loads neither torch nor a model library.

    Example:
        >>> [entry.key for entry in models() if entry.family == "AlexNet"]
        ['alexnet_2012', 'alexnet_photos20', 'alexnet_torchvision']
    """
    return zoo.architectures()


def block(name: str, **knobs: int) -> BlockStudy:
    """What an architectural idea costs against what it replaces; no weight is allocated.

    Args:
        name: one of `vizcore.blocks.names()`: "inception", "depthwise", "residual", ...
        knobs: the block's numbers, by default those of the lecture or paper.

    Raises:
        UnknownName: there is no such study; the message lists the nearest names.
        BadChoice: an unknown knob or a value outside its range.

    Example:
        >>> block("sharing").variant("shared").table.totals.params
        735
    """
    from vizcore.blocks import study

    return study(name, **knobs)


def _picture_shape(
    size: int | Pair | tuple[int, int, int] | None, own: tuple[int, int, int]
) -> tuple[int, int, int]:
    if size is None:
        return own
    if isinstance(size, int) and not isinstance(size, bool):
        return own[0], size, size
    if not isinstance(size, (tuple, list)):
        raise BadInputSize(
            f"input_size cannot be {size!r}. Allowed: the side of a square picture, "
            "(height, width), or (channels, height, width), in whole numbers.",
            received=repr(size),
        )
    return (own[0], size[0], size[1]) if len(size) == 2 else size
