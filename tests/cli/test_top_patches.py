"""The top-patches command as a script and a person at a terminal see it."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vizcore as vc
from vizcore import __main__ as entry
from vizcore.cli import top_patches
from vizcore.data.windows import cut_window
from vizcore.errors import BadChoice, BadImage
from vizcore.runtime.scans import Scans

KEY = "zfnet_photos20"


@pytest.fixture(autouse=True)
def alone(empty_cache: Path, drawn_weights: Path) -> None:
    """A cache and weights of this test's own."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    root.mkdir()
    draw = np.random.default_rng(3)
    for number in range(12):
        small = draw.integers(0, 255, (6, 7, 3)).astype(np.uint8)
        Image.fromarray(small).resize((70, 64)).save(root / f"{number:02d}.png")
    return root


def command(*arguments: object) -> int:
    parser = argparse.ArgumentParser(prog=top_patches.NAME)
    top_patches.add_arguments(parser)
    return top_patches.run(parser.parse_args(["--device", "cpu", *map(str, arguments)]))


def test_it_writes_json_and_a_picture_for_each_layer(folder, tmp_path, capsys):
    out = tmp_path / "new" / "out"
    assert command(KEY, "--images", folder, "--out", out, "--k", 4) == 0
    said = capsys.readouterr().out
    assert "of 5 layers of 'zfnet_photos20', over 12 pictures of 'pictures'" in said
    found = vc.top_patches(KEY, folder, top=4, device="cpu")
    written = json.loads((out / "top_patches.json").read_text())
    assert written["key"] == KEY
    assert written["data_sha256"] == found.data_sha256
    assert [each["layer"] for each in written["layers"]] == list(found.found)
    for layer in written["layers"]:
        assert layer["receptive_field"]["size"] == list(found.fields[layer["layer"]].size)
        channel = layer["channels"][5]
        for told, patch in zip(channel, found.patches(layer["layer"], 5), strict=True):
            assert told["value"] == pytest.approx(patch.value)
            assert told["picture"] == f"{patch.number:02d}.png"
            assert (tuple(told["place"]), tuple(told["window"])) == (patch.place, patch.window)
        with Image.open(out / f"{layer['layer']}.png") as picture:
            assert picture.size[0] > 100
    assert sorted(path.name for path in out.iterdir()) == [
        *(f"conv{number}.png" for number in range(1, 6)),
        "top_patches.json",
    ]


def test_one_unit_is_drawn_pixel_by_pixel(folder, tmp_path):
    args = (KEY, "--images", folder, "--out", tmp_path, "--layer", "conv2", "--unit", 7)
    assert command(*args, "--k", 4) == 0
    found = vc.top_patches(KEY, folder, ["conv2"], top=4, device="cpu")
    drawn = np.asarray(Image.open(tmp_path / "conv2_7.png"))
    patch = found.patches("conv2", 7)[0]
    from vizcore.networks.offers import weights

    with Image.open(folder / patch.picture) as picture:
        view = weights(KEY).preprocessing.view(np.asarray(picture.convert("RGB")))
    cut = cut_window(view, patch.window, (0, 0, 0))
    zoom = 192 // max(cut.shape)
    left, top = max(0, -patch.window[0]), max(0, -patch.window[1])
    inside = (slice(top, cut.shape[0]), slice(left, cut.shape[1]))
    known = drawn[: cut.shape[0] * zoom : zoom, : cut.shape[1] * zoom : zoom][inside]
    seen = (cut[inside] != 0).any(axis=2)
    np.testing.assert_array_equal(known[seen], cut[inside][seen])


def test_the_bundled_pictures_and_random_weights(tmp_path, capsys):
    args = ("lenet5_modern", "--weights", "random", "--out", tmp_path, "--layer", "c1")
    assert command(*args, "--json") == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["random_weights"]
    assert summary["pictures"] == "Digits-10: held-out digits"
    assert summary["looked_at"] == 538
    assert set(summary["files"]) == {path.name for path in tmp_path.iterdir() if path.is_file()}


def test_what_was_skipped_is_listed(folder, tmp_path, capsys):
    for number in range(25):
        (folder / f"x{number:02d}.txt").write_text("no picture")
    assert command(KEY, "--images", folder, "--out", tmp_path / "o", "--layer", "conv1") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "25 files were not looked at:" in lines
    assert lines[lines.index("25 files were not looked at:") + 1].startswith("  x00.txt: ")
    assert lines[-1] == "  and 5 more, all in top_patches.json"
    written = json.loads((tmp_path / "o" / "top_patches.json").read_text())
    assert len(written["skipped"]) == written["skipped_count"] == 25
    assert written["looked_at"] == 12


def test_refusals_are_one_line_and_exit_code_2(folder, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    out = ("--out", str(tmp_path / "out"))
    for arguments, message in [
        (("--images", str(tmp_path / "empty")), "There is no picture in 'empty'"),
        (("--images", str(tmp_path / "nowhere")), "There is no folder and no zip archive"),
        (("--images", str(tmp_path / "file")), "no zip archive that can be read"),
        (("--images", str(folder), "--layer", "conv9"), "There is no layer called 'conv9'"),
        (("--images", str(folder), "--layer", "fc8"), "'fc8' has no maps"),
        (("--images", str(folder), "--k", "0"), "k cannot be '0'"),
        (("--images", str(folder), "--unit", "3"), "give one --layer too"),
        (("--images", str(folder), "--layer", "conv1", "--unit", "64"), "channels 0 to 63"),
    ]:
        assert entry.main(["top-patches", KEY, *arguments, *out]) == 2
        told = capsys.readouterr().err.strip().splitlines()
        assert len(told) == 1
        assert message in told[0]
    assert entry.main(["top-patches", KEY, "--out", str(tmp_path / "file" / "out")]) == 2
    assert "--out cannot be" in capsys.readouterr().err


SLOW = """
import sys, time
from vizcore import __main__
from vizcore.tasks import patches as patch_tasks
from vizcore.data import picture_folder
patch_tasks._BATCH = 2
read = picture_folder.FolderReader.read
def slow(self, number):
    if number >= 8:
        print("here", flush=True)
        time.sleep(2)
    return read(self, number)
picture_folder.FolderReader.read = slow
sys.exit(__main__.main(sys.argv[1:]))
"""


def test_ctrl_c_keeps_what_was_scanned(folder, tmp_path, empty_cache):
    arguments = ["top-patches", KEY, "--images", str(folder), "--out", str(tmp_path / "out")]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, *arguments],
        cwd=Path(top_patches.__file__).resolve().parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        assert process.stdout.readline() == "here\n"
        time.sleep(1)  # the network is some batches behind the reading
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
        assert process.wait(60) == 130
    assert told.strip() == "Stopped. What was scanned is kept; the same command goes on."
    (path,) = (empty_cache / "scans").glob("*.npz")
    assert 2 <= Scans().load(path.stem).done < 12


def test_an_archive_through_the_command(folder, tmp_path, capsys):
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
        archive.writestr("../out.png", b"")
    out = tmp_path / "out"
    assert command(KEY, "--images", tmp_path / "a.zip", "--out", out, "--layer", "conv1") == 0
    assert "../out.png: Its name leads out of the archive (..)." in capsys.readouterr().out


def test_errors_are_those_of_the_package(folder, tmp_path):
    with pytest.raises(BadImage):
        command(KEY, "--images", "nowhere", "--out", tmp_path)
    with pytest.raises(BadChoice):
        command(KEY, "--images", folder, "--out", tmp_path, "--k", 1000)


def test_every_place_several_layers_and_a_data_set_of_torchvision(tmp_path, monkeypatch, capsys):
    from tests.data.test_library_sets import make_eurosat

    monkeypatch.setenv("CONVSCOPE_DATA", str(tmp_path / "data"))
    make_eurosat(tmp_path / "data")
    out = tmp_path / "out"
    assert command(KEY, "--images", "eurosat", "--places", "--k", 2, "--out", out) == 0
    said = capsys.readouterr().out
    assert "of 13 layers of 'zfnet_photos20', over 6 pictures of 'EuroSAT'" in said
    assert "EuroSAT: MIT (https://github.com/phelber/EuroSAT)." in said
    whole = json.loads((out / "top_patches.json").read_text())
    assert {"relu3", "pool5", "conv1"} <= {each["layer"] for each in whole["layers"]}
    assert (out / "pool2.png").exists()
    two = tmp_path / "two"
    asked = ("--layer", "relu1", "--layer", "conv2")
    assert command(KEY, "--images", "eurosat", *asked, "--k", 2, "--out", two) == 0
    part = json.loads((two / "top_patches.json").read_text())
    assert [each["layer"] for each in part["layers"]] == ["relu1", "conv2"]
    chosen = {each["layer"]: each for each in whole["layers"]}
    assert all(each == chosen[each["layer"]] for each in part["layers"])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--places", "--layer", "conv1"], "--places takes every place: leave out --layer"),
        (["--unit", "3"], "give one --layer too"),
        (["--unit", "3", "--layer", "conv1", "--layer", "conv2"], "give one --layer too"),
        (["--fetch"], "the data set to fetch cannot be 'photos20'"),
    ],
)
def test_what_does_not_go_together(more, message, tmp_path):
    with pytest.raises(BadChoice, match=message):
        command(KEY, "--out", tmp_path / "out", *more)


def test_a_picture_of_too_many_pixels_is_told_by_name_and_by_nothing_else(tmp_path, capsys):
    root = tmp_path / "pictures"
    root.mkdir()
    Image.new("L", (10_000, 9_000)).save(root / "large.png")
    Image.new("RGB", (64, 64)).save(root / "small.png")
    out = ("--out", str(tmp_path / "out"))
    assert entry.main(["top-patches", KEY, "--images", str(root), "--layer", "conv1", *out]) == 0
    said = capsys.readouterr()
    assert "  large.png: The picture is 10000 x 9000 = 90,000,000 pixels; at most" in said.out
    assert "exceeds limit" not in said.err
