"""One saliency method as a function of a network and a picture, for what has to ask it often."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial

import numpy as np
import numpy.typing as npt
from torch import nn

from vizcore.lenses.capture import Images
from vizcore.lenses.saliency import saliency
from vizcore.records_saliency import SaliencyMap
from vizcore.runtime.jobs import Progress

#: Gives the map of a network for one preprocessed picture (1, C, H, W).
Explain = Callable[[nn.Module, Images], Generator[Progress, None, SaliencyMap]]


def explain_by(method: str, image_hwc: npt.NDArray[np.uint8], **options: object) -> Explain:
    """A method with all of its options chosen; see `vizcore.lenses.saliency`.

    Args:
        image_hwc: what the network looks at, as a picture.
    """
    return partial(_explain, method=method, image_hwc=image_hwc, options=options)


def _explain(
    network: nn.Module,
    image_nchw: Images,
    *,
    method: str,
    image_hwc: npt.NDArray[np.uint8],
    options: dict[str, object],
) -> Generator[Progress, None, SaliencyMap]:
    return (
        yield from saliency(network, image_nchw, image_hwc=image_hwc, method=method, **options)  # type: ignore[arg-type]
    )


def within(
    steps: Generator[Progress, None, SaliencyMap], done: int, total: int, note: str
) -> Generator[Progress, None, SaliencyMap]:
    """Run the steps of one map as part of a longer work, which is `done` of `total` so far."""
    try:
        while True:
            next(steps)
            yield Progress(done, total, note)
    except StopIteration as stop:
        found: SaliencyMap = stop.value
        return found
    finally:
        steps.close()
