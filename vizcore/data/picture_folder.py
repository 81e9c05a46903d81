"""The files below a folder as pictures: listed without following links, read one by one."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vizcore.data.images import MAX_BYTES, decode
from vizcore.errors import BadImage
from vizcore.records.patches import NotRead

#: Files of a folder that are looked at, and folders within folders.
MAX_FILES = 100_000
MAX_DEPTH = 16

Pixels = npt.NDArray[np.uint8]
#: Yields which share (0..1) of the bytes was read.
Digest = Generator[float, None, str]


@dataclass(frozen=True, slots=True)
class FolderReader:
    """Reads files below a folder, by their paths within it."""

    root: Path
    names: tuple[str, ...]

    def _bytes(self, number: int) -> bytes:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        try:
            # A pipe that took a file's place since the listing is not waited for.
            opened = os.open(self.root / self.names[number], flags | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(opened, "rb") as file:
                if not stat.S_ISREG(os.fstat(opened).st_mode):
                    raise BadImage("It is no file any more.")
                return file.read(MAX_BYTES + 1)  # one more than allowed: decode refuses it
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise BadImage(f"It cannot be read: {reason}.") from error

    def read(self, number: int) -> Pixels:
        return decode(self._bytes(number)).rgb_hwc

    def digest(self) -> Digest:
        found = hashlib.sha256()
        for number in range(len(self.names)):
            try:
                found.update(hashlib.sha256(self._bytes(number)).digest())
            except BadImage:
                found.update(b"not read")
            if number % 64 == 63:
                yield (number + 1) / len(self.names)
        return found.hexdigest()


def list_folder(path: Path) -> tuple[tuple[str, ...], tuple[NotRead, ...], str]:
    """The files below a folder in the order of their names, what was passed over, and a stamp that
    changes with them.

    Raises:
        BadImage: the folder cannot be read.
    """
    found: list[str] = []
    skipped: list[NotRead] = []
    stamp = hashlib.sha256()
    try:
        for name, about in _walk(path, "", 1, skipped):
            if len(found) == MAX_FILES:
                reason = f"Only the first {MAX_FILES:,} files of a folder are looked at."
                skipped.append(NotRead(shown(name), f"{reason} It and all after it are left out."))
                break
            found.append(name)
            stamp.update(
                f"{name}\0{about.st_size}\0{about.st_mtime_ns}\0".encode("utf-8", "replace")
            )
    except OSError as error:
        raise BadImage(
            f"The folder '{path}' cannot be read: {error.strerror or error}.", received=str(path)
        ) from error
    return tuple(found), tuple(skipped), stamp.hexdigest()


def _walk(
    root: Path, inside: str, depth: int, skipped: list[NotRead]
) -> Generator[tuple[str, os.stat_result], None, None]:
    """Every plain file below a folder; what else there is goes to `skipped`."""
    with os.scandir(root / inside) as listed:
        entries = sorted(listed, key=lambda each: each.name)
    for entry in entries:
        name = f"{inside}/{entry.name}" if inside else entry.name
        if len(skipped) >= MAX_FILES:
            return
        try:
            about = entry.stat(follow_symlinks=False)
            if stat.S_ISLNK(about.st_mode):
                skipped.append(NotRead(shown(name), "It is a link, which is not followed."))
            elif stat.S_ISDIR(about.st_mode):
                if depth == MAX_DEPTH:
                    reason = f"It is more than {MAX_DEPTH} folders deep."
                    skipped.append(NotRead(shown(name), reason))
                else:
                    yield from _walk(root, name, depth + 1, skipped)
            elif not stat.S_ISREG(about.st_mode):
                skipped.append(NotRead(shown(name), "It is no plain file."))
            elif about.st_size > MAX_BYTES:
                reason = f"It has more than {MAX_BYTES:,} bytes, the most that is allowed."
                skipped.append(NotRead(shown(name), reason))
            else:
                yield name, about
        except OSError as error:
            reason = f"It cannot be read: {error.strerror or error}."
            skipped.append(NotRead(shown(name), reason))


def shown(name: str) -> str:
    """A file's name as it can be printed: one line, no control characters, not endless.

    Example:
        >>> shown("a\\x1b[2J.png")
        'a\\\\x1b[2J.png'
    """
    plain = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in name
    )
    return plain if len(plain) <= _LONGEST_NAME else f"...{plain[-_LONGEST_NAME:]}"


_LONGEST_NAME = 200
