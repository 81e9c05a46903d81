"""Is a method honest on a network? It applies, the network is rewritten for it, or refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.prediction import one_picture
from vizcore.lenses.saliency.graphs import Untraceable
from vizcore.lenses.saliency.look import frozen_copy
from vizcore.lenses.saliency.methods import base_of, method_of
from vizcore.lenses.saliency.pooling import class_maps
from vizcore.lenses.saliency.rewriting import Need, Rewritten, rewrite
from vizcore.records_saliency import MethodFit, Value, Verdict

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
class Fitted:
    """A method's verdict and the network to run it on."""

    fit: MethodFit
    network: nn.Module


def applicability(network: nn.Module, image_nchw: Images, method: str) -> MethodFit:
    """Whether a method is honest on a network, shown on one preprocessed picture (1, C, H, W).

    Raises:
        BadChoice: an unknown method.
        BadInputSize: the network cannot take this shape.

    Example:
        >>> from torch.nn import functional as F
        >>> class Call(nn.Module):
        ...     def forward(self, x):
        ...         return F.relu(x)
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(4, 3), Call(), nn.Linear(3, 2))
        >>> found = applicability(net, torch.ones(1, 1, 2, 2), "guided_backprop")
        >>> found.verdict, found.changes
        ('rewritten', ('1 ReLU calls made modules',))
    """
    copy = frozen_copy(network)
    image = as_input(copy, one_picture(image_nchw))
    with torch.no_grad():
        forward(copy, image)
    return fitted(copy, image, method, {}).fit


def fitted(network: nn.Module, image: Tensor, method: str, options: dict[str, Value]) -> Fitted:
    """The verdict on a private copy, and the network that the method can run on.

    Args:
        options: of the method; the base of a noise tunnel decides what is needed.
    """
    method_of(method)
    if method == "cam":
        return Fitted(_cam_fit(network, image), network)
    need = _NEEDS.get(base_of(method, options))
    if need is None:
        return Fitted(MethodFit(method, "applies"), network)
    try:
        found = rewrite(network, image, need)
    except Untraceable as error:
        return Fitted(MethodFit(method, "refused", (f"{error}, so it cannot be shown which "
                      "operations the method's rule would miss.",)), network)  # fmt: skip
    reasons, verdict = _judged(found, need)
    changes = found.changes if verdict != "refused" else ()
    return Fitted(
        MethodFit(method, verdict, reasons, changes, found.largest_difference if changes else None),
        network if verdict == "refused" else found.network,
    )


def _judged(found: Rewritten, need: Need) -> tuple[tuple[str, ...], Verdict]:
    """Why, and what."""
    if not found.is_equal:
        return (
            f"Rewritten, the network gives scores that differ by {found.largest_difference:.2g}.",
        ), "refused"
    said = {"rectifiers": _rectifier_reason, "relevance": _relevance_reason}.get(need)
    refusal = said(found) if said else _rescale_refusal(found)
    if refusal:
        return (refusal,), "refused"
    reasons = []
    if need == "rescale" and found.without_rule:
        reasons.append(
            f"There is no rescale rule for {_listed(found.without_rule)}: the gradient stands in, "
            "and the sum of the map says what is lost."
        )
    if found.changes:
        reasons.append("The network was rewritten to the same function, so that every rule holds.")
    return tuple(reasons), "rewritten" if found.changes else "applies"


def _rectifier_reason(found: Rewritten) -> str:
    if found.without_rule:
        return (
            f"Inside {_listed(found.without_rule)} torch.fx cannot follow the signal, so it cannot "
            "be shown that every ReLU takes the rule."
        )
    if found.rectifiers == 0:
        what = f"its activations are {_listed(found.others)}" if found.others else "it has none"
        return (
            f"The rule is about ReLUs, and {what}: the map would be the plain gradient, "
            "and nothing would say so."
        )
    if found.others:
        return (
            f"The rule is about ReLUs; {_listed(found.others)} would pass the plain gradient "
            f"between {found.rectifiers} ReLUs that do not, and nothing would say so."
        )
    return ""


def _relevance_reason(found: Rewritten) -> str:
    if not found.without_rule:
        return ""
    return f"LRP has no rule for {_listed(found.without_rule)}."


def _rescale_refusal(found: Rewritten) -> str:
    return ""


def _cam_fit(network: nn.Module, image: Tensor) -> MethodFit:
    """CAM is for networks whose scores are a linear function of the means of the last maps."""
    if class_maps(network, image, 0) is not None:
        return MethodFit("cam", "applies")
    return MethodFit(
        "cam",
        "refused",
        (
            "The scores are no linear function of the means of the last maps: CAM is for networks "
            "that end in global average pooling and one linear layer. Grad-CAM is its "
            "generalisation.",
        ),
    )


def _listed(names: Counter[str]) -> str:
    words = [f"{count} {name}" if count > 1 else name for name, count in names.most_common(4)]
    if len(names) > 4:
        words.append(f"{len(names) - 4} others")
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
