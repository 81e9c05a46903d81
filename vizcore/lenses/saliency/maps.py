"""The map: checks the question, runs the method, joins the colours and says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable, UnknownClass
from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.prediction import class_names, one_picture
from vizcore.lenses.saliency import gradients, paths
from vizcore.lenses.saliency.look import Attributed, Look, Score, frozen_copy
from vizcore.lenses.saliency.methods import method_of, settled
from vizcore.records_saliency import COLOURS_SAID, Colours, SaliencyMap, Value
from vizcore.runtime.jobs import Progress

#: Each method's work, by its key in `METHODS`.
_WORK: dict[str, Callable[[Look], Generator[Progress, None, Attributed]]] = {
    "gradient": gradients.gradient,
    "input_x_gradient": gradients.input_x_gradient,
    "smoothgrad": gradients.smoothgrad,
    "smoothgrad_sq": gradients.smoothgrad_sq,
    "vargrad": gradients.vargrad,
    "integrated_gradients": paths.integrated_gradients,
}
#: How torch says that the input is not among what the scores were computed from.
_NO_PATH = ("does not require grad", "not have been used in the graph")
#: What a batch may take, unless somebody says otherwise.
_MEMORY_BYTES = 2**30


def saliency(
    network: nn.Module,
    image_nchw: Images,
    *,
    image_hwc: npt.NDArray[np.uint8],
    target: int | None = None,
    against: int | None = None,
    classes: Sequence[str] | None = None,
    method: str = "gradient",
    layer: str | None = None,
    seed: int = 0,
    options: Mapping[str, Value] | None = None,
    memory_bytes: int | None = None,
) -> Generator[Progress, None, SaliencyMap]:
    """How much each pixel of one preprocessed picture (1, C, H, W) moves a class score.

    Computed by Captum, with respect to the preprocessed input. The score is the network's output
    for the class, before any softmax.

    Args:
        image_hwc: what the network looks at, as a picture of the same height and width.
        target: output number of the class; None takes the most probable one.
        against: a second class, whose score is subtracted.
        classes: the names of the outputs; numbers as text where there are none.
        method: a key of `vizcore.lenses.saliency.METHODS`.
        layer: for the methods that look at one.
        seed: decides what is drawn, where the method draws.
        options: of the method; see its `options`.
        memory_bytes: what a batch may take.

    Raises:
        UnknownClass: the network has no such output.
        BadChoice: an unknown method or option, or a picture of another size.
        BadInputSize: the network cannot take this shape.
        NotApplicable: the method cannot be honest here; says why.
        OutOfMemory: not even one picture fits.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(3, 2, bias=False))
        >>> _ = net[1].weight.data.copy_(torch.tensor([[1.0, 0, 0], [0, -2.0, 1]]))
        >>> x, photo = np.ones((1, 3, 1, 1), np.float32), np.zeros((1, 1, 3), np.uint8)
        >>> finish(saliency(net, x, image_hwc=photo, target=1)).values_hw.item()
        2.0
    """
    chosen = method_of(method)
    given = settled(chosen, options)
    copy = frozen_copy(network)
    images = as_input(copy, one_picture(image_nchw))
    if image_hwc.shape[:2] != tuple(images.shape[2:]):
        raise BadChoice(
            f"image_hwc is {image_hwc.shape[0]} x {image_hwc.shape[1]}, the input "
            f"{images.shape[2]} x {images.shape[3]}; they must be the same picture."
        )
    with torch.no_grad():
        scores = forward(copy, images)[0]
    names = class_names(len(scores), classes)
    target = int(scores.argmax()) if target is None else _output(target, len(scores))
    score = float(scores[target])
    if against is not None:
        score -= float(scores[_output(against, len(scores))])
    look = Look(
        copy,
        Score(copy, target, against),
        images,
        given,
        layer=layer,
        seed=seed,
        memory_bytes=_MEMORY_BYTES if memory_bytes is None else memory_bytes,
    )
    found = yield from _run(_WORK[chosen.key], look)
    values = found.values.detach().float()[0]
    return SaliencyMap(
        values_hw=_joined(values, chosen.colours).cpu().numpy(),
        signed=chosen.signed,
        method=f"{chosen.title}: {chosen.says}; {COLOURS_SAID[chosen.colours]}",
        target=target,
        target_class=names[target],
        score=score,
        image_hwc=image_hwc,
        method_key=chosen.key,
        options=tuple(sorted(given.items())),
        seed=seed if chosen.random else None,
        against=against,
        against_class=None if against is None else names[against],
        layer=layer,
        attributions_chw=values.cpu().numpy(),
        completeness=found.completeness,
        notes=found.notes,
    )


def _run(
    work: Callable[[Look], Generator[Progress, None, Attributed]], look: Look
) -> Generator[Progress, None, Attributed]:
    """Take the method's steps.

    Raises:
        NotApplicable: the score does not depend on the picture by any gradient.
    """
    try:
        return (yield from work(look))
    except RuntimeError as error:
        if not any(words in str(error) for words in _NO_PATH):
            raise
        raise NotApplicable(
            "No gradient leads from this network's scores back to the picture."
        ) from error


def _joined(values_chw: Tensor, colours: Colours) -> Tensor:
    """One value a pixel."""
    return values_chw.abs().amax(0) if colours == "largest" else values_chw.sum(0)


def _output(number: int, outputs: int) -> int:
    """The number of an output.

    Raises:
        UnknownClass: there is none of this number.
    """
    if not 0 <= number < outputs:
        raise UnknownClass(
            f"There is no class number {number}. Allowed: 0 to {outputs - 1}.",
            received=str(number),
        )
    return number
