"""Where an object is, from what a network's saliency map says."""

from __future__ import annotations

from collections.abc import Mapping

from vizcore.data.photos20 import Part
from vizcore.records.localisation import (
    Localisation,
    LocalisationSettings,
    LocalisationStudy,
    SceneBaselines,
)
from vizcore.records.saliency import Value
from vizcore.runtime.device import choose
from vizcore.runtime.jobs import run_here
from vizcore.tasks.localisation import localisation_task, scene_baselines_task
from vizcore.tasks.saliency import saliency_task
from vizcore.tasks.sight import AnyPicture, AnyWeights


def localise(
    name: str,
    image: AnyPicture,
    target: str | int | None = None,
    *,
    method: str = "gradient",
    layer: str | None = None,
    seed: int = 0,
    options: Mapping[str, Value] | None = None,
    settings: LocalisationSettings | None = None,
    weights: AnyWeights = None,
    device: str | None = None,
) -> Localisation:
    """The object of a class by a saliency map's quantiles and a graph cut; its box is `.box`.

    Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional Networks" (2014), section 3.2.

    Args:
        target: a class by name or number; None takes the most probable one.
        method: a key of `vizcore.lenses.saliency.METHODS`; `layer` for those that look at one.
        options: of the method; `settings`: quantiles of the seeds, and smoothing.

    Raises:
        UnknownClass, UnknownLayer: with the nearest names.
        BadChoice: an unknown method, option or value.
        NotApplicable: the map is flat, or the method cannot be honest on this network.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> from vizcore.data.samples import sample
        >>> photo = sample("coffee").read()
        >>> len(localise("zfnet_photos20", photo).box)
        4
    """
    from vizcore.lenses.localisation import localise as find

    task = saliency_task(
        name, image, target, method, layer=layer, seed=seed, options=options, weights=weights
    )
    found = run_here(task, choose(device))
    return find(found.image_hwc, found.values_hw, settings)


def localisation_study(
    name: str,
    method: str = "gradient",
    *,
    layer: str | None = None,
    part: Part = "test",
    seed: int = 0,
    options: Mapping[str, Value] | None = None,
    settings: LocalisationSettings | None = None,
    weights: AnyWeights = None,
    device: str | None = None,
) -> LocalisationStudy:
    """Boxes by one method on all scenes of the localisation set, held against the true ones.

    Args:
        method, layer, options: as for `localise`; the class is the object's true one.
        part: of Photos-20, "test" or "validation".

    Raises:
        NotApplicable: the network does not know the scenes' classes, or refuses the method.
        BadChoice: an unknown method, option, value or part.
        UnknownArchitecture, UnknownWeights, WeightsError: as for `predict`.
    """
    task = localisation_task(
        name,
        method,
        layer=layer,
        part=part,
        seed=seed,
        options=options,
        settings=settings,
        weights=weights,
    )
    return run_here(task, choose(device))


def scene_baselines(
    part: Part = "test", *, settings: LocalisationSettings | None = None, seed: int = 0
) -> SceneBaselines:
    """What boxes reach on the localisation set without a network: centred, random, edges.

    Raises:
        BadChoice: another part than validation and test.
    """
    return run_here(scene_baselines_task(part, settings=settings, seed=seed))
