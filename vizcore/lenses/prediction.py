"""What class a network sees in a picture."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.formats.words import counted
from vizcore.lenses.capture import Images, as_input, forward
from vizcore.records.maps import Prediction
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress, finish
from vizcore.runtime.memory import in_batches


def predict(
    network: nn.Module,
    image_nchw: Images,
    *,
    classes: Sequence[str] | None = None,
    top: int = 5,
) -> Prediction:
    """The `top` most probable classes of one preprocessed picture (1, C, H, W).

    Probabilities are the softmax over all classes, in double precision.

    Args:
        classes: the names of the outputs; numbers as text where there are none.

    Raises:
        BadChoice: `top` below 1, or as many names as there are not outputs.
        BadInputSize: the network cannot take this shape.
        NotApplicable: the scores are not finite.

    Example:
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(3, 2, bias=False))
        >>> _ = net[1].weight.data.copy_(torch.tensor([[1.0, 0, 0], [0, 2.0, 0]]))
        >>> seen = predict(net, np.ones((1, 3, 1, 1), np.float32), classes=["cat", "dog"])
        >>> seen.classes, round(seen.probabilities[0], 4)
        (('dog', 'cat'), 0.7311)
    """
    if top < 1:
        raise BadChoice.among("top", top, ["1 and more"])
    scores = finish(class_scores(network, one_picture(image_nchw)))[0].astype(np.float64)
    names = class_names(len(scores), classes)
    if not np.isfinite(scores).all():
        raise NotApplicable("The network's class scores are not finite for this picture.")
    odds = np.exp(scores - scores.max())
    probabilities = odds / odds.sum()
    best = np.argsort(-scores, kind="stable")[:top]
    return Prediction(
        classes=tuple(names[i] for i in best),
        indices=tuple(int(i) for i in best),
        probabilities=tuple(float(probabilities[i]) for i in best),
        scores=tuple(float(scores[i]) for i in best),
    )


def class_scores(
    network: nn.Module, images_nchw: Images, *, batch: int = 64
) -> Generator[Progress, None, npt.NDArray[np.float32]]:
    """The unnormalised scores (N, classes) of many pictures, a batch a step.

    A batch the device has no memory for is halved.

    Raises:
        BadInputSize: the network cannot take this shape.
        OutOfMemory: not even one picture fits.
    """
    copy = private_copy(network)
    device = str(next(copy.parameters(), torch.empty(0)).device)

    def step(part: Images) -> npt.NDArray[np.float32]:
        with torch.no_grad():
            return forward(copy, as_input(copy, part)).float().cpu().numpy()

    if len(images_nchw) == 0:
        as_input(copy, images_nchw)
    parts = yield from in_batches(step, images_nchw, batch=batch, device=device, note="pictures")
    return np.concatenate(parts)


def one_picture(image_nchw: Images) -> Images:
    """The picture itself, where it is one (1, C, H, W).

    Raises:
        BadChoice: it is several.
    """
    if image_nchw.ndim == 4 and image_nchw.shape[0] != 1:
        raise BadChoice(f"This looks at one picture; {image_nchw.shape[0]} came in.")
    return image_nchw


def class_names(outputs: int, classes: Sequence[str] | None) -> tuple[str, ...]:
    """A name for each output of a network.

    Raises:
        BadChoice: the number of names differs.
    """
    if classes is None:
        return tuple(str(number) for number in range(outputs))
    if len(classes) != outputs:
        raise BadChoice(
            f"{counted(len(classes), 'class name')} came for a network of "
            f"{counted(outputs, 'class', 'classes')}."
        )
    return tuple(classes)
