"""Results on disk as arrays: found once and kept, in a folder that is bounded.

Each result is one file, named by the hash of all that it depends on, and written in one step: a
process that is killed leaves what was written last. What was not used for longest goes first.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from vizcore.runtime.bounded_folder import BoundedFolder, written
from vizcore.runtime.store import cache_folder

#: All results together.
MAX_FOLDER_BYTES = 1_000_000_000

Arrays = Mapping[str, npt.NDArray[Any]]
Result = TypeVar("Result")


class Kept:
    """The folder of results (None: `scans` in the cache folder); several processes may share it."""

    def __init__(self, folder: Path | None = None, *, max_bytes: int = MAX_FOLDER_BYTES) -> None:
        self.folder = folder or cache_folder() / "scans"
        self._files = BoundedFolder(self.folder, "*.npz", max_bytes)

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
            self._files.used(path)
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
        try:
            with written(self.path_of(key)) as part:
                part.write(file.getvalue())
        except OSError:
            return False
        self._files.make_room(self.path_of(key))
        return True

    def path_of(self, key: str) -> Path:
        """Where a result lies."""
        return self.folder / f"{key}.npz"

    def held_bytes(self) -> int:
        """What all results take."""
        return self._files.held_bytes()
