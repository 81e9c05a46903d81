"""Where a file of weights is fetched: at its library's home, or at a mirror of it."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from vizcore.errors import BadChoice
from vizcore.runtime.settings import MIRROR_VARIABLE, WEIGHTS_VARIABLE, setting
from vizcore.runtime.store import RemoteFile


def mirror_address() -> str:
    """The mirror that stands in for the libraries' own servers; empty where none is set.

    Raises:
        BadChoice: what is set is not an http(s) address.
    """
    return _checked(setting(MIRROR_VARIABLE))


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
    given = mirror_address() if mirror is None else _checked(mirror.strip())
    return f"{given.rstrip('/')}/{quote(file.name)}" if given else file.url


def _checked(given: str) -> str:
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
