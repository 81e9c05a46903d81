"""The pretrained weights of torchvision and timm for the zoo, as data.

The weights of registered architectures are rows of `vizcore/reference/pretrained.csv`, read
without torch or a model library. `python -m vizcore fetch --refresh` writes the file again from
what the libraries say; a test compares every row. Those of `timm:NAME` are asked of timm itself.

An architecture of the zoo's own making has none, even where a library has a similar one: weights
are the right ones only for the very graph they were trained in.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import cast

from vizcore.data.preprocessing import Interpolation, Preprocessing
from vizcore.reference.tables import float_or_none, read_table
from vizcore.runtime.store import RemoteFile
from vizcore.zoo.architecture import Architecture
from vizcore.zoo.weights import Origin, Weights

TABLE = "pretrained"
#: What the published accuracies of the table were measured on.
DATASET = "ImageNet-1k validation"
_CLASSES = "imagenet1k"
_COLUMNS = (
    "architecture", "name", "origin", "title", "classes", "resize_px", "crop_px", "mean", "std",
    "interpolation", "squash", "top1", "top5", "licence", "source", "options", "left_out",
    "url", "file", "sha256", "about_bytes",
)  # fmt: skip


def pretrained_weights(architecture: Architecture) -> tuple[Weights, ...]:
    """What the libraries offer for an architecture, their default first; empty for own builds.

    Example:
        >>> from vizcore.zoo import get
        >>> [each.name for each in pretrained_weights(get("resnet50"))]
        ['IMAGENET1K_V2', 'IMAGENET1K_V1']
    """
    if architecture.key.startswith("timm:"):
        from vizcore.zoo.pretrained_timm import timm_weights

        return timm_weights(architecture)
    return _table().get(architecture.key, ())


@lru_cache(maxsize=1)
def imagenet_classes() -> tuple[str, ...]:
    """The names of ImageNet-1k's 1000 classes, as torchvision's metadata gives them, in order.

    Example:
        >>> imagenet_classes()[:2]
        ('tench', 'goldfish')
    """
    return tuple(row["name"] for row in read_table("imagenet1k_classes"))


def numbered_classes(number: int) -> tuple[str, ...]:
    """Names for outputs that nobody has named.

    Example:
        >>> numbered_classes(2)
        ('class 0', 'class 1')
    """
    return tuple(f"class {each}" for each in range(number))


def refresh(architectures: Iterable[Architecture]) -> int:
    """Write the table again from the libraries and say how many weights it has."""
    from vizcore.zoo.pretrained_timm import timm_weights
    from vizcore.zoo.pretrained_torchvision import torchvision_classes, torchvision_weights

    _write("imagenet1k_classes", ("name",), ({"name": name} for name in torchvision_classes()))
    imagenet_classes.cache_clear()
    rows: list[Weights] = []
    for entry in architectures:
        if entry.source.startswith("torchvision:"):
            rows += torchvision_weights(entry)
        elif entry.source.startswith("timm:"):
            rows += timm_weights(entry)
    _write(TABLE, _COLUMNS, (to_row(each) for each in rows))
    _table.cache_clear()
    return len(rows)


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[Weights, ...]]:
    found: dict[str, tuple[Weights, ...]] = {}
    for row in read_table(TABLE):
        weights = from_row(row)
        found[weights.architecture] = (*found.get(weights.architecture, ()), weights)
    return found


def to_row(weights: Weights) -> dict[str, str]:
    """Weights as a row of text; `from_row` gives them back."""
    how, file = weights.preprocessing, weights.file
    assert file is not None
    return {
        "architecture": weights.architecture,
        "name": weights.name,
        "origin": weights.origin,
        "title": weights.title,
        "classes": _CLASSES if weights.classes == imagenet_classes() else str(len(weights.classes)),
        "resize_px": str(how.resize_px),
        "crop_px": str(how.crop_px),
        "mean": " ".join(str(value) for value in how.mean),
        "std": " ".join(str(value) for value in how.std),
        "interpolation": how.interpolation,
        "squash": "yes" if how.squash else "",
        "top1": str(weights.accuracy.get("top1", "")),
        "top5": str(weights.accuracy.get("top5", "")),
        "licence": weights.licence,
        "source": weights.source,
        "options": json.dumps(dict(weights.options)) if weights.options else "",
        "left_out": " ".join(weights.left_out),
        "url": file.url,
        "file": file.name,
        "sha256": file.sha256,
        "about_bytes": str(file.about_bytes or ""),
    }


def from_row(row: dict[str, str]) -> Weights:
    """Weights from a row of the table."""
    top1, top5 = float_or_none(row["top1"]), float_or_none(row["top5"])
    known = row["classes"] == _CLASSES
    classes = imagenet_classes() if known else numbered_classes(int(row["classes"]))
    file = RemoteFile(
        row["file"],
        row["url"],
        row["sha256"],
        int(row["about_bytes"]) if row["about_bytes"] else None,
    )
    left_out = tuple(row["left_out"].split())
    return Weights(
        architecture=row["architecture"],
        name=row["name"],
        origin=cast(Origin, row["origin"]),
        title=row["title"],
        classes=classes,
        preprocessing=Preprocessing(
            int(row["resize_px"]),
            int(row["crop_px"]),
            tuple(float(value) for value in row["mean"].split()),
            tuple(float(value) for value in row["std"].split()),
            cast(Interpolation, row["interpolation"]),
            row["squash"] == "yes",
        ),
        identity=f"{row['origin']}:{row['file']}",
        accuracy={} if top1 is None else {"top1": top1, "top5": top5, "dataset": DATASET},
        licence=row["licence"],
        source=row["source"],
        notes=notes_on(file, left_out, classes),
        options=json.loads(row["options"]) if row["options"] else {},
        left_out=left_out,
        file=file,
    )


def notes_on(
    file: RemoteFile, left_out: tuple[str, ...], classes: tuple[str, ...]
) -> tuple[str, ...]:
    """What a person should know: what is left out, and what the file is checked against."""
    notes = []
    if left_out:
        heads = ", ".join(name.rstrip(".") for name in left_out)
        notes.append(
            f"The auxiliary classifiers in the file ({heads}), which only training uses, are left "
            "out."
        )
    if not classes:
        notes.append("Only the feature maps are of use: the file has no values for the classifier.")
    elif classes == numbered_classes(len(classes)):
        notes.append("The library names no classes for these weights; they are numbered.")
    if len(file.sha256) == 64:
        notes.append("The file is checked against its full sha256.")
    elif file.sha256:
        notes.append(
            f"The file is checked against the first {len(file.sha256)} digits of its sha256, "
            "which its name states."
        )
    else:
        notes.append(
            "The library states no hash. The file is checked against the sha256 that the server "
            "states while sending it, or that lies beside it as NAME.sha256; without, not at all."
        )
    return tuple(notes)


def _write(name: str, columns: tuple[str, ...], rows: Iterable[dict[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path = Path(str(files("vizcore.reference").joinpath(f"{name}.csv")))
    path.write_text(text.getvalue(), encoding="utf-8")
