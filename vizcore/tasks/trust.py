"""How far a saliency map can be trusted, by a network's name, as tasks for an engine."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from vizcore.lenses.saliency.methods import method_of, settled
from vizcore.networks.classes import class_number
from vizcore.networks.loading import source_of
from vizcore.records.saliency import SaliencyMethod, Value
from vizcore.records.trust import (
    MapMetrics,
    MethodMetrics,
    MetricSettings,
    Order,
    SanityCheck,
)
from vizcore.runtime.jobs import Progress, Task
from vizcore.tasks.sight import AnyPicture, AnyWeights, Sight, require_classes, sight

if TYPE_CHECKING:
    from torch import nn

    from vizcore.lenses.explaining import Explain

#: Methods that are measured where nobody says which.
USUAL = (
    "gradient",
    "input_x_gradient",
    "integrated_gradients",
    "guided_backprop",
    "grad_cam",
)
#: Steps of a sanity check where nobody says how many.
MOST = 8


def sanity_task(
    name: str,
    image: AnyPicture,
    target: str | int | None = None,
    method: str = "gradient",
    *,
    layer: str | None = None,
    order: Order = "cascading",
    most: int | None = MOST,
    seed: int = 0,
    options: Mapping[str, Value] | None = None,
    weights: AnyWeights = None,
) -> Task[SanityCheck]:
    """What becomes of a map when layers are drawn anew; see `vizcore.lenses.sanity`.

    Args:
        target: a class by name or number; None takes the most probable one.
        method: a key of `vizcore.lenses.saliency.METHODS`.
        layer: for the methods that look at one.
        most: so many steps at most; None: one for each layer with weights.
        seed: of the weights that are drawn, and of the method where it draws.

    Raises:
        UnknownClass: with the nearest names.
        BadChoice: an unknown method, option or value.
        UnknownArchitecture, UnknownWeights, WeightsNotHere, BadImage: nothing to look with, or at.
    """
    asked = _asked(name, image, target, method, layer, options, weights)
    work = partial(_sanity, asked=asked, order=order, most=most, seed=seed)
    key = asked.key("sanity", order, most, seed)
    return Task(work, f"Sanity check of {asked.method.title}", source_of(asked.seen.weights), key)


def metrics_frame_task(
    name: str,
    image: AnyPicture,
    target: str | int | None = None,
    *,
    settings: MetricSettings | None = None,
    weights: AnyWeights = None,
) -> Task[MapMetrics]:
    """What a table of methods shares; its rows are `method_metrics_task`, a task each."""
    how = settings or MetricSettings()
    seen = sight(name, image, weights)
    require_classes(seen.weights)
    number = None if target is None else class_number(target, seen.weights.classes)
    work = partial(_frame, seen=seen, target=number, settings=how)
    key = seen.key("random orders", number, how)
    return Task(work, "Pixels in random orders", source_of(seen.weights), key)


def method_metrics_task(
    name: str,
    image: AnyPicture,
    target: str | int | None = None,
    method: str = "gradient",
    *,
    layer: str | None = None,
    options: Mapping[str, Value] | None = None,
    settings: MetricSettings | None = None,
    frame: MapMetrics | None = None,
    weights: AnyWeights = None,
) -> Task[MethodMetrics]:
    """One method's map measured; see `vizcore.lenses.saliency_metrics_table`.

    Args:
        frame: what `metrics_frame_task` of the same class and settings gave, not to find it again.
    """
    how = settings or MetricSettings()
    asked = _asked(name, image, target, method, layer, options, weights)
    work = partial(_measured, asked=asked, settings=how, frame=frame)
    label = f"Metrics of {asked.method.title}"
    return Task(work, label, source_of(asked.seen.weights), asked.key("metrics", how))


def metrics_tasks(
    name: str,
    image: AnyPicture,
    methods: Sequence[str] = USUAL,
    target: str | int | None = None,
    *,
    layer: str | None = None,
    settings: MetricSettings | None = None,
    weights: AnyWeights = None,
) -> tuple[Task[MapMetrics], Callable[[MapMetrics], tuple[Task[MethodMetrics], ...]]]:
    """A table of methods: what they share, and with that a task for each row.

    `joined` makes it one.

    Raises:
        BadChoice: an unknown method.
    """
    chosen = tuple(method_of(each).key for each in dict.fromkeys(methods))

    def rows(frame: MapMetrics) -> tuple[Task[MethodMetrics], ...]:
        return tuple(
            method_metrics_task(
                name,
                image,
                target,
                each,
                layer=layer,
                settings=settings,
                frame=frame,
                weights=weights,
            )
            for each in chosen
        )

    return metrics_frame_task(name, image, target, settings=settings, weights=weights), rows


def joined(frame: MapMetrics, rows: Sequence[MethodMetrics]) -> MapMetrics:
    """The table with its rows."""
    return replace(frame, rows=tuple(rows))


@dataclass(frozen=True, slots=True)
class _Asked:
    """One method asked of one network about one class of one picture."""

    seen: Sight
    target: int | None
    method: SaliencyMethod
    layer: str | None
    options: Mapping[str, Value]

    def key(self, what: str, *parameters: Hashable) -> tuple[Hashable, ...]:
        """The task's key."""
        options = tuple(sorted(self.options.items()))
        given = (self.target, self.method.key, self.layer, options, *parameters)
        return self.seen.key(what, *given)

    def explain(self, network: nn.Module, seed: int) -> Explain:
        """The method with its class settled: the most probable one of the network as it is."""
        from vizcore.lenses.explaining import explain_by
        from vizcore.lenses.prediction import predict

        target = self.target
        if target is None:
            target = predict(network, self.seen.input_nchw(), top=1).indices[0]
        return explain_by(
            self.method.key,
            self.seen.view_hwc(),
            target=target,
            classes=self.seen.weights.classes,
            layer=self.layer,
            seed=seed,
            options=self.options,
        )


def _asked(
    name: str,
    image: AnyPicture,
    target: str | int | None,
    method: str,
    layer: str | None,
    options: Mapping[str, Value] | None,
    weights: AnyWeights,
) -> _Asked:
    chosen = method_of(method)
    given = settled(chosen, options)
    seen = sight(name, image, weights)
    require_classes(seen.weights)
    number = None if target is None else class_number(target, seen.weights.classes)
    return _Asked(seen, number, chosen, layer if "layer" in chosen.needs else None, given)


def _sanity(
    network: nn.Module, *, asked: _Asked, order: Order, most: int | None, seed: int
) -> Generator[Progress, None, SanityCheck]:
    from vizcore.lenses.sanity import sanity_check

    explain = asked.explain(network, seed)
    image = asked.seen.input_nchw()
    return (yield from sanity_check(network, image, explain, order=order, most=most, seed=seed))


def _frame(
    network: nn.Module, *, seen: Sight, target: int | None, settings: MetricSettings
) -> Generator[Progress, None, MapMetrics]:
    from vizcore.lenses.saliency_metrics_table import metrics_frame

    return metrics_frame(
        network,
        seen.input_nchw(),
        image_hwc=seen.view_hwc(),
        target=target,
        classes=seen.weights.classes,
        settings=settings,
    )


def _measured(
    network: nn.Module, *, asked: _Asked, settings: MetricSettings, frame: MapMetrics | None
) -> Generator[Progress, None, MethodMetrics]:
    from vizcore.lenses.saliency_metrics_table import method_metrics

    return method_metrics(
        network,
        asked.seen.input_nchw(),
        asked.explain(network, settings.seed),
        method=asked.method.key,
        title=asked.method.title,
        settings=settings,
        frame=frame,
    )
