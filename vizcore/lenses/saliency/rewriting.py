"""The same function with other modules: what the rules of backpropagation need to take hold.

Captum's rules hang on modules: on `nn.ReLU` and no call of `F.relu`, on a module that runs once,
on additions that are modules. The network's graph is rewritten so that each such operation is a
module of its own; tensors are shared, and the scores for the picture at hand are proven equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from captum.attr._utils.custom_modules import Addition_Module
from torch import Tensor, fx, nn
from torch.nn import functional as F

from vizcore.lenses.saliency import operations as ops
from vizcore.lenses.saliency.graphs import Values, followed, values_of
from vizcore.lenses.saliency.place_nodes import named_nodes
from vizcore.lenses.saliency.pooling_calls import average_of, has_numbers, pool_of
from vizcore.lenses.saliency.rounding import ROUNDING
from vizcore.runtime.clone import private_copy

#: What is rewritten for: guided backpropagation and the deconvnet, DeepLIFT, or LRP.
Need = Literal["rectifiers", "rescale", "relevance"]
#: Activations that Captum's DeepLIFT has the rescale rule for.
_KNOWN_TO_RESCALE = (nn.ReLU, nn.ELU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh)


@dataclass(slots=True)
class Rewritten:
    """A rewritten network.

    Attributes:
        network: the same function of the picture.
        changes: what was changed, in words, with how many.
        rectifiers: how many ReLU there are, each a module of its own.
        others: other activations, by name, gates between 0 and 1 among them.
        without_rule: operations on the way of the picture that no rule is made for, by name.
        largest_difference: between the scores before and after.
        nodes: of the graph, by the places they stand for.
    """

    network: nn.Module
    changes: tuple[str, ...] = ()
    rectifiers: int = 0
    others: Counter[str] = field(default_factory=Counter)
    without_rule: Counter[str] = field(default_factory=Counter)
    largest_difference: float = 0.0
    is_equal: bool = True
    nodes: Mapping[str, fx.Node] = field(default_factory=dict)


def rewrite(network: nn.Module, image: Tensor, need: Need) -> Rewritten:
    """Rewrite a private copy for the rules of `need`; `network` itself is left as it is.

    Raises:
        Untraceable: torch.fx cannot follow the network.
    """
    graph, passed = followed(network)
    values = values_of(graph, image)
    named = named_nodes(network, passed, values)
    work = _Rewriting(graph, values, need)
    work.run()
    graph.delete_all_unused_submodules()
    graph.graph.lint()
    graph.recompile()
    graph.eval()
    with torch.no_grad():
        before, after = network(image), graph(image)
    difference = float((before - after).abs().max())
    return Rewritten(
        graph,
        tuple(f"{count} {words}" for words, count in work.changes.items()),
        work.rectifiers,
        work.others,
        work.without_rule,
        difference,
        difference <= ROUNDING * max(1.0, float(before.abs().max())),
        _still_there(graph, named),
    )


def _still_there(graph: fx.GraphModule, named: Mapping[str, fx.Node]) -> dict[str, fx.Node]:
    there = set(graph.graph.nodes)
    return {name: node for name, node in named.items() if node in there}


class _Rewriting:
    """One pass over the nodes of a graph."""

    def __init__(self, graph: fx.GraphModule, values: Values, need: Need) -> None:
        self.graph, self.values, self.need = graph, values, need
        self.modules = dict(graph.named_modules())
        self.uses = Counter(
            id(self.modules[str(node.target)])
            for node in graph.graph.nodes
            if node.op == "call_module"
        )
        self.seen: set[int] = set()
        self.changes: Counter[str] = Counter()
        self.others: Counter[str] = Counter()
        self.without_rule: Counter[str] = Counter()
        self.rectifiers = 0

    def run(self) -> None:
        """Rewrite every node that carries the picture."""
        for node in list(self.graph.graph.nodes):
            if node not in self.values.of_picture:
                self._beside_the_picture(node)
                continue
            if node.op == "call_module":
                self._module(node, self.modules[str(node.target)])
            elif node.op in ("call_function", "call_method"):
                self._call(node)
        if self.need == "relevance":
            self._separate_readers()

    def _beside_the_picture(self, node: fx.Node) -> None:
        """An activation of what does not hang on the picture has no signal to hand back."""
        if node.op == "call_module" and self.need == "rescale":
            module = self.modules[str(node.target)]
            if type(module) in _KNOWN_TO_RESCALE:
                self._put(node, ops.as_function(module.forward))

    def _module(self, node: fx.Node, module: nn.Module) -> None:
        name = ops.ACTIVATION_MODULES.get(type(module))
        if name is not None:
            self._activation(node, name, module.forward, module)
        elif isinstance(module, ops.IDLE):
            if self.need == "relevance":
                self._pass_by(node, type(module))
        elif _has_children(module):
            self.without_rule[type(module).__name__] += 1
        elif self.need == "rescale" and isinstance(module, nn.MaxPool2d):
            self._own(node, module)
            self._apart(node)
        elif self.need == "rescale":
            if isinstance(module, ops.NO_RULE):
                self.without_rule[type(module).__name__] += 1
        elif self.need == "relevance":
            if isinstance(module, nn.Flatten):
                self.changes["Flatten made a call"] += 1
                self._replace_by_call(node, torch.flatten, (module.start_dim, module.end_dim))
            elif isinstance(module, ops.PADS) and module.value == 0:
                self.changes["paddings with zeros made calls"] += 1
                self._replace_by_call(node, F.pad, (tuple(module.padding),))
            elif type(module) in ops.LRP_LAYERS:
                self._own(node, module)
            else:
                self.without_rule[type(module).__name__] += 1

    def _call(self, node: fx.Node) -> None:
        found = ops.activation_of_call(node.target, node.args, node.kwargs)
        fed = [each for each in node.all_input_nodes if each in self.values.of_picture]
        if found is not None:
            self._activation(node, found[0], found[1], None)
        elif node.target in ops.ADDITIONS and len(fed) > 1:
            if self.need == "relevance":
                self._replace(node, Addition_Module(), "additions made modules", node.args[:2])
            elif node.target in (ops.ADDITIONS[1], "add_", "__iadd__"):
                node.op, node.target = "call_function", torch.add
        elif node.target is F.max_pool2d and self.need != "rectifiers" and has_numbers(node):
            self._replace(node, pool_of(node), "max poolings made modules")
        elif self.need == "relevance":
            self._relevance_call(node, len(fed))
        elif ops.in_words(node.target) in ops.IDLE_CALLS:
            pass
        elif self.need == "rescale" and node in self.values.shapes:
            scaled = node.target in ops.PRODUCTS and len(fed) == 1 and node.args[0] is fed[0]
            moves = ops.in_words(node.target) in ops.MOVES_BY_NAME
            if node.target not in ops.LINEAR and not scaled and not moves:
                self.without_rule[_product_or(node.target)] += 1

    def _relevance_call(self, node: fx.Node, fed: int) -> None:
        """A call on the way of relevance: pooling becomes a module, moves stay as they are."""
        pool = average_of(node, self.values)
        if ops.in_words(node.target) in ops.IDLE_CALLS:
            self._pass_by(node, nn.Dropout)
        elif pool is not None:
            module, keeps = pool
            self._replace(node, module, "average poolings made modules")
            if not keeps:
                self._flatten_after(node)
        elif ops.in_words(node.target) in ops.MOVES_BY_NAME:
            pass
        elif node in self.values.shapes and node.target not in ops.MOVES:
            two = node.target in ops.PRODUCTS and fed > 1
            self.without_rule[_product_or(node.target) if two else ops.in_words(node.target)] += 1

    def _activation(
        self,
        node: fx.Node,
        name: str,
        operation: Callable[[Tensor], Tensor],
        module: nn.Module | None,
    ) -> None:
        """Make it a module of its own, of the type that the rules look for."""
        is_rectifier = name in ops.RECTIFIERS
        if is_rectifier:
            self.rectifiers += 1
        else:
            self.others[name] += 1
        if self.need == "rectifiers" and not is_rectifier:
            return
        known = _KNOWN_TO_RESCALE if self.need == "rescale" else (nn.ReLU,)
        if module is not None and type(module) in known:
            self._own(node, module)
        elif module is None:
            plain = operation is F.relu
            made = nn.ReLU().eval() if plain else ops.as_relu(operation)
            self._replace(node, made, f"{name} calls made modules")
        else:
            said = {"rectifiers": "the rule of ReLU", "rescale": "the rescale rule"}
            what = said.get(self.need, "relevance passed through")
            self._replace(node, ops.as_relu(operation), f"{name} given {what}")
        self._apart(node)

    def _own(self, node: fx.Node, module: nn.Module) -> None:
        """A module of its own for each run of one that runs several times."""
        if self.uses[id(module)] > 1 and id(module) in self.seen:
            self._put(node, private_copy(module))
            self.changes[f"second runs of a {type(module).__name__} made modules of their own"] += 1
        self.seen.add(id(module))

    def _apart(self, node: fx.Node) -> None:
        """What else reads this node's input, or made it by a rule, must not meet this rule."""
        before = node.args[0]
        if isinstance(before, fx.Node) and len(before.users) > 1:
            self._clone_for(node, before)
            self.changes["inputs that others read too, given apart"] += 1
        # Captum notes a module's gradient before the rule of the module after it has changed it.
        elif isinstance(before, fx.Node) and self.need == "rescale" and self._has_rule(before):
            self._clone_for(node, before)
            self.changes["rules that followed each other directly, set apart"] += 1

    def _has_rule(self, node: fx.Node) -> bool:
        module = self.graph.get_submodule(str(node.target)) if node.op == "call_module" else None
        return isinstance(module, (*_KNOWN_TO_RESCALE, nn.MaxPool2d))

    def _separate_readers(self) -> None:
        """Relevance is multiplied by a tensor where a layer reads it: each reader has its own."""
        for node in list(self.graph.graph.nodes):
            if node in self.values.of_picture and len(node.users) > 1:
                for user in list(node.users):
                    if user.op == "call_module":
                        self._clone_for(user, node)

    def _clone_for(self, node: fx.Node, before: fx.Node) -> None:
        with self.graph.graph.inserting_before(node):
            apart = self.graph.graph.call_method("clone", (before,))
        node.replace_input_with(before, apart)
        self.values.of_picture.add(apart)

    def _put(self, node: fx.Node, module: nn.Module) -> None:
        name = f"{str(node.name).replace('.', '_')}_own"
        self.graph.add_submodule(name, module)
        node.op, node.target = "call_module", name

    def _replace(
        self, node: fx.Node, module: nn.Module, said: str, args: tuple[Any, ...] | None = None
    ) -> None:
        self._put(node, module)
        node.args = (node.all_input_nodes[0],) if args is None else args
        node.kwargs = {}
        self.changes[said] += 1

    def _replace_by_call(self, node: fx.Node, call: Any, more: tuple[Any, ...]) -> None:
        node.op, node.target, node.args = "call_function", call, (node.args[0], *more)

    def _pass_by(self, node: fx.Node, kind: type[nn.Module]) -> None:
        if kind is not nn.Dropout:  # Captum knows that one
            self.changes[f"{kind.__name__} left out"] += 1
        before = node.args[0]
        assert isinstance(before, fx.Node)
        node.replace_all_uses_with(before)
        self.graph.graph.erase_node(node)

    def _flatten_after(self, node: fx.Node) -> None:
        with self.graph.graph.inserting_after(node):
            flat = self.graph.graph.call_function(torch.flatten, (node, 1))
        self.values.of_picture.add(flat)
        node.replace_all_uses_with(flat, delete_user_cb=lambda user: user is not flat)


def _product_or(target: Any) -> str:
    return "product of two maps" if target in ops.PRODUCTS else ops.in_words(target)


def _has_children(module: nn.Module) -> bool:
    return any(True for _ in module.children())
