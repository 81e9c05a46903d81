"""Fetch a file of weights: shown, stoppable, resumed, verified, and once for everybody.

    for progress in fetch(file):
        print(progress.note)

What has come lies beside the place of the file as NAME.part until its hash was right; then it
gets its name in one step. Whoever asks for the same file meanwhile, in this process or another,
waits for it. Proxies are those of the usual environment variables.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import time
from collections.abc import Generator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

from filelock import FileLock, Timeout

from vizcore.errors import BadChoice, FetchError, WeightsError
from vizcore.runtime.http_transfer import ConnectionCut, Response, open_url
from vizcore.runtime.jobs import Progress
from vizcore.runtime.settings import MIRROR_VARIABLE, WEIGHTS_VARIABLE, setting
from vizcore.runtime.store import (
    HASH_SUFFIX,
    PART_SUFFIX,
    VALIDATOR_SUFFIX,
    RemoteFile,
    cache_folder,
    expected_sha256,
    sha256_noted,
    sha256_of,
    verified,
)
from vizcore.runtime.weights_cache import WeightsCache, lock_path

#: How often a connection that was cut is opened again, while something comes each time.
RETRIES = 3
_STEP_BYTES = 1 << 20
_WAIT_S = 0.05
#: Left free on the disk: on a hosted copy anybody who visits may fetch.
_SPARE_BYTES = 256 << 20
_LINE_BYTES = 1024

Fetching = Generator[Progress, None, Path]


def mirror_address() -> str:
    """The mirror that stands in for the libraries' own servers; empty where none is set.

    Raises:
        BadChoice: what is set is not an http(s) address.
    """
    return _checked_mirror(setting(MIRROR_VARIABLE))


def address_of(file: RemoteFile, mirror: str | None = None) -> str:
    """Where a file is fetched: under its name at the mirror if there is one, else at its home.

    Args:
        mirror: an address; None takes the one that is set.

    Raises:
        BadChoice: the mirror is not an http(s) address.

    Example:
        >>> address_of(RemoteFile("a.pth", "https://far.example/b/a.pth"), "http://near:8000/w/")
        'http://near:8000/w/a.pth'
    """
    given = mirror_address() if mirror is None else _checked_mirror(mirror.strip())
    return f"{given.rstrip('/')}/{quote(file.name)}" if given else file.url


def _checked_mirror(given: str) -> str:
    try:
        parts = urlsplit(given)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets or a port that are none
        good = False
    if given and not good:
        raise BadChoice(
            f"The mirror cannot be '{given}'. Allowed: an address that begins with http:// or "
            f"https://; for a folder of this machine set {WEIGHTS_VARIABLE}.",
            received=given,
        )
    return given


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
                yield from _transfer(file, url, target)
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
            come = _size(part)
            note = f"somebody else is fetching it: {_megabytes(come)} so far"
            yield Progress(come, None, note)
            time.sleep(_WAIT_S)


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
        _finish(file, part, target, sha256_of(part))
        return target
    return None


def _transfer(file: RemoteFile, url: str, target: Path) -> Generator[Progress, None, None]:
    """Fetch, opening the connection again where it was cut, and put the file in its place."""
    part = target.with_name(target.name + PART_SUFFIX)
    failures, most = 0, _size(part)
    while True:
        try:
            expected, found, resumed = yield from _stream(file, url, part)
        except ConnectionCut as cut:
            come = _size(part)
            failures = 0 if come > most else failures + 1
            most = max(come, most)
            if failures >= RETRIES or not come:
                raise FetchError(f"{cut} {_way_out(file)}") from cut
            yield Progress(come, None, f"cut after {_megabytes(come)}; connecting again")
            time.sleep(4 * failures * _WAIT_S)
            continue
        if found.startswith(expected):
            _finish(file, part, target, found)
            return
        _forget(part)
        if not resumed:
            raise FetchError(
                f"What {_host(url)} sent as {file.name} is not that file: its sha256 should begin "
                f"with {expected[:16]} and is {found[:16]}. Nothing of it was kept.",
                received=found,
            )
        yield Progress(0, None, "the pieces did not fit together; beginning again")


def _stream(
    file: RemoteFile, url: str, part: Path
) -> Generator[Progress, None, tuple[str, str, bool]]:
    """Add to what has come: (the sha256 it should have, the one it has, whether it was resumed)."""
    digest, start, validator = hashlib.sha256(), 0, _validator(part)
    if part.exists() and (validator or file.sha256):
        with part.open("rb") as kept:
            while piece := kept.read(_STEP_BYTES):
                digest.update(piece)
                start += len(piece)
                yield Progress(start, None, "checking what has come before")
        if file.sha256 and digest.hexdigest().startswith(file.sha256):
            return file.sha256, digest.hexdigest(), True
    with closing(open_url(url, start, validator, file.name)) as response:
        resumed = response.start > 0
        if not resumed:  # it has no ranges, or another version of the file
            digest, start = hashlib.sha256(), 0
        _check_room(part, response.total, start)
        _note_validator(part, response)
        meter = _Meter(start, response.total)
        with part.open("ab" if resumed else "wb", buffering=0) as written:
            while piece := response.read(_STEP_BYTES):
                digest.update(piece)
                _write(written, piece, part, meter)
                yield meter.progress(len(piece))
        if response.total is not None and meter.done < response.total:
            raise ConnectionCut(
                f"The connection to {_host(url)} was cut after {_megabytes(meter.done)} of "
                f"{_megabytes(response.total)}; what has come is kept."
            )
    expected = file.sha256 or response.stated_sha256 or _hash_beside(file, url)
    return expected, digest.hexdigest(), resumed


def _hash_beside(file: RemoteFile, url: str) -> str:
    """The sha256 in a mirror's NAME.sha256, as a fetch into a folder writes it; empty without."""
    if url == file.url:
        return ""
    try:
        with closing(open_url(url + HASH_SUFFIX, 0, "", file.name)) as response:
            return sha256_noted(response.read(_LINE_BYTES).decode("ascii", "replace"))
    except (ConnectionCut, FetchError):
        return ""


def _write(written: io.RawIOBase, piece: bytes, part: Path, meter: _Meter) -> None:
    rest = memoryview(piece)
    try:
        while rest:
            rest = rest[written.write(rest) :]
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise FetchError(f"{part.parent} cannot be written to: {error.strerror}.") from error
        _forget(part)
        whole = "the file" if meter.total is None else f"{_megabytes(meter.total)}"
        raise FetchError(
            f"The disk of {part.parent} was full after {_megabytes(meter.done)} of {whole}. "
            "What had come was removed; make room, or set CONVSCOPE_CACHE to another folder."
        ) from error


def _check_room(part: Path, total: int | None, start: int) -> None:
    if total is None:
        return
    needed = total - start
    if part.parent == cache_folder():
        WeightsCache().fit(part, needed)
    free = shutil.disk_usage(part.parent).free
    if needed + _SPARE_BYTES > free:
        raise FetchError(
            f"{part.parent} has {_megabytes(free)} free, and {_megabytes(needed)} are needed "
            f"(and {_megabytes(_SPARE_BYTES)} to spare). Make room, or set CONVSCOPE_CACHE to "
            "another folder."
        )


def _finish(file: RemoteFile, part: Path, target: Path, found: str) -> None:
    """Give a verified file its name, in one step."""
    with part.open("rb+") as written:
        os.fsync(written.fileno())
    noted = target.with_name(target.name + HASH_SUFFIX)
    noted.write_text(f"{found}  {file.name}\n", encoding="ascii")
    part.replace(target)
    _forget(part)
    if target.parent == cache_folder():
        WeightsCache().make_room(target)


def _forget(part: Path) -> None:
    for path in (part, _validator_path(part)):
        with suppress(FileNotFoundError):
            path.unlink()


def _validator_path(part: Path) -> Path:
    return part.with_name(part.name + VALIDATOR_SUFFIX)


def _validator(part: Path) -> str:
    """The ETag or date of the file that a part is of."""
    with suppress(OSError, UnicodeDecodeError):
        return _validator_path(part).read_text(encoding="ascii").strip()
    return ""


def _note_validator(part: Path, response: Response) -> None:
    if response.validator:
        _validator_path(part).write_text(response.validator, encoding="ascii", errors="replace")
    else:
        with suppress(FileNotFoundError):
            _validator_path(part).unlink()


class _Meter:
    """Counts bytes and says how fast they come and how long the rest will take."""

    def __init__(self, done: int, total: int | None) -> None:
        self.done, self.total = done, total
        self._first, self._began_s = done, time.monotonic()

    def progress(self, come: int) -> Progress:
        self.done += come
        took_s = max(time.monotonic() - self._began_s, 1e-6)
        rate = (self.done - self._first) / took_s
        of = "" if self.total is None else f" of {_megabytes(self.total)}"
        left = None if self.total is None or not rate else (self.total - self.done) / rate
        note = f"{_megabytes(self.done)}{of}, {_megabytes(rate)}/s"
        if left is not None:
            note += f", {left:.0f} s left"
        return Progress(self.done, self.total, note)


def _megabytes(count: float) -> str:
    return f"{count / 1e6:,.1f} MB"


def _host(url: str) -> str:
    return urlsplit(url).netloc or url


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _way_out(file: RemoteFile) -> str:
    return (
        f"Without a connection: set {MIRROR_VARIABLE} to an address that serves {file.name}, or "
        f"{WEIGHTS_VARIABLE} to a folder that holds it."
    )
