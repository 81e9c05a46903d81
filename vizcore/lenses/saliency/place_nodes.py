"""Places that are no module which runs once, given a module of their own by torch.fx.

Methods that look at a layer hang on a module that runs once. The second run of a module, an
addition, `F.relu` are places of a pass all the same (`vizcore.lenses.places`). In the graph of the
operations each is a node of its own; a module that hands on what it is given is put behind it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn

from vizcore.lenses.capture import layer_names
from vizcore.lenses.places import Found, function_of_maps, numbered, watched_places
from vizcore.lenses.saliency.graphs import Passed, Values


class Behind(nn.Module):
    """Hands on what it is given: what is hung on it is hung on the place before it."""

    def forward(self, given: Tensor) -> Tensor:
        """The same tensor."""
        return given


def named_nodes(network: nn.Module, passed: Sequence[Passed], values: Values) -> dict[str, fx.Node]:
    """The nodes of a graph by the names that `vizcore.lenses.places` gives what they compute.

    Args:
        passed: what the pass came by, as `followed` tells it.
        values: of the same graph, run for a picture.
    """
    taken = set(layer_names(network))
    counts: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    found: dict[str, fx.Node] = {}
    for scope, node, is_module in passed:
        if is_module:
            if not scope:
                continue
            name = numbered(scope, counts, taken) if runs[scope] else scope
            counts[scope] = max(counts[scope], 1)
            runs[scope] += 1
        else:
            op = function_of_maps(_called(node.target))
            if op is None or node not in values.tensors:
                continue
            name = numbered(f"{scope}.{op}" if scope else op, counts, taken)
        if node in values.of_picture:
            found[name] = node
    return found


def _called(target: Any) -> str:
    return target if isinstance(target, str) else str(getattr(target, "__name__", ""))


def put_behind(graph: fx.GraphModule, node: fx.Node) -> Behind:
    """A module behind a node: whatever read the node reads a copy of what the module hands on.

    A copy, so that an operation in place does not change what was seen at the module.
    """
    behind = Behind().eval()
    name = f"{str(node.name).replace('.', '_')}_behind"
    graph.add_submodule(name, behind)
    with graph.graph.inserting_after(node):
        seen = graph.graph.call_module(name, (node,))
    with graph.graph.inserting_after(seen):
        copied = graph.graph.call_method("clone", (seen,))
    node.replace_all_uses_with(copied, delete_user_cb=lambda user: user is not seen)
    graph.graph.lint()
    graph.recompile()
    return behind


def values_at_places(network: nn.Module, image: Tensor, names: Collection[str]) -> dict[str, int]:
    """What places of these names give for a picture, each as a number that stands for its values.

    Args:
        network: a private copy.
    """
    found: dict[str, int] = {}

    def see(place: Found) -> None:
        if place.name in names:
            found[place.name] = digest(place.values)

    with torch.no_grad(), watched_places(network, see):
        network(image)
    return found


class _Digests(fx.Interpreter):
    """Runs a graph and notes what some of its nodes give, at the moment they give it."""

    def __init__(self, graph: fx.GraphModule, wanted: Collection[fx.Node]) -> None:
        super().__init__(graph)
        self.wanted = wanted
        self.found: dict[fx.Node, int] = {}

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        if n in self.wanted and isinstance(result, Tensor):
            self.found[n] = digest(result)
        return result


def nodes_that_give(
    graph: fx.GraphModule, image: Tensor, nodes: Mapping[str, fx.Node], wanted: Mapping[str, int]
) -> dict[str, fx.Node]:
    """Those of some nodes, by name, that give for a picture just what is wanted."""
    asked = {name: nodes[name] for name in wanted if name in nodes}
    run = _Digests(graph, set(asked.values()))
    with torch.no_grad():
        run.run(image)
    return {name: node for name, node in asked.items() if run.found.get(node) == wanted[name]}


def digest(values: Tensor) -> int:
    """A number that stands for a tensor's shape and all of its values.

    Example:
        >>> digest(torch.tensor([1.0, 2.0])) == digest(torch.tensor([2.0, 1.0]))
        False
    """
    numbers = values.detach().contiguous().flatten().view(torch.uint8)
    return hash((tuple(values.shape), numbers.cpu().numpy().tobytes()))


def joined_beside(
    graph: fx.GraphModule, node: fx.Node, of_picture: Collection[fx.Node]
) -> fx.Node | None:
    """Where ways from the picture to the scores that do not pass a node come in, if there are any.

    The first operation after the node that also reads something the node has no part in.

    Returns:
        None: every way passes the node.
    """
    beside: set[fx.Node] = set()
    after: set[fx.Node] = set()
    first: fx.Node | None = None
    for each in graph.graph.nodes:
        if each is node:
            continue
        read = each.all_input_nodes
        past = each.op == "placeholder" or any(other in beside for other in read)
        behind = any(other is node or other in after for other in read)
        if behind:
            after.add(each)
        if past and (each in of_picture or each.op == "output"):
            beside.add(each)
            if behind and first is None:
                first = each
        if each.op == "output":
            return first if each in beside else None
    return None
