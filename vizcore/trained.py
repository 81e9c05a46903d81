"""The trained networks in the box: their cards as records, and the pictures that they confuse.

Nothing is computed by a network here: a card holds what was measured, and what it predicted.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from vizcore import zoo
from vizcore.errors import ConvScopeError, NotApplicable, UnknownName, WeightsError
from vizcore.records.fleet import Confusion, Disagreement, HeldOut, TrainedNetwork, trained_network
from vizcore.runtime import weights

#: The data sets, and the modules that have their held-out pictures.
_DATA = {"Photos-20": "vizcore.data.photos20", "Digits-10": "vizcore.data.digits10"}


def fleet() -> tuple[TrainedNetwork, ...]:
    """Every network that comes with weights, by key.

    Raises:
        WeightsError: a card that cannot be read.

    Example:
        >>> "zfnet_photos20" in [network.key for network in fleet()]
        True
    """
    return tuple(_record(each) for each in weights.cards())


def card(name: str) -> TrainedNetwork:
    """The card of one network in the box, by its key or its file's name.

    Raises:
        UnknownName: there is none; suggests the nearest names.

    Example:
        >>> card("zfnet_photos20").data
        'Photos-20'
    """
    networks = {each.key: each for each in fleet()}
    by_file = {each.file: each for each in networks.values()}
    found = networks.get(name.lower()) or by_file.get(name.lower())
    if found is None:
        raise UnknownName.among("trained network in the box", name, networks)
    return found


def pictures(data: str, part: HeldOut) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The held-out pictures of a data set, uint8 (n, h, w) or (n, h, w, 3), and their classes (n,).

    Raises:
        NotApplicable: pictures of that data set are not here.
    """
    if data not in _DATA:
        raise NotApplicable(
            f"There are no pictures of the data set '{data}' here. Data sets with pictures: "
            f"{', '.join(_DATA)}."
        )
    return _pictures(data, part)


@lru_cache(maxsize=4)
def _pictures(data: str, part: HeldOut) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    rgb, labels = import_module(_DATA[data]).held_out(part)
    return rgb, labels


def confusion(network: str | TrainedNetwork, part: HeldOut = "test") -> Confusion:
    """What a network names the pictures of a part, as its card recorded it.

    Raises:
        UnknownName: no network of this name is in the box.
        NotApplicable: its card holds no predictions, or the pictures are not here.
        WeightsError: the card contradicts itself or the pictures.

    Example:
        >>> confusion("zfnet_photos20").counts_tp.shape
        (20, 20)
    """
    if isinstance(network, str):
        network = card(network)
    if part not in network.predictions:
        raise NotApplicable(
            f"The card of {network.name} holds no predictions of the {part} part, so what it "
            "confuses is not known. Training it again writes a card that does: "
            f"python -m vizcore train {network.file}."
        )
    _, labels = pictures(network.data, part)
    predicted = np.array(network.predictions[part], dtype=np.int64)
    if predicted.shape != labels.shape:
        raise WeightsError(
            f"The card of {network.name} predicts {len(predicted)} pictures; the {part} part of "
            f"{network.data} has {len(labels)}."
        )
    if predicted.size and not 0 <= predicted.min() <= predicted.max() < len(network.classes):
        raise WeightsError(f"The card of {network.name} predicts classes that it does not have.")
    measured = float((predicted == labels).mean())
    if abs(measured - network.accuracy(part)) > 1e-6:
        raise WeightsError(
            f"The card of {network.name} contradicts itself: its predictions are right in "
            f"{measured:.4%} of the {part} part, its accuracy says {network.accuracy(part):.4%}."
        )
    return Confusion(network.key, part, network.classes, labels, predicted)


def disagreement(
    first: str | TrainedNetwork, second: str | TrainedNetwork, part: HeldOut = "test"
) -> Disagreement:
    """Which pictures only one of two networks names rightly.

    Raises:
        NotApplicable: they were trained on different data sets, or a card holds no predictions.
        UnknownName, WeightsError: as for `confusion`.

    Example:
        >>> disagreement("plain14_photos20", "resnet14_photos20").both_right > 300
        True
    """
    one = card(first) if isinstance(first, str) else first
    other = card(second) if isinstance(second, str) else second
    if one.data != other.data:
        raise NotApplicable(
            f"{one.name} knows {one.data} and {other.name} knows {other.data}: there are no "
            "pictures on which both can be compared."
        )
    a, b = confusion(one, part), confusion(other, part)
    right_a, right_b = a.predicted_n == a.labels_n, b.predicted_n == b.labels_n
    only_a, only_b = np.flatnonzero(right_a & ~right_b), np.flatnonzero(right_b & ~right_a)
    return Disagreement(
        one.key,
        other.key,
        part,
        both_right=int((right_a & right_b).sum()),
        both_wrong=int((~right_a & ~right_b).sum()),
        only_first=tuple(int(place) for place in only_a),
        only_second=tuple(int(place) for place in only_b),
    )


def rows(networks: Iterable[TrainedNetwork]) -> list[dict[str, Any]]:
    """One flat row of numbers and texts a network, as tables, CSV and JSON show it."""
    made = []
    for each in networks:
        low, high = each.interval("test") or (None, None)
        made.append(
            {
                "key": each.key,
                "name": each.name,
                "data": each.data,
                "weights": each.weights,
                "params": each.params,
                "macs": each.macs,
                "validation": each.validation,
                "test": each.test,
                "test_low": low,
                "test_high": high,
                "test_pictures": each.patches.get("test"),
                "seeds": len(each.test_runs),
                "test_mean": each.mean_test,
                "test_deviation": each.spread_test,
                "seed": each.seed,
                "epochs": each.epochs,
                "date": each.date,
                "machine": each.machine,
                "licence": each.licence,
                "sha256": each.sha256,
            }
        )
    return made


def _record(found: weights.Card) -> TrainedNetwork:
    try:
        architecture = zoo.get(found.key)
        name, depth = architecture.name, architecture.depth
    except ConvScopeError:  # a card from another folder, of a network that the zoo does not have
        name, depth = found.key, None
    try:
        return trained_network(
            found.details, name=name, weights=found.name, file=found.path.stem, depth=depth
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"The card of '{found.key}' cannot be read: {error!r}.") from error
