"""Which pixels move a class score: the input gradient.

Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional Networks" (2014), section 3: the gradient
of the unnormalised class score with respect to the picture, its magnitude, and of the colour
channels the largest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from vizcore.errors import BadChoice, NotApplicable, UnknownClass
from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.prediction import class_names, one_picture
from vizcore.records import SaliencyMap
from vizcore.runtime.clone import private_copy

Method = Literal["gradient", "gradient x input"]
METHODS: tuple[Method, ...] = get_args(Method)

_SAID: dict[Method, str] = {
    "gradient": "gradient of the class score, magnitude, largest of the colour channels",
    "gradient x input": "gradient of the class score times the input, sum of the colour channels",
}
#: How torch says that the input is not among what the scores were computed from.
_NO_PATH = ("does not require grad", "not have been used in the graph")


def saliency(
    network: nn.Module,
    image_nchw: Images,
    *,
    image_hwc: npt.NDArray[np.uint8],
    target: int | None = None,
    classes: Sequence[str] | None = None,
    method: Method = "gradient",
) -> SaliencyMap:
    """How much each pixel of one preprocessed picture (1, C, H, W) moves a class score.

    Computed by Captum. The gradient is with respect to the preprocessed input. `gradient` gives
    magnitudes; `gradient x input` gives signed values, positive where a pixel raises the score.

    Args:
        image_hwc: what the network looks at, as a picture of the same height and width.
        target: output number of the class; None takes the most probable one.
        classes: the names of the outputs; numbers as text where there are none.

    Raises:
        UnknownClass: the network has no such output.
        BadChoice: an unknown method, or a picture of another size.
        BadInputSize: the network cannot take this shape.
        NotApplicable: the score does not depend on the picture by any gradient.

    Example:
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(3, 2, bias=False))
        >>> _ = net[1].weight.data.copy_(torch.tensor([[1.0, 0, 0], [0, -2.0, 1]]))
        >>> x, photo = np.ones((1, 3, 1, 1), np.float32), np.zeros((1, 1, 3), np.uint8)
        >>> saliency(net, x, image_hwc=photo, target=1).values_hw.item()
        2.0
    """
    from captum.attr import InputXGradient, Saliency

    if method not in METHODS:
        raise BadChoice.among("method", method, METHODS)
    copy = private_copy(network)
    images = as_input(copy, one_picture(image_nchw))
    if image_hwc.shape[:2] != tuple(images.shape[2:]):
        raise BadChoice(
            f"image_hwc is {image_hwc.shape[0]} x {image_hwc.shape[1]}, the input "
            f"{images.shape[2]} x {images.shape[3]}; they must be the same picture."
        )
    with torch.no_grad():
        scores = forward(copy, images)[0]
    names = class_names(len(scores), classes)
    chosen = int(scores.argmax()) if target is None else target
    if not 0 <= chosen < len(scores):
        raise UnknownClass(
            f"There is no class number {chosen}. Allowed: 0 to {len(scores) - 1}.",
            received=str(chosen),
        )
    images.requires_grad_(True)
    with torch.enable_grad():
        try:
            if method == "gradient":
                gradient = Saliency(copy).attribute(images, target=chosen, abs=True)
            else:
                gradient = InputXGradient(copy).attribute(images, target=chosen)
        except RuntimeError as error:
            if not any(words in str(error) for words in _NO_PATH):
                raise
            raise NotApplicable(
                "No gradient leads from this network's scores back to the picture."
            ) from error
    per_channel = gradient.detach()[0].float()
    values = per_channel.amax(0) if method == "gradient" else per_channel.sum(0)
    return SaliencyMap(
        values_hw=values.cpu().numpy(),
        signed=method != "gradient",
        method=_SAID[method],
        target=chosen,
        target_class=names[chosen],
        score=float(scores[chosen]),
        image_hwc=image_hwc,
    )
