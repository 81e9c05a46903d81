"""Frozen results of leaving layers out: what it saves, and what it costs in accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import mean, stdev

from vizcore.proportions import mcnemar, paired_difference, wilson
from vizcore.records.lectures import LectureClaim

#: The chance that is taken, over all versions of a study, to tell apart what is not different.
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class AblationRun:
    """One training: its seed, the test pictures it names rightly, and its validation accuracy.

    Attributes:
        right_n: for each test picture, whether it is named rightly.
    """

    seed: int
    validation: float
    right_n: tuple[bool, ...] = field(repr=False)

    @property
    def right(self) -> int:
        """How many test pictures are named rightly."""
        return sum(self.right_n)

    @property
    def test(self) -> float:
        """The share (0..1) of the test pictures that are named rightly."""
        return self.right / len(self.right_n)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of that share, as if pictures were independent."""
        return wilson(self.right, len(self.right_n))


@dataclass(frozen=True, slots=True)
class SeedDrop:
    """What leaving layers out cost, whole and ablated trained with the same seed.

    Attributes:
        points: of test accuracy, positive where the ablated one is worse.
        only_whole, only_without: test pictures that only one of the two names rightly; `both` that
            both do, `neither` that none does.
    """

    seed: int
    points: float
    only_whole: int
    only_without: int
    both: int
    neither: int

    @property
    def interval(self) -> tuple[float, float]:
        """Newcombe's 95% interval of the points, as if pictures were independent."""
        counts = (self.both, self.only_whole, self.only_without, self.neither)
        low, high = paired_difference(*counts)
        return 100 * low, 100 * high

    @property
    def p_value(self) -> float:
        """McNemar's exact test that both err equally often."""
        return mcnemar(self.only_whole, self.only_without)


@dataclass(frozen=True, slots=True)
class Version:
    """A network with layers left out, or the whole one.

    Attributes:
        removed: numbers of the layers left out, from 1; empty for the whole network.
        params, macs: of the network as it is left, counted by `vizcore.anatomy`.
        runs: its trainings, by seed.
    """

    removed: tuple[int, ...]
    params: int
    macs: int
    runs: tuple[AblationRun, ...]

    @property
    def mean_test(self) -> float | None:
        """The mean test accuracy over the seeds; None for a network that was not trained."""
        return mean(run.test for run in self.runs) if self.runs else None

    @property
    def spread_test(self) -> float | None:
        """The standard deviation over the seeds (n - 1); None for fewer than two."""
        return stdev(run.test for run in self.runs) if len(self.runs) > 1 else None


@dataclass(frozen=True, slots=True)
class Published:
    """What is known of the same ablation on the 2012 network.

    Attributes:
        saved_two_towers, saved_one_tower: parameters it saves, counted here: on the published
            network's two towers, and on the one tower of the 2014 replication.
        params_claim, drop_claim: a lecture's numbers for it, with our verdicts.
        two_towers, one_tower: parameters of the whole networks.
        top1_points, top5_points: by how much the validation error rose in Table 3 of Zeiler and
            Fergus (2014).
    """

    removed: tuple[int, ...]
    saved_two_towers: int
    saved_one_tower: int
    two_towers: int
    one_tower: int
    params_claim: LectureClaim
    drop_claim: LectureClaim
    top1_points: float
    top5_points: float

    @property
    def share_one_tower(self) -> float:
        """The share (0..1) of the one-tower network's parameters that it saves."""
        return self.saved_one_tower / self.one_tower

    @property
    def lecture_points(self) -> float:
        """The lecture's drop in points."""
        return float(self.drop_claim.stated.split()[0])


@dataclass(frozen=True, slots=True)
class AblationStudy:
    """A bundled network, whole and with layers left out, every version retrained.

    Attributes:
        network: its key; `name` what it is called; `data` what it was trained on.
        whole: nothing left out; `versions` in the order of the study.
        published: the same on the 2012 network, one for each version.
        facts: what the file of results says of the trainings (recipe, dates, versions).
    """

    network: str
    name: str
    data: str
    whole: Version
    versions: tuple[Version, ...]
    published: tuple[Published, ...]
    facts: Mapping[str, object] = field(repr=False)

    @property
    def pictures(self) -> int:
        """How many test pictures there are."""
        return len(self.whole.runs[0].right_n)

    @property
    def level(self) -> float:
        """The p-value below which a version is told apart from the whole network (Bonferroni)."""
        return LEVEL / len(self.versions)

    def saved(self, version: Version) -> int:
        """The parameters that leaving the layers out saves."""
        return self.whole.params - version.params

    def drops(self, version: Version) -> tuple[SeedDrop, ...]:
        """What it cost with each seed that both were trained with, in points of test accuracy."""
        whole = {run.seed: run for run in self.whole.runs}
        found = []
        for run in version.runs:
            if run.seed not in whole:
                continue
            pairs = list(zip(whole[run.seed].right_n, run.right_n, strict=True))
            found.append(
                SeedDrop(
                    run.seed,
                    100 * (whole[run.seed].test - run.test),
                    sum(a and not b for a, b in pairs),
                    sum(b and not a for a, b in pairs),
                    sum(a and b for a, b in pairs),
                    sum(not a and not b for a, b in pairs),
                )
            )
        return tuple(found)

    def points(self, version: Version) -> float | None:
        """The mean of these drops; None where there is no training to compare."""
        drops = self.drops(version)
        return mean(drop.points for drop in drops) if drops else None

    def interval(self, version: Version) -> tuple[float, float] | None:
        """The 95% interval of the drop in points; of several seeds, what their intervals cover."""
        ends = [drop.interval for drop in self.drops(version)]
        return (min(low for low, _ in ends), max(high for _, high in ends)) if ends else None

    def told_apart(self, version: Version) -> bool:
        """Whether every seed's pair differs in one direction, beyond chance.

        At the 5% level over all versions together (Bonferroni): with several questions, one chance
        finding in twenty is soon made.
        """
        drops = self.drops(version)
        return bool(drops) and (
            all(drop.p_value < self.level for drop in drops)
            and len({drop.points > 0 for drop in drops}) == 1
        )


def named(removed: tuple[int, ...]) -> str:
    """Layers in words.

    Example:
        >>> named((7,)), named((3, 4, 6, 7)), named(())
        ('layer 7', 'layers 3, 4, 6 and 7', 'no layer')
    """
    if not removed:
        return "no layer"
    if len(removed) == 1:
        return f"layer {removed[0]}"
    return f"layers {', '.join(map(str, removed[:-1]))} and {removed[-1]}"
