"""Accuracy beside operations and parameters, network by network, each number with its source."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from vizcore.reference.tables import float_or_none, read_table


@dataclass(frozen=True, slots=True)
class AccuracyRecord:
    """One source's view of how accurate a network is and what it costs.

    Attributes:
        network: the network's name; it may have several records.
        in_canziani_2017: whether the well-known chart of Canziani et al. shows it.
        record: who reports it ("era", "torchvision", "authors", "figure_reading_1", ...).
        preferred: True for the record to plot.
        top1_acc_pct, top1_protocol, top1_source: ImageNet validation accuracy; None if unknown.
        gops: 10^9 operations (two per multiply-add); `gmacs` 10^9 multiply-adds; None if
            unknown. `compute_input` is the picture's size, `compute_source` who counted.
        params_m, params_source: 10^6 parameters, or None.
        confidence, note: how far to trust the row and why.
    """

    network: str
    in_canziani_2017: bool
    record: str
    preferred: bool
    top1_acc_pct: float | None
    top1_protocol: str
    top1_source: str
    gops: float | None
    gmacs: float | None
    compute_input: str
    compute_source: str
    params_m: float | None
    params_source: str
    confidence: str
    note: str


@lru_cache(maxsize=2)
def accuracy_vs_compute(preferred_only: bool = False) -> tuple[AccuracyRecord, ...]:
    """Return the accuracy records, all of them or the one to plot for each network.

    Example:
        >>> record = accuracy_vs_compute(preferred_only=True)[0]
        >>> record.network, record.top1_acc_pct, record.gmacs
        ('AlexNet', 57.1, 0.724)
    """
    records = (
        AccuracyRecord(
            network=row["network"],
            in_canziani_2017=row["in_canziani_2017"] == "1",
            record=row["record"],
            preferred=row["preferred"] == "1",
            top1_acc_pct=float_or_none(row["top1_acc_pct"]),
            top1_protocol=row["top1_protocol"],
            top1_source=row["top1_source"],
            gops=float_or_none(row["gops"]),
            gmacs=float_or_none(row["gmacs"]),
            compute_input=row["compute_input"],
            compute_source=row["compute_source"],
            params_m=float_or_none(row["params_m"]),
            params_source=row["params_source"],
            confidence=row["confidence"],
            note=row["note"],
        )
        for row in read_table("accuracy_vs_compute")
    )
    return tuple(record for record in records if record.preferred or not preferred_only)


@dataclass(frozen=True, slots=True)
class TimmResult:
    """What timm's own evaluation gives of one of its weights.

    Attributes:
        architecture, weights: as the zoo names them; `timm_name` as timm does.
        side_px: of the square picture; `crop_pct` its share of the resized picture's side.
        top1_acc_pct, top5_acc_pct: ImageNet validation accuracy of one central crop.
        source: the table, at its commit.
    """

    architecture: str
    weights: str
    timm_name: str
    side_px: int
    top1_acc_pct: float
    top5_acc_pct: float
    crop_pct: float
    interpolation: str
    source: str


@lru_cache(maxsize=1)
def timm_results() -> dict[tuple[str, str], TimmResult]:
    """The accuracies that timm publishes of the zoo's timm weights, by architecture and weights.

    Example:
        >>> timm_results()["inception_v4", "tf_in1k"].top1_acc_pct
        80.144
    """
    return {
        (row["architecture"], row["weights"]): TimmResult(
            architecture=row["architecture"],
            weights=row["weights"],
            timm_name=row["timm_name"],
            side_px=int(row["side_px"]),
            top1_acc_pct=float(row["top1_acc_pct"]),
            top5_acc_pct=float(row["top5_acc_pct"]),
            crop_pct=float(row["crop_pct"]),
            interpolation=row["interpolation"],
            source=row["source"],
        )
        for row in read_table("timm_results")
    }


@dataclass(frozen=True, slots=True)
class StudyFinding:
    """One of the findings of the 2017 study, in its abstract's sense.

    Attributes:
        id: a short name; `finding` what the study concludes.
        needs: the measured quantity that it speaks of.
        source: where it stands.
    """

    id: str
    finding: str
    needs: str
    source: str


@lru_cache(maxsize=1)
def study_findings() -> tuple[StudyFinding, ...]:
    """What Canziani, Paszke, Culurciello (2017) conclude.

    Example:
        >>> [each.id for each in study_findings()]
        ['estimate', 'hyperbola', 'power', 'energy']
    """
    return tuple(StudyFinding(**row) for row in read_table("study_findings"))
