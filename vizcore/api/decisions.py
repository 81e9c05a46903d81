"""Why a network says what it says."""

from __future__ import annotations

from collections.abc import Mapping

from vizcore.data.samples import sample
from vizcore.networks import offers
from vizcore.networks.presence import presence_of
from vizcore.records.saliency import NetworkFits, SaliencyMap, Value
from vizcore.runtime.device import choose
from vizcore.runtime.jobs import run_here
from vizcore.tasks.saliency import saliency_methods_task, saliency_task
from vizcore.tasks.sight import AnyPicture, AnyWeights


def saliency(
    name: str,
    image: AnyPicture,
    target: str | int | None = None,
    *,
    method: str = "gradient",
    against: str | int | None = None,
    layer: str | None = None,
    seed: int = 0,
    options: Mapping[str, Value] | None = None,
    weights: AnyWeights = None,
    device: str | None = None,
) -> SaliencyMap:
    """Which pixels of a picture move the score of a class (None: of the most probable one).

    Args:
        target: a class by name or number.
        method: a key of `vizcore.lenses.saliency.METHODS`.
        against: a second class, whose score is subtracted.
        layer: for the methods that look at one.
        seed: decides what is drawn, where the method draws.
        options: of the method, such as `{"steps": 100}`.

    Raises:
        UnknownClass, UnknownLayer: with the nearest names.
        BadChoice: an unknown method, option or value.
        NotApplicable: the method cannot be honest on this network; says why.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> from vizcore.data.samples import sample
        >>> photo = sample("coffee").read()
        >>> found = saliency("zfnet_photos20", photo, method="input_x_gradient")
        >>> found.target_class, found.values_hw.shape
        ('coffee', (64, 64))
    """
    task = saliency_task(
        name,
        image,
        target,
        method,
        against=against,
        layer=layer,
        seed=seed,
        options=options,
        weights=weights,
    )
    return run_here(task, choose(device))


def saliency_methods(
    name: str,
    image: AnyPicture | None = None,
    *,
    weights: AnyWeights = None,
    device: str | None = None,
) -> NetworkFits:
    """Which saliency methods apply to a network, which after rewriting it, which are refused: why.

    Args:
        image: what they are tried on; None takes the sample picture of a cup of coffee.
        weights: None takes random ones where the default is not on this machine: what applies
            hangs on the network's operations.

    Raises:
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> from vizcore.data.samples import sample
        >>> fits = saliency_methods("lenet5_modern", sample("digit-4-test").read())
        >>> fits.architecture
        'lenet5_modern'
    """
    if weights is None and not presence_of(offers.weights(name)).here:
        weights = "random"
    picture = sample("coffee").read() if image is None else image
    return run_here(saliency_methods_task(name, picture, weights=weights), choose(device))
