"""Which methods are honest on a network: looked at, and tried on a picture."""

from __future__ import annotations

from collections.abc import Callable, Generator

import torch
from torch import Tensor, nn

from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.prediction import one_picture
from vizcore.lenses.saliency.fitting import Fitting, Judged, need_of, rule_fails
from vizcore.lenses.saliency.look import Score
from vizcore.lenses.saliency.methods import METHODS, method_of, settled
from vizcore.lenses.saliency.relevance import relevance
from vizcore.lenses.saliency.rewriting import Need
from vizcore.lenses.saliency.rules import Rescale, through_rectifiers
from vizcore.lenses.saliency.which_layer import at_layer, looked_at
from vizcore.records.saliency import MethodFit, SaliencyMethod
from vizcore.runtime.clone import frozen_copy
from vizcore.runtime.jobs import Progress, finish
from vizcore.runtime.memory import is_out_of_memory


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
    method_of(method)
    (found,) = finish(applicabilities(network, image_nchw, [method]))
    return found


def applicabilities(
    network: nn.Module, image_nchw: Images, methods: list[str] | None = None
) -> Generator[Progress, None, tuple[MethodFit, ...]]:
    """The same of several methods, None: of all.

    A method that takes the network as it is applies where a gradient leads as far back as it asks
    for one: to the picture, to a layer, or nowhere. One whose rule hangs on the network's
    operations is tried as well: what fails is refused with the reason.
    """
    copy = frozen_copy(network)
    image = as_input(copy, one_picture(image_nchw))
    with torch.no_grad():
        forward(copy, image)
    tried = _Trial(copy, image)
    chosen = METHODS if methods is None else tuple(method_of(key) for key in methods)
    found = []
    for number, method in enumerate(chosen):
        yield Progress(number, len(chosen), method.title)
        found.append(tried.fit(method))
    return tuple(found)


class _Trial:
    """Looks at each kind of rule once, and tries it once."""

    def __init__(self, network: nn.Module, image: Tensor) -> None:
        self.network, self.image = network, image
        self.fitting = Fitting(network, image)
        self.failed: dict[str, bool] = {}
        self.layers = looked_at(network, image)

    def fit(self, method: SaliencyMethod) -> MethodFit:
        """The verdict on one method."""
        if "layer" in method.needs and not self.layers:
            reason = "No layer of this network gives maps that this method can look at."
            return MethodFit(method.key, "refused", (reason,))
        options = settled(method, None)
        need = need_of(method.key, options)
        for way in _ways(method, need):
            if self._fails(way, lambda: _WAYS[way](self)):  # noqa: B023 (called at once)
                return MethodFit(method.key, "refused", (f"No gradient leads from {way}.",))
        judged = self.fitting.judged(method.key, options)
        if (
            need is not None
            and judged.verdict != "refused"
            and self._fails(need, lambda: self._try(need, judged))
        ):
            return MethodFit(method.key, "refused", (rule_fails(need),))
        return judged.fit(method.key)

    def score_to_picture(self) -> None:
        """Fails where no gradient leads there."""
        picture = self.image.detach().clone().requires_grad_(True)
        with torch.enable_grad():
            torch.autograd.grad(Score(self.network, 0)(picture).sum(), picture)

    def score_to_layer(self) -> None:
        """The same to the layer that is taken where none is named."""
        looked = at_layer(self.network, self.image, None)
        given: list[Tensor] = []

        def cut(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
            given.append(output.detach().clone().requires_grad_(True))
            return given[-1].clone()

        with torch.enable_grad(), looked.module.register_forward_hook(cut):
            score = Score(looked.network, 0)(self.image).sum()
            torch.autograd.grad(score, given[-1])

    def unit_to_picture(self) -> None:
        """The same from that layer's units to the picture."""
        looked = at_layer(self.network, self.image, None)
        picture = self.image.detach().clone().requires_grad_(True)
        given: list[Tensor] = []

        def keep(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            given.append(output.sum())

        with torch.enable_grad(), looked.module.register_forward_hook(keep):
            looked.network(picture)
            torch.autograd.grad(given[-1], picture)

    def _try(self, need: Need, judged: Judged) -> None:
        if need == "relevance":
            relevance(judged.network, self.image, 0, epsilon=1e-9)
        elif need == "rescale":
            Rescale(Score(judged.network, 0)).multiplied(self.image, torch.zeros_like(self.image))
        else:
            through_rectifiers(Score(judged.network, 0), self.image, "guided_backprop")

    def _fails(self, what: str, work: Callable[[], None]) -> bool:
        """Whether something goes wrong; it is tried once."""
        if what not in self.failed:
            try:
                work()
            except Exception as error:  # Captum and the network's own code: anything can come of it
                if is_out_of_memory(error):
                    raise
                self.failed[what] = True
            else:
                self.failed[what] = False
        return self.failed[what]


#: The gradients that methods take, in words, and what shows whether there are any.
_WAYS: dict[str, Callable[[_Trial], None]] = {
    "the scores back to the picture": _Trial.score_to_picture,
    "the scores back to a layer": _Trial.score_to_layer,
    "a unit back to the picture": _Trial.unit_to_picture,
}


def _ways(method: SaliencyMethod, need: Need | None) -> tuple[str, ...]:
    """Which of them a method takes."""
    picture, layer, unit = _WAYS
    if not method.by_gradient:
        return ()
    if "unit" in method.needs:
        return (layer, unit) if method.of_class else (unit,)
    of_layer = method.family == "layer" or method.key == "grad_cam"
    return (layer,) if of_layer and need is None else (picture,)
