"""Which methods are honest on a network: looked at, and tried on a picture."""

from __future__ import annotations

from collections.abc import Callable, Generator

import torch
from torch import Tensor, nn

from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.prediction import one_picture
from vizcore.lenses.saliency.fitting import Fitting, Judged, need_of
from vizcore.lenses.saliency.look import Score
from vizcore.lenses.saliency.methods import METHODS, method_of, settled
from vizcore.lenses.saliency.rules import Rescale, relevance, through_rectifiers
from vizcore.lenses.saliency.which_layer import looked_at
from vizcore.records_saliency import MethodFit, SaliencyMethod
from vizcore.runtime.clone import frozen_copy
from vizcore.runtime.jobs import Progress, finish
from vizcore.runtime.memory import is_out_of_memory

#: Methods that take no gradient.
_NO_GRADIENT = frozenset({"perturbation", "surrogate model"})


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

    A method that takes the network as it is applies where the score depends on the picture by a
    gradient (or where none is needed). One whose rule hangs on the network's operations is tried
    as well: what fails is refused with the reason.
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
        self.failures: dict[str, str] = {}
        self.layers = looked_at(network, image)
        self.no_gradient = self._failure(lambda: _gradient(network, image))

    def fit(self, method: SaliencyMethod) -> MethodFit:
        """The verdict on one method."""
        if self.no_gradient and method.family not in _NO_GRADIENT and method.key != "cam":
            reason = f"No gradient leads from the scores back to the picture: {self.no_gradient}."
            return MethodFit(method.key, "refused", (reason,))
        if "layer" in method.needs and not self.layers:
            reason = "No layer of this network gives maps that this method can look at."
            return MethodFit(method.key, "refused", (reason,))
        options = settled(method, None)
        judged = self.fitting.judged(method.key, options)
        need = need_of(method.key, options)
        if need is not None and judged.verdict != "refused":
            if need not in self.failures:
                self.failures[need] = self._failure(lambda: self._try(need, judged))
            if self.failures[need]:
                reason = f"Captum's rule fails on this network: {self.failures[need]}."
                return MethodFit(method.key, "refused", (reason,))
        return judged.fit(method.key)

    def _try(self, need: str, judged: Judged) -> None:
        if need == "relevance":
            relevance(judged.network, self.image, 0, epsilon=1e-9)
        elif need == "rescale":
            Rescale(Score(judged.network, 0)).multiplied(self.image, torch.zeros_like(self.image))
        else:
            through_rectifiers(Score(judged.network, 0), self.image, "guided_backprop")

    def _failure(self, work: Callable[[], None]) -> str:
        """What went wrong, empty where nothing did."""
        try:
            work()
        except Exception as error:  # Captum and the network's own code: anything can come of it
            if is_out_of_memory(error):
                raise
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            return first.strip().rstrip(".")
        return ""


def _gradient(network: nn.Module, image: Tensor) -> None:
    picture = image.detach().clone().requires_grad_(True)
    with torch.enable_grad():
        torch.autograd.grad(Score(network, 0)(picture).sum(), picture)
