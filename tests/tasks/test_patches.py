"""What excites units, over sets of pictures: found, kept, resumed after a kill, told."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from vizcore.data.picture_sets import PictureSet, open_pictures
from vizcore.errors import BadChoice, BadImage, JobCancelled, NotApplicable, UnknownLayer
from vizcore.lenses.reading import read_maps
from vizcore.networks.loading import load_network
from vizcore.records.patches import TopPatches
from vizcore.runtime.engine import LocalEngine
from vizcore.runtime.jobs import Progress, run_here
from vizcore.runtime.scans import Scans
from vizcore.tasks import patches as patch_tasks
from vizcore.tasks.patches import top_patches_task

KEY = "zfnet_photos20"
COUNT = 40


def drawn(count: int = COUNT) -> np.ndarray:
    """Pictures of blobs, so that they differ more than noise does."""
    small = np.random.default_rng(3).integers(0, 255, (count, 6, 7, 3)).astype(np.uint8)
    large = [Image.fromarray(each).resize((80, 70), Image.Resampling.BICUBIC) for each in small]
    return np.stack([np.asarray(each) for each in large])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    root.mkdir()
    for number, picture in enumerate(drawn()):
        Image.fromarray(picture).save(root / f"{number:03d}.png")
    return root


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, empty_cache: Path, drawn_weights: Path) -> None:
    monkeypatch.setattr(patch_tasks, "CHECKPOINT", 8)
    monkeypatch.setattr(patch_tasks, "_BATCH", 4)


def equal(a: TopPatches, b: TopPatches) -> bool:
    assert list(a.found) == list(b.found)
    for layer, found in a.found.items():
        np.testing.assert_array_equal(found.pictures_ck, b.found[layer].pictures_ck)
        np.testing.assert_array_equal(found.places_ckp, b.found[layer].places_ckp)
        np.testing.assert_allclose(found.values_ck, b.found[layer].values_ck, rtol=1e-5)
    return (a.looked_at, a.skipped, a.names) == (b.looked_at, b.skipped, b.names)


class Counting:
    """Another set's reader that notes what is read."""

    def __init__(self, given: PictureSet) -> None:
        self.given = given
        self.asked: list[int] = []

    def read(self, number: int) -> Any:
        self.asked.append(number)
        return self.given.read(number)

    def digest(self) -> Any:
        return self.given.reader.digest()


def counting(folder: Path) -> tuple[PictureSet, Counting]:
    given = open_pictures(folder)
    reader = Counting(given)
    return PictureSet(given.title, given.names, reader, given.skipped, given.stamp), reader


def test_every_unit_of_every_convolution_by_hand() -> None:
    pictures = drawn()
    found = run_here(top_patches_task(KEY, pictures))
    loaded = load_network(KEY)
    how = loaded.weights.preprocessing
    maps = torch.cat([torch.tensor(how.apply(each)) for each in pictures])
    assert list(found.found) == [f"conv{number}" for number in range(1, 6)]
    for name, module in loaded.module.named_children():
        if name == "flatten":
            break
        with torch.no_grad():
            maps = module(maps)
        if name not in found.found:
            continue
        flat = maps.flatten(2)
        best, order = flat.amax(2).sort(dim=0, descending=True, stable=True)
        seen = found.found[name]
        np.testing.assert_allclose(seen.values_ck, best[:9].T, rtol=1e-3, atol=1e-4)
        assert float((seen.pictures_ck == order[:9].T.numpy()).mean()) > 0.99
        patch = found.patches(name, 3)[0]
        row, column = patch.place
        assert float(maps[patch.number, 3, row, column]) == pytest.approx(patch.value, rel=1e-3)
        assert patch.picture == f"picture {patch.number}"
        assert patch.window == found.fields[name].window(patch.place)


def test_what_is_outside_a_patchs_window_cannot_change_its_value() -> None:
    pictures = drawn(12)
    found = run_here(top_patches_task(KEY, pictures, ["conv3"]))
    loaded = load_network(KEY)
    how = loaded.weights.preprocessing
    for channel in (0, 9):
        for patch in found.patches("conv3", channel)[:3]:
            left, top, right, bottom = (max(0, each) for each in patch.window)
            image = torch.tensor(how.apply(pictures[patch.number]))
            noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(1))
            noise[..., top:bottom, left:right] = image[..., top:bottom, left:right]
            maps = read_maps(loaded.module, noise, ["conv3"])["conv3"]
            value = float(maps[0, channel, patch.place[0], patch.place[1]])
            assert value == pytest.approx(patch.value, rel=1e-3, abs=1e-4)


def test_a_folder_an_archive_and_arrays_give_the_same(folder: Path, tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    from_folder = run_here(top_patches_task(KEY, folder, ["conv1"]))
    from_zip = run_here(top_patches_task(KEY, tmp_path / "a.zip", ["conv1"]))
    from_arrays = run_here(top_patches_task(KEY, drawn(), ["conv1"]))
    assert equal(from_folder, from_zip)
    np.testing.assert_array_equal(
        from_folder.found["conv1"].values_ck, from_arrays.found["conv1"].values_ck
    )
    assert from_folder.names[3] == "003.png"


def test_spoilt_pictures_are_skipped_counted_and_listed(folder: Path) -> None:
    whole = run_here(top_patches_task(KEY, folder, ["conv2"]))
    (folder / "0005.png").write_bytes((folder / "005.png").read_bytes()[:300])
    (folder / "notes.txt").write_text("no picture")
    (folder / "empty.png").write_bytes(b"")
    (folder / "link.png").symlink_to(folder / "001.png")
    found = run_here(top_patches_task(KEY, folder, ["conv2"]))
    assert found.looked_at == COUNT
    assert [each.name for each in found.skipped] == [
        *("link.png", "0005.png", "empty.png", "notes.txt")
    ]
    assert all(each.reason.endswith(".") for each in found.skipped)
    np.testing.assert_array_equal(found.found["conv2"].values_ck, whole.found["conv2"].values_ck)
    names = [[found.names[n] for n in row] for row in found.found["conv2"].pictures_ck]
    expected = [[whole.names[n] for n in row] for row in whole.found["conv2"].pictures_ck]
    assert names == expected


def test_a_finished_scan_is_not_repeated_nor_is_a_part_of_it(
    folder: Path, empty_cache: Path
) -> None:
    first = run_here(top_patches_task(KEY, folder))
    for layers in (None, ["conv4", "conv2"]):
        given, reader = counting(folder)
        again = run_here(top_patches_task(KEY, given, layers))
        assert reader.asked == []
        assert list(again.found) == (layers or list(first.found))
        np.testing.assert_array_equal(
            again.found["conv4"].pictures_ck, first.found["conv4"].pictures_ck
        )
    for options in ({"top": 8}, {"weights": "random"}):
        given, reader = counting(folder)
        run_here(top_patches_task(KEY, given, ["conv1"], **options))  # type: ignore[arg-type]
        assert reader.asked == list(range(COUNT))
    Image.fromarray(drawn()[0]).save(folder / "005.png")
    given, reader = counting(folder)
    run_here(top_patches_task(KEY, given, ["conv1"]))
    assert reader.asked == list(range(COUNT))


def test_a_cancelled_scan_is_kept_and_goes_on(folder: Path, empty_cache: Path) -> None:
    expected = run_here(top_patches_task(KEY, drawn(), ["conv1", "conv5"]))
    task = top_patches_task(KEY, folder, ["conv1", "conv5"])
    steps = task.work(task.network.load("cpu"))
    for progress in steps:
        if progress.done == 20:
            break
    steps.close()
    given, reader = counting(folder)
    task = top_patches_task(KEY, given, ["conv1", "conv5"])
    notes = []
    steps = task.work(task.network.load("cpu"))
    while True:
        try:
            notes.append(next(steps))
        except StopIteration as stop:
            found = stop.value
            break
    assert reader.asked == list(range(20, COUNT))
    assert "going on where the scan was left" in notes[0].note
    assert [each.done for each in notes] == list(range(20, COUNT + 1, 4))
    np.testing.assert_array_equal(
        found.found["conv5"].pictures_ck, expected.found["conv5"].pictures_ck
    )


def test_a_failed_scan_keeps_what_it_had(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, reader = counting(folder)

    def fails(number: int) -> Any:
        if number == 21:
            raise ZeroDivisionError
        return Counting.read(reader, number)

    monkeypatch.setattr(reader, "read", fails)
    with pytest.raises(ZeroDivisionError):
        run_here(top_patches_task(KEY, given, ["conv1"]))
    given, reader = counting(folder)
    run_here(top_patches_task(KEY, given, ["conv1"]))
    assert reader.asked == list(range(20, COUNT))


KILLED = """
import sys, time
from vizcore.tasks import patches as patch_tasks
from vizcore.data import picture_folder
from vizcore.runtime.jobs import run_here
patch_tasks.CHECKPOINT, patch_tasks._BATCH = 8, 4
read = picture_folder.FolderReader.read
def slow(self, number):
    if number >= 30:
        print("here", flush=True)
        time.sleep(600)
    return read(self, number)
picture_folder.FolderReader.read = slow
run_here(patch_tasks.top_patches_task("zfnet_photos20", sys.argv[1]))
"""


def test_a_scan_goes_on_after_kill_9(folder: Path, empty_cache: Path, tmp_path: Path) -> None:
    expected = run_here(top_patches_task(KEY, folder))
    for path in (empty_cache / "scans").iterdir():
        path.unlink()
    root = Path(patch_tasks.__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(folder)],
        cwd=root,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"  # the network may be some batches behind
        for _ in range(600):
            kept = [Scans().load(path.stem) for path in (empty_cache / "scans").glob("*.npz")]
            if kept and kept[0] is not None and kept[0].done >= 16:
                break
            time.sleep(0.1)
    finally:
        process.send_signal(signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
        process.stdout.close()
    (path,) = (empty_cache / "scans").glob("*.npz")
    done = Scans().load(path.stem).done
    assert 16 <= done <= 28
    given, reader = counting(folder)
    found = run_here(top_patches_task(KEY, given))
    assert reader.asked == list(range(done, COUNT))
    assert equal(found, expected)


def test_a_damaged_scan_is_begun_again(folder: Path, empty_cache: Path) -> None:
    first = run_here(top_patches_task(KEY, folder, ["conv1"]))
    (path,) = (empty_cache / "scans").iterdir()
    path.write_bytes(path.read_bytes()[:200])
    assert equal(run_here(top_patches_task(KEY, folder, ["conv1"])), first)


def test_a_batch_that_may_have_counted_is_never_counted_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted after the network saw a batch and before the scan noted it."""
    from vizcore.lenses.strongest import Search

    expected = run_here(top_patches_task(KEY, drawn(), ["conv1"]))
    feed = Search.feed

    def interrupted(self: Search, numbers: Any, images: Any) -> None:
        feed(self, numbers, images)
        if 13 in numbers:
            raise KeyboardInterrupt

    monkeypatch.setattr(Search, "feed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_here(top_patches_task(KEY, folder, ["conv1"]))
    monkeypatch.setattr(Search, "feed", feed)
    given, reader = counting(folder)
    found = run_here(top_patches_task(KEY, given, ["conv1"]))
    assert reader.asked[0] == 8
    np.testing.assert_array_equal(
        found.found["conv1"].pictures_ck, expected.found["conv1"].pictures_ck
    )


def test_in_an_engine_with_progress_and_cancelled(folder: Path) -> None:
    engine = LocalEngine("cpu")
    try:
        first = engine.submit(top_patches_task(KEY, folder, ["conv1"]))
        assert first.result(120).looked_at == COUNT
        assert engine.submit(top_patches_task(KEY, folder, ["conv1"])).result() is first.result()
        job = engine.submit(top_patches_task(KEY, folder, ["conv2"]))
        job.cancel()
        with pytest.raises(JobCancelled):
            job.result(60)
    finally:
        engine.close()


def test_progress_says_how_many_and_how_fast(folder: Path) -> None:
    (folder / "001.png").write_bytes(b"no picture")
    task = top_patches_task(KEY, folder, ["conv1"])
    seen = [each for each in task.work(task.network.load("cpu")) if isinstance(each, Progress)]
    assert [each.done for each in seen] == list(range(0, COUNT + 1, 4))
    assert {each.total for each in seen} == {COUNT}
    assert seen[1].note.startswith("4 of 40 pictures, ")
    assert "1 could not be read" in seen[1].note
    assert seen[1].note.endswith(" left")  # the page adds no second estimate


def test_a_device_without_room_gets_smaller_batches(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run_here(top_patches_task(KEY, drawn(), ["conv1"]))
    original = torch.nn.Conv2d.forward

    def small(self: Any, values: torch.Tensor) -> torch.Tensor:
        if len(values) > 2:
            raise torch.OutOfMemoryError("no room")
        return original(self, values)

    monkeypatch.setattr(torch.nn.Conv2d, "forward", small)
    found = run_here(top_patches_task(KEY, folder, ["conv1"]))
    np.testing.assert_array_equal(
        found.found["conv1"].pictures_ck, expected.found["conv1"].pictures_ck
    )


def test_a_grey_network_and_a_task_that_travels() -> None:
    task = pickle.loads(
        pickle.dumps(top_patches_task("lenet5_modern", "digits10", weights="random"))
    )
    found = run_here(task)
    assert found.random_weights
    assert found.looked_at == 538
    assert found.input_px == 32


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"top": 0}, BadChoice, "k cannot be '0'"),
        ({"top": 101}, BadChoice, "1 to 100"),
        ({"layers": ["conv9"]}, UnknownLayer, "'conv9'"),
        ({"layers": ["fc8"]}, NotApplicable, "'fc8' has no maps"),
        ({"layers": []}, BadChoice, "0 layers"),
        ({"pictures": "nowhere"}, BadImage, "There is no folder and no zip archive 'nowhere'"),
    ],
)
def test_what_cannot_be_scanned_is_told(options: Any, error: type, message: str) -> None:
    given = {"pictures": drawn(4), **options}
    with pytest.raises(error, match=message):
        run_here(top_patches_task(KEY, **given))


def test_not_one_picture(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "pictures" / name).write_text("no picture")
    with pytest.raises(BadImage, match=r"Of 2 files in 'pictures' none is a picture.*a\.txt"):
        run_here(top_patches_task(KEY, tmp_path / "pictures"))


def test_what_is_found_so_far_comes_with_the_progress(folder: Path) -> None:
    task = top_patches_task(KEY, folder, ["conv1"])
    seen = [each for each in task.work(task.network.load("cpu")) if isinstance(each, Progress)]
    parts = [each.partial for each in seen if each.partial is not None]
    assert [each.looked_at for each in parts] == list(range(4, COUNT + 1, 4))
    early = run_here(top_patches_task(KEY, drawn()[:8], ["conv1"]))
    np.testing.assert_array_equal(
        parts[1].found["conv1"].pictures_ck, early.found["conv1"].pictures_ck
    )
    assert parts[0].fields == parts[-1].fields


def test_each_run_of_a_relu_has_patches_of_its_own() -> None:
    """torchvision's ResNet uses one ReLU twice in a block: two places, two receptive fields."""
    loaded = load_network("resnet18", "random")
    how, block = loaded.weights.preprocessing, loaded.module.layer1[0]
    pictures = drawn(5)
    layers = ["layer1.0.relu", "layer1.0.add", "layer1.0.relu_1"]
    found = run_here(top_patches_task("resnet18", pictures, layers, top=3, weights="random"))
    assert list(found.found) == layers
    assert [found.fields[layer].size for layer in layers] == [(19, 19), (27, 27), (27, 27)]
    images = torch.tensor(np.concatenate([how.apply(each) for each in pictures]))
    with torch.no_grad():
        module = loaded.module
        stem = module.maxpool(module.relu(module.bn1(module.conv1(images))))
        inner = block.bn1(block.conv1(stem)).relu()
        added = block.bn2(block.conv2(inner)) + stem
    for layer, maps in zip(layers, (inner, added, added.relu()), strict=True):
        best = maps.flatten(2).amax(2).sort(dim=0, descending=True, stable=True).values[:3].T
        np.testing.assert_allclose(found.found[layer].values_ck, best, rtol=1e-3, atol=1e-4)
        patch = found.patches(layer, 7)[0]
        assert float(maps[patch.number, 7][patch.place]) == pytest.approx(patch.value, rel=1e-3)
    for wrong in ("layer1.0.relu_2", "layer1.0.ad"):
        with pytest.raises(UnknownLayer):
            run_here(top_patches_task("resnet18", pictures, [wrong], weights="random"))
