"""Layer-wise relevance propagation with the epsilon rule, and what the rule takes on the way down.

Bach et al., "On Pixel-Wise Explanations" (PLOS ONE 2015). A layer hands down to its inputs what
they give of `z = sum x w + b`: the share `b / (z + epsilon sign z)` of what arrives stays with the
bias, and `epsilon sign z / (z + epsilon sign z)` with epsilon. What is left of a score at the
picture is the score without these.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from typing import Any

import torch
from captum.attr import LRP
from captum.attr._core.lrp import SUPPORTED_LAYERS_WITH_RULES
from captum.attr._utils.lrp_rules import EpsilonRule
from torch import Tensor, fx, nn

from vizcore.lenses.saliency.look import Attributed, Look, Score, joined_parts, rounding_of
from vizcore.lenses.saliency.place_nodes import Behind
from vizcore.records.saliency import Absorbed, Completeness
from vizcore.runtime.jobs import Progress

Steps = Generator[Progress, None, Attributed]


def lrp(look: Look) -> Steps:
    """Layer-wise relevance propagation with the epsilon rule."""
    yield Progress(0, 1, "relevance")
    return Attributed(*handed_down(look))


def handed_down(look: Look, layer: nn.Module | None = None) -> tuple[Tensor, Completeness]:
    """The relevance of the picture, or of what a layer gives, and whether it sums to the score."""
    epsilon = look.number("epsilon")
    values, taken = relevance(look.network, look.image, look.score.target, epsilon, layer)
    if look.score.against is not None:
        less, besides = relevance(look.network, look.image, look.score.against, epsilon, layer)
        values = values - less
        taken = {name: taken[name] - besides[name] for name in taken}
    with torch.no_grad():
        parts = look.score.parts(look.image)
    told = Completeness(
        float(values.cpu().double().sum()),
        float(joined_parts(parts)),
        "",
        rounding_of(parts),
        absorbed=_absorbed(taken),
    )
    return values, told


def _absorbed(taken: Mapping[str, Tensor]) -> Absorbed:
    total = sum(taken.values(), torch.zeros(2, dtype=torch.float64))
    most = max(taken, key=lambda name: float(taken[name][0].abs()), default="")
    return Absorbed(float(total[0]), float(total[1]), most, float(taken[most][0]) if most else 0.0)


class _Counted(EpsilonRule):
    """Captum's epsilon rule, which remembers what it divided by."""

    def __init__(self, epsilon: float) -> None:
        super().__init__(epsilon)
        self.given: Tensor | None = None

    def _create_backward_hook_output(self, outputs: Tensor) -> Any:
        self.given = outputs
        return super()._create_backward_hook_output(outputs)

    def taken(self, module: nn.Module) -> Tensor:
        """What the module's bias and epsilon took of what arrived, (2,): shares of the score."""
        arrived = self.relevance_output.get(self.given.device) if self.given is not None else None
        if arrived is None or self.given is None:
            return torch.zeros(2, dtype=torch.float64)
        given, arrived = self.given.double(), arrived.double()
        added = torch.where(given < 0, -self.STABILITY_FACTOR, self.STABILITY_FACTOR)
        shares = arrived / (given + added)
        bias = _offset(module).double().reshape(-1, *(1 for _ in given.shape[2:]))
        return torch.stack([(bias * shares).sum(), (added * shares).sum()]).cpu()


def _offset(module: nn.Module) -> Tensor:
    """What a layer gives, in each channel, where all of its inputs are 0."""
    like = next(module.parameters(), None)
    nothing = torch.zeros(1) if like is None else torch.zeros(1, device=like.device)
    if isinstance(module, nn.BatchNorm2d):
        assert module.running_mean is not None
        assert module.running_var is not None
        scale = (module.running_var + module.eps).rsqrt()
        if module.weight is not None:
            scale = scale * module.weight
        shift = nothing if module.bias is None else module.bias
        return (shift - module.running_mean * scale).detach()
    bias = getattr(module, "bias", None)
    return bias.detach() if isinstance(bias, Tensor) else nothing


class _Relevance(LRP):
    """Captum's LRP for the epsilon rule, which changes no weights: nothing to restore.

    Captum's own form for layers knows only those with a rule. Here the relevance is read where it
    arrives at what a module gives, an activation's too.
    """

    layers: list[nn.Module]

    def __init__(self, model: nn.Module, layer: nn.Module | None = None) -> None:
        super().__init__(model)
        self.watched = layer
        self.arrived: Tensor | None = None

    def _restore_state(self) -> None:
        pass

    def _get_layers(self, model: nn.Module) -> None:
        super()._get_layers(model)
        self.layers = [each for each in self.layers if not isinstance(each, Behind)]

    def _register_forward_hooks(self) -> None:
        super()._register_forward_hooks()
        if self.watched is not None:
            self.forward_handles.append(self.watched.register_forward_hook(self._watch))

    def _watch(self, module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor:
        """What reads the layer reads a copy: the rules of the readers are done at the layer."""
        self.arrived = torch.zeros_like(output)  # nothing arrives where nothing reads it
        output.register_hook(self._arrives)
        return output.clone()

    def _arrives(self, relevance_nchw: Tensor) -> None:
        self.arrived = relevance_nchw.detach().clone()


def relevance(
    network: nn.Module,
    image: Tensor,
    target: int,
    epsilon: float,
    layer: nn.Module | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """The relevance (1, C, H, W) of every number of the picture for one class's score.

    Args:
        layer: a module of the network, to have the relevance of what it gives instead.

    Returns:
        the relevance, and by the layers' names what biases and epsilon took of it on the way.
    """
    score = Score(network, target)
    above = None if layer is None else _above(network, layer)
    rules: dict[str, tuple[nn.Module, _Counted]] = {}
    for name, module in network.named_modules():
        if not any(True for _ in module.children()) and type(module) in SUPPORTED_LAYERS_WITH_RULES:
            rules[name] = module, _Counted(epsilon)
            module.rule = rules[name][1]
    rule = _Relevance(score, layer)
    found = rule.attribute(image.detach().clone().requires_grad_(True), target=0)
    with torch.no_grad():  # Captum hands down shares of the score
        whole = score(image)[0, 0]
        taken = {
            name: each.taken(module) * float(whole)
            for name, (module, each) in rules.items()
            if above is None or name in above
        }
        if rule.arrived is not None:
            return rule.arrived * whole, taken
    return found.detach(), taken


def _above(network: nn.Module, layer: nn.Module) -> Collection[str]:
    """The names of the modules that what a layer gives goes through on its way to the scores."""
    assert isinstance(network, fx.GraphModule)
    behind: set[fx.Node] = set()
    for node in network.graph.nodes:
        is_it = node.op == "call_module" and network.get_submodule(str(node.target)) is layer
        if is_it or any(each in behind for each in node.all_input_nodes):
            behind.add(node)
    names = {str(node.target) for node in behind if node.op == "call_module"}
    return {name for name in names if network.get_submodule(name) is not layer}
