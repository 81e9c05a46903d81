"""fetch as a script sees it: into the cache, into a folder, listed, refused, interrupted."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.mirror import Mirror
from vizcore.__main__ import main
from vizcore.networks.offers import weights

#: timm's, whose file states no hash, so that any content can stand in for it.
KEY = "mnasnet_a1"
FILE = weights(KEY).file.name
CONTENT = bytes(range(256)) * 2000


@pytest.fixture
def served(mirror: Mirror) -> Mirror:
    mirror.files = {FILE: CONTENT}
    return mirror


def test_the_default_is_fetched_into_the_cache(served, empty_cache, capsys):
    assert main(["fetch", KEY]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"{KEY}:rmsp_in1k: {empty_cache / FILE}\n"
    assert (empty_cache / FILE).read_bytes() == CONTENT
    assert main(["fetch", f"{KEY}:RMSP_in1k", KEY, "--json"]) == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert (record["here"], record["path"]) == (True, str(empty_cache / FILE))
    assert len(served.asked) == 1


def test_a_folder_is_filled_for_a_room_without_internet(served, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("CONVSCOPE_MIRROR")
    folder = tmp_path / "stick"
    assert main(["fetch", KEY, "--to", str(folder), "--mirror", served.address]) == 0
    assert (folder / FILE).read_bytes() == CONTENT
    monkeypatch.setenv("CONVSCOPE_WEIGHTS", str(folder))
    capsys.readouterr()
    assert main(["fetch", KEY]) == 0
    assert capsys.readouterr().out == f"{KEY}:rmsp_in1k: {folder / FILE}\n"
    assert main(["fetch", KEY, "--list"]) == 0
    assert f"pre-filled folder: {folder / FILE}" in capsys.readouterr().out
    assert len(served.asked) == 1


def test_all_versions(mirror, empty_cache, capsys):
    names = [f"inception_resnet_v2.{tag}.safetensors" for tag in ("tf_in1k", "tf_ens_adv_in1k")]
    mirror.files = dict.fromkeys(names, b"tensors")
    assert main(["fetch", "inception_resnet_v2", "--all-versions"]) == 0
    assert {path.name for path in empty_cache.glob("*.safetensors")} == set(names)


def test_what_goes_again_to_make_room_for_the_rest_is_said(
    mirror, empty_cache, capsys, monkeypatch
):
    monkeypatch.setenv("CONVSCOPE_CACHE_LIMIT", "10B")
    names = [f"inception_resnet_v2.{tag}.safetensors" for tag in ("tf_in1k", "tf_ens_adv_in1k")]
    mirror.files = dict.fromkeys(names, b"tensors")
    assert main(["fetch", "inception_resnet_v2", "--all-versions", "--json"]) == 0
    printed = capsys.readouterr()
    here = {record["path"]: record["here"] for record in json.loads(printed.out)}
    assert sorted(here.values()) == [False, True]
    assert all(Path(path).exists() == there for path, there in here.items())
    assert "These went again, to make room for the others: inception_resnet_v2:" in printed.err


def test_the_list_says_what_is_here(served, empty_cache, capsys, drawn_weights):
    assert main(["fetch", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "0 of 123 pretrained weights here, 0.0 MB." in lines
    assert f"Cache: {empty_cache}" in lines
    assert any(line.split() == ["resnet18:IMAGENET1K_V1", "~46.8", "MB", "no"] for line in lines)
    assert any(line.startswith("zfnet_photos20:photos20 ") and "bundled" in line for line in lines)
    main(["fetch", KEY])
    (empty_cache / "resnet18-f37072fd.pth.part").write_bytes(bytes(2_000_000))
    capsys.readouterr()
    assert main(["fetch", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith(f"{KEY}:rmsp_in1k ") and "0.5 MB" in line for line in lines)
    assert any("resnet18:" in line and line.endswith("2.0 MB of it") for line in lines)
    assert "1 of 123 pretrained weights here, 0.5 MB." in lines
    main(["fetch", "--list", "--json", "resnet50", KEY])
    records = json.loads(capsys.readouterr().out)
    assert [(each["name"], each["here"]) for each in records] == [
        ("IMAGENET1K_V2", False),
        ("IMAGENET1K_V1", False),
        ("rmsp_in1k", True),
    ]
    assert records[0]["sha256"] == "11ad3fa6"
    assert records[1]["accuracy"]["top1"] == 0.7613


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "There is nothing to fetch. Give a network"),
        (["resnet1"], "no architecture called 'resnet1'"),
        (["resnet18:V7"], "no weights of 'resnet18' called 'V7'.*IMAGENET1K_V1"),
        (["resnet18:random"], "weights random of 'resnet18' are not fetched. Allowed: IMAGENET1K"),
        (["zfnet"], "There is nothing to fetch for 'zfnet'"),
        ([KEY, "--mirror", "ftp://there"], "mirror cannot be 'ftp://there'"),
        (["resnet18"], "answers 404 .* for resnet18-f37072fd.pth: there is no such file"),
    ],
)
def test_refusals_are_one_line(served, capsys, arguments, message):
    assert main(["fetch", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert re.search(message, line)


def test_nothing_is_fetched_when_one_name_is_wrong(served):
    assert main(["fetch", KEY, "nowhere"]) == 2
    assert served.asked == []


def test_an_interruption_leaves_what_came_and_it_is_resumed(served, empty_cache):
    """Ctrl-C, as a terminal sends it to the process."""
    served.hold, served.hold_after = threading.Event(), 1 << 17
    process = subprocess.Popen(
        [sys.executable, "-m", "vizcore", "fetch", KEY],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    part = empty_cache / f"{FILE}.part"
    end = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size == 1 << 17):
        assert time.monotonic() < end
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (130, "")
    assert "Traceback" not in errors
    served.hold.set()
    assert main(["fetch", KEY]) == 0
    assert [(wanted, status) for _, wanted, status in served.asked] == [
        (None, 200),
        (f"bytes={1 << 17}-", 206),
    ]
    assert Path(empty_cache / FILE).read_bytes() == CONTENT


def test_fetching_needs_no_torch(served):
    code = (
        "import sys; from vizcore.__main__ import main;"
        f"main(['fetch', '{KEY}']); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_is_fetched_is_what_the_hash_said(served, empty_cache):
    main(["fetch", KEY])
    noted = (empty_cache / f"{FILE}.sha256").read_text().split()
    assert noted == [hashlib.sha256(CONTENT).hexdigest(), FILE]
