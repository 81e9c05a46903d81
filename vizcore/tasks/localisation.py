"""Finding objects from saliency maps by a network's name, as tasks for an engine."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from vizcore.data.localisation import HELD_OUT, Scene, localisation_set
from vizcore.data.photos20 import CLASSES, PATCH_PX, Part
from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.saliency.methods import method_of, settled
from vizcore.networks.classes import class_number
from vizcore.networks.loading import source_of
from vizcore.networks.offers import preprocessing_of, trained_keys
from vizcore.networks.offers import weights as find_weights
from vizcore.records.localisation import (
    LocalisationSettings,
    LocalisationStudy,
    Rectangle,
    SceneBaselines,
)
from vizcore.records.saliency import Value
from vizcore.runtime.jobs import Progress, Task
from vizcore.tasks.sight import AnyWeights, chosen_weights
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    from torch import nn

    from vizcore.lenses.localisation_study import PosedScene


def localisation_task(
    name: str,
    method: str = "gradient",
    *,
    layer: str | None = None,
    part: Part = "test",
    seed: int = 0,
    options: Mapping[str, Value] | None = None,
    settings: LocalisationSettings | None = None,
    weights: AnyWeights = None,
) -> Task[LocalisationStudy]:
    """One method on all scenes of the localisation set; see `vizcore.lenses.localisation_study`.

    Raises:
        NotApplicable: the network does not know the scenes' classes; suggests some that do.
        BadChoice: an unknown method, option, value or part.
        UnknownArchitecture, UnknownWeights, WeightsNotHere: there is nothing to look with.
    """
    chosen = method_of(method)
    given = settled(chosen, options)
    if part not in HELD_OUT:
        raise BadChoice.among("part", part, HELD_OUT)
    found = chosen_weights(name, weights)
    require_scene_classes(found)
    how = settings or LocalisationSettings()
    layer = layer if "layer" in chosen.needs else None
    work = partial(
        _study,
        weights=found,
        method=method,
        layer=layer,
        part=part,
        seed=seed,
        options=given,
        settings=how,
    )
    drawn = seed if chosen.random else 0
    key = (
        *("localisation", found.architecture, found.identity, method, layer, part, drawn, how),
        *sorted(given.items()),
    )
    return Task(work, f"{chosen.title} on all scenes", source_of(found), key)


def scene_baselines_task(
    part: Part = "test", *, settings: LocalisationSettings | None = None, seed: int = 0
) -> Task[SceneBaselines]:
    """What boxes reach on the scenes without any network.

    Raises:
        BadChoice: another part than validation and test.
    """
    if part not in HELD_OUT:
        raise BadChoice.among("part", part, HELD_OUT)
    how = settings or LocalisationSettings()
    work = partial(_baselines, part=part, settings=how, seed=seed)
    return Task(work, "Boxes without a network", None, ("scene baselines", part, how, seed))


def require_scene_classes(weights: Weights) -> None:
    """Refuse weights that do not know the classes of the scenes.

    Raises:
        NotApplicable: they do not; its suggestions are bundled networks that do.
    """
    known = {name.lower() for name in weights.classes}
    missing = [name for name in CLASSES if name not in known]
    if not missing:
        return
    fitting = fitting_networks()
    count = len(CLASSES) - len(missing)
    raise NotApplicable(
        f"The scenes show the {len(CLASSES)} classes of Photos-20, of which "
        f"'{weights.architecture}' with the weights {weights.name} knows {count or 'none'}. "
        f"Allowed: {', '.join(fitting) or 'none is here'}.",
        received=weights.architecture,
        suggestions=fitting,
    )


def fitting_networks() -> tuple[str, ...]:
    """Bundled networks that know the scenes' classes."""
    keys = trained_keys()
    return tuple(key for key in keys if set(CLASSES) <= set(find_weights(key).classes))


def box_as_seen(box: Rectangle, weights: Weights) -> Rectangle:
    """A box of a scene in the pixels that a network looks at, which may be more or fewer."""
    how = preprocessing_of(weights)
    times, cut = how.resize_px / PATCH_PX, round((how.resize_px - how.crop_px) / 2)
    left, top, right, bottom = (min(max(side * times - cut, 0), how.crop_px) for side in box)
    return left, top, right, bottom


def posed(scene: Scene, weights: Weights) -> PosedScene:
    """A scene as a network sees it, its box in the pixels it looks at.

    Raises:
        UnknownClass: the network does not know what is in the scene.
    """
    from vizcore.lenses.localisation_study import PosedScene

    how = preprocessing_of(weights)
    return PosedScene(
        how.view(scene.rgb_hwc),
        how.apply(scene.rgb_hwc)[0],
        box_as_seen(scene.box, weights),
        class_number(scene.class_name, weights.classes),
        class_number(scene.background, weights.classes),
    )


def _study(
    network: nn.Module,
    *,
    weights: Weights,
    method: str,
    layer: str | None,
    part: Part,
    seed: int,
    options: Mapping[str, Value],
    settings: LocalisationSettings,
) -> Generator[Progress, None, LocalisationStudy]:
    from vizcore.lenses.localisation_study import localisation_study

    return localisation_study(
        network,
        [posed(scene, weights) for scene in localisation_set(part)],
        method=method,
        layer=layer,
        seed=seed,
        options=options,
        settings=settings,
    )


def _baselines(
    *, part: Part, settings: LocalisationSettings, seed: int
) -> Generator[Progress, None, SceneBaselines]:
    from vizcore.lenses.localisation_study import baselines

    scenes = [(scene.rgb_hwc, scene.box) for scene in localisation_set(part)]
    return baselines(scenes, settings=settings, seed=seed)
