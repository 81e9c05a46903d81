"""How a network's filters came to be, from the snapshots of its training: tasks for an engine.

The network an engine loads is the finished one; each snapshot's weights are put into a private
copy of its modules, one snapshot at a time, on the same device.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import numpy as np
import numpy.typing as npt

from vizcore.data import photos20
from vizcore.data.images import Picture
from vizcore.data.preprocessing import Preprocessing
from vizcore.errors import BadChoice, NotApplicable, WeightsError
from vizcore.formats.words import counted
from vizcore.networks.loading import source_of
from vizcore.networks.offers import weights as find_weights
from vizcore.records import ReceptiveField
from vizcore.records.evolution import (
    FilterHistory,
    PatchHistory,
    SaliencyHistory,
)
from vizcore.runtime.jobs import Progress, Task, finish
from vizcore.runtime.snapshots import Snapshot, has_snapshots, identity, read_snapshot, snapshots
from vizcore.runtime.weights import cards
from vizcore.tasks.sight import AnyPicture, as_picture
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    from torch import Tensor, nn

Result = TypeVar("Result")
#: Which pictures are searched for the strongest patches.
Searched = Literal["training", "validation"]
#: Training patches of each class, and the seed they are drawn with.
PER_CLASS, SEED = 25, 0


def keys_with_snapshots() -> tuple[str, ...]:
    """The networks whose training can be looked at."""
    return tuple(card.key for card in cards() if has_snapshots(card))


def evolution_task(name: str, *, weights: str | None = None) -> Task[FilterHistory]:
    """Every layer's filters at every snapshot, and how far they were from the finished ones.

    Raises:
        UnknownArchitecture, UnknownWeights: there is nothing of this name.
        WeightsError: no snapshots of it were kept; says of which networks there are some.
    """
    past = _past(name, weights)
    work = partial(_evolution, past=past)
    return Task(work, "Filters through training", source_of(past.weights), past.key("filters"))


def evolution_patches_task(
    name: str, searched: Searched = "training", *, weights: str | None = None
) -> Task[PatchHistory]:
    """The strongest patches of every convolution's channels at every snapshot.

    Args:
        searched: "training" draws `PER_CLASS` windows of each photograph from the pixels the
            network was trained on; "validation" takes every validation patch.

    Raises:
        BadChoice: others are asked for.
        NotApplicable: the network was trained on other pictures than Photos-20.
    """
    if searched not in get_args(Searched):
        raise BadChoice.among("searched", searched, get_args(Searched))
    past = _past(name, weights)
    data = past.weights.card.data if past.weights.card else {}
    if data.get("name") != "Photos-20":
        raise NotApplicable(
            f"'{past.weights.architecture}' was trained on {data.get('name', 'other pictures')}; "
            "the strongest patches are searched in Photos-20."
        )
    work = partial(_patches, past=past, searched=searched)
    key = past.key("patches", searched)
    return Task(work, "Strongest patches", source_of(past.weights), key)


def evolution_saliency_task(
    name: str, image: AnyPicture, *, weights: str | None = None
) -> Task[SaliencyHistory]:
    """What the network said about a picture at every snapshot, and which pixels moved it.

    The class is the one that the finished network finds most probable.
    """
    past, picture = _past(name, weights), as_picture(image)
    work = partial(_saliency, past=past, picture=picture)
    key = past.key("saliency", picture.sha256)
    return Task(work, "Saliency through training", source_of(past.weights), key)


def patches_searched(searched: Searched) -> npt.NDArray[np.uint8]:
    """The pictures that are searched, uint8 (n, 64, 64, 3); the same ones every time."""
    if searched == "validation":
        return photos20.held_out("validation")[0]
    return photos20.training_patches(PER_CLASS, np.random.default_rng(SEED))[0]


@dataclass(frozen=True, slots=True)
class _Past:
    """A finished network's weights and the snapshots on the way to them."""

    weights: Weights
    shots: tuple[Snapshot, ...]

    def key(self, what: str, *parameters: str) -> tuple[str, ...]:
        return (
            f"evolution {what}",
            self.weights.architecture,
            self.weights.identity,
            identity(self.shots),
            *parameters,
        )


def _past(name: str, weights: str | None) -> _Past:
    found = find_weights(name, weights)
    if found.card is not None and has_snapshots(found.card):
        return _Past(found, snapshots(found.card))
    keys = keys_with_snapshots()
    kept = f"There are some of: {', '.join(keys)}." if keys else "There are none on this machine."
    raise WeightsError(
        f"No snapshots of the training of '{found.architecture}' with weights '{found.name}' were "
        f"kept, so how its filters came to be cannot be shown. {kept}",
        received=found.architecture,
        suggestions=keys,
    )


def _at(network: nn.Module, snapshot: Snapshot) -> nn.Module:
    """A copy of the finished network with a snapshot's weights; the network stays as it is."""
    from vizcore.runtime.clone import private_copy

    copy = private_copy(network)
    device = next(network.parameters()).device
    state = {name: each.to(device) for name, each in read_snapshot(snapshot).items()}
    try:
        copy.load_state_dict(state, assign=True)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise WeightsError(
            f"The snapshot of epoch {snapshot.epoch} does not fit the network: {reason}"
        ) from error
    return copy.requires_grad_(False)


def _evolution(network: nn.Module, *, past: _Past) -> Generator[Progress, None, FilterHistory]:
    from vizcore.lenses.evolution import filter_layers, layer_history

    shots = past.shots
    layers = filter_layers(network)
    states: list[dict[str, Tensor]] = []
    for place, shot in enumerate(shots):
        yield Progress(place, len(shots), f"epoch {shot.epoch}")
        weights = dict(_at(network, shot).named_parameters())
        states.append({layer: weights[f"{layer}.weight"].cpu() for layer in layers})
    return FilterHistory(
        past.weights.architecture,
        tuple(shot.epoch for shot in shots),
        tuple(shot.validation for shot in shots),
        tuple(layer_history(layer, [state[layer] for state in states]) for layer in layers),
    )


@dataclass(frozen=True, slots=True)
class _Standardised:
    """Pictures whose slices are standardised when they are taken."""

    rgb_nhwc: npt.NDArray[np.uint8]
    how: Preprocessing

    def __len__(self) -> int:
        return len(self.rgb_nhwc)

    def __getitem__(self, part: slice, /) -> npt.NDArray[np.float32]:
        return self.how.standardise(self.rgb_nhwc[part])


def _patches(
    network: nn.Module, *, past: _Past, searched: Searched
) -> Generator[Progress, None, PatchHistory]:
    from torch import nn

    from vizcore.lenses.evolution import filter_layers
    from vizcore.lenses.strongest import strongest

    yield Progress(0, None, f"reading the {searched} patches")
    pictures = _Standardised(patches_searched(searched), past.weights.preprocessing)
    shots = past.shots
    layers = [
        name for name, layer in filter_layers(network).items() if isinstance(layer, nn.Conv2d)
    ]
    found = []
    for place, shot in enumerate(shots):
        steps = strongest(_at(network, shot), pictures, layers)
        note = f"epoch {shot.epoch}, {counted(len(pictures), 'patch', 'patches')}"
        found.append(
            (yield from _as_part(steps, place * len(pictures), len(shots) * len(pictures), note))
        )
    said = (
        f"{PER_CLASS} windows of each photograph, from the pixels it was trained on (seed {SEED})"
        if searched == "training"
        else "every validation patch"
    )
    return PatchHistory(
        tuple(shot.epoch for shot in shots),
        len(pictures),
        said,
        _fields(past.weights, pictures.rgb_nhwc.shape[1:3], layers),
        tuple(found),
    )


def _as_part(
    steps: Generator[Progress, None, Result], before: int, total: int, note: str
) -> Generator[Progress, None, Result]:
    """Take all steps of one part of some work, counted in the whole."""
    while True:
        try:
            progress = next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        yield Progress(before + progress.done, total, note)


def _fields(weights: Weights, side: Any, layers: list[str]) -> dict[str, ReceptiveField]:
    """The receptive field of each layer's values.

    Raises:
        NotApplicable: one is not known.
    """
    from vizcore.anatomy import trace
    from vizcore.zoo import build_meta

    key = weights.architecture
    table = trace(build_meta(key, **weights.options), (3, *side), key=key)
    fields = {row.name: row.receptive_field for row in table if row.name in layers}
    known = {layer: field for layer, field in fields.items() if field is not None}
    if missing := set(layers) - set(known):
        raise NotApplicable(f"What the values of {', '.join(sorted(missing))} see is not known.")
    return known


def _saliency(
    network: nn.Module, *, past: _Past, picture: Picture
) -> Generator[Progress, None, SaliencyHistory]:
    from vizcore.lenses.prediction import predict
    from vizcore.lenses.saliency import saliency

    how, classes, shots = past.weights.preprocessing, past.weights.classes, past.shots
    image, view = how.apply(picture.rgb_hwc), how.view(picture.rgb_hwc)
    target = predict(network, image, classes=classes).indices[0]
    maps, said = [], []
    for place, shot in enumerate(shots):
        yield Progress(place, len(shots), f"epoch {shot.epoch}")
        then = _at(network, shot)
        said.append(predict(then, image, classes=classes))
        steps = saliency(then, image, image_hwc=view, target=target, classes=classes)
        maps.append(finish(steps))
    return SaliencyHistory(tuple(shot.epoch for shot in shots), tuple(maps), tuple(said))
