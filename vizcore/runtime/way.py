"""Copies of only those modules that a layer lies in: for looking at one layer.

A copy of all of a ResNet-50 takes as long as its first convolution. Here the modules on the way
to a layer are copied, and the others shared as they are come by, if they are ready to be looked
at: in evaluation mode and without in-place activations, all of them and what is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import BuiltinFunctionType, FunctionType
from typing import Any, TypeVar

import torch
from torch import nn

from vizcore.runtime.clone import private_copy, shallow

Result = TypeVar("Result")
#: What torch keeps in every module.
_TORCHS_OWN = frozenset(nn.Module().__dict__) | {"_compiled_call_impl"}
#: Values that cannot lead to a module.
_PLAIN = frozenset(
    (
        *(bool, int, float, str, type(None), type, BuiltinFunctionType),
        *(torch.dtype, torch.device, torch.Size, nn.Parameter),
    )
)


class NotReady(BaseException):
    """A module that was about to run cannot be shared: only a copy of all will do."""


def on_way(
    network: nn.Module, layers: Sequence[str], look: Callable[[nn.Module], Result]
) -> Result:
    """What `look` finds in a network whose modules on the way to these layers are its own.

    `look` may put hooks on those layers and run the network up to them. Where a module that runs
    on the way cannot be shared, it is asked again with a copy of all.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.ReLU())).eval()
        >>> on_way(net, ["1.0"], lambda way: (way[0] is net[0], way[1][0] is net[1][0]))
        (True, False)
        >>> on_way(net.train(), ["1.0"], lambda way: (way[0] is net[0], way[0].training))
        (False, False)
    """
    try:
        return look(_way(network, layers))
    except NotReady:
        return look(private_copy(network))


def _way(network: nn.Module, layers: Iterable[str]) -> nn.Module:
    way: dict[nn.Module, nn.Module] = {network: shallow(network)}
    twins = {"": way[network]}
    for layer in layers:
        name, own = "", network
        for part in layer.split("."):
            parent = twins[name]
            name = f"{name}.{part}" if name else part
            child = own._modules.get(part)
            if child is None:
                raise NotReady
            if name not in twins:
                if child in way:  # it runs at another place too
                    raise NotReady
                way[child] = twins[name] = shallow(child)
                parent._modules[part] = twins[name]
            own = child
    originals = frozenset(way)  # no twin is in it: in a circle they would wait for the collector
    for module, twin in way.items():
        _require_plain(module)
        if module._modules:
            twin.__dict__["_modules"] = _Children(twin._modules, module._modules, originals)
    return way[network]


class _Children(dict[str, Any]):
    """The modules in one on the way: twins, and others that are looked at when they are asked for.

    Whoever asks for one that is not ready, or that holds one on the way, is stopped by `NotReady`.
    """

    def __init__(
        self, children: dict[str, Any], originals: dict[str, Any], way: frozenset[nn.Module]
    ) -> None:
        super().__init__(children)
        self._way = way
        self._unasked = {name for name, own in originals.items() if children[name] is own}

    def __getitem__(self, name: str) -> Any:
        child = super().__getitem__(name)
        if name in self._unasked:
            if child is not None:
                _require_ready(child, self._way)
            self._unasked.discard(name)
        return child

    def get(self, name: str, default: Any = None) -> Any:
        """Return the child of this name."""
        found = super().get(name, default)
        return self[name] if name in self._unasked else found

    def __iter__(self) -> Iterator[str]:  # with it, `dict(children)` asks for each
        return super().__iter__()

    def values(self) -> Any:
        """Give the children one by one, as they are asked for."""
        return (self[name] for name in self)

    def items(self) -> Any:
        """Give names and children one by one, as they are asked for."""
        return ((name, self[name]) for name in self)

    def copy(self) -> dict[str, Any]:
        """Return a plain dictionary of them all."""
        return dict(self.items())


def _require_ready(module: nn.Module, way: frozenset[nn.Module]) -> None:
    """Raise `NotReady` unless a module and all in it can be shared."""
    ahead = [module]
    for each in ahead:
        if each in way:
            raise NotReady
        _require_plain(each)
        ahead += [child for child in each._modules.values() if child is not None]


def _require_plain(module: nn.Module) -> None:
    """Raise `NotReady` where a module would run otherwise than looked at, or may lead past `_way`.

    Read from the modules' own dictionaries, which is ten times quicker than their attributes, and
    anew each time: anyone may change a network in between.
    """
    state = module.__dict__
    if state["training"] or "_orig_mod" in state["_modules"]:  # see `clone.uncompiled`
        raise NotReady
    if getattr(type(module), "inplace", None) is not None or state.get("inplace") is True:
        raise NotReady
    for name, value in state.items():
        if type(value) in _PLAIN or name in _TORCHS_OWN:
            continue
        if type(value) is FunctionType and value.__closure__ is None:
            continue
        if isinstance(value, (tuple, list)) and all(type(each) in _PLAIN for each in value):
            continue
        raise NotReady
