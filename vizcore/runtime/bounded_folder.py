"""A folder of files that takes no more than so much: what was not used for longest goes first.

Several processes may share one. A file gets its name when it is whole; what a process that was
killed has left of one goes after a while.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

#: After which the beginning of a file is that of a process that was killed.
_ABANDONED_S = 3600.0


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A file of a folder: when it was used last and written last, and what it takes."""

    used_s: float
    written_s: float
    size_bytes: int
    path: Path


class BoundedFolder:
    """The files of a folder whose names match a pattern.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     for name in ("a.npz", "b.npz"):
        ...         with written(Path(folder, name)) as file:
        ...             _ = file.write(bytes(10))
        ...     files = BoundedFolder(Path(folder), "*.npz", max_bytes=15)
        ...     [path.name for path in files.make_room(newest=Path(folder, "b.npz"))]
        ['a.npz']
    """

    def __init__(self, folder: Path, pattern: str, max_bytes: int) -> None:
        self.folder = folder
        self.pattern = pattern
        self.max_bytes = max_bytes

    def entries(self) -> list[Entry]:
        """What is in it, the one that was not used for longest first."""
        return entries_of(self.folder.glob(self.pattern))

    def held_bytes(self) -> int:
        """What all of it takes."""
        return sum(each.size_bytes for each in self.entries())

    def used(self, path: Path) -> None:
        """Note that a file is used now, so that others go before it; its content's date stays."""
        with contextlib.suppress(OSError):
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))

    def make_room(self, newest: Path, needed_bytes: int = 0) -> list[Path]:
        """Let files go until the others, and what is to come, fit; returns those that went.

        Args:
            newest: stays, whatever it takes.
        """
        self.clear()
        found, gone = self.entries(), []
        held = sum(each.size_bytes for each in found) + needed_bytes
        for each in found:
            if held > self.max_bytes and each.path != newest and self.remove(each.path):
                held -= each.size_bytes
                gone.append(each.path)
        return gone

    def remove(self, path: Path) -> bool:
        """Remove a file; False where it has to stay, such as an open one on some systems."""
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            return True
        return False

    def clear(self) -> None:
        """Remove what processes that were killed have left."""
        for each in entries_of(self.folder.glob("*.part")):
            if time.time() - each.used_s > _ABANDONED_S:
                self.remove(each.path)


def entries_of(paths: Iterable[Path]) -> list[Entry]:
    """The files that are there, the one that was not used for longest first."""
    found = []
    for path in paths:
        with contextlib.suppress(OSError):
            about = path.stat()
            used_s = max(about.st_atime, about.st_mtime)
            found.append(Entry(used_s, about.st_mtime, about.st_size, path))
    return sorted(found)


@contextlib.contextmanager
def written(path: Path) -> Iterator[IO[bytes]]:
    """A new file that gets its name when it is whole, and goes when it is given up.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
        try:
            yield part
            part.flush()
            os.fsync(part.fileno())
            part.close()
            os.replace(part.name, path)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(part.name)
