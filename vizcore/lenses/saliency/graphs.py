"""A network as the graph of the operations that it runs for a picture, by torch.fx."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, fx, nn

#: How many modules with a control flow of their own are taken as one operation each.
_MOST_WHOLE = 40
#: Two at once would each restore what the other had put in place of `nn.Module.__call__`.
_ONE_AT_A_TIME = threading.Lock()


class Untraceable(Exception):
    """torch.fx cannot follow this network; the message says why."""


class Passed(NamedTuple):
    """What a pass comes by: a module that has run, or a function that a module's code has called.

    `scope` is the module's name, or that of the module whose code calls.
    """

    scope: str
    node: fx.Node
    is_module: bool


class _Tracer(fx.Tracer):
    """Follows everything but torch's own modules, and those that are to be taken as a whole.

    While it works torch.fx replaces `nn.Module.__call__` for the whole process. What other threads
    call meanwhile comes by here, and is handed on.
    """

    def __init__(self, whole: set[str]) -> None:
        super().__init__(autowrap_functions=_library_functions())
        self._thread = threading.get_ident()
        self._whole = whole
        self.at_work: list[str] = []
        self.passed: list[Passed] = []

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return module_qualified_name in self._whole or super().is_leaf_module(
            m, module_qualified_name
        )

    def call_module(
        self,
        m: nn.Module,
        forward: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        self.at_work.append(self.path_of_module(m))
        result = super().call_module(m, forward, args, kwargs)
        scope = self.at_work.pop()
        if isinstance(result, fx.Proxy):
            self.passed.append(Passed(scope, result.node, True))
        return result

    def create_node(self, kind: str, *args: Any, **kwargs: Any) -> fx.Node:
        node = super().create_node(kind, *args, **kwargs)
        if kind in ("call_function", "call_method"):
            self.passed.append(Passed(self.at_work[-1] if self.at_work else "", node, False))
        return node

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)


def followed(network: nn.Module) -> tuple[fx.GraphModule, tuple[Passed, ...]]:
    """The operations of a network in evaluation mode, and what a pass comes by, in its order.

    Modules and tensors are shared. A module whose code decides by the values it sees is taken as
    one operation.

    Raises:
        Untraceable: too much of the network is like that.
    """
    whole: set[str] = set()
    while True:
        tracer = _Tracer(whole)
        try:
            with _ONE_AT_A_TIME:
                graph = tracer.trace(network)
        except Exception as error:  # torch.fx runs the network's code: anything can come of it
            inner = tracer.at_work[-1] if tracer.at_work else ""
            if not inner or inner in whole or len(whole) >= _MOST_WHOLE:
                first = (str(error).strip().splitlines() or [type(error).__name__])[0]
                raise Untraceable(
                    f"torch.fx cannot follow {type(network).__name__} ({first[:120]})"
                ) from error
            whole.add(inner)
            continue
        return fx.GraphModule(network, graph), tuple(tracer.passed)


class Values(fx.Interpreter):
    """Runs a graph once and notes which of its values are tensors that depend on the picture."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.of_picture: set[fx.Node] = set()
        self.tensors: set[fx.Node] = set()
        self.shapes: dict[fx.Node, tuple[int, ...]] = {}

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        fed = n.op == "placeholder" or any(each in self.of_picture for each in n.all_input_nodes)
        if isinstance(result, Tensor):
            self.tensors.add(n)
        if fed and _holds_tensor(result):
            self.of_picture.add(n)
            if isinstance(result, Tensor):
                self.shapes[n] = tuple(result.shape)
        return result


def values_of(module: fx.GraphModule, image: Tensor) -> Values:
    """Run a graph for a picture."""
    values = Values(module)
    with torch.no_grad():
        values.run(image)
    return values


def _holds_tensor(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_holds_tensor(each) for each in value)
    return isinstance(value, Tensor)


def _library_functions() -> tuple[Callable[..., Any], ...]:
    """Functions that timm says torch.fx cannot follow; none where timm made nothing here."""
    rules = sys.modules.get("timm.models._features_fx")
    return () if rules is None else tuple(rules.get_notrace_functions())
