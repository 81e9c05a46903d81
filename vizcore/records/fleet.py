"""Frozen records of the trained networks in the box: a card's numbers, and what follows from them.

Like `vizcore.records`: numbers, tuples and numpy arrays, no torch, no streamlit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import mean, stdev
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from vizcore.proportions import mcnemar, wilson

#: The parts of a data set that no network was trained on.
HeldOut = Literal["validation", "test"]


@dataclass(frozen=True, slots=True)
class SeedRun:
    """One training of a network: its seed, and the accuracies (0..1) that it reached."""

    seed: int
    validation: float
    test: float


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass of a training.

    Attributes:
        epoch: from 1.
        learning_rate: at its end; `loss` the mean over its steps.
        training: accuracy on the changed training patches while they were learnt from; None
            where the card does not say.
        validation: accuracy on the validation part after it.
    """

    epoch: int
    learning_rate: float
    loss: float
    training: float | None
    validation: float


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """A network in the box, as its card tells it. What a card does not say is None, or empty.

    Attributes:
        key: of the architecture in the zoo; `name` what it is called.
        weights: the name of the weights, "photos20" or "digits10"; `file` that of their file,
            without its ending, by which they are trained again.
        data: the name of the data set.
        depth: its weighted layers.
        validation, test: accuracies (0..1) of the shipped weights.
        patches: how many pictures each part has.
        runs: all trainings of this network, the shipped one among them.
        predictions: a class number for each picture of a part, in the order of the part.
        card: the whole card.
    """

    key: str
    name: str
    weights: str
    file: str
    data: str
    depth: int | None
    classes: tuple[str, ...]
    params: int
    macs: int | None
    validation: float
    test: float
    patches: Mapping[str, int]
    runs: tuple[SeedRun, ...]
    curve: tuple[Epoch, ...] = field(repr=False)
    predictions: Mapping[str, tuple[int, ...]] = field(repr=False)
    sha256: str
    licence: str
    seed: int | None
    epochs: int | None
    date: str
    machine: str
    card: Mapping[str, Any] = field(repr=False)

    @property
    def test_runs(self) -> tuple[float, ...]:
        """The test accuracy of every training; of the shipped one alone where no other is known."""
        return tuple(run.test for run in self.runs) or (self.test,)

    @property
    def mean_test(self) -> float:
        """The mean over the seeds."""
        return mean(self.test_runs)

    @property
    def spread_test(self) -> float | None:
        """The standard deviation over the seeds (n - 1); None for a single one."""
        return stdev(self.test_runs) if len(self.test_runs) > 1 else None

    def accuracy(self, part: HeldOut) -> float:
        """The accuracy of the shipped weights on a part."""
        return self.test if part == "test" else self.validation

    def right(self, part: HeldOut) -> int | None:
        """How many pictures of a part it names rightly; None where their number is unknown."""
        count = self.patches.get(part)
        return round(self.accuracy(part) * count) if count else None

    def interval(self, part: HeldOut) -> tuple[float, float] | None:
        """Wilson's 95% interval of the accuracy on a part, as if pictures were independent."""
        right, count = self.right(part), self.patches.get(part)
        return wilson(right, count) if right is not None and count else None


def trained_network(
    card: Mapping[str, Any],
    *,
    name: str = "",
    weights: str = "",
    file: str = "",
    depth: int | None = None,
) -> TrainedNetwork:
    """Read a card's JSON; older cards have fewer fields.

    Args:
        name, depth: of the architecture, as the zoo has them.
        weights: their name, where the card does not say it.
        file: the card's own name, without its ending.
    """
    accuracy, data = card["accuracy"], card["data"]
    runs = [SeedRun(run["seed"], run["validation"], run["test"]) for run in card.get("seeds", [])]
    curve = [
        Epoch(
            int(row["epoch"]),
            row["learning_rate"],
            row["loss"],
            row.get("training"),
            row["validation"],
        )
        for row in card.get("curve", [])
    ]
    return TrainedNetwork(
        key=card["key"],
        name=name or card["key"],
        weights=card.get("name", weights),
        file=file or card["key"],
        data=data["name"],
        depth=depth,
        classes=tuple(card["classes"]),
        params=int(card["params"]),
        macs=card.get("macs"),
        validation=float(accuracy["validation"]),
        test=float(accuracy["test"]),
        patches=accuracy.get("patches", {}),
        runs=tuple(runs),
        curve=tuple(curve),
        predictions={part: tuple(numbers) for part, numbers in card.get("predictions", {}).items()},
        sha256=card["sha256"],
        licence=card["licence"],
        seed=card.get("seed"),
        epochs=card.get("epochs"),
        date=card.get("date", ""),
        machine=card.get("machine", ""),
        card=card,
    )


@dataclass(frozen=True, slots=True)
class SkipPair:
    """A plain network and the same with skip connections: equal depth, same recipe.

    Attributes:
        points: how much better the residual one is, in percentage points of the mean test
            accuracy.
        clear: whether every residual training did better than every plain one, or every one
            worse.
    """

    plain: TrainedNetwork
    residual: TrainedNetwork

    @property
    def points(self) -> float:
        """The difference of the means, in percentage points."""
        return 100 * (self.residual.mean_test - self.plain.mean_test)

    @property
    def clear(self) -> bool:
        """Whether the seeds' ranges lie apart; never for a single training of either."""
        plain, residual = self.plain.test_runs, self.residual.test_runs
        if len(plain) < 2 or len(residual) < 2:
            return False
        return max(plain) < min(residual) or max(residual) < min(plain)


def skip_pairs(fleet: tuple[TrainedNetwork, ...]) -> tuple[SkipPair, ...]:
    """The pairs of a fleet, shallow first: `plainN_...` and `resnetN_...` by their keys."""
    residual = {each.key: each for each in fleet}
    pairs = [
        SkipPair(each, residual[other])
        for each in fleet
        if (other := each.key.replace("plain", "resnet", 1)) != each.key and other in residual
    ]
    return tuple(sorted(pairs, key=lambda pair: pair.plain.depth or 0))


@dataclass(frozen=True, slots=True)
class Confusion:
    """What a network names the pictures of a part, beside what they are.

    Attributes:
        labels_n, predicted_n: class numbers, one a picture.
    """

    key: str
    part: HeldOut
    classes: tuple[str, ...]
    labels_n: npt.NDArray[np.int64] = field(repr=False)
    predicted_n: npt.NDArray[np.int64] = field(repr=False)

    @property
    def counts_tp(self) -> npt.NDArray[np.int64]:
        """How often each true class (row) is named each class (column)."""
        counts = np.zeros((len(self.classes), len(self.classes)), dtype=np.int64)
        np.add.at(counts, (self.labels_n, self.predicted_n), 1)
        return counts

    @property
    def recall_t(self) -> npt.NDArray[np.float64]:
        """The share of each class that is named rightly; not a number where it has no pictures."""
        counts = self.counts_tp
        sums = counts.sum(axis=1)
        return np.divide(
            counts.diagonal(), sums, out=np.full(len(sums), np.nan), where=sums > 0, dtype=float
        )

    @property
    def wrong(self) -> int:
        """How many pictures are named wrongly."""
        return int((self.labels_n != self.predicted_n).sum())

    def mistakes(self) -> tuple[tuple[int, int, int], ...]:
        """The confused pairs as (true class, named class, count), most frequent first."""
        off = self.counts_tp.copy()
        np.fill_diagonal(off, 0)
        cells = [(int(t), int(p), int(off[t, p])) for t, p in np.argwhere(off)]
        return tuple(sorted(cells, key=lambda cell: (-cell[2], cell[:2])))

    def pictures(self, true: int, named: int) -> tuple[int, ...]:
        """The places in the part of the pictures of one class that are named another."""
        found = np.flatnonzero((self.labels_n == true) & (self.predicted_n == named))
        return tuple(int(place) for place in found)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two networks on the same pictures.

    Attributes:
        both_right, both_wrong: how many pictures.
        only_first, only_second: places in the part of the pictures that only one has right.
    """

    first: str
    second: str
    part: HeldOut
    both_right: int
    both_wrong: int
    only_first: tuple[int, ...]
    only_second: tuple[int, ...]

    @property
    def p_value(self) -> float:
        """McNemar's exact test that both err equally often."""
        return mcnemar(len(self.only_first), len(self.only_second))
