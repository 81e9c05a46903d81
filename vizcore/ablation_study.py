"""Which layers can go: bundled networks retrained without some, beside what others published.

Nothing is trained here: the results are read from `assets/weights/ablation`, which
`python -m vizcore ablation --retrain` writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from vizcore import trained
from vizcore.errors import NotApplicable, UnknownName, WeightsError
from vizcore.records.ablation import AblationRun, AblationStudy, Published, Version
from vizcore.records.fleet import TrainedNetwork
from vizcore.reference import lecture_claim
from vizcore.reference.ablation import published_drop
from vizcore.runtime.weights import assets_folder
from vizcore.zoo.ablated import BUNDLED, ONE_TOWER, STUDY, build_without, whole

#: The network that is looked at unless another is named.
DEFAULT = "zfnet_photos20"


def folder() -> Path:
    """Where the results lie: one JSON file a network."""
    return assets_folder() / "weights" / "ablation"


def networks() -> tuple[str, ...]:
    """The keys of the networks in the box that the study is made of.

    Example:
        >>> networks()
        ('alexnet_photos20', 'zfnet_photos20')
    """
    here = {each.key for each in trained.fleet()}
    return tuple(key for key in BUNDLED if key in here)


def ablation(network: str = DEFAULT) -> AblationStudy:
    """What leaving layers out of a bundled network saved and cost, every version retrained.

    Layers are numbered from 1 as in Zeiler and Fergus (2014): convolutions 1 to 5, fully connected
    6 to 8. Parameters and multiply-adds are counted here, from the networks. A version that was
    not trained has no runs.

    Raises:
        UnknownName: it is none of the study's networks; lists them.
        NotApplicable: none of them is in the box, or its card holds no predictions.
        WeightsError: the results cannot be read, or contradict the network or its card.

    Example:
        >>> study = ablation("zfnet_photos20")
        >>> study.saved(study.versions[0])
        30336
    """
    keys = networks()
    if not keys:
        raise NotApplicable(
            "None of the networks that layers were left out of is in the box. The study's "
            f"networks: {', '.join(BUNDLED)}."
        )
    if network.lower() not in keys:
        raise UnknownName(
            f"There is no ablation of '{network[:80]}'. Allowed: {', '.join(keys)}.",
            received=network,
            suggestions=keys,
        )
    card = trained.card(network)
    path = folder() / f"{card.key}.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"runs": []}
        return _study(card, found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"The results {path.name} cannot be read: {error!r}.") from error


@lru_cache(maxsize=1)
def published() -> tuple[Published, ...]:
    """The same ablation on the 2012 network: a lecture's numbers, a paper's, and our count.

    Example:
        >>> [each.saved_two_towers for each in published()]
        [16781312, 49414144, 1696512, 51110656]
    """
    made = []
    for removed in STUDY:
        two, one = (count(key, ())[0] for key in ("alexnet_2012", ONE_TOWER))
        claim = f"alexnet_remove{''.join(map(str, removed))}"
        made.append(
            Published(
                removed,
                two - count("alexnet_2012", removed)[0],
                one - count(ONE_TOWER, removed)[0],
                two,
                one,
                lecture_claim(f"{claim}_params"),
                lecture_claim(f"{claim}_drop"),
                *published_drop(removed),
            )
        )
    return tuple(made)


def skippable(key: str) -> tuple[int, ...]:
    """The layers of a network of the study that give what they take in shape.

    Only such a layer can be skipped in the trained network, without training it again.

    Example:
        >>> skippable("zfnet_photos20"), skippable("alexnet_2012")
        ((4, 5), (4, 7))
    """
    from vizcore.anatomy import trace

    network = build_without(key, (), weights=False)
    table = trace(network, whole(key).input_shape, key=key, mine=True)
    weighted = [row for row in table.rows if row.kind in ("conv", "linear")]
    return tuple(
        number
        for number, row in enumerate(weighted, start=1)
        if row.in_shape[1:] == row.out_shape[1:]
    )


@lru_cache(maxsize=64)
def count(key: str, removed: tuple[int, ...]) -> tuple[int, int]:
    """Parameters and multiply-adds of a network of the study without some layers.

    Raises:
        NotApplicable, BadChoice: as `vizcore.zoo.ablated.without`.

    Example:
        >>> count("zfnet_photos20", ())
        (1129076, 75467264)
    """
    from vizcore.anatomy import trace

    table = trace(
        build_without(key, removed, weights=False), whole(key).input_shape, key=key, mine=True
    )
    return table.totals.params, table.totals.macs


def _study(card: TrainedNetwork, found: Mapping[str, Any]) -> AblationStudy:
    if "test" not in card.predictions:
        raise NotApplicable(
            f"The card of {card.name} holds no predictions, so nothing can be compared with it."
        )
    _, labels = trained.pictures(card.data, "test")
    truth = [int(label) for label in labels]
    runs: dict[tuple[int, ...], list[AblationRun]] = {(): [], **{each: [] for each in STUDY}}
    if card.seed is not None:
        runs[()].append(_run(card.seed, card.validation, card.predictions["test"], truth))
    for row in found["runs"]:
        removed = tuple(row["removed"])
        if (row["params"], row["macs"]) != count(card.key, removed):
            raise WeightsError(
                f"The results of {card.key} without {removed} tell of {row['params']:,} "
                f"parameters; the network has {count(card.key, removed)[0]:,}."
            )
        run = _run(row["seed"], row["validation"], row["predictions"]["test"], truth)
        if abs(run.test - row["test"]) > 1e-6:
            raise WeightsError(
                f"The results of {card.key} without {removed} contradict themselves: their "
                f"predictions are right in {run.test:.2%}, their accuracy says {row['test']:.2%}."
            )
        if run.seed not in [each.seed for each in runs[removed]]:
            runs[removed].append(run)
    versions = [
        Version(removed, *count(card.key, removed), tuple(sorted(of, key=lambda run: run.seed)))
        for removed, of in runs.items()
    ]
    facts = {name: value for name, value in found.items() if name != "runs"}
    facts["runs"] = [
        {name: value for name, value in row.items() if name != "predictions"}
        for row in found["runs"]
    ]
    return AblationStudy(
        card.key, card.name, card.data, versions[0], tuple(versions[1:]), published(), facts
    )


def _run(seed: int, validation: float, predicted: Any, truth: list[int]) -> AblationRun:
    right = tuple(int(a) == b for a, b in zip(predicted, truth, strict=True))
    return AblationRun(int(seed), float(validation), right)


def rows(study: AblationStudy) -> list[dict[str, object]]:
    """One flat row a version, as tables, CSV and JSON show it."""
    made = []
    for version, other in zip(study.versions, study.published, strict=True):
        drops, reach = study.drops(version), study.interval(version)
        made.append(
            {
                "network": study.network,
                "removed": " ".join(map(str, version.removed)),
                "params": version.params,
                "params_saved": study.saved(version),
                "share_saved": study.saved(version) / study.whole.params,
                "macs": version.macs,
                "test_pictures": study.pictures,
                "seeds": " ".join(str(drop.seed) for drop in drops),
                "test_by_seed": " ".join(f"{run.test:.4f}" for run in version.runs),
                "test_mean": version.mean_test,
                "test_deviation": version.spread_test,
                "drop_points": study.points(version),
                "drop_interval_low": None if reach is None else round(reach[0], 4),
                "drop_interval_high": None if reach is None else round(reach[1], 4),
                "drop_points_by_seed": " ".join(f"{drop.points:.2f}" for drop in drops),
                "p_value_by_seed": " ".join(f"{drop.p_value:.4g}" for drop in drops),
                "told_apart": study.told_apart(version),
                "alexnet_two_towers_saved": other.saved_two_towers,
                "alexnet_one_tower_saved": other.saved_one_tower,
                "zeiler_fergus_top1_points": other.top1_points,
                "zeiler_fergus_top5_points": other.top5_points,
                "lecture_points": other.lecture_points,
                "lecture_verdict": other.drop_claim.verdict,
            }
        )
    return made
