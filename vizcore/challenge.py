"""The ImageNet challenge by protocol: what an ensemble, one network and outside data each gave.

Errors told of one name differ because they answer different questions. Each point here says how
many networks, on which part of the data, with which training data, and who printed it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from vizcore.records.accuracy import ProtocolPoint
from vizcore.reference import ChallengeWinner, challenge_winners
from vizcore.zoo import architectures, get

#: Networks of those years whose papers print errors of their own, by the year they are told of.
_PAPERS = {2012: "alexnet_2012", 2013: "zfnet"}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_OFFICIAL_SINGLE = re.compile(r"single net (\d+(?:\.\d+)?)")
_ENSEMBLE_TEST = re.compile(r"(\d+) (?:CNNs|convnets)[^;]*?, (\d+(?:\.\d+)?) test")


@lru_cache(maxsize=1)
def protocol_points() -> tuple[ProtocolPoint, ...]:
    """Every published top-5 error of the challenge's winners, with the protocol that gave it.

    Example:
        >>> [(p.top5_err_pct, p.is_ensemble) for p in protocol_points() if p.name == "AlexNet"]
        [(16.422, True), (15.315, True), (18.2, False)]
    """
    points: list[ProtocolPoint] = []
    for entry in challenge_winners():
        points += _of_entry(entry)
    points += _of_papers()
    return tuple(sorted(points, key=lambda point: (point.year, point.name)))


def _of_entry(entry: ChallengeWinner) -> list[ProtocolPoint]:
    name = _name(entry)
    is_ensemble = None if entry.depth is None and entry.shallow else entry.ensemble[:3] == "yes"
    made = [
        ProtocolPoint(
            entry.year,
            name,
            entry.err_supplied_data_only_pct,
            is_ensemble,
            "test",
            outside_data=False,
            protocol=f"the challenge's entry, its own data; ensemble: {entry.ensemble}",
            source=entry.source,
            rank=entry.rank,
        )
    ]
    if entry.top5_err_pct != entry.err_supplied_data_only_pct:
        made.append(
            ProtocolPoint(
                entry.year,
                name,
                entry.top5_err_pct,
                is_ensemble,
                "test",
                outside_data=True,
                protocol=f"the same team with outside data: {entry.outside_data}",
                source=entry.source,
                rank=entry.rank,
            )
        )
    for found in _OFFICIAL_SINGLE.findall(entry.ensemble):
        made.append(_single(entry, name, found, "the team's own entry of one network, test"))
    for part in filter(None, (part.strip() for part in entry.single_model_top5.split(";"))):
        number = _NUMBER.match(part)
        if number is not None:
            words = re.sub(r"[()]", "", part[number.end() :]).strip()
            made.append(_single(entry, name, number[0], words))
    return made


def _single(entry: ChallengeWinner, name: str, number: str, words: str) -> ProtocolPoint:
    """One network's error; who printed it is asked of the architecture's own facts first."""
    source, protocol, part = entry.source, words, _part(words)
    if "entry" not in words:
        source = f"{entry.source}; {entry.cross_check}" if entry.cross_check else entry.source
        for architecture in architectures():
            told = architecture.published
            if told is None or not architecture.name.startswith(name):
                continue
            if told.top5 == float(number):
                source, protocol = told.source, told.protocol
                part = "validation" if told.dataset.endswith("val") else part
                break
            if re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.]*\d)", architecture.other_results):
                piece = _piece_with(architecture.other_results, number)
                source = f"{piece}; {entry.cross_check}"
    return ProtocolPoint(
        entry.year,
        name,
        float(number),
        is_ensemble=False,
        part=part,
        outside_data=False,
        protocol=f"one network: {protocol}",
        source=source,
        rank=entry.rank,
    )


def _piece_with(text: str, number: str) -> str:
    """The piece of a list of results, divided by semicolons, in which a number stands."""
    return next(piece.strip() for piece in text.split(";") if number in piece)


def _of_papers() -> list[ProtocolPoint]:
    """What the papers of the same years print of the architecture itself."""
    made = []
    for year, key in _PAPERS.items():
        entry = get(key)
        if entry.published is None or entry.published.top5 is None:
            continue
        if entry.name.split(" ")[0] in {_name(winner) for winner in challenge_winners()}:
            continue
        name = entry.name.split(" ")[0]
        made.append(
            ProtocolPoint(
                year,
                name,
                entry.published.top5,
                is_ensemble=False,
                part="validation",
                outside_data=False,
                protocol=f"one network: {entry.published.protocol}",
                source=entry.published.source,
                rank=None,
            )
        )
        for count, error in _ENSEMBLE_TEST.findall(entry.other_results):
            made.append(
                ProtocolPoint(
                    year,
                    name,
                    float(error),
                    is_ensemble=True,
                    part="test",
                    outside_data=False,
                    protocol=f"{count} networks together",
                    source=entry.published.source,
                    rank=None,
                )
            )
    return made


def _part(words: str) -> str:
    if "test" in words:
        return "test"
    return "validation" if "val" in words else "part not stated"


def _name(entry: ChallengeWinner) -> str:
    text = entry.team if entry.depth is None and entry.shallow else entry.model
    if text.startswith(("unpublished", "fusion")):
        text = entry.team
    return re.split(r" \(| / | and | ensemble|-16/19", text)[0]
