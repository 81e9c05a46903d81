"""Archives of pictures that people brought, kept on this machine under the hash of their bytes.

So that the address of a view over an archive opens that view again, after a reload as well. The
folder is bounded: what was not used for longest goes first, and is asked for again.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from pathlib import Path

from vizcore.errors import BadImage
from vizcore.runtime.bounded_folder import BoundedFolder, written
from vizcore.runtime.store import cache_folder

MAX_FOLDER_BYTES = 2_000_000_000

_NAME = re.compile(r"zip-[0-9a-f]{16}")


def is_archive(name: str) -> bool:
    """Whether a name is that of a kept archive.

    Example:
        >>> is_archive("zip-0123456789abcdef"), is_archive("photos20")
        (True, False)
    """
    return _NAME.fullmatch(name) is not None


class Archives:
    """A folder of archives and their titles; several processes may share one."""

    def __init__(self, folder: Path | None = None, *, max_bytes: int = MAX_FOLDER_BYTES) -> None:
        self.folder = folder or cache_folder() / "archives"
        self._files = BoundedFolder(self.folder, "zip-*.zip", max_bytes)

    def keep(self, content: bytes, title: str) -> str:
        """Keep an archive; returns its name, `zip-` and the start of its sha256.

        Raises:
            BadImage: the folder cannot be written, or the disk is full.
        """
        name = f"zip-{hashlib.sha256(content).hexdigest()[:16]}"
        try:
            for path, part in ((self._path(name), content), (self._title(name), title.encode())):
                with written(path) as file:
                    file.write(part)
        except OSError as error:
            raise BadImage(
                f"The archive cannot be kept in {self.folder}: {error.strerror or error}. Free "
                "some space there, or name another cache folder."
            ) from error
        for gone in self._files.make_room(self._path(name)):
            self._title(gone.stem).unlink(missing_ok=True)
        return name

    def find(self, name: str) -> Path | None:
        """Where an archive lies, which counts as used now; None where it is not here."""
        path = self._path(name)
        if not is_archive(name) or not path.is_file():
            return None
        self._files.used(path)
        return path

    def title(self, name: str) -> str:
        """What an archive was called when it was brought; its name where that is not known."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if is_archive(name):
                return self._title(name).read_text(encoding="utf-8") or name
        return name

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.zip"

    def _title(self, name: str) -> Path:
        return self.folder / f"{name}.txt"
