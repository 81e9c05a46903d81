"""The ImageNet challenge (ILSVRC classification), year by year."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from vizcore.reference.tables import float_or_none, read_table


@dataclass(frozen=True, slots=True)
class ChallengeWinner:
    """One entry of the ImageNet challenge.

    Attributes:
        rank: 1 for the winner of the classification task (2014 also lists the second).
        model: the network's name, or "no network".
        top5_err_pct: the official top-5 test error; `err_supplied_data_only_pct` the team's
            error without outside training data.
        outside_data, ensemble, single_model_top5: what stands behind the error, in words.
        depth: weight layers of the (deepest) network; None where there is no network or
            nobody published it. `depth_note` says which, and who counted.
        shallow: True for the years before networks.
        lecture_figure_pct: the error most lecture charts print; None where they print none.
        source, cross_check: where the error comes from and what confirms it.
        confidence, note: how far to trust the row, and what is often told wrongly about it.
    """

    year: int
    rank: int
    team: str
    model: str
    method: str
    top5_err_pct: float
    err_supplied_data_only_pct: float
    outside_data: str
    ensemble: str
    single_model_top5: str
    depth: int | None
    shallow: bool
    depth_note: str
    runner_up: str
    runner_up_top5_pct: float | None
    lecture_figure_pct: float | None
    source: str
    cross_check: str
    confidence: str
    note: str


@lru_cache(maxsize=1)
def challenge_winners() -> tuple[ChallengeWinner, ...]:
    """Return the challenge's entries from 2010 to 2017, in order of year, then rank.

    Example:
        >>> [w.depth for w in challenge_winners() if w.model == "AlexNet"]
        [8]
    """
    entries = (
        ChallengeWinner(
            year=int(row["year"]),
            rank=int(row["rank"]),
            team=row["team"],
            model=row["model"],
            method=row["method"],
            top5_err_pct=float(row["top5_err_pct"]),
            err_supplied_data_only_pct=float(row["err_supplied_data_only_pct"]),
            outside_data=row["outside_data"],
            ensemble=row["ensemble"],
            single_model_top5=row["single_model_top5"],
            depth=int(row["depth"]) if row["depth"].isdigit() else None,
            shallow=row["depth"] == "shallow",
            depth_note=row["depth_note"],
            runner_up=row["runner_up"],
            runner_up_top5_pct=float_or_none(row["runner_up_top5_pct"]),
            lecture_figure_pct=float_or_none(row["lecture_figure_pct"]),
            source=row["source"],
            cross_check=row["cross_check"],
            confidence=row["confidence"],
            note=row["note"],
        )
        for row in read_table("ilsvrc_winners")
    )
    return tuple(sorted(entries, key=lambda entry: (entry.year, entry.rank)))
