"""Fetch a file of weights: shown, stoppable, resumed, verified, and once for everybody.

    for progress in fetch(file):
        print(progress.note)

What has come lies beside the place of the file as NAME.part until its hash was right; then it
gets its name in one step. Whoever asks for the same file meanwhile, in this process or another,
waits for it. Proxies are those of the usual environment variables.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from vizcore.errors import FetchError, WeightsError
from vizcore.runtime.jobs import Progress
from vizcore.runtime.mirror import address_of
from vizcore.runtime.store import (
    PART_SUFFIX,
    RemoteFile,
    cache_folder,
    expected_sha256,
    sha256_of,
    verified,
)
from vizcore.runtime.transfer import WAIT_S, finish_file, megabytes, size_of, transfer
from vizcore.runtime.weights_cache import lock_path

Fetching = Generator[Progress, None, Path]


def fetch(file: RemoteFile, folder: Path | None = None, *, mirror: str | None = None) -> Fetching:
    """Bring a file into a folder (None: the cache), a piece a step; gives its path.

    A file that lies somewhere on this machine and is whole is not fetched. `Progress` counts
    bytes. Closing the generator stops the transfer; what has come is kept and resumed next time.

    Raises:
        FetchError: no connection, no such file, a wrong hash, no room; says what to do.
    """
    url = address_of(file, mirror)
    target = (folder or cache_folder()) / file.name
    lock = FileLock(lock_path(target), thread_local=False)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield from _acquire(lock, target)
        try:
            there = _whole(file, target, anywhere=folder is None)
            if there is None:
                yield from transfer(file, url, target)
            return there or target
        finally:
            lock.release()
    except OSError as error:
        raise FetchError(
            f"{target.parent} cannot be written to: {error.strerror or error}.",
            received=str(target.parent),
        ) from error


def _acquire(lock: FileLock, target: Path) -> Generator[Progress, None, None]:
    """Wait while somebody else fetches the same file. A holder that was killed holds no more."""
    part = target.with_name(target.name + PART_SUFFIX)
    while True:
        try:
            lock.acquire(timeout=0)
            return
        except Timeout:
            come = size_of(part)
            note = f"somebody else is fetching it: {megabytes(come)} so far"
            yield Progress(come, None, note)
            time.sleep(WAIT_S)


def _whole(file: RemoteFile, target: Path, *, anywhere: bool) -> Path | None:
    """Where the file is whole already; a copy is enough. What is damaged at the target goes."""
    if target.is_file():
        expected = expected_sha256(file, target)
        if not expected or sha256_of(target).startswith(expected):
            return target
        target.unlink()
    with suppress(WeightsError):  # damaged elsewhere
        found = verified(file)
        if found is None or anywhere:
            return found.path if found else None
        part = target.with_name(target.name + PART_SUFFIX)
        shutil.copyfile(found.path, part)
        finish_file(file, part, target, sha256_of(part))
        return target
    return None
