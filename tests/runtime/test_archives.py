"""Kept archives: found by the hash of their bytes, bounded, and gone without a trace."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from vizcore.errors import BadImage
from vizcore.runtime.archives import Archives, is_archive


def test_an_archive_is_found_again_under_the_hash_of_its_bytes(tmp_path: Path):
    name = Archives(tmp_path).keep(b"some pictures", "cats.zip")
    assert name == f"zip-{hashlib.sha256(b'some pictures').hexdigest()[:16]}"
    assert is_archive(name)
    again = Archives(tmp_path)
    path = again.find(name)
    assert path is not None
    assert path.read_bytes() == b"some pictures"
    assert again.title(name) == "cats.zip"
    assert again.keep(b"some pictures", "cats.zip") == name
    assert sorted(each.suffix for each in tmp_path.iterdir()) == [".txt", ".zip"]


@pytest.mark.parametrize("name", ["zip-0123456789abcdef", "zip-../../../etc", "photos20", ""])
def test_what_is_not_here_is_not_found(tmp_path: Path, name: str):
    assert Archives(tmp_path).find(name) is None
    assert Archives(tmp_path).title(name) == name


def test_what_was_used_least_recently_makes_room(tmp_path: Path):
    shelf = Archives(tmp_path, max_bytes=25)
    names = []
    for number, letter in enumerate((b"a", b"b")):
        names.append(shelf.keep(10 * letter, "x.zip"))
        os.utime(tmp_path / f"{names[-1]}.zip", (number, number))
    assert shelf.find(names[0]) is not None  # used now
    last = shelf.keep(10 * b"c", "y.zip")
    assert shelf.find(names[1]) is None
    assert shelf.title(names[1]) == names[1]
    assert shelf.find(names[0]) is not None
    assert shelf.find(last) is not None


def test_a_folder_that_cannot_be_one_is_said_in_a_sentence(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BadImage, match="cannot be kept in"):
        Archives(tmp_path / "file" / "archives").keep(b"x", "x.zip")
