"""Scans on disk: what excites the units of a network, found once and kept; resumable.

Each scan is one file, named by the hash of all that it depends on, and written in one step: a
process that is killed leaves the scan as it was written last. The folder is bounded: what was not
used for longest goes first.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np

from vizcore.records_patches import NotRead, StrongestPatches
from vizcore.runtime.store import cache_folder

#: All scans together.
MAX_FOLDER_BYTES = 1_000_000_000
#: Rises whenever a scan would find or mean something else.
VERSION = 1
_LEFT_S = 3600.0
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


class Scans:
    """The folder of scans (None: `scans` in the cache folder); several processes may share it."""

    def __init__(self, folder: Path | None = None, *, max_bytes: int = MAX_FOLDER_BYTES) -> None:
        self.folder = folder or cache_folder() / "scans"
        self.max_bytes = max_bytes

    def load(self, key: str) -> Scan | None:
        """What is kept of a scan; None where there is nothing, or nothing whole."""
        path = self.path_of(key)
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
                about = json.loads(kept["about"].tobytes())
                arrays = {part: kept[part] for part in _PARTS}
            os.utime(path)
            return _scan(about, arrays)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return None

    def save(self, key: str, scan: Scan) -> bool:
        """Keep a scan, unless another process has come further; False where it cannot be kept.

        A full or read-only disk loses the scan's file, never its result.
        """
        known = self.load(key)
        if known is not None and known.done > scan.done:
            return True
        content = _content(scan)
        part = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as part:
                part.write(content)
                part.flush()
                os.fsync(part.fileno())
            os.replace(part.name, self.path_of(key))
        except OSError:
            return False
        finally:
            if part is not None:
                with contextlib.suppress(OSError):
                    os.unlink(part.name)
        self._make_room(self.path_of(key))
        return True

    def forget(self, key: str) -> None:
        """Remove a scan."""
        self.path_of(key).unlink(missing_ok=True)

    def path_of(self, key: str) -> Path:
        """Where a scan lies."""
        return self.folder / f"{key}.npz"

    def held_bytes(self) -> int:
        """What all scans take."""
        return sum(size for _, size, _ in self._files("*.npz"))

    def _files(self, pattern: str) -> list[tuple[float, int, Path]]:
        """When each file was used last, its bytes and its path; the oldest first."""
        found = []
        for path in self.folder.glob(pattern):
            with contextlib.suppress(OSError):
                about = path.stat()
                found.append((about.st_mtime, about.st_size, path))
        return sorted(found)

    def _make_room(self, newest: Path) -> None:
        for used_s, _, path in self._files("*.part"):  # of processes that were killed
            if time.time() - used_s > _LEFT_S:
                path.unlink(missing_ok=True)
        files = self._files("*.npz")
        held = sum(size for _, size, _ in files)
        for _, size, path in files:
            if held > self.max_bytes and path != newest:
                path.unlink(missing_ok=True)
                held -= size


def _content(scan: Scan) -> bytes:
    """A scan as the bytes of its file: all layers in one array of each kind."""
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
    file = io.BytesIO()
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _scan(about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Scan:
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
