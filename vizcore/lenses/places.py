"""The places of a network where there are maps, as one forward pass comes by them.

A place is a module each time it runs, or a function that a module's own code calls: an addition,
a concatenation, `F.relu`. They are named as in the layer table and as torch.fx names its nodes:
`layer1.0.relu` is the first run of that module, `layer1.0.relu_1` the second; `layer1.0.add` is
the addition in `layer1.0`, whose own output, named `layer1.0`, comes last.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from vizcore.errors import NotApplicable, UnknownLayer
from vizcore.formats.words import counted
from vizcore.lenses.capture import Images, as_input, forward, layer_names
from vizcore.lenses.layout import Layouts
from vizcore.lenses.prediction import one_picture
from vizcore.records.maps import MapLayer
from vizcore.runtime.clone import private_copy

#: Functions that make new maps of maps. Views and copies are the maps they are made of.
_FUNCTIONS = frozenset(
    (
        "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "sigmoid",
        "tanh", "hardtanh", "hardsigmoid", "hardswish", "softplus", "softsign", "prelu", "clamp",
        "conv2d", "conv_transpose2d", "batch_norm", "layer_norm", "group_norm", "instance_norm",
        "local_response_norm", "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d",
        "adaptive_max_pool2d", "add", "sub", "mul", "div", "cat", "interpolate", "pad",
        "maximum", "pixel_shuffle",
    )
)  # fmt: skip
#: Other names of the same operations.
_CALLED = {"iadd": "add", "radd": "add", "isub": "sub", "rsub": "sub", "imul": "mul",
           "rmul": "mul", "truediv": "div", "itruediv": "div", "concat": "cat",
           "concatenate": "cat"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """What one place gives in one pass.

    Attributes:
        name, op, leaf: as in `vizcore.records.maps.MapLayer`.
        values: (N, C, H, W), or (N, H, W, C) where `last` says so.
        module: the name of the module that has run; None for a function.
        run: how often that module had run before in this pass.
        given: the tensors it reads, as they were before it ran; where they were asked for.
    """

    name: str
    op: str
    leaf: bool
    values: Tensor
    last: bool
    module: str | None = None
    run: int = 0
    given: tuple[Tensor, ...] = ()

    @property
    def maps_nchw(self) -> Tensor:
        """The values with the channels second."""
        return self.values.permute(0, 3, 1, 2) if self.last else self.values

    def as_given(self, maps_nchw: Tensor) -> Tensor:
        """Maps with the channels where this place keeps them."""
        return maps_nchw.permute(0, 2, 3, 1) if self.last else maps_nchw

    def listed(self) -> MapLayer:
        """The place without its values."""
        _, channels, height, width = self.maps_nchw.shape
        return MapLayer(self.name, self.op, channels, height, width, self.leaf)


#: Told what each place gives; what it returns is what the network goes on with.
See = Callable[[Found], Tensor | None]


class Seen(Exception):
    """Raised by a `See` to end the pass: nothing deeper is wanted."""


@contextmanager
def watched_places(network: nn.Module, see: See, *, given: bool = False) -> Iterator[None]:
    """Call `see` for every place of a pass with four axes, in the order they are computed.

    The network is changed meanwhile (hooks): give a private copy.

    Args:
        given: also hold what each place reads, copied where it writes over it.
    """
    watch = _Watch(network, see, given)
    handles = []
    try:
        for module in network.modules():
            handles.append(module.register_forward_pre_hook(watch.enter))
            handles.append(module.register_forward_hook(watch.leave))
        with watch:
            yield
    finally:
        for handle in handles:
            handle.remove()


class _Watch(TorchFunctionMode):
    """Follows a pass: which module is at work, how often names came, where the channels are."""

    def __init__(self, network: nn.Module, see: See, given: bool) -> None:
        super().__init__()
        self.see = see
        self.holds = given
        self.held: list[tuple[Tensor, ...]] = []
        self.names = {module: name for name, module in network.named_modules()}
        self.taken = set(layer_names(network))
        self.leaves = {
            module for module in self.names if module is not network and not any(module.children())
        }
        self.at_work: list[nn.Module] = []
        self.counts: Counter[str] = Counter()
        self.runs: Counter[str] = Counter()
        self.layouts = Layouts()
        self.failed = False

    def enter(self, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        if module not in self.names:
            self.failed = True  # a copy runs, to see where the network fails
            return
        self.at_work.append(module)
        if self.holds:
            with torch._C.DisableTorchFunction():
                self.held.append(_as_they_are(inputs, bool(getattr(module, "inplace", False))))

    def leave(self, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> Any:
        if self.failed:
            return None
        self.at_work.pop()
        given = self.held.pop() if self.holds else ()
        with torch._C.DisableTorchFunction():  # what is done here is none of the network's doing
            return self._ended(module, inputs, output, given)

    def _ended(
        self, module: nn.Module, inputs: tuple[Any, ...], output: Any, given: tuple[Tensor, ...]
    ) -> Any:
        base = self.names[module]
        if not base:
            return None
        # Counted whether it gives maps or not: the run's number is part of its name.
        name = self._numbered(base) if self.runs[base] else base
        self.counts[base] = max(self.counts[base], 1)
        self.runs[base] += 1
        if not isinstance(output, Tensor) or output.ndim != 4:
            return None
        last = self.layouts.channels_last(module, inputs, output)
        if last is None:
            return None
        is_leaf, run = module in self.leaves, self.runs[base] - 1
        op = type(module).__name__
        return self.see(Found(name, op, is_leaf, output, last, base, run, given))

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        given = [each for each in _flat((*args, *kwargs.values())) if isinstance(each, Tensor)]
        stores = [each.untyped_storage()._cdata for each in given]
        before: tuple[Tensor, ...] = ()
        if self.holds and self.at_work:
            with torch._C.DisableTorchFunction():
                before = _as_they_are(given, _in_place(func, kwargs))
        result = func(*args, **kwargs)
        if self.failed or not self.at_work or not given or not isinstance(result, Tensor):
            return result
        own_name = getattr(func, "__name__", "")
        op = function_of_maps(own_name)
        last = self.layouts.of_function(op or own_name.strip("_"), given, args, result)
        if op is None or self.at_work[-1] in self.leaves:
            return result
        if result.untyped_storage()._cdata in stores and not _in_place(func, kwargs):
            return result
        scope = self.names[self.at_work[-1]]
        name = self._numbered(f"{scope}.{op}" if scope else op)
        batched = result.ndim == 4 and any(x.ndim > 2 and len(x) == len(result) for x in given)
        if last is None or not batched:
            return result
        other = self.see(Found(name, op, True, result, last, given=before))
        return result if other is None else other

    def _numbered(self, base: str) -> str:
        return numbered(base, self.counts, self.taken)


def numbered(base: str, counts: Counter[str], taken: Collection[str]) -> str:
    """The name of this run: `base`, `base_1`, ..., leaving out those that modules have.

    Example:
        >>> counts = Counter()
        >>> [numbered("a.add", counts, {"a.add_1"}) for _ in range(3)]
        ['a.add', 'a.add_2', 'a.add_3']
    """
    name = base if counts[base] == 0 else f"{base}_{counts[base]}"
    counts[base] += 1
    return numbered(base, counts, taken) if name in taken else name


def function_of_maps(called: str) -> str | None:
    """What a function's place is called, by the function's own name; None where it is no place.

    Example:
        >>> function_of_maps("__iadd__"), function_of_maps("flatten")
        ('add', None)
    """
    op = called.strip("_")
    op = _CALLED.get(op, op)
    return op if op in _FUNCTIONS else None


def _in_place(func: Callable[..., Any], kwargs: dict[str, Any]) -> bool:
    """Whether a function writes over what it reads."""
    name = getattr(func, "__name__", "")
    by_name = name.startswith("__i") or (name.endswith("_") and not name.endswith("__"))
    return by_name or bool(kwargs.get("inplace"))


def _as_they_are(values: Iterable[Any], overwritten: bool) -> tuple[Tensor, ...]:
    """The tensors among some values; copies where they will be written over."""
    found = [each for each in values if isinstance(each, Tensor)]
    return tuple(each.detach().clone() if overwritten else each for each in found)


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from value
        else:
            yield value


def places(network: nn.Module, image_nchw: Images) -> tuple[MapLayer, ...]:
    """Every place that gives maps larger than one value for this picture, in the order they come.

    Example:
        >>> class Skip(nn.Sequential):
        ...     def forward(self, x):
        ...         return super().forward(x) + x
        >>> net = nn.Sequential(Skip(nn.Conv2d(3, 3, 1), nn.ReLU()), nn.Flatten())
        >>> [each.name for each in places(net, torch.ones(1, 3, 5, 5))]
        ['0.0', '0.1', '0.add', '0']

    Raises:
        BadInputSize: the network cannot take this shape.
    """
    found: list[MapLayer] = []

    def see(place: Found) -> None:
        if place.maps_nchw.shape[2:].numel() > 1:
            found.append(place.listed())

    copy = private_copy(network)
    images = as_input(copy, one_picture(image_nchw))
    with watched_places(copy, see), torch.no_grad():
        forward(copy, images)
    return tuple(found)


def explain_absence(network: nn.Module, image_nchw: Images, name: str) -> Exception:
    """Why a pass did not come by maps of this name: no such layer, or a layer without maps."""
    listed = places(network, image_nchw)
    names = [each.name for each in listed]
    modules = layer_names(network)
    run = re.sub(r"_\d+$", "", name)
    if name not in modules and (run not in modules or run in names):
        return UnknownLayer.among("layer", name, dict.fromkeys((*modules, *names)))
    order = [each for each in modules if each in (name, run) or each in names]
    at = order.index(name if name in order else run)
    near = sorted((each for each in order if each in names), key=lambda x: abs(order.index(x) - at))
    nearest = sorted(near[:3], key=order.index)
    return NotApplicable(
        f"Layer '{name}' has no maps for this picture: what it gives has no height and width, "
        f"or it does not run. The nearest of the {counted(len(names), 'layer')} that have them: "
        f"{', '.join(nearest)}.",
        received=name,
        suggestions=[*near[:3], *(each for each in names if each not in near[:3])],
    )
