"""Several methods' maps measured alike: what all of them share, and a row for each."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from vizcore.errors import BadChoice, NotApplicable, UnknownClass
from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.explaining import Explain, within
from vizcore.lenses.prediction import class_names, one_picture
from vizcore.lenses.saliency_metrics import pixel_curves, pixel_order, random_orders
from vizcore.lenses.saliency_metrics_captum import falls, infidelity, sensitivity, square_side
from vizcore.records.trust import MapMetrics, MethodMetrics, MetricSettings
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress

#: What a row is made of: the map, the curves, infidelity, sensitivity.
_PARTS = 4


def metrics_frame(
    network: nn.Module,
    image_nchw: Images,
    *,
    image_hwc: npt.NDArray[np.uint8],
    target: int | None = None,
    classes: Sequence[str] | None = None,
    settings: MetricSettings | None = None,
) -> Generator[Progress, None, MapMetrics]:
    """What a table of methods shares: the class's score, and the curves of random orders.

    Args:
        target: output number of the class; None takes the most probable one.
        classes: the names of the outputs; numbers as text where there are none.

    Returns:
        (of the generator) a table without rows.

    Raises:
        UnknownClass: the network has no such output.
        BadChoice: fewer than one random order, or another bad setting.
        BadInputSize: the network cannot take this shape.
    """
    how = settings or MetricSettings()
    if how.random_orders < 1:
        raise BadChoice.among("random_orders", how.random_orders, ["1 and more"])
    copy = private_copy(network)
    image = as_input(copy, one_picture(image_nchw))
    with torch.no_grad():
        scores = forward(copy, image)[0].double()
    names = class_names(len(scores), classes)
    chosen = int(scores.argmax()) if target is None else target
    if not 0 <= chosen < len(scores):
        raise UnknownClass(
            f"There is no class number {chosen}. Allowed: 0 to {len(scores) - 1}.",
            received=str(chosen),
        )
    pixels = image.shape[2] * image.shape[3]
    steps = pixel_curves(
        network,
        image,
        random_orders(pixels, how.random_orders, how.seed),
        chosen,
        steps=how.steps,
        deletion_baseline=how.deletion_baseline,
        insertion_baseline=how.insertion_baseline,
    )
    curves = yield from within(steps, 0, 2, "pixels taken away in random orders")
    removed = falls(
        network,
        image,
        chosen,
        removals=how.removals,
        baseline=how.deletion_baseline,
        seed=how.seed,
    )
    fallen = yield from within(removed, 1, 2, "squares taken away")
    return MapMetrics(
        rows=(),
        random=curves,
        target=chosen,
        target_class=names[chosen],
        probability=float(scores.softmax(0)[chosen]),
        score=float(scores[chosen]),
        settings=how,
        side_px=square_side((image.shape[2], image.shape[3])),
        image_hwc=image_hwc,
        fallen_s=fallen,
    )


def method_metrics(
    network: nn.Module,
    image_nchw: Images,
    explain: Explain,
    *,
    method: str,
    title: str,
    settings: MetricSettings | None = None,
    frame: MapMetrics | None = None,
) -> Generator[Progress, None, MethodMetrics]:
    """One method's map of one class, measured in all four ways.

    A method that does not apply to the network gives a row that says why.

    Args:
        explain: the method, with one class; `method` and `title` what it is called.
        frame: what `metrics_frame` found for the same class and settings, not to find it again.

    Raises:
        BadChoice: a bad setting.
        BadInputSize: the network cannot take this shape.

    Example:
        >>> from vizcore.lenses.explaining import explain_by
        >>> from vizcore.runtime.jobs import finish
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
        >>> photo, x = np.zeros((2, 2, 3), np.uint8), np.ones((1, 3, 2, 2), np.float32)
        >>> explain = explain_by("gradient", photo, target=1)
        >>> finish(method_metrics(net, x, explain, method="gradient", title="Gradient")).sensitivity
        0.0
    """
    how = settings or MetricSettings()
    try:
        found = yield from within(explain(network, image_nchw), 0, _PARTS, f"{title}: map")
    except NotApplicable as error:
        return MethodMetrics(method, title, note=str(error))
    values = np.array(found.values_hw, np.float32)
    if not np.isfinite(values).all():
        return MethodMetrics(method, title, note="The map holds values that are not finite.")
    yield Progress(1, _PARTS, f"{title}: deletion and insertion")
    steps = pixel_curves(
        network,
        image_nchw,
        [pixel_order(values, how.seed)],
        found.target,
        steps=how.steps,
        deletion_baseline=how.deletion_baseline,
        insertion_baseline=how.insertion_baseline,
    )
    (curves,) = yield from within(steps, 1, _PARTS, f"{title}: deletion and insertion")
    removed = infidelity(
        network,
        image_nchw,
        values,
        found.target,
        removals=how.removals,
        baseline=how.deletion_baseline,
        seed=how.seed,
        fallen_s=None if frame is None else frame.fallen_s,
    )
    infidel, unexplained = yield from within(removed, 2, _PARTS, f"{title}: infidelity")
    nudged = sensitivity(
        network,
        image_nchw,
        explain,
        nudges=how.nudges,
        radius=how.radius,
        seed=how.seed,
        values_hw=values,
    )
    sensitive = yield from within(nudged, 3, _PARTS, f"{title}: sensitivity")
    return MethodMetrics(
        method,
        title,
        values_hw=values,
        signed=found.signed,
        curves=curves,
        infidelity=infidel,
        unexplained=unexplained,
        sensitivity=sensitive,
        completeness=found.completeness,
        fit=found.fit,
    )
