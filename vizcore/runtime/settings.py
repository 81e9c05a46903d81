"""The settings of a machine: environment variables, or the same as lines of a file.

The file is `convscope.toml` in the user's folder of settings (`~/.config` on Linux), or the one
that `CONVSCOPE_SETTINGS` names. Its keys are the variables' names, small and without the prefix:

    mirror = "http://weights.example:8000"
    weights = "/srv/weights"

A variable that is set wins.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import tomllib
from functools import lru_cache
from pathlib import Path

from vizcore.errors import BadChoice

FILE_VARIABLE = "CONVSCOPE_SETTINGS"
CACHE_VARIABLE = "CONVSCOPE_CACHE"
WEIGHTS_VARIABLE = "CONVSCOPE_WEIGHTS"
MIRROR_VARIABLE = "CONVSCOPE_MIRROR"
FETCH_VARIABLE = "CONVSCOPE_FETCH"
MEMORY_VARIABLE = "CONVSCOPE_MEMORY"
DATA_VARIABLE = "CONVSCOPE_DATA"
CACHE_LIMIT_VARIABLE = "CONVSCOPE_CACHE_LIMIT"
#: What a batch may take unless somebody sets it.
_MEMORY_BYTES = 2**30
#: What fetched weights may take in the cache unless somebody sets it.
_CACHE_BYTES = 50 * 10**9
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20,
          "GIB": 2**30}  # fmt: skip
_KEYS = {
    name.removeprefix("CONVSCOPE_").lower(): name
    for name in (
        CACHE_VARIABLE,
        WEIGHTS_VARIABLE,
        MIRROR_VARIABLE,
        FETCH_VARIABLE,
        MEMORY_VARIABLE,
        DATA_VARIABLE,
        CACHE_LIMIT_VARIABLE,
    )
}


def setting(variable: str) -> str:
    """The value of a setting; empty where nobody has set it.

    Raises:
        BadChoice: the file of settings cannot be read, or sets what there is not.
    """
    given = os.environ.get(variable, "").strip()
    return given or _of_file().get(variable, "")


def folder_setting(variable: str) -> Path | None:
    """The folder that a setting names; None where nobody has set it.

    Raises:
        BadChoice: as `setting`, and for a folder that cannot be one.
    """
    given = setting(variable)
    return _path(variable, given) if given else None


def visitors_fetch() -> bool:
    """Whether whoever opens the app may have weights fetched; "off" for a copy that many use.

    Raises:
        BadChoice: as `setting`, and for another word.
    """
    given = setting(FETCH_VARIABLE) or "on"
    if given not in ("on", "off"):
        raise BadChoice.among(FETCH_VARIABLE, given, ("on", "off"))
    return given == "on"


def working_memory_bytes() -> int:
    """What the pictures that a method puts through a network at once may take: 1 GiB, unless set.

    Raises:
        BadChoice: as `setting`, and for what is no amount of memory.
    """
    return _amount(MEMORY_VARIABLE, _MEMORY_BYTES)


def cache_limit_bytes() -> int:
    """What fetched weights may take in the cache: 50 GB, unless set.

    Raises:
        BadChoice: as `setting`, and for what is no amount.
    """
    return _amount(CACHE_LIMIT_VARIABLE, _CACHE_BYTES)


def _amount(variable: str, usual_bytes: int) -> int:
    """An amount of bytes from a setting."""
    given = setting(variable)
    if not given:
        return usual_bytes
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", given)
    unit = _UNITS.get(found[2].upper()) if found else None
    if found is None or unit is None or float(found[1]) <= 0:
        raise BadChoice.among(variable, given, ("an amount such as 500MB", "2GB", "1GiB"))
    return int(float(found[1]) * unit)


def settings_file() -> Path:
    """Where the file of settings is looked for.

    Raises:
        BadChoice: the variable names what cannot be a file.
    """
    named = os.environ.get(FILE_VARIABLE, "").strip()
    if named:
        return _path(FILE_VARIABLE, named)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or home()) / "convscope.toml"
    if sys.platform == "darwin":
        return home() / "Library" / "Application Support" / "convscope.toml"
    return Path(os.environ.get("XDG_CONFIG_HOME") or home() / ".config") / "convscope.toml"


def home() -> Path:
    """The user's folder; that for temporary files where he has none, as in some containers."""
    try:
        return Path.home()
    except RuntimeError:
        return Path(tempfile.gettempdir())


def _path(variable: str, given: str) -> Path:
    """A path from a setting, "~" resolved."""
    try:
        return Path(given).expanduser()
    except RuntimeError as error:
        raise BadChoice(
            f"{variable} cannot be {given!r}: {error} Allowed: a path of this machine.",
            received=given,
        ) from error


def _of_file() -> dict[str, str]:
    path = settings_file()
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        if os.environ.get(FILE_VARIABLE, "").strip():
            raise BadChoice(
                f"{FILE_VARIABLE} names {path}, which cannot be read: {error.strerror}.",
                received=str(path),
            ) from error
        return {}
    return _read(path, changed)


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> dict[str, str]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadChoice(f"The settings in {path} cannot be read: {error}.") from error
    for key, value in found.items():
        if key not in _KEYS or not isinstance(value, str):
            raise BadChoice(
                f"{path} cannot set {key} = {value!r}. Allowed: {', '.join(_KEYS)}, each a text.",
                received=key,
                suggestions=_KEYS,
            )
    return {_KEYS[key]: value.strip() for key, value in found.items()}
