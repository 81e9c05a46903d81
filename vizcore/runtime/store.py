"""Files of pretrained weights on this machine: what each is, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass


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
