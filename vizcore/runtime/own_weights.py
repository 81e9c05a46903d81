"""A person's own weights on this machine: checked files under their sha256, each with a card.

A card says for which architecture a file was checked, with which class names and preprocessing;
its name is `own-` and the beginning of the sha256 of all that, so that a name never comes to mean
something else. The folder is bounded: what was not used for longest goes first, and who comes back
for it is asked for the file again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from vizcore.errors import WeightsError
from vizcore.formats.words import counted
from vizcore.runtime import store
from vizcore.runtime.bounded_folder import BoundedFolder, written
from vizcore.runtime.jobs import Progress

#: All files of a folder together, and all its cards.
MAX_FOLDER_BYTES = 4_000_000_000
MAX_CARDS_BYTES = 100_000_000
#: A file of class names, and one name.
MAX_LABELS_BYTES = 1_000_000
MAX_LABEL = 100

_NAME = re.compile(r"own-[0-9a-f]{12}")
_CHUNK_BYTES = 8 * 2**20


@dataclass(frozen=True, slots=True)
class OwnCard:
    """What is known about weights that a person brought.

    Attributes:
        architecture: its key in the zoo.
        title: the file's name.
        sha256: of the file, hexadecimal.
        size_bytes: of the file.
        classes: names of the outputs, in order.
        preprocessing: as `Preprocessing` takes it.
        notes: what was done to the file's tensors, one phrase each.
    """

    architecture: str
    title: str
    sha256: str
    size_bytes: int
    classes: tuple[str, ...] = field(repr=False)
    preprocessing: Mapping[str, Any] = field(repr=False, hash=False)
    notes: tuple[str, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """`own-` and twelve digits: of this file for this use of it."""
        use = [self.architecture, self.sha256, self.classes, dict(self.preprocessing)]
        content = json.dumps(use, sort_keys=True)
        return f"own-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def is_own(name: str) -> bool:
    """Whether a name is that of a person's own weights.

    Example:
        >>> is_own("own-0123456789ab"), is_own("photos20")
        (True, False)
    """
    return _NAME.fullmatch(name) is not None


def digest(file: BinaryIO) -> Generator[Progress, None, str]:
    """The sha256 of a file, hexadecimal, a piece a step."""
    found, done = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        found.update(chunk)
        done += len(chunk)
        yield Progress(done, None, "computing the file's sha256")
    return found.hexdigest()


def read_labels(content: bytes, classes: int) -> tuple[str, ...]:
    """Class names from a text file, one a line, in the order of the network's outputs.

    Raises:
        WeightsError: no text, an empty or overlong name, or as many names as there are not
            classes.

    Example:
        >>> read_labels(b"cat\\ndog\\n", 2)
        ('cat', 'dog')
    """
    if len(content) > MAX_LABELS_BYTES:
        raise WeightsError(
            f"The file of class names has {len(content):,} bytes; at most {MAX_LABELS_BYTES:,} "
            "are allowed."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WeightsError(
            "The file of class names is not text in UTF-8. Allowed: one name a line."
        ) from None
    names = [line.strip() for line in text.rstrip().splitlines()]
    for number, name in enumerate(names, 1):
        if not name or len(name) > MAX_LABEL or not name.isprintable():
            what = "is empty" if not name else f"is not a name of 1 to {MAX_LABEL} characters"
            raise WeightsError(f"Line {number} of the class names {what}.")
    if len(names) != classes:
        raise WeightsError(
            f"The file has {counted(len(names), 'class name')} for "
            f"{counted(classes, 'class', 'classes')}; "
            "a name for each class is needed, one a line."
        )
    return tuple(names)


class Shelf:
    """A folder of people's weights and their cards; several processes may share one."""

    def __init__(self, folder: Path, *, max_bytes: int = MAX_FOLDER_BYTES) -> None:
        self.folder = folder
        self._files = BoundedFolder(folder, "*.safetensors", max_bytes)

    def keep(self, file: BinaryIO, card: OwnCard) -> Generator[Progress, None, None]:
        """Keep a checked file with its card; others that were used least recently make room.

        Raises:
            WeightsError: the folder cannot be written, or the disk is full.
        """
        path = self.path_of(card)
        try:
            if not (yield from _holds(path, card.sha256)):
                yield from self._copy(file, path, card.size_bytes)
        except OSError as error:
            raise self._unwritable(error) from error
        self.write_card(card)
        self._make_room(path)

    def write_card(self, card: OwnCard) -> None:
        """Write a card of a file that is here, such as one with another preprocessing.

        Raises:
            WeightsError: the folder cannot be written, or the disk is full.
        """
        path = self.folder / f"{card.name}.json"
        try:
            with written(path) as part:
                part.write(json.dumps(asdict(card)).encode())
        except OSError as error:
            raise self._unwritable(error) from error
        self._cards().make_room(path)

    def card(self, name: str) -> OwnCard:
        """The card of this name, whose file is here.

        Raises:
            WeightsError: it is not here, or was damaged.
        """
        gone = WeightsError(
            f"The weights '{name}' are not on this machine (any more): give the file again.",
            received=name,
        )
        if not is_own(name):
            raise gone
        try:
            said = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
            listed = {each: tuple(said[each]) for each in ("classes", "notes")}
            card = OwnCard(**{**said, **listed})
            if card.name != name or not self.path_of(card).is_file():
                raise gone
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise gone from error
        return card

    def path_of(self, card: OwnCard) -> Path:
        """Where a card's file lies."""
        return self.folder / f"{card.sha256}.safetensors"

    def used(self, path: Path | None) -> None:
        """Note that one of its files was used now, so that others go before it."""
        if path is not None and path.parent == self.folder:
            self._files.used(path)

    def held_bytes(self) -> int:
        """What all files take."""
        return self._files.held_bytes()

    def _copy(self, file: BinaryIO, path: Path, size_bytes: int) -> Generator[Progress, None, None]:
        done = 0
        file.seek(0)
        with written(path) as part:
            while chunk := file.read(_CHUNK_BYTES):
                part.write(chunk)
                done += len(chunk)
                yield Progress(done, size_bytes, "keeping the file")

    def _unwritable(self, error: OSError) -> WeightsError:
        return WeightsError(
            f"The weights cannot be kept in {self.folder}: {error.strerror or error}. Free "
            "some space there, or name another cache folder."
        )

    def _cards(self) -> BoundedFolder:
        return BoundedFolder(self.folder, "own-*.json", MAX_CARDS_BYTES)

    def _make_room(self, newest: Path) -> None:
        gone = {path.stem for path in self._files.make_room(newest)}
        for each in self._cards().entries() if gone else ():
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                if json.loads(each.path.read_text(encoding="utf-8"))["sha256"] in gone:
                    each.path.unlink(missing_ok=True)


def _holds(path: Path, sha256: str) -> Generator[Progress, None, bool]:
    """Whether a file is there with this content."""
    if not path.is_file():
        return False
    with path.open("rb") as there:
        return (yield from digest(there)) == sha256


def shelf() -> Shelf:
    """Where the weights lie that people brought: `own` in the cache folder."""
    return Shelf(store.cache_folder() / "own")
