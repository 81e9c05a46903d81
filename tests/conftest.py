"""What tests of several packages need."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.mirror import Mirror
from tests.offline import sitecustomize as offline

# Read by torch when it is loaded. The networks here are tiny: on busy cores one thread is much
# faster than several that wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Weights that somebody has fetched on this machine are not there for the tests, nor their settings.
_FETCHED = tempfile.TemporaryDirectory(prefix="convscope-tests-")
for _name in ("CONVSCOPE_CACHE", "CONVSCOPE_SETTINGS", "TORCH_HOME", "HF_HOME"):
    os.environ[_name] = os.path.join(_FETCHED.name, _name)
Path(os.environ["CONVSCOPE_SETTINGS"]).touch()
for _name in ("CONVSCOPE_WEIGHTS", "CONVSCOPE_MIRROR", "CONVSCOPE_MEMORY", "HF_HUB_CACHE"):
    os.environ.pop(_name, None)
os.environ["no_proxy"] = "127.0.0.1,localhost"

# Loading it has cut this process off from other machines; by this, its children are too.
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(Path(offline.__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
)

# A shell that starts the tests in its background has them ignore Ctrl-C, and so their children.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium or Chrome."""
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail(f"The browser tests need one of {', '.join(CHROMIUM_NAMES)}; install Chromium.")
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=found, args=CHROMIUM_FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def drawn_assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of assets whose only network is `zfnet_photos20` with weights drawn at random."""
    import torch
    from safetensors.torch import save

    from vizcore.zoo.photos20 import zfnet_photos20

    folder = tmp_path_factory.mktemp("assets")
    (folder / "weights").mkdir()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20)
        network = zfnet_photos20()
    content = save(network.state_dict())
    card = {
        "key": "zfnet_photos20",
        "classes": [f"class {number}" for number in range(20)],
        "preprocessing": {
            "resize_px": 64,
            "crop_px": 64,
            "mean": [0.5, 0.4, 0.3],
            "std": [0.25, 0.24, 0.23],
        },
        "sha256": hashlib.sha256(content).hexdigest(),
        "params": sum(parameter.numel() for parameter in network.parameters()),
        "accuracy": {"validation": 0.05, "test": 0.05},
        "data": {"name": "none"},
        "licence": "Apache-2.0",
        "seed": 20,
    }
    (folder / "weights" / "zfnet_photos20.safetensors").write_bytes(content)
    (folder / "weights" / "zfnet_photos20.json").write_text(json.dumps(card))
    return folder


@pytest.fixture
def drawn_weights(drawn_assets: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, in use for one test."""
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(drawn_assets))
    return drawn_assets


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of one test, with nothing in it; nor in those of torch.hub and Hugging Face."""
    monkeypatch.setenv("CONVSCOPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path / "cache"


@pytest.fixture
def mirror(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A server of this machine that `CONVSCOPE_MIRROR` names, and an empty cache."""
    with Mirror() as running:
        monkeypatch.setenv("CONVSCOPE_MIRROR", running.address)
        yield running
