"""A stranger's zip archive: listed without being unpacked, read one bounded entry at a time.

The directory's size is checked before it is parsed; the sizes that entries declare are checked
before they are read; and of each no more is ever inflated than a picture file may have.
"""

from __future__ import annotations

import hashlib
import io
import re
import stat
import struct
import threading
import zipfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vizcore.data.images import MAX_BYTES, decode
from vizcore.errors import BadImage

#: Entries of an archive, the bytes of its directory, and of all pictures unpacked together.
MAX_ENTRIES = 50_000
MAX_DIRECTORY_BYTES = 16_000_000
MAX_TOTAL_BYTES = 4_000_000_000
MAX_DEPTH = 16

_END, _END64, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_ARCHIVES = re.compile(r"\.(zip|tar|tgz|gz|bz2|xz|7z|rar|zst)$", re.IGNORECASE)
_STEP_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in an archive: names that may be pictures, and (name, reason) of the rest."""

    names: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    stamp: str


def open_zip(content: Path | bytes) -> Listing:
    """List an archive, a path or its bytes, in the order of names.

    Raises:
        BadImage: no zip archive, damaged, or a directory larger than is allowed.
    """
    with _opened(content) as archive:
        entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise BadImage(
            f"The zip archive has {len(entries):,} entries; at most {MAX_ENTRIES:,} are allowed."
        )
    names: list[str] = []
    skipped: list[tuple[str, str]] = []
    total = 0
    taken: set[str] = set()
    for entry in sorted(entries, key=lambda each: each.orig_filename):
        if entry.is_dir() and not entry.file_size:
            continue
        name = entry.orig_filename
        reason = "It has the same name as another entry." if name in taken else _refusal(entry)
        if not reason and total + entry.file_size > MAX_TOTAL_BYTES:
            reason = (
                f"All files before it have {MAX_TOTAL_BYTES:,} bytes, the most that is allowed."
            )
        if reason:
            skipped.append((name, reason))
            continue
        taken.add(name)
        total += entry.file_size
        names.append(name)
    return Listing(tuple(names), tuple(skipped), _stamp(content))


def _refusal(entry: zipfile.ZipInfo) -> str:
    """Why an entry is not opened; empty where it may be a picture."""
    name = entry.orig_filename
    parts = re.split(r"[/\\]", name)
    if "\0" in name:
        return "Its name has a zero in it."
    if name[:1] in ("/", "\\") or re.match(r"[A-Za-z]:", name):
        return "Its name is an absolute path."
    if ".." in parts:
        return "Its name leads out of the archive (..)."
    if len(parts) > MAX_DEPTH:
        return f"It is more than {MAX_DEPTH} folders deep."
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "It is a link, which is not followed."
    if kind not in (0, stat.S_IFREG):
        return "It is no plain file."
    if entry.flag_bits & 1:
        return "It is encrypted."
    if _ARCHIVES.search(name):
        return "It is an archive in the archive, which is not opened."
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "It is compressed in a way that is not read; allowed are stored and deflated."
    if entry.file_size > MAX_BYTES:
        return f"It unpacks to more than {MAX_BYTES:,} bytes, the most that is allowed."
    return ""


class ZipReader:
    """Reads pictures of an archive by number, from any thread."""

    def __init__(self, content: Path | bytes, names: tuple[str, ...]) -> None:
        self._content = content
        self._names = names
        self._lock = threading.Lock()
        self._archive: zipfile.ZipFile | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"_content": self._content, "_names": self._names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["_content"], state["_names"])  # type: ignore[misc]

    def read(self, number: int) -> npt.NDArray[np.uint8]:
        """Return uint8 RGB (height, width, 3).

        Raises:
            BadImage: it is damaged, unpacks to more than it said, or is no picture.
        """
        with self._lock:
            try:
                if self._archive is None:
                    self._archive = _opened(self._content)
                entry = self._archive.getinfo(self._names[number])
                with self._archive.open(entry) as file:
                    # No more is unpacked than the entry declared, and it may declare no more
                    # than a picture file may have.
                    content = file.read(entry.file_size + 1)
            except BadImage:
                raise
            except Exception as error:  # spoilt archives make the parser raise almost anything
                raise BadImage(f"It is damaged in the archive ({error}).") from error
        return decode(content).rgb_hwc

    def digest(self) -> Generator[float, None, str]:
        """The sha256 of the archive; yields the share (0..1) that was read."""
        found = hashlib.sha256()
        try:
            with _file(self._content) as file:
                size = file.seek(0, io.SEEK_END)
                file.seek(0)
                while piece := file.read(_STEP_BYTES):
                    found.update(piece)
                    yield file.tell() / size
        except OSError as error:
            raise BadImage(f"The zip archive cannot be read: {error.strerror}.") from error
        return found.hexdigest()


def _file(content: Path | bytes) -> Any:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _stamp(content: Path | bytes) -> str:
    if isinstance(content, bytes):
        return f"zip {hashlib.sha256(content).hexdigest()}"
    about = content.stat()
    return f"zip {content.resolve()} {about.st_size} {about.st_mtime_ns}"


def _opened(content: Path | bytes) -> zipfile.ZipFile:
    """The archive, whose directory was measured before it is parsed."""
    try:
        with _file(content) as file:
            size = _directory_bytes(file)
        if size > MAX_DIRECTORY_BYTES:
            raise BadImage(
                f"The zip archive's list of entries has {size:,} bytes; at most "
                f"{MAX_DIRECTORY_BYTES:,} are allowed."
            )
        return zipfile.ZipFile(io.BytesIO(content) if isinstance(content, bytes) else content)
    except BadImage:
        raise
    except OSError as error:
        raise BadImage(f"The zip archive cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # BadZipFile, and what spoilt fields make the parser raise
        raise BadImage(
            "The file is no zip archive that can be read. Allowed: a folder or a zip archive of "
            f"pictures ({error})."
        ) from error


def _directory_bytes(file: Any) -> int:
    """How large a zip file says its directory is, wherever it may say so; 0 for no zip file."""
    size = file.seek(0, io.SEEK_END)
    start = max(0, size - (22 + 65_535))
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_END, 0, max(0, len(tail) - 22 + len(_END)))
    if at < 0:
        return 0
    said = [int(struct.unpack_from("<L", tail, at + 12)[0])]
    if at >= 20 and tail[at - 20 : at - 16] == _LOCATOR64:
        places = (struct.unpack_from("<Q", tail, at - 12)[0], start + at - 76)
        for place in (each for each in places if 0 <= each < size):
            file.seek(place)
            record = file.read(56)
            if record[:4] == _END64 and len(record) == 56:
                said.append(int(struct.unpack_from("<Q", record, 40)[0]))
    return max(said[1:] or said)
