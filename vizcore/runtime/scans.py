"""Scans on disk: what excites the units of a network, found once and kept; resumable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vizcore.records.patches import NotRead, StrongestPatches
from vizcore.runtime.kept import Arrays, Kept

#: Rises whenever a scan would find or mean something else. 2: each run of a module is a place.
VERSION = 2
_PARTS = ("values_ck", "pictures_ck", "places_ckp")
_DTYPES = {"values_ck": np.float32, "pictures_ck": np.int32, "places_ckp": np.uint16}


@dataclass(frozen=True, slots=True)
class Scan:
    """How far a scan is, and what it has found.

    Attributes:
        found: each layer's strongest places so far, in the order the layers run.
        done: pictures that were passed, of `total`; those numbered below it.
        looked_at: pictures of those that could be read.
        skipped: the others.
    """

    found: Mapping[str, StrongestPatches] = field(repr=False)
    done: int
    total: int
    looked_at: int
    skipped: tuple[NotRead, ...] = field(default=(), repr=False)

    @property
    def complete(self) -> bool:
        """Whether all pictures were passed."""
        return self.done >= self.total


def scan_key(**what: Any) -> str:
    """The name of a scan: the same for the same network, weights, pictures, layers and number.

    Example:
        >>> scan_key(network="a", top=9) == scan_key(top=9, network="a") != scan_key(network="a")
        True
    """
    content = json.dumps({"version": VERSION, **what}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


class Scans(Kept):
    """The scans in a folder of results."""

    def load(self, key: str) -> Scan | None:
        """What is kept of a scan; None where there is nothing, or nothing whole."""
        return self.read(key, _scan)

    def save(self, key: str, scan: Scan) -> bool:
        """Keep a scan, unless another process has come further; False where it cannot be kept."""
        known = self.load(key)
        if known is not None and known.done > scan.done:
            return True
        about = {
            "layers": [[layer, len(each.values_ck)] for layer, each in scan.found.items()],
            "done": scan.done,
            "total": scan.total,
            "looked_at": scan.looked_at,
            "skipped": [[each.name, each.reason] for each in scan.skipped],
        }
        arrays = {
            part: np.concatenate([getattr(each, part) for each in scan.found.values()]).astype(kind)
            for part, kind in _DTYPES.items()
        }
        return self.write(key, about, arrays)


def _scan(about: dict[str, Any], arrays: Arrays) -> Scan:
    """What a file holds.

    Raises:
        ValueError: its parts do not fit together.
    """
    found, first = {}, 0
    for layer, channels in about["layers"]:
        values, numbers, places = (arrays[part][first : first + channels] for part in _PARTS)
        if not len(values) == len(numbers) == len(places) == channels:
            raise ValueError("a part of the scan is missing")
        found[layer] = StrongestPatches(
            layer, values, numbers.astype(np.int64), places.astype(np.int64)
        )
        first += channels
    skipped = tuple(NotRead(name, reason) for name, reason in about["skipped"])
    return Scan(found, about["done"], about["total"], about["looked_at"], skipped)
