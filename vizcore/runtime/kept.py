"""Results on disk as arrays: found once and kept, in a folder that is bounded.

Each result is one file, named by the hash of all that it depends on, and written in one step: a
process that is killed leaves what was written last. What was not used for longest goes first.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from vizcore.runtime.store import cache_folder

#: All results together.
MAX_FOLDER_BYTES = 1_000_000_000
_LEFT_S = 3600.0

Arrays = Mapping[str, npt.NDArray[Any]]
Result = TypeVar("Result")


class Kept:
    """The folder of results (None: `scans` in the cache folder); several processes may share it."""

    def __init__(self, folder: Path | None = None, *, max_bytes: int = MAX_FOLDER_BYTES) -> None:
        self.folder = folder or cache_folder() / "scans"
        self.max_bytes = max_bytes

    def read(self, key: str, made_of: Callable[[Any, Arrays], Result]) -> Result | None:
        """What is kept under a key; None where there is nothing, or nothing whole.

        Args:
            made_of: makes the result of what `write` was given; may raise ValueError or KeyError.
        """
        path = self.path_of(key)
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
                about = json.loads(kept["about"].tobytes())
                arrays = {part: kept[part] for part in kept.files}
            os.utime(path)
            return made_of(about, arrays)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return None

    def write(self, key: str, about: Any, arrays: Arrays) -> bool:
        """Keep a result: what JSON can hold, and arrays; False where it cannot be kept.

        A full or read-only disk loses the file, never the result.
        """
        file = io.BytesIO()
        words = np.frombuffer(json.dumps(about).encode(), np.uint8)
        np.savez(file, allow_pickle=False, about=words, **arrays)
        part = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as part:
                part.write(file.getvalue())
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
        """Remove a result."""
        self.path_of(key).unlink(missing_ok=True)

    def path_of(self, key: str) -> Path:
        """Where a result lies."""
        return self.folder / f"{key}.npz"

    def held_bytes(self) -> int:
        """What all results take."""
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
