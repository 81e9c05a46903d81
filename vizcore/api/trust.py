"""How far what a saliency map says can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vizcore.records.saliency import Value
from vizcore.records.trust import MapMetrics, MetricSettings, Order, SanityCheck
from vizcore.runtime.device import choose
from vizcore.runtime.jobs import run_here
from vizcore.tasks.sight import AnyPicture, AnyWeights
from vizcore.tasks.trust import MOST, USUAL, joined, metrics_tasks, sanity_task


def sanity_check(
    name: str,
    image: AnyPicture,
    target: str | int | None = None,
    *,
    method: str = "gradient",
    layer: str | None = None,
    order: Order = "cascading",
    most: int | None = MOST,
    seed: int = 0,
    options: Mapping[str, Value] | None = None,
    weights: AnyWeights = None,
    device: str | None = None,
) -> SanityCheck:
    """What becomes of a saliency map when the network's layers forget, one after the other.

    Adebayo et al., "Sanity Checks for Saliency Maps" (2018).

    Args:
        target: a class by name or number; None takes the most probable one.
        method: a key of `vizcore.lenses.saliency.METHODS`; `layer` for those that look at one.
        order: "cascading" from the scores down, or "independent": each layer alone.
        most: so many steps at most; None: one for each layer with weights.
        seed: of the weights that are drawn.
        options: of the method.

    Raises:
        UnknownClass, UnknownLayer: with the nearest names.
        BadChoice: an unknown method, option, order or value.
        NotApplicable: the method cannot be honest on this network; says why.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> from vizcore.data.samples import sample
        >>> digit = sample("digit-4-test").read()
        >>> check = sanity_check("lenet5_modern", digit, most=2)
        >>> [step.layers for step in check.steps]
        [('output', 'f6'), ('c5', 'c3', 'c1')]
    """
    task = sanity_task(
        name,
        image,
        target,
        method,
        layer=layer,
        order=order,
        most=most,
        seed=seed,
        options=options,
        weights=weights,
    )
    return run_here(task, choose(device))


def map_metrics(
    name: str,
    image: AnyPicture,
    methods: Sequence[str] = USUAL,
    target: str | int | None = None,
    *,
    layer: str | None = None,
    settings: MetricSettings | None = None,
    weights: AnyWeights = None,
    device: str | None = None,
) -> MapMetrics:
    """Several methods' maps measured: deletion, insertion, infidelity, sensitivity, completeness.

    Args:
        methods: keys of `vizcore.lenses.saliency.METHODS`.
        target: a class by name or number; None takes the most probable one.
        layer: for the methods that look at one.
        settings: how; see `vizcore.records.trust.MetricSettings`.

    Raises:
        UnknownClass, UnknownLayer: with the nearest names.
        BadChoice: an unknown method, or a setting outside its range.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> from vizcore.data.samples import sample
        >>> digit = sample("digit-4-test").read()
        >>> found = map_metrics("lenet5_modern", digit, ["gradient"])
        >>> [row.method for row in found.rows]
        ['gradient']
    """
    frame_task, rows = metrics_tasks(
        name, image, methods, target, layer=layer, settings=settings, weights=weights
    )
    place = choose(device)
    frame = run_here(frame_task, place)
    return joined(frame, [run_here(each, place) for each in rows(frame)])
