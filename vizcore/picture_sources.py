"""Sets of pictures by name or by themselves: bundled, torchvision's on this machine, own ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vizcore.data.library_sets import LIBRARY, fetch_library, open_library
from vizcore.data.picture_sets import BUNDLED, PictureSet
from vizcore.data.picture_sets import open_pictures as open_given
from vizcore.errors import BadChoice, BadImage
from vizcore.runtime.settings import DATA_VARIABLE, folder_setting
from vizcore.runtime.store import cache_folder


def data_folder() -> Path:
    """Where torchvision's data sets lie: `CONVSCOPE_DATA`, else `data` in the cache folder."""
    return folder_setting(DATA_VARIABLE) or cache_folder() / "data"


def open_pictures(what: Any) -> PictureSet:
    """A set of pictures: as `vizcore.data.picture_sets.open_pictures`, or a name of `LIBRARY`.

    Raises:
        BadImage: nothing that can be looked through, or a data set that is not here.

    Example:
        >>> len(open_pictures("photographs"))
        20
    """
    if isinstance(what, str) and what in LIBRARY and not Path(what).exists():
        return open_library(what, data_folder())
    try:
        return open_given(what)
    except BadImage as error:
        if not error.suggestions:
            raise
        named = (*BUNDLED, *LIBRARY)
        raise BadImage(
            f"{str(error).rstrip('.')}, or torchvision's {', '.join(LIBRARY)}.",
            received=str(what),
            suggestions=named,
        ) from error


def fetch_pictures(name: str) -> PictureSet:
    """A data set of torchvision, fetched into the folder of data sets where it is not there.

    Raises:
        BadChoice: no name of `LIBRARY`.
        FetchError: no connection, a wrong hash, no room.
    """
    if name not in LIBRARY:
        raise BadChoice.among("the data set to fetch", name, LIBRARY)
    return fetch_library(name, data_folder())
