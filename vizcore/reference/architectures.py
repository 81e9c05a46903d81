"""Facts about published architectures: papers, exact counts, errors with their protocol."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from vizcore.errors import UnknownArchitecture
from vizcore.reference.tables import float_or_none, read_table


@dataclass(frozen=True, slots=True)
class ArchitectureFacts:
    """What is published about one architecture, and what its exact build counts.

    Attributes:
        key, display_name, family, year, authors, title, venue: identity and paper.
        input_shape: (channels, height, width) of one picture.
        num_outputs: classes (or values of an embedding).
        source: "torchvision:NAME", "timm:NAME" or "own": the build the counts are of.
        params, params_basis: parameters of that build and what the number rests on.
        macs, macs_basis: its multiply-adds (convolutions and linear layers, one picture).
        paper_params, paper_macs: what the paper prints, as text; "" where it prints nothing.
        depth, depth_note: layers as named or counted, and by whom.
        depth_longest_path: conv and linear layers on the longest path;
            `depth_longest_path_incl_se` counts squeeze-and-excitation layers too.
        conv_layers, linear_layers: how many of each the build has.
        eval_dataset, top1_err_pct, top5_err_pct, error_protocol, error_source: the published
            error; None and "" where there is none.
        other_results, pretrained, notes: further results, public weights, deviations; `notes`
            holds the layer recipe after "RECIPE:" for own builds.
    """

    key: str
    display_name: str
    family: str
    year: int
    authors: str
    title: str
    venue: str
    input_shape: tuple[int, int, int]
    num_outputs: int
    source: str
    params: int
    params_basis: str
    macs: int
    macs_basis: str
    paper_params: str
    paper_macs: str
    depth: int
    depth_note: str
    depth_longest_path: int
    depth_longest_path_incl_se: int
    conv_layers: int
    linear_layers: int
    eval_dataset: str
    top1_err_pct: float | None
    top5_err_pct: float | None
    error_protocol: str
    error_source: str
    other_results: str
    pretrained: str
    notes: str


def _parse(row: dict[str, str]) -> ArchitectureFacts:
    channels, height, width = (int(part) for part in row["input_size"].split("x"))
    return ArchitectureFacts(
        key=row["key"],
        display_name=row["display_name"],
        family=row["family"],
        year=int(row["year"]),
        authors=row["authors"],
        title=row["title"],
        venue=row["venue"],
        input_shape=(channels, height, width),
        num_outputs=int(row["num_outputs"]),
        source=row["source"],
        params=int(row["params"]),
        params_basis=row["params_basis"],
        macs=int(row["macs"]),
        macs_basis=row["macs_basis"],
        paper_params=row["paper_params"],
        paper_macs=row["paper_macs"],
        depth=int(row["depth"]),
        depth_note=row["depth_note"],
        depth_longest_path=int(row["depth_longest_path"]),
        depth_longest_path_incl_se=int(row["depth_longest_path_incl_se"]),
        conv_layers=int(row["n_conv"]),
        linear_layers=int(row["n_linear"]),
        eval_dataset=row["eval_dataset"],
        top1_err_pct=float_or_none(row["top1_err"]),
        top5_err_pct=float_or_none(row["top5_err"]),
        error_protocol=row["acc_protocol"],
        error_source=row["acc_source"],
        other_results=row["other_results"],
        pretrained=row["pretrained"],
        notes=row["notes"],
    )


@lru_cache(maxsize=1)
def architecture_facts() -> tuple[ArchitectureFacts, ...]:
    """Return the facts of every architecture, in the file's order (roughly historical).

    Example:
        >>> architecture_facts()[0].display_name
        'LeNet-5 (1998, as published)'
    """
    return tuple(_parse(row) for row in read_table("architectures"))


@lru_cache(maxsize=1)
def _by_key() -> dict[str, ArchitectureFacts]:
    return {facts.key: facts for facts in architecture_facts()}


def facts_of(key: str) -> ArchitectureFacts:
    """Return the facts of one architecture.

    Raises:
        UnknownArchitecture: no row has this key; the message lists the nearest ones.

    Example:
        >>> facts_of("vgg_d").params
        138357544
    """
    table = _by_key()
    if key not in table:
        raise UnknownArchitecture.among("architecture", key, table)
    return table[key]
