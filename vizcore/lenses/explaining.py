"""One saliency method as a function of a network and a picture, for what has to ask it often."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from torch import nn

from vizcore.lenses.capture import Images
from vizcore.lenses.saliency import saliency
from vizcore.records.saliency import SaliencyMap
from vizcore.runtime.jobs import Progress

Result = TypeVar("Result")

#: Gives the map of a network for one preprocessed picture (1, C, H, W).
Explain = Callable[[nn.Module, Images], Generator[Progress, None, SaliencyMap]]


def explain_by(method: str, image_hwc: npt.NDArray[np.uint8], **options: Any) -> Explain:
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
    options: dict[str, Any],
) -> Generator[Progress, None, SaliencyMap]:
    found = saliency(network, image_nchw, image_hwc=image_hwc, method=method, **options)
    return (yield from found)


def within(
    steps: Generator[Progress, None, Result], done: int, total: int, note: str
) -> Generator[Progress, None, Result]:
    """Run some steps as one part of a longer work, of which `done` of `total` parts are over.

    Example:
        >>> def part():
        ...     yield Progress(1, 50, "inside")
        ...     return "done"
        >>> list(within(part(), 3, 4, "outside"))
        [Progress(done=3, total=4, note='outside (1 of 50)', partial=None)]
    """
    try:
        while True:
            inside = next(steps)
            far = f" ({inside.done:,} of {inside.total:,})" if inside.total else ""
            yield Progress(done, total, note + far)
    except StopIteration as stop:
        found: Result = stop.value
        return found
    finally:
        steps.close()
