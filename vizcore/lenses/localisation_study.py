"""Boxes from saliency maps on many scenes whose boxes are known, and what reaches as much without.

The task is single-object localisation with the class given, as in Simonyan, Vedaldi, Zisserman
(2014), 3.2: the map is of the object's true class, whatever the network would name first.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.capture import as_input, forward
from vizcore.lenses.explaining import within
from vizcore.lenses.localisation import localise
from vizcore.lenses.many_pictures import ManyPictures
from vizcore.lenses.saliency.methods import method_of
from vizcore.lenses.saliency_batches import maps_of
from vizcore.lenses.sanity import edges_of
from vizcore.records.localisation import (
    BoxScores,
    LocalisationSettings,
    LocalisationStudy,
    Rectangle,
    SceneBaselines,
    iou,
)
from vizcore.records.saliency import Value
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import in_batches

#: Pictures that are named in one forward pass.
_BATCH = 64
#: Scenes between two looks at what there is so far.
_SHOWN_EVERY = 20


@dataclass(frozen=True, slots=True)
class PosedScene:
    """A scene as one network sees it.

    Attributes:
        image_hwc: uint8, what it looks at; `input_chw` float32, the same preprocessed.
        box: the object's, in pixels of `image_hwc`.
        target, behind: output numbers of the object's class and of the background's.
    """

    image_hwc: npt.NDArray[np.uint8] = field(repr=False)
    input_chw: npt.NDArray[np.float32] = field(repr=False)
    box: Rectangle
    target: int
    behind: int


def localisation_study(
    network: nn.Module,
    scenes: Sequence[PosedScene],
    *,
    method: str = "gradient",
    layer: str | None = None,
    options: Mapping[str, Value] | None = None,
    seed: int = 0,
    settings: LocalisationSettings | None = None,
) -> Generator[Progress, None, LocalisationStudy]:
    """Find the object of every scene by one method, a few scenes a step.

    The network is rewritten once for all scenes where the method needs that
    (`vizcore.lenses.saliency_batches`). A scene whose map is flat or whose segment is empty counts
    as 0.

    Yields:
        the study of the scenes so far in `Progress.partial`, now and then.

    Raises:
        BadChoice: no scenes, or an unknown method or option.
        NotApplicable: the method cannot be honest on this network, or its scores are not finite;
            says why.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> photo = np.full((32, 32, 3), 40, np.uint8)
        >>> photo[8:20, 10:24] = (200, 90, 30)
        >>> x = photo.transpose(2, 0, 1).astype(np.float32)
        >>> net = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
        >>> scene = PosedScene(photo, x, (10, 8, 24, 20), 1, 0)
        >>> study = finish(localisation_study(net, [scene], method="input_x_gradient"))
        >>> study.scores.ious_n.shape
        (1,)
    """
    chosen = method_of(method)
    how = settings or LocalisationSettings()
    if not scenes:
        raise BadChoice("No scenes came in. Allowed: one and more.")
    said, ranks = yield from _said(network, scenes)
    boxes: list[Rectangle | None] = []

    def so_far() -> LocalisationStudy:
        done = scenes[: len(boxes)]
        return LocalisationStudy(
            scores_of(chosen.title, boxes, done),
            chosen.key,
            np.array([scene.target for scene in done], np.int64),
            np.array([scene.behind for scene in done], np.int64),
            said[: len(boxes)],
            ranks[: len(boxes)],
            how,
        )

    pictures = ManyPictures(
        [scene.input_chw for scene in scenes],
        [scene.image_hwc for scene in scenes],
        np.array([scene.target for scene in scenes], np.int64),
    )
    work = maps_of(network, pictures, method, layer=layer, seed=seed, options=options)
    while True:
        try:
            step = next(work)
        except StopIteration as stop:
            return replace(so_far(), fit=stop.value)
        done = len(boxes)
        if isinstance(step, Progress):
            far = f" ({step.note}, {step.done:,} of {step.total:,})" if step.total else ""
            yield Progress(done, len(scenes), f"scene {done + 1}{far}")
            continue
        for map_hw in step:
            boxes.append(box_of(scenes[len(boxes)].image_hwc, map_hw, how))
            number = len(boxes)
            shown = so_far() if number % _SHOWN_EVERY == 0 else None
            yield Progress(number, len(scenes), f"scene {number} of {len(scenes)}", shown)


def baselines(
    scenes: Sequence[tuple[npt.NDArray[np.uint8], Rectangle]],
    *,
    settings: LocalisationSettings | None = None,
    seed: int = 0,
) -> Generator[Progress, None, SceneBaselines]:
    """What boxes reach without a network, for pictures (H, W, 3) of one size and their true boxes.

    Raises:
        BadChoice: no scenes.
    """
    if not scenes:
        raise BadChoice("No scenes came in. Allowed: one and more.")
    how = settings or LocalisationSettings()
    rng = np.random.default_rng(seed)
    noise: list[Rectangle | None] = []
    edges: list[Rectangle | None] = []
    for number, (picture, _) in enumerate(scenes):
        noise.append(box_of(picture, rng.random(picture.shape[:2]), how))
        edges.append(box_of(picture, edges_of(picture), how))
        yield Progress(number + 1, len(scenes), f"scene {number + 1} of {len(scenes)}")
    true = [box for _, box in scenes]
    square, side = best_centred(true, *scenes[0][0].shape[:2])
    return SceneBaselines(
        _scored("Best centred square", [square] * len(true), true),
        side,
        _scored("Random numbers", noise, true),
        _scored("Edges alone", edges, true),
    )


def best_centred(boxes: Sequence[Rectangle], height: int, width: int) -> tuple[Rectangle, int]:
    """The square in the middle of the picture with the best mean IoU, and its side in pixels.

    Example:
        >>> best_centred([(2, 2, 6, 6), (1, 1, 7, 7)], 8, 8)
        ((2.0, 2.0, 6.0, 6.0), 4)
    """
    across, down = width / 2, height / 2
    squares = [
        (across - side / 2, down - side / 2, across + side / 2, down + side / 2)
        for side in range(1, min(height, width) + 1)
    ]
    means = [np.mean([iou(square, box) for box in boxes]) for square in squares]
    best = int(np.argmax(means))
    return squares[best], best + 1


def box_of(
    image_hwc: npt.NDArray[np.uint8], map_hw: npt.NDArray[np.floating], how: LocalisationSettings
) -> Rectangle | None:
    """The box of an object, None where the map points at nothing."""
    try:
        return localise(image_hwc, map_hw, how).box
    except NotApplicable:
        return None


def scores_of(
    title: str, boxes: Sequence[Rectangle | None], scenes: Sequence[PosedScene]
) -> BoxScores:
    """Boxes held against those of the scenes."""
    return _scored(title, boxes, [scene.box for scene in scenes])


def _scored(title: str, boxes: Sequence[Rectangle | None], true: Sequence[Rectangle]) -> BoxScores:
    pairs = zip(boxes, true, strict=True)
    ious = [0.0 if box is None else iou(box, other) for box, other in pairs]
    return BoxScores(title, tuple(boxes), np.array(ious, np.float64))


def _said(
    network: nn.Module, scenes: Sequence[PosedScene]
) -> Generator[Progress, None, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """The most probable output of each scene, and how many are above that of its object's class.

    Raises:
        NotApplicable: a score is not finite.
    """
    copy = private_copy(network)
    device = str(as_input(copy, scenes[0].input_chw[None]).device)

    def scores_in(part: Sequence[PosedScene]) -> torch.Tensor:
        with torch.no_grad():
            pictures = as_input(copy, np.stack([scene.input_chw for scene in part]))
            return forward(copy, pictures).float().cpu()

    steps = in_batches(scores_in, scenes, batch=_BATCH, device=device)
    parts = yield from within(steps, 0, len(scenes), "what the network names")
    scores = torch.cat(parts)
    if not bool(scores.isfinite().all()):
        raise NotApplicable("The network's class scores are not finite for these scenes.")
    targets = torch.tensor([scene.target for scene in scenes])[:, None]
    above = (scores > scores.gather(1, targets)).sum(1)
    return scores.argmax(1).numpy().astype(np.int64), above.numpy().astype(np.int64)
