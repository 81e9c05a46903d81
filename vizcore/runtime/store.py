"""Files of pretrained weights on this machine: where they may lie, and whether they are whole.

Looked at in this order: the folder that `CONVSCOPE_WEIGHTS` names (filled beforehand, only read),
the cache (`CONVSCOPE_CACHE`, else the user's cache folder), and what torchvision and timm have
fetched before (torch.hub's folder, the hub cache of `huggingface_hub`). A file is used only after
it was verified.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vizcore.errors import WeightsError
from vizcore.runtime.settings import CACHE_VARIABLE, WEIGHTS_VARIABLE, folder_setting, home

#: Put beside a file that was fetched: the sha256 that it had then.
HASH_SUFFIX = ".sha256"
#: What has come of a file that is not whole yet.
PART_SUFFIX = ".part"
#: Put beside that: which version of the file it is of, as the server names it.
VALIDATOR_SUFFIX = ".validator"

_HUB_ADDRESS = re.compile(r"https://huggingface\.co/([^/]+)/([^/]+)/resolve/main/(.+)")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of pretrained weights as its library publishes it.

    Attributes:
        name: under which it is kept in the cache, a mirror and a pre-filled folder.
        url: where its library fetches it.
        sha256: of the file, hexadecimal: all 64 digits, or as many as the library states
            (torchvision puts the first 8 into the file's name); empty where it states none.
        about_bytes: how large it is, where the library says so or the parameters tell.
    """

    name: str
    url: str
    sha256: str = ""
    about_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A file that lies on this machine, not verified yet.

    Attributes:
        path: of the file.
        place: "pre-filled folder", "cache", "torch.hub's cache" or "Hugging Face's cache".
        size_bytes: of the file.
    """

    path: Path
    place: str
    size_bytes: int


def cache_folder() -> Path:
    """Where fetched weights are kept: `CONVSCOPE_CACHE`, else the platform's place for caches."""
    given = folder_setting(CACHE_VARIABLE)
    if given is not None:
        return given
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else home() / "AppData" / "Local") / "convscope"
    if sys.platform == "darwin":
        return home() / "Library" / "Caches" / "convscope"
    return _xdg_cache() / "convscope"


def prefilled_folder() -> Path | None:
    """The folder that `CONVSCOPE_WEIGHTS` names; it is looked at first and never written to."""
    return folder_setting(WEIGHTS_VARIABLE)


def find(file: RemoteFile) -> Found | None:
    """The first place of this machine that has a file; only looks, reads nothing."""
    return next(_everywhere(file), None)


def partial_bytes(file: RemoteFile) -> int:
    """How much of a file has come into the cache already, where a fetch was stopped."""
    return _size(cache_folder() / f"{file.name}{PART_SUFFIX}") or 0


def verified(file: RemoteFile) -> Found | None:
    """The first place that has the file whole, checked by its hash; None where there is none.

    Raises:
        WeightsError: it is there and damaged; says where, what was expected and what was found.
    """
    damaged = None
    for found in _everywhere(file):
        expected = expected_sha256(file, found.path)
        seen = sha256_of(found.path) if expected else ""
        if seen.startswith(expected):
            return found
        damaged = damaged or WeightsError(
            f"{found.path} is damaged: it should have a sha256 that begins with {expected[:16]}, "
            f"and has {seen[:16]}.",
            received=str(found.path),
        )
    if damaged:
        raise damaged
    return None


def expected_sha256(file: RemoteFile, path: Path) -> str:
    """What a file's sha256 has to begin with: as its library states, or as when it was fetched."""
    if file.sha256:
        return file.sha256
    blob = path.resolve().name  # Hugging Face's cache: a link to a file named by its sha256
    if re.fullmatch(r"[0-9a-f]{64}", blob):
        return blob
    try:
        return sha256_noted(path.with_name(path.name + HASH_SUFFIX).read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError):
        return ""


def sha256_noted(line: str) -> str:
    """The hash in a line such as `sha256sum` writes; empty where there is none.

    Example:
        >>> sha256_noted("not a hash  net.safetensors")
        ''
    """
    words = line.split()
    return words[0] if words and re.fullmatch(r"[0-9a-f]{64}", words[0]) else ""


def sha256_of(path: Path) -> str:
    """The sha256 of a file's content, hexadecimal; remembered while the file does not change.

    Raises:
        WeightsError: the file cannot be read.
    """
    try:
        about = path.stat()
        return _digest(path, about.st_ino, about.st_size, about.st_mtime_ns)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error


@lru_cache(maxsize=4096)
def _digest(path: Path, *version: int) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _everywhere(file: RemoteFile) -> Iterator[Found]:
    prefilled = prefilled_folder()
    candidates = [(prefilled / file.name, "pre-filled folder")] if prefilled else []
    candidates.append((cache_folder() / file.name, "cache"))
    candidates.append((_torch_hub() / file.name, "torch.hub's cache"))
    hub = _hugging_face(file.url)
    if hub is not None:
        candidates.append((hub, "Hugging Face's cache"))
    for path, place in candidates:
        size = _size(path)
        if size is not None:
            yield Found(path, place, size)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


def _xdg_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or home() / ".cache")


def _torch_hub() -> Path:
    """Where torch.hub keeps files, by its own rules, without asking torch."""
    own = os.environ.get("TORCH_HOME") or _xdg_cache() / "torch"
    return Path(os.path.expanduser(own)) / "hub" / "checkpoints"


def _hugging_face(url: str) -> Path | None:
    """The file of the newest main branch in the hub's cache, by the hub's own rules."""
    address = _HUB_ADDRESS.fullmatch(url)
    if address is None:
        return None
    owner, name, file = address.groups()
    own = os.environ.get("HF_HOME") or _xdg_cache() / "huggingface"
    hub = Path(os.path.expanduser(os.environ.get("HF_HUB_CACHE") or Path(own) / "hub"))
    repository = hub / f"models--{owner}--{name}"
    try:
        revision = (repository / "refs" / "main").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return repository / "snapshots" / revision / file
