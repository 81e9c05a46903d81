"""The tensors of a network's state dict by name and shape, and which architecture some fit best.

A signature is read from a network built without weights, in some ten milliseconds. Which of its
tensors are the head is found by building the network a second time for one class more: what has
another shape then grows with the classes.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from vizcore.errors import BadChoice
from vizcore.records import Shape
from vizcore.runtime.jobs import Progress
from vizcore.zoo.architecture import Architecture
from vizcore.zoo.networks import build_meta
from vizcore.zoo.registry import architectures, get

if TYPE_CHECKING:
    import torch

#: Counts the batches of a training; means nothing in use, and older files lack it.
COUNTER = "num_batches_tracked"
#: What fits less than this is not near.
_LEAST_OVERLAP = 0.1
#: How many more than asked for are compared again with their heads known.
_MORE = 3


@dataclass(frozen=True, slots=True)
class Signature:
    """What a state dict of an architecture must hold.

    Attributes:
        key: of the architecture.
        classes: outputs of the head.
        shapes: by name, in the network's order.
        head: the names that grow with the classes, and which of their axes; empty where the
            architecture has a fixed number of classes.
        integers: the tensors that hold whole numbers; None in place of the counters.
    """

    key: str
    classes: int
    shapes: Mapping[str, Shape]
    head: Mapping[str, int]
    integers: Mapping[str, torch.Tensor | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Near:
    """How well some tensors fit an architecture.

    Attributes:
        key: of the architecture.
        fitting: how many have a name and shape of the architecture's.
        total: how many different names there are on both sides together.
    """

    key: str
    fitting: int
    total: int

    @property
    def overlap(self) -> float:
        """The share that fits, 0 to 1."""
        return self.fitting / self.total if self.total else 0.0


@lru_cache(maxsize=256)
def signature(name: str, classes: int | None = None) -> Signature:
    """The signature of an architecture, with its own number of classes or another.

    Raises:
        UnknownArchitecture: no architecture has this name.
        BadChoice: it has a fixed number of classes, and this is another.

    Example:
        >>> signature("lenet5_modern", 7).shapes["f6.weight"]
        (84, 120)
    """
    entry = get(name)
    count = entry.num_classes if classes is None else classes
    shapes, integers = _tensors(entry.key, count)
    return Signature(entry.key, count, shapes, _head(entry, count, shapes), integers)


@lru_cache(maxsize=256)
def _tensors(key: str, classes: int) -> tuple[dict[str, Shape], dict[str, torch.Tensor | None]]:
    """The shapes of a state dict, and the tensors of it that hold whole numbers."""
    entry = get(key)
    options = {} if classes == entry.num_classes else {"num_classes": classes}
    state = build_meta(entry, **options).state_dict()
    integers = {
        name: None if name.endswith(COUNTER) else tensor
        for name, tensor in state.items()
        if not tensor.is_floating_point()
    }
    return {name: tuple(tensor.shape) for name, tensor in state.items()}, integers


def _head(entry: Architecture, classes: int, shapes: Mapping[str, Shape]) -> dict[str, int]:
    """The tensors that are larger with one class more, and along which axis."""
    try:
        state = build_meta(entry, num_classes=classes + 1).state_dict()
    except BadChoice:
        return {}
    found = {}
    for key, shape in shapes.items():
        axes = [axis for axis, size in enumerate(state[key].shape) if size == shape[axis] + 1]
        if axes:
            found[key] = axes[0]
    return found


def classes_in(shapes: Mapping[str, Shape], expected: Signature) -> int:
    """How many classes tensors of these shapes are for: what the head's first weight says.

    Example:
        >>> classes_in({"fc.weight": (37, 512), "fc.bias": (37,)}, signature("resnet18"))
        37
    """
    for key, axis in expected.head.items():
        shape = shapes.get(key, ())
        if len(shape) == len(expected.shapes[key]):
            return shape[axis]
    return expected.classes


def nearest(
    shapes: Mapping[str, Shape], count: int = 3
) -> Generator[Progress, None, tuple[Near, ...]]:
    """The architectures of the zoo that tensors of these shapes fit best, best first.

    Names and shapes must both agree; the number of classes does not matter, nor do counters.
    The first time every architecture is built once, without weights.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> finish(nearest(signature("vgg_d", 7).shapes))[0].key
        'vgg_d'
    """
    entries = architectures()
    rough = []
    for number, entry in enumerate(entries):
        own, _ = _tensors(entry.key, entry.num_classes)
        # Until the head is known, whatever is as long as the classes are many may be of the head.
        head = {name: 0 for name, shape in own.items() if shape[:1] == (entry.num_classes,)}
        rough.append(_near(entry.key, shapes, own, head))
        yield Progress(number + 1, len(entries), "looking for the architecture it fits")
    rough.sort(key=_order)
    found = []
    for near in rough[: count + _MORE]:
        expected = signature(near.key)
        found.append(_near(near.key, shapes, expected.shapes, expected.head))
        yield Progress(len(entries), len(entries), "comparing the nearest")
    found.sort(key=_order)
    return tuple(near for near in found[:count] if near.overlap >= _LEAST_OVERLAP)


def _order(near: Near) -> tuple[float, str]:
    return -near.overlap, near.key


def _near(
    key: str, shapes: Mapping[str, Shape], own: Mapping[str, Shape], head: Mapping[str, int]
) -> Near:
    theirs = {name for name in shapes if not name.endswith(COUNTER)}
    ours = {name for name in own if not name.endswith(COUNTER)}
    fitting = sum(
        _without(shapes[name], head.get(name)) == _without(own[name], head.get(name))
        for name in theirs & ours
    )
    return Near(key, fitting, len(theirs | ours))


def _without(shape: Shape, axis: int | None) -> Shape:
    """A shape without the size along an axis."""
    return shape if axis is None else (*shape[:axis], -1, *shape[axis + 1 :])
