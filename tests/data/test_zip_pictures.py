"""Zip archives from strangers: bombs, paths, links and spoilt files are passed over and told."""

from __future__ import annotations

import contextlib
import io
import pickle
import stat
import struct
import threading
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.data.test_picture_sets import png, take
from vizcore.data import zip_pictures
from vizcore.data.picture_sets import open_pictures
from vizcore.errors import BadImage


def archive(
    *files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, content in files:
            made.writestr(name, content, method)
    return file.getvalue()


def entry(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def test_pictures_in_the_order_of_names_and_everything_else_by_name_and_reason() -> None:
    content = archive(
        ("b.png", png(2)),
        ("folder/a.png", png(1)),
        ("/etc/absolute.png", png()),
        ("C:\\windows.png", png()),
        ("\\\\host\\share.png", png()),
        ("up/../../out.png", png()),
        ("up\\..\\out.png", png()),
        ("more.zip", archive(("inner.png", png()))),
        (entry("link.png", stat.S_IFLNK | 0o777), b"/etc/passwd"),
        (entry("pipe.png", stat.S_IFIFO | 0o644), b""),
        ("/".join("d" * 16) + "/deep.png", png()),
        ("empty/", b""),
        ("notes.txt", b"no picture"),
    )
    found = open_pictures(content)
    assert found.names == ("b.png", "folder/a.png", "notes.txt")
    assert [int(found.read(number)[0, 0, 0]) for number in (0, 1)] == [2, 1]
    with pytest.raises(BadImage, match="not a picture that can be read"):
        found.read(2)
    reasons = {each.name: each.reason for each in found.skipped}
    assert len(reasons) == 9
    for name in ("/etc/absolute.png", "C:\\windows.png", "\\\\host\\share.png"):
        assert reasons[name] == "Its name is an absolute path."
    for name in ("up/../../out.png", "up\\..\\out.png"):
        assert "leads out of the archive" in reasons[name]
    assert "archive in the archive" in reasons["more.zip"]
    assert "a link" in reasons["link.png"]
    assert "no plain file" in reasons["pipe.png"]
    assert "16 folders deep" in reasons["/".join("d" * 16) + "/deep.png"]


def test_from_a_path_from_another_process_and_from_several_threads(tmp_path: Path) -> None:
    path = tmp_path / "some pictures.zip"
    path.write_bytes(archive(*((f"{n:02d}.png", png(n)) for n in range(30))))
    found = pickle.loads(pickle.dumps(open_pictures(path)))
    assert found.title == "some pictures.zip"
    seen: list[bool] = []

    def look() -> None:
        seen.append(all(int(found.read(n)[0, 0, 0]) == n for n in range(30)))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert seen == [True] * 4
    assert take(found.digest()) == take(open_pictures(path.read_bytes()).digest())
    assert found.stamp != open_pictures(path.read_bytes()).stamp


def test_a_bomb_is_passed_over_by_what_it_declares_and_never_unpacked_by_what_it_is() -> None:
    bomb = archive(("a.png", png(1)), ("bomb.png", b"\0" * 60_000_000))
    assert len(bomb) < 100_000
    found = open_pictures(bomb)
    assert found.names == ("a.png",)
    assert "unpacks to more than 50,000,000 bytes" in found.skipped[0].reason
    lie = bytearray(archive(("bomb.png", b"\0" * 60_000_000)))
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", lie, lie.index(signature) + at, 1000)
    lying = open_pictures(bytes(lie))
    tracemalloc.start()
    with pytest.raises(BadImage, match="damaged in the archive"):
        lying.read(0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_all_pictures_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_pictures, "MAX_TOTAL_BYTES", 2 * len(png()))
    found = open_pictures(archive(*((f"{n}.png", png()) for n in range(4))))
    assert found.names == ("0.png", "1.png")
    assert [each.name for each in found.skipped] == ["2.png", "3.png"]


def test_too_many_entries_are_refused_before_they_are_parsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = archive(*((f"{n}.png", b"") for n in range(20)))
    monkeypatch.setattr(zip_pictures, "MAX_ENTRIES", 10)
    with pytest.raises(BadImage, match="has 20 entries; at most 10"):
        open_pictures(content)
    monkeypatch.setattr(zip_pictures, "MAX_DIRECTORY_BYTES", 100)
    monkeypatch.setattr(zipfile, "ZipFile", None)  # not even asked
    with pytest.raises(BadImage, match=r"list of entries has [0-9,]+ bytes; at most 100"):
        open_pictures(content)
    with pytest.raises(BadImage, match="at most 100"):
        open_pictures(_in_64_bits(content))


def _in_64_bits(content: bytes) -> bytes:
    """The same archive, whose true directory is told by the 64-bit record only."""
    at = content.rindex(b"PK\x05\x06")
    count, size, offset = struct.unpack_from("<HLL", content, at + 10)
    record = struct.pack(
        "<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 1, 1, 46, 0, 0)
    return content[:at] + record + locator + end


def test_an_archive_in_64_bits_is_read() -> None:
    found = open_pictures(_in_64_bits(archive(("a.png", png(3)), ("b.png", png(4)))))
    assert found.names == ("a.png", "b.png")
    assert int(found.read(1)[0, 0, 0]) == 4


def test_a_file_that_only_looks_like_the_end_of_an_archive() -> None:
    content = bytearray(archive(("a.png", png())))
    content[-6:-2] = b"PK\x05\x06"  # where the directory begins: a signature inside the last record
    with pytest.raises(BadImage):
        open_pictures(bytes(content)).read(0)
    assert zip_pictures._directory_bytes(io.BytesIO(bytes(content))) > 0


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_not_read(method: int) -> None:
    content = archive(("a.png", png()), method=method)
    with pytest.raises(BadImage, match="allowed are stored and deflated"):
        open_pictures(content)


def test_an_encrypted_entry_is_passed_over() -> None:
    content = bytearray(archive(("a.png", png()), ("b.png", png())))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    found = open_pictures(bytes(content))
    assert found.names == ("b.png",)
    assert found.skipped[0].reason == "It is encrypted."


def test_a_name_that_comes_twice_is_read_once() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        content = archive(("a.png", png(1)), ("a.png", png(2)))
    found = open_pictures(content)
    assert found.names == ("a.png",)
    assert "same name" in found.skipped[0].reason


@pytest.mark.parametrize("cut", [0, 1, 10, 30, 60, 100, -30, -10, -1])
def test_spoilt_archives_are_told_in_one_sentence(cut: int) -> None:
    content = archive(("a.png", png()), ("b.png", png()))
    with pytest.raises(BadImage) as caught:
        open_pictures(content[:cut])
    assert "\n" not in str(caught.value)


def test_any_spoilt_byte_is_told_or_harmless() -> None:
    content = archive(("a.png", png()))
    rng = np.random.default_rng(0)
    for _ in range(300):
        spoilt = bytearray(content)
        spoilt[rng.integers(len(spoilt))] = rng.integers(256)
        with contextlib.suppress(BadImage):
            open_pictures(bytes(spoilt)).read(0)


def test_an_archive_without_a_picture(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match="There is no picture"):
        open_pictures(archive())
    (tmp_path / "a.zip").write_bytes(b"")
    with pytest.raises(BadImage, match="no zip archive"):
        open_pictures(tmp_path / "a.zip")
