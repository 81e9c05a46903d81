"""What the network itself says of the images that were made."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from vizcore.errors import NotApplicable
from vizcore.lenses.prediction import predict
from vizcore.records.maps import Prediction


def said_of(
    network: nn.Module, images: Tensor, classes: Sequence[str] | None
) -> tuple[Prediction, ...]:
    """The most probable classes of each image (n, C, H, W), as it is.

    None at all where the outputs are no classes (`classes` is empty), or no scores are finite.
    """
    if classes is not None and len(classes) == 0:
        return ()
    try:
        return tuple(predict(network, image[None], classes=classes) for image in images)
    except NotApplicable:
        return ()
