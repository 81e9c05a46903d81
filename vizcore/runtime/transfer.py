"""One file over a connection: resumed where it was cut, metered, verified, put in its place."""

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
from urllib.parse import urlsplit

from vizcore.errors import FetchError
from vizcore.runtime.http_transfer import ConnectionCut, Response, open_url
from vizcore.runtime.jobs import Progress
from vizcore.runtime.settings import MIRROR_VARIABLE, WEIGHTS_VARIABLE
from vizcore.runtime.store import (
    HASH_SUFFIX,
    PART_SUFFIX,
    VALIDATOR_SUFFIX,
    RemoteFile,
    cache_folder,
    sha256_noted,
)
from vizcore.runtime.weights_cache import WeightsCache

#: How often a connection that was cut is opened again, while something comes each time.
RETRIES = 3
#: Between two looks at what somebody else is doing.
WAIT_S = 0.05
_STEP_BYTES = 1 << 20
#: Left free on the disk: on a hosted copy anybody who visits may fetch.
_SPARE_BYTES = 256 << 20
_LINE_BYTES = 1024


def transfer(file: RemoteFile, url: str, target: Path) -> Generator[Progress, None, None]:
    """Fetch, opening the connection again where it was cut, and put the file in its place."""
    part = target.with_name(target.name + PART_SUFFIX)
    failures, most = 0, size_of(part)
    while True:
        try:
            expected, found, resumed = yield from _stream(file, url, part)
        except ConnectionCut as cut:
            come = size_of(part)
            failures = 0 if come > most else failures + 1
            most = max(come, most)
            if failures >= RETRIES or not come:
                raise FetchError(f"{cut} {_way_out(file)}") from cut
            yield Progress(come, None, f"cut after {megabytes(come)}; connecting again")
            time.sleep(4 * failures * WAIT_S)
            continue
        if found.startswith(expected):
            finish_file(file, part, target, found)
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
                f"The connection to {_host(url)} was cut after {megabytes(meter.done)} of "
                f"{megabytes(response.total)}; what has come is kept."
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
        whole = "the file" if meter.total is None else f"{megabytes(meter.total)}"
        raise FetchError(
            f"The disk of {part.parent} was full after {megabytes(meter.done)} of {whole}. "
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
            f"{part.parent} has {megabytes(free)} free, and {megabytes(needed)} are needed "
            f"(and {megabytes(_SPARE_BYTES)} to spare). Make room, or set CONVSCOPE_CACHE to "
            "another folder."
        )


def finish_file(file: RemoteFile, part: Path, target: Path, found: str) -> None:
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
        of = "" if self.total is None else f" of {megabytes(self.total)}"
        left = None if self.total is None or not rate else (self.total - self.done) / rate
        note = f"{megabytes(self.done)}{of}, {megabytes(rate)}/s"
        if left is not None:
            note += f", {left:.0f} s left"
        return Progress(self.done, self.total, note)


def megabytes(count: float) -> str:
    """Bytes in words."""
    return f"{count / 1e6:,.1f} MB"


def _host(url: str) -> str:
    return urlsplit(url).netloc or url


def size_of(path: Path) -> int:
    """The bytes of a file; 0 where it is not there."""
    return path.stat().st_size if path.exists() else 0


def _way_out(file: RemoteFile) -> str:
    return (
        f"Without a connection: set {MIRROR_VARIABLE} to an address that serves {file.name}, or "
        f"{WEIGHTS_VARIABLE} to a folder that holds it."
    )
