"""A person's own weights: checked against an architecture before anything is computed with them.

The names, shapes, dtypes and values of a safetensors file are held against the architecture's
signature. What can be mended without changing what the network computes is mended and said; all
else is refused with the first mismatches and the architectures the file is nearer to.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, BinaryIO

from vizcore.errors import UnfitWeights, WeightsError
from vizcore.formats.words import counted
from vizcore.runtime.jobs import Progress
from vizcore.runtime.tensor_files import (
    MAX_FILE_BYTES,
    StoredTensor,
    read_header,
    read_tensor,
)
from vizcore.zoo.registry import get
from vizcore.zoo.signatures import COUNTER, Near, Signature, classes_in, nearest, signature

if TYPE_CHECKING:
    import torch

#: What wrappers put before every name: data parallel, Lightning, checkpoints, torch.compile.
PREFIXES = ("module.", "model.", "state_dict.", "_orig_mod.")


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights that fill an architecture.

    Attributes:
        key: of the architecture.
        classes: outputs of the head, as the file has them.
        state: loads with `strict=True` into the architecture built for as many classes; float32,
            and whole numbers where the network has them.
        notes: what was done to the file's tensors, one phrase each; empty for a file that fits.
    """

    key: str
    classes: int
    state: Mapping[str, torch.Tensor] = field(repr=False)
    notes: tuple[str, ...] = ()


def fit(
    file: BinaryIO,
    size_bytes: int,
    architecture: str,
    *,
    name: str = "",
    max_bytes: int = MAX_FILE_BYTES,
    keep: bool = True,
) -> Generator[Progress, None, Fitted]:
    """Read a state dict for an architecture, a tensor a step.

    Args:
        file: a safetensors file, open for reading.
        size_bytes: of the whole file.
        name: the file's, for messages.
        keep: False only checks: one tensor at a time is in memory, and `state` stays empty.

    Raises:
        UnknownArchitecture: no architecture has this name.
        WeightsError: not a safetensors file, damaged, or values that are not finite.
        UnfitWeights: other names or shapes; lists the first, and the nearest architectures.
    """
    key = get(architecture).key
    stored = read_header(file, size_bytes, name=name, max_bytes=max_bytes)
    yield Progress(0, len(stored), "checking names and shapes")
    own = signature(key)
    stored, prefix = _without_prefixes(stored, own)
    shapes = {each: tensor.shape for each, tensor in stored.items()}
    classes = classes_in(shapes, own)
    if classes < 2:
        raise WeightsError(
            f"The head in this file has {classes} output; a classifier has at least 2 classes."
        )
    expected = own if classes == own.classes else signature(key, classes)
    mismatches = _mismatches(stored, expected)
    if mismatches:
        near = yield from nearest(shapes)
        raise _unfit(key, mismatches, near)
    lacking = [each for each in expected.shapes if each not in stored]  # counters, or it were unfit
    state = {}
    for number, (each, tensor) in enumerate(stored.items()):
        checked = _checked(each, read_tensor(file, tensor), expected)
        if keep:
            state[each] = checked
        del checked
        yield Progress(number + 1, len(stored), "checking the values")
    if keep:
        state |= _counters(lacking, expected)
    notes = [f"'{prefix}' taken off every name"] if prefix else []
    notes += _casts(stored)
    notes += [f"{len(lacking)} batch counters, which it lacks, set to 0"] if lacking else []
    return Fitted(key, classes, state, tuple(notes))


def _without_prefixes(
    stored: dict[str, StoredTensor], own: Signature
) -> tuple[dict[str, StoredTensor], str]:
    """Take off what stands before every name of the file and before none of the network's."""
    taken = ""
    while True:
        prefix = next(
            (each for each in PREFIXES if all(key.startswith(each) for key in stored)), ""
        )
        if not prefix or any(key.startswith(prefix) for key in own.shapes):
            return stored, taken
        stored = {key.removeprefix(prefix): tensor for key, tensor in stored.items()}
        taken += prefix


def _mismatches(stored: Mapping[str, StoredTensor], expected: Signature) -> dict[str, list[str]]:
    """What does not fit, in words, by what is wrong with it."""
    found: dict[str, list[str]] = {
        "of another shape": [],
        "missing": [],
        "unexpected": [],
        "of another kind of number": [],
    }
    for key, shape in expected.shapes.items():
        if key not in stored and not key.endswith(COUNTER):
            found["missing"].append(f"{key} {list(shape)} is missing")
    counters_last = sorted(stored.items(), key=lambda item: item[0].endswith(COUNTER))
    for key, tensor in counters_last:
        wanted = expected.shapes.get(key)
        if wanted is None:
            found["unexpected"].append(f"{key[:120]} {list(tensor.shape)} is unexpected")
        elif tensor.shape != wanted:
            found["of another shape"].append(
                f"{key} is {list(tensor.shape)}, expected {list(wanted)}"
            )
        elif _whole(tensor) != (key in expected.integers):
            kind = "whole numbers" if key in expected.integers else "decimal numbers"
            found["of another kind of number"].append(f"{key} is {tensor.dtype}, expected {kind}")
    return {sort: phrases for sort, phrases in found.items() if phrases}


def _unfit(key: str, mismatches: Mapping[str, list[str]], near: tuple[Near, ...]) -> UnfitWeights:
    """The counts, the nearest architectures, and the first of each sort in turn."""
    tensors = "tensor" if len(next(iter(mismatches.values()))) == 1 else "tensors"
    counts = ", ".join(f"{len(phrases):,} {sort}" for sort, phrases in mismatches.items())
    counts = counts.replace(" ", f" {tensors} ", 1)
    mine = next((each.overlap for each in near if each.key == key), 0.0)
    nearer = [each for each in near if each.key != key and each.overlap > mine]
    nearer = [each for each in nearer if each.overlap == 1] or nearer
    names = [f"{get(each.key).name} ({each.key})" for each in nearer]
    if nearer and nearer[0].overlap == 1:
        hint = f"It is a state dict of {' or '.join(names)}."
    elif nearer:
        parts = [
            f"{name}, {each.fitting} of {counted(each.total, 'tensor')}"
            for name, each in zip(names, nearer, strict=True)
        ]
        hint = f"Nearest: {'; '.join(parts)}."
    elif mine:
        hint = "No architecture of the zoo is nearer to it."
    else:
        hint = "No architecture of the zoo is near to it."
    in_turn = [each for each in chain(*zip_longest(*mismatches.values())) if each is not None]
    return UnfitWeights(
        f"The file does not fit {get(key).name}: {counts}. {hint}",
        in_turn,
        suggestions=[each.key for each in nearer],
    )


def _checked(key: str, tensor: torch.Tensor, expected: Signature) -> torch.Tensor:
    """A tensor as the network takes it: float32 and finite, or the whole numbers it must hold."""
    import torch

    if key in expected.integers:
        own, whole = expected.integers[key], tensor.to(torch.int64)
        if own is not None and not torch.equal(whole, own.to(torch.int64)):
            raise WeightsError(
                f"{key} holds other indices than the network computes for itself; with them it "
                "would be another network."
            )
        return whole
    values = tensor.to(torch.float32)
    bad = values.numel() - int(torch.isfinite(values).sum())
    if bad:
        raise WeightsError(
            f"{key} has {bad:,} of {values.numel():,} values that are not finite numbers in "
            "float32: the training diverged, or the file is damaged."
        )
    return values


def _casts(stored: Mapping[str, StoredTensor]) -> list[str]:
    """Which dtypes were turned into float32."""
    kinds = {tensor.dtype for tensor in stored.values() if not _whole(tensor)} - {"F32"}
    return [f"{' and '.join(sorted(kinds))} turned into float32"] if kinds else []


def _counters(names: list[str], expected: Signature) -> dict[str, torch.Tensor]:
    """The batch counters an older file lacks; nothing is computed with them."""
    import torch

    return {name: torch.zeros(expected.shapes[name], dtype=torch.int64) for name in names}


def _whole(tensor: StoredTensor) -> bool:
    return tensor.dtype[0] in "IU"
