"""How much fetched weights may take in the cache, and which of them go first.

Only what was fetched into the cache folder counts, and only that is ever removed: a file with its
sha256 noted beside it, or the beginning of one. A file that a network was loaded from stays as
long as any process has that network.
"""

from __future__ import annotations

import contextlib
import os
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from vizcore.errors import FetchError
from vizcore.runtime.bounded_folder import BoundedFolder, Entry, entries_of
from vizcore.runtime.settings import CACHE_LIMIT_VARIABLE, cache_limit_bytes
from vizcore.runtime.store import HASH_SUFFIX, PART_SUFFIX, VALIDATOR_SUFFIX, cache_folder

try:
    import fcntl
except ImportError:  # where a file that is open cannot be removed anyhow
    fcntl = None  # type: ignore[assignment]


class WeightsCache(BoundedFolder):
    """The fetched files of the cache folder; several processes may share it."""

    def __init__(self) -> None:
        super().__init__(cache_folder(), "*", cache_limit_bytes())

    def entries(self) -> list[Entry]:
        """What was fetched, and what has come of others; the one not used for longest first."""
        notes = self.folder.glob(f"*{HASH_SUFFIX}")
        parts = self.folder.glob(f"*{PART_SUFFIX}")
        return entries_of(
            [
                *(path.with_name(path.name.removesuffix(HASH_SUFFIX)) for path in notes),
                *(path for path in parts if lock_path(_target(path)).exists()),
            ]
        )

    def clear(self) -> None:
        """Remove nothing: what has come of a file is gone on with, however late."""

    def fit(self, part: Path, needed_bytes: int) -> None:
        """Make room for the rest of a file that is being fetched.

        Raises:
            FetchError: it does not fit, whatever goes; says what is in use and what is allowed.
        """
        there = [each for each in self.entries() if each.path == part or _is_in_use(each.path)]
        staying = sum(each.size_bytes for each in there)
        if staying + needed_bytes > self.max_bytes:
            raise FetchError(
                f"{self.folder} may hold {self.max_bytes / 1e6:,.1f} MB of fetched weights. "
                f"{staying / 1e6:,.1f} MB are in use, and {needed_bytes / 1e6:,.1f} MB more do "
                f"not fit. Set {CACHE_LIMIT_VARIABLE} to a greater amount."
            )
        self.make_room(part, needed_bytes)

    def remove(self, path: Path) -> bool:
        """Remove a file and what is noted beside it, unless it is in use."""
        with _alone(path) as is_free:
            if not is_free or not super().remove(path):
                return False
            for suffix in (HASH_SUFFIX, VALIDATOR_SUFFIX):
                super().remove(path.with_name(path.name + suffix))
            return True


def lock_path(target: Path) -> Path:
    """What whoever fetches a file holds meanwhile."""
    return target.with_name(f".{target.name}.lock")


@contextlib.contextmanager
def held(path: Path) -> Iterator[Callable[[object], None]]:
    """Keep a file of the cache while it is read, and as long as what was made of it is there.

    What is given to the function of the `with` keeps it. A file that lies elsewhere is left alone.

    Raises:
        FileNotFoundError: it has just been removed to make room.
    """
    if path.parent != cache_folder():
        yield lambda made: None
        return
    opened, kept = os.open(path, os.O_RDONLY), False

    def keep(made: object) -> None:
        nonlocal kept
        weakref.finalize(made, os.close, opened)
        kept = True

    try:
        if fcntl is not None:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(opened, fcntl.LOCK_SH)
        if not path.exists():
            raise FileNotFoundError(path)
        WeightsCache().used(path)
        yield keep
    finally:
        if not kept:
            os.close(opened)


def _is_in_use(path: Path) -> bool:
    with _alone(path) as is_free:
        return not is_free


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Whether nobody fetches a file or has a network made of it; stays so meanwhile."""
    lock = FileLock(lock_path(_target(path)), thread_local=False)
    try:
        lock.acquire(timeout=0)
    except (OSError, Timeout):
        yield False
        return
    opened = -1
    try:
        opened = os.open(path, os.O_RDONLY)
        if fcntl is not None:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_free = True
    except BlockingIOError:
        is_free = False
    except OSError:  # it is gone, or its file system has no locks
        is_free = True
    try:
        yield is_free
    finally:
        if opened >= 0:
            os.close(opened)
        lock.release()


def _target(path: Path) -> Path:
    """The file that a part will be."""
    return path.with_name(path.name.removesuffix(PART_SUFFIX))
