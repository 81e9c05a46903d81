"""Is a method honest on a network? It applies, the network is rewritten for it, or refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor, fx, nn

from vizcore.lenses.saliency import operations as ops
from vizcore.lenses.saliency.graphs import Untraceable
from vizcore.lenses.saliency.methods import base_of
from vizcore.lenses.saliency.pooling import class_maps
from vizcore.lenses.saliency.rewriting import Need, Rewritten, rewrite
from vizcore.records.saliency import MethodFit, Value, Verdict

#: What each family of rules needs of the network; other methods take it as it is.
_NEEDS: dict[str, Need] = {
    "guided_backprop": "rectifiers",
    "deconvolution": "rectifiers",
    "guided_grad_cam": "rectifiers",
    "deep_lift": "rescale",
    "deep_lift_shap": "rescale",
    "lrp": "relevance",
}


@dataclass(slots=True)
class Judged:
    """What was found about a network for one kind of rule, and the network to run it on."""

    verdict: Verdict
    network: nn.Module
    reasons: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    largest_difference: float | None = None
    nodes: Mapping[str, fx.Node] = field(default_factory=dict)

    def fit(self, method: str) -> MethodFit:
        """The same as a record."""
        return MethodFit(method, self.verdict, self.reasons, self.changes, self.largest_difference)


@dataclass(slots=True)
class Fitting:
    """Finds how methods fit a private copy of a network; each kind of rule is looked at once."""

    network: nn.Module
    image: Tensor
    _judged: dict[str, Judged] = field(default_factory=dict)

    def judged(self, method: str, options: Mapping[str, Value]) -> Judged:
        """The verdict on a method; the base of a noise tunnel decides what is needed."""
        if method == "cam":
            return self._once("cam", self._cam)
        need = need_of(method, options)
        if need is None:
            return Judged("applies", self.network)
        return self._once(need, lambda: self._rewritten(need))

    def _once(self, what: str, find: Callable[[], Judged]) -> Judged:
        if what not in self._judged:
            self._judged[what] = find()
        return self._judged[what]

    def _rewritten(self, need: Need) -> Judged:
        try:
            found = rewrite(self.network, self.image, need)
        except Untraceable as error:
            reason = f"{error}, so it cannot be shown which operations the rule would miss."
            return Judged("refused", self.network, (reason,))
        refusal = _refusal(found, need)
        if refusal:
            return Judged("refused", self.network, (refusal,))
        reasons = []
        gates = Counter({each: n for each, n in found.others.items() if each in ops.GATES})
        if need == "rescale" and found.without_rule:
            reasons.append(
                f"There is no rescale rule for {_listed(found.without_rule)}: the gradient stands "
                "in, and the sum of the map says what is lost."
            )
        if need == "rectifiers" and gates:
            reasons.append(f"{_listed(gates)} used as gates pass the plain gradient.")
        if not found.changes:
            return Judged("applies", found.network, tuple(reasons), nodes=found.nodes)
        return Judged(
            "rewritten",
            found.network,
            tuple(reasons),
            found.changes,
            found.largest_difference,
            found.nodes,
        )

    def _cam(self) -> Judged:
        """CAM is for networks whose scores are a linear function of the means of the last maps."""
        if class_maps(self.network, self.image, 0) is not None:
            return Judged("applies", self.network)
        reason = (
            "The scores are no linear function of the means of the last maps: CAM is for networks "
            "that end in global average pooling and one linear layer. Grad-CAM is its "
            "generalisation."
        )
        return Judged("refused", self.network, (reason,))


def need_of(method: str, options: Mapping[str, Value]) -> Need | None:
    """What a method needs of the network, None where it takes it as it is.

    Example:
        >>> need_of("layer_deep_lift", {}), need_of("smoothgrad", {"base": "gradient"})
        ('rescale', None)
    """
    return _NEEDS.get(base_of(method, options))


#: What the rules are called.
_RULES: dict[Need, str] = {
    "rectifiers": "for ReLUs",
    "rescale": "of DeepLIFT",
    "relevance": "of LRP",
}


def rule_fails(need: Need) -> str:
    """The reason of a rule that was tried on a picture and stopped with an error.

    Example:
        >>> rule_fails("relevance")
        'Tried on this picture, the rule of LRP cannot be carried through all of its operations.'
    """
    return (
        f"Tried on this picture, the rule {_RULES[need]} cannot be carried through all of its "
        "operations."
    )


def _refusal(found: Rewritten, need: Need) -> str:
    """Why the rule cannot be honest, empty where it can."""
    if found.largest_difference != found.largest_difference:  # not a number
        return (
            "The scores for this picture are not finite, so it cannot be proven that the rewritten "
            "network gives the same."
        )
    if not found.is_equal:
        return f"Rewritten, the network gives scores that differ by {found.largest_difference:.2g}."
    if need == "rectifiers":
        return _rectifier_refusal(found)
    if need == "relevance" and found.without_rule:
        return f"LRP has no rule for {_listed(found.without_rule)}."
    return ""


def _rectifier_refusal(found: Rewritten) -> str:
    others = Counter({each: n for each, n in found.others.items() if each not in ops.GATES})
    if found.rectifiers == 0:
        what = f"its activations are {_listed(found.others)}" if found.others else "there is none"
        return (
            f"The rule is about ReLUs, and {what}: the map would be the plain gradient, "
            "and nothing would say so."
        )
    if found.without_rule:
        return (
            f"Inside {_listed(found.without_rule)} torch.fx cannot follow the signal, so it cannot "
            "be shown that every ReLU takes the rule."
        )
    if others:
        return (
            f"The rule is about ReLUs; {_listed(others)} would pass the plain gradient "
            f"between {found.rectifiers} ReLUs that do not, and nothing would say so."
        )
    return ""


def _listed(names: Counter[str]) -> str:
    words = [f"{count} {name}" if count > 1 else name for name, count in names.most_common(4)]
    if len(names) > 4:
        words.append(f"{len(names) - 4} others")
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
