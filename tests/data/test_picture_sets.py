"""Sets of pictures from anywhere: what is read, what is passed over, and how it is told."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vizcore.data import picture_folder
from vizcore.data.bundled_pictures import BUNDLED
from vizcore.data.picture_folder import shown
from vizcore.data.picture_sets import bundled_for, from_arrays, open_pictures
from vizcore.errors import BadImage


def png(value: int = 7, size: tuple[int, int] = (5, 4)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (value, value, value)).save(file, "PNG")
    return file.getvalue()


def take(digest: Generator[float, None, str]) -> str:
    while True:
        try:
            assert 0 <= next(digest) <= 1
        except StopIteration as stop:
            return str(stop.value)


@pytest.mark.parametrize(
    ("name", "count", "shape"), [("photographs", 20, None), ("digits10", 538, (32, 32, 3))]
)
def test_bundled_sets(name: str, count: int, shape: tuple[int, ...] | None) -> None:
    found = open_pictures(name)
    assert len(found) == len(found.names) == len(set(found.names)) == count
    assert found.title == BUNDLED[name][0]
    assert shape is None or found.read(0).shape == shape
    assert open_pictures(name) is found


def test_the_bundled_photographs_are_what_no_training_saw_and_the_whole_ones() -> None:
    from vizcore.data import photos20

    found = open_pictures(bundled_for(3))
    patches, labels = photos20.held_out("validation")
    np.testing.assert_array_equal(found.read(5), patches[5])
    assert found.names[5] == f"{photos20.CLASSES[labels[5]]}, validation patch 5"
    assert found.names[-1] == "tissue, whole"
    assert len(found) == len(patches) + len(photos20.held_out("test")[1]) + 20
    assert bundled_for(1) == "digits10"


def test_a_folder_is_read_in_the_order_of_names_and_the_rest_is_told(tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    outside.write_bytes(png(99))
    root = tmp_path / "pictures"
    (root / "b").mkdir(parents=True)
    (root / "b" / "two.png").write_bytes(png(2))
    (root / "a.png").write_bytes(png(1))
    (root / "c.txt").write_text("no picture")
    (root / "link.png").symlink_to(outside)
    (root / "d").symlink_to(tmp_path)
    os.mkfifo(root / "pipe.png")
    found = open_pictures(root)
    assert found.names == ("a.png", "b/two.png", "c.txt")
    assert found.title == "pictures"
    assert [each.name for each in found.skipped] == ["d", "link.png", "pipe.png"]
    assert [each.reason.split(",")[0] for each in found.skipped] == [
        *("It is a link", "It is a link", "It is no plain file.")
    ]
    assert [int(found.read(number)[0, 0, 0]) for number in (0, 1)] == [1, 2]
    with pytest.raises(BadImage, match="not a picture that can be read"):
        found.read(2)
    assert int(pickle.loads(pickle.dumps(found)).read(1)[0, 0, 0]) == 2


def test_a_file_that_became_something_else_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "pictures"
    root.mkdir()
    for name in ("a.png", "b.png", "c.png"):
        (root / name).write_bytes(png())
    found = open_pictures(root)
    for name in ("a.png", "b.png", "c.png"):
        (root / name).unlink()
    (root / "a.png").symlink_to("/etc/hostname")
    os.mkfifo(root / "b.png")
    for number in range(3):
        with pytest.raises(BadImage, match=r"It cannot be read|It is no file any more"):
            found.read(number)


def test_limits_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_folder, "MAX_FILES", 3)
    monkeypatch.setattr(picture_folder, "MAX_DEPTH", 2)
    monkeypatch.setattr(picture_folder, "MAX_BYTES", 500)
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "deep.png").write_bytes(png())
    (tmp_path / "a" / "large.png").write_bytes(b"x" * 501)
    for name in "cdef":
        (tmp_path / f"{name}.png").write_bytes(png())
    found = open_pictures(tmp_path)
    assert found.names == ("c.png", "d.png", "e.png")
    reasons = {each.name: each.reason for each in found.skipped}
    assert "more than 2 folders deep" in reasons["a/b"]
    assert "more than 500 bytes" in reasons["a/large.png"]
    assert "first 3 files" in reasons["f.png"]


def test_the_digest_is_of_names_and_contents(tmp_path: Path) -> None:
    def made(folder: str, **files: bytes) -> str:
        (tmp_path / folder).mkdir()
        for name, content in files.items():
            (tmp_path / folder / name).write_bytes(content)
        return take(open_pictures(tmp_path / folder).digest())

    first = made("one", a=png(1), b=png(2))
    assert made("two", a=png(1), b=png(2)) == first
    assert len({first, made("3", a=png(2), b=png(1)), made("4", a=png(1), c=png(2))}) == 3
    array = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    same, other = array.copy(), array.copy()
    other[1, 0, 0, 0] += 1
    digests = [take(open_pictures(each).digest()) for each in (array, same, other)]
    assert digests[0] == digests[1] != digests[2]
    assert take(open_pictures(array.reshape(2, 5, 4, 3)).digest()) != digests[0]


def test_the_stamp_tells_a_folder_that_changed_and_arrays_apart(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png())
    first = open_pictures(tmp_path).stamp
    assert open_pictures(tmp_path).stamp == first
    (tmp_path / "a.png").write_bytes(png(8, (6, 6)))
    assert open_pictures(tmp_path).stamp != first
    array = np.zeros((1, 2, 2), np.uint8)
    assert open_pictures(array).stamp != open_pictures(array).stamp


def test_arrays_of_any_sizes() -> None:
    grey = np.full((3, 4), 5, np.uint8)
    found = from_arrays([grey, np.zeros((6, 2, 3), np.uint8), np.zeros((2, 2), np.float32)])
    assert found.read(0).shape == (3, 4, 3)
    assert found.read(1).shape == (6, 2, 3)
    with pytest.raises(BadImage, match=r"float32 \(2, 2\)"):
        found.read(2)


def test_a_data_set_as_torchvision_has_them() -> None:
    class Two:
        def __len__(self) -> int:
            return 3

        def __getitem__(self, number: int) -> Any:
            if number == 1:
                raise KeyError("no such thing")
            return Image.new("L", (4, 3), 40 * number), number

    found = open_pictures(Two())
    assert found.title == "Two"
    assert found.read(2).tolist() == np.full((3, 4, 3), 80).tolist()
    with pytest.raises(BadImage, match="KeyError"):
        found.read(1)
    assert take(found.digest()) == take(open_pictures(Two()).digest())


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("/nowhere/at/all", "There is no folder and no zip archive '/nowhere/at/all'"),
        ("zero\0name", "There is no folder"),
        (np.zeros((2, 2), np.uint8), r"uint8 \(2, 2\) came in"),
        (np.zeros((2, 4, 4, 3), np.float32), "float32"),
        (np.zeros((0, 4, 4, 3), np.uint8), "There is no picture in 'arrays'"),
        ([], "There is no picture"),
        (7, "int is no set of pictures"),
    ],
)
def test_what_is_no_set_is_told(what: Any, message: str) -> None:
    with pytest.raises(BadImage, match=message):
        open_pictures(what)


def test_an_empty_folder_is_told_in_one_sentence(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(BadImage, match="There is no picture in 'empty'"):
        open_pictures(empty)
    (empty / "link").symlink_to("/")
    with pytest.raises(BadImage, match="The first of 1 that were passed over: link: It is a link"):
        open_pictures(empty)


def test_names_can_be_printed() -> None:
    assert shown("a\x1b[2Jb\n") == "a\\x1b[2Jb\\n"
    assert shown("x" * 500) == "..." + "x" * 200
    assert shown(os.fsdecode(b"\xff.png")) == "\\udcff.png"
