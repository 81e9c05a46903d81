"""Torchvision's data sets: made small in their own formats, opened, refused, fetched."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import struct
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision import datasets

from vizcore.data.library_sets import LIBRARY, fetch_library, library_here, open_library
from vizcore.errors import BadChoice, BadImage, FetchError
from vizcore.picture_sources import data_folder, fetch_pictures, open_pictures

DRAW = np.random.default_rng(4)


def pixels(count: int, *shape: int) -> np.ndarray:
    return DRAW.integers(0, 255, (count, *shape)).astype(np.uint8)


def make_cifar10(root: Path, monkeypatch: pytest.MonkeyPatch, count: int = 6) -> np.ndarray:
    """CIFAR-10's own pickles, with few pictures; torchvision is told their hashes."""
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    pictures = pixels(count, 32, 32, 3)
    rows = pictures.transpose(0, 3, 1, 2).reshape(count, -1)
    names = ["airplane", "bird", "cat"]
    written = {
        "test_batch": {"data": rows, "labels": [each % 3 for each in range(count)]},
        "batches.meta": {"label_names": names},
    }
    hashes = {}
    for name, content in written.items():
        (folder / name).write_bytes(pickle.dumps(content))
        hashes[name] = hashlib.md5((folder / name).read_bytes()).hexdigest()
    monkeypatch.setattr(datasets.CIFAR10, "train_list", [])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", hashes["test_batch"]]])
    meta = {"filename": "batches.meta", "key": "label_names", "md5": hashes["batches.meta"]}
    monkeypatch.setattr(datasets.CIFAR10, "meta", meta)
    return pictures


def make_eurosat(root: Path) -> None:
    for name in ("Forest", "River"):
        folder = root / "eurosat" / "2750" / name
        folder.mkdir(parents=True)
        for number, picture in enumerate(pixels(3, 64, 64, 3)):
            Image.fromarray(picture).save(folder / f"{name}_{number}.jpg")


def make_imagenette(root: Path) -> None:
    for part in ("train", "val"):
        for name in ("n01440764", "n03028079"):
            folder = root / "imagenette2-160" / part / name
            folder.mkdir(parents=True)
            Image.fromarray(pixels(1, 40, 50, 3)[0]).save(folder / "one.jpeg", "JPEG")


def make_fashion_mnist(root: Path) -> np.ndarray:
    folder = root / "FashionMNIST" / "raw"
    folder.mkdir(parents=True)
    pictures = pixels(4, 28, 28)
    for part, given in (("train", pictures), ("t10k", pictures)):
        head = struct.pack(">IIII", 0x0803, *given.shape)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(head + given.tobytes())
        labels = np.arange(len(given), dtype=np.uint8)
        head = struct.pack(">II", 0x0801, len(labels))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(head + labels.tobytes())
        (folder / f"{part}.gz").write_bytes(gzip.compress(b""))
    return pictures


def test_cifar10_is_read_to_the_pixel_and_named_by_its_classes(tmp_path, monkeypatch):
    pictures = make_cifar10(tmp_path, monkeypatch)
    found = open_library("cifar10", tmp_path)
    assert found.title == "CIFAR-10, test"
    assert found.names[:4] == (
        "airplane, picture 0", "bird, picture 1", "cat, picture 2", "airplane, picture 3"
    )  # fmt: skip
    for number, picture in enumerate(pictures):
        np.testing.assert_array_equal(found.read(number), picture)
    assert "state no licence" in found.origin
    assert "https://www.cs.toronto.edu/~kriz/cifar.html" in found.origin


def test_a_file_that_is_not_what_torchvision_knows_is_refused(tmp_path, monkeypatch):
    make_cifar10(tmp_path, monkeypatch)
    file = tmp_path / "cifar-10-batches-py" / "test_batch"
    file.write_bytes(file.read_bytes() + b".")
    with pytest.raises(BadImage, match=r"CIFAR-10, test is damaged in .* --images cifar10 --fetch"):
        open_library("cifar10", tmp_path)


@pytest.mark.parametrize("key", list(LIBRARY))
def test_what_is_not_there_is_said_and_torchvision_has_such_a_class(key, tmp_path):
    assert issubclass(getattr(datasets, LIBRARY[key].make), datasets.VisionDataset)
    with pytest.raises(BadImage, match=rf"is not there in the folder .* --images {key} --fetch"):
        open_library(key, tmp_path)
    assert library_here(tmp_path) == ()


def test_folders_of_files_and_grey_pictures(tmp_path):
    make_eurosat(tmp_path)
    make_imagenette(tmp_path)
    grey = make_fashion_mnist(tmp_path)
    assert set(library_here(tmp_path)) == {"eurosat", "imagenette", "fashion_mnist"}
    land = open_library("eurosat", tmp_path)
    assert (len(land), land.names[0], land.names[-1]) == (
        6, "Forest, picture 0", "River, picture 5"
    )  # fmt: skip
    assert land.read(5).shape == (64, 64, 3)
    things = open_library("imagenette", tmp_path)
    assert things.names == ("tench, picture 0", "church, picture 1")
    clothes = open_library("fashion_mnist", tmp_path)
    assert clothes.names[1] == "Trouser, picture 1"
    np.testing.assert_array_equal(clothes.read(2), grey[2][..., None].repeat(3, axis=2))


def test_by_name_from_the_folder_of_data_sets(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_DATA", str(tmp_path))
    make_eurosat(tmp_path)
    assert data_folder() == tmp_path
    assert len(open_pictures("eurosat")) == 6
    with pytest.raises(
        BadImage, match=r"photos20.*, or torchvision's cifar10, cifar100"
    ) as refused:
        open_pictures("cifar")
    assert "cifar10" in refused.value.suggestions
    with pytest.raises(BadChoice, match="the data set to fetch cannot be 'imagenet'"):
        fetch_pictures("imagenet")


def test_the_scan_of_a_data_set_says_its_classes(tmp_path, monkeypatch, empty_cache, drawn_weights):
    import vizcore as vc

    monkeypatch.setenv("CONVSCOPE_DATA", str(tmp_path))
    make_eurosat(tmp_path)
    found = vc.top_patches("zfnet_photos20", "eurosat", ["pool1"], top=2, device="cpu")
    assert found.pictures == "EuroSAT"
    assert {each.split(",")[0] for each in found.names} == {"Forest", "River"}
    assert len(found.patches("pool1", 3)) == 2


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def home(tmp_path: Path) -> Iterator[str]:
    """The address of a server that gives the files of `tmp_path`."""
    handler = partial(_Silent, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        serving.join()


def test_torchvision_fetches_it_and_checks_it(home, tmp_path, monkeypatch):
    given, root = tmp_path / "given", tmp_path / "root"
    make_imagenette(given)
    archive = tmp_path / "imagenette2-160.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(given / "imagenette2-160", "imagenette2-160")
    right = hashlib.md5(archive.read_bytes()).hexdigest()
    for md5 in ("0" * 32, right):
        known = {**datasets.Imagenette._ARCHIVES, "160px": (f"{home}/{archive.name}", md5)}
        monkeypatch.setattr(datasets.Imagenette, "_ARCHIVES", known)
        if md5 == right:
            assert len(fetch_library("imagenette", root)) == 2
            assert len(open_library("imagenette", root)) == 2
        else:
            with pytest.raises(FetchError, match="Imagenette, validation could not be fetched"):
                fetch_library("imagenette", root)
