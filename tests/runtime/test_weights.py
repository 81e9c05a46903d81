"""Bundled weights: verified before they are read, refused with the reason."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from vizcore.errors import WeightsError
from vizcore.runtime import weights
from vizcore.zoo import build_meta
from vizcore.zoo.photos20 import zfnet_photos20

KEY = "zfnet_photos20"


@pytest.fixture
def copied(drawn_assets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of weights that a test may damage."""
    shutil.copytree(drawn_assets, tmp_path / "assets")
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(tmp_path / "assets"))
    return tmp_path / "assets" / "weights"


def change_card(folder: Path, **changes: object) -> None:
    path = folder / f"{KEY}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("build", [zfnet_photos20, lambda: build_meta(KEY)])
def test_the_tensors_of_the_file_are_loaded(drawn_weights, build):
    card = weights.card(KEY)
    network = build().train()
    weights.load_into(network, card)
    expected = load_file(drawn_weights / "weights" / f"{KEY}.safetensors")
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, expected[name])
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_in_place_activations_are_off(copied):
    network = zfnet_photos20()
    network.relu1.inplace = True
    weights.load_into(network, weights.card(KEY))
    assert not network.relu1.inplace


def test_the_card_says_what_it_is(drawn_weights):
    (card,) = weights.cards()
    assert card.key == KEY
    assert len(card.classes) == 20
    assert card.name == "photos20"
    assert card.params == sum(p.numel() for p in zfnet_photos20().parameters())
    assert card.details["seed"] == 20


def test_a_network_without_weights_is_told_which_have_some(drawn_weights):
    with pytest.raises(WeightsError, match="'vgg_d' comes without weights") as caught:
        weights.card("vgg_d")
    assert caught.value.suggestions == (KEY,)


def test_no_weights_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_ASSETS", str(tmp_path))
    assert weights.cards() == ()
    with pytest.raises(WeightsError, match="None are installed"):
        weights.card(KEY)


def test_an_installed_package_has_its_weights_too(tmp_path, monkeypatch):
    """`pip install .` puts every bundled file where the installed package looks for it."""
    root = Path(__file__).parents[2]
    settings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]
    taken = {}
    for folder, patterns in settings["data-files"].items():
        taken |= {path: folder for pattern in patterns for path in root.glob(pattern)}
    bundled = (root / "assets" / "weights").rglob("*")
    machines = set((root / "benchmarks" / "results").glob("machine_*.json"))
    assert {path for path, folder in taken.items() if folder == "share/convscope/machines"} == (
        machines
    )
    weighed = {path: folder for path, folder in taken.items() if path not in machines}
    assert set(weighed) == {path for path in bundled if path.suffix in (".json", ".safetensors")}
    for path, folder in weighed.items():  # the same tree below share/convscope
        below = path.parent.relative_to(root / "assets")
        assert Path(folder) == Path("share/convscope") / below
    monkeypatch.delenv(weights.ASSETS_VARIABLE, raising=False)
    assert weights.assets_folder() == root / "assets"
    monkeypatch.setattr(
        weights, "__file__", str(tmp_path / "site" / "vizcore" / "runtime" / "w.py")
    )
    monkeypatch.setattr(weights.sysconfig, "get_path", {"data": str(tmp_path)}.get)
    assert weights.assets_folder() == tmp_path / "share" / "convscope"


def test_a_damaged_file_is_not_read(copied):
    path = copied / f"{KEY}.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    network = zfnet_photos20()
    before = network.conv1.weight.clone()
    with pytest.raises(WeightsError, match=r"damaged: .* has sha256 [0-9a-f]{12}"):
        weights.load_into(network, weights.card(KEY))
    assert torch.equal(network.conv1.weight, before)


def test_a_missing_file(copied):
    (copied / f"{KEY}.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"zfnet_photos20.safetensors cannot be read"):
        weights.load_into(zfnet_photos20(), weights.card(KEY))


def test_a_file_of_another_format(copied):
    import hashlib

    torch.save({"conv1.weight": torch.zeros(1)}, copied / f"{KEY}.safetensors")
    content = (copied / f"{KEY}.safetensors").read_bytes()
    change_card(copied, sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(WeightsError, match="do not fit the network"):
        weights.load_into(zfnet_photos20(), weights.card(KEY))


def test_weights_of_another_network(copied):
    with pytest.raises(WeightsError, match="do not fit the network"):
        weights.load_into(nn.Linear(2, 2), weights.card(KEY))
    with pytest.raises(WeightsError, match="do not fit the network"):
        weights.load_into(zfnet_photos20(num_classes=10), weights.card(KEY))


def test_a_card_that_disagrees_with_its_file(copied):
    change_card(copied, params=5)
    with pytest.raises(WeightsError, match=r"says 5 parameters, the file has [0-9,]{9}"):
        weights.load_into(zfnet_photos20(), weights.card(KEY))


def test_cards_that_cannot_be_read(copied):
    path = copied / f"{KEY}.json"
    details = json.loads(path.read_text())
    path.write_text("{")
    with pytest.raises(WeightsError, match=r"The card zfnet_photos20.json cannot be read"):
        weights.cards()
    del details["sha256"], details["classes"]
    path.write_text(json.dumps(details))
    with pytest.raises(WeightsError, match="lacks classes, sha256"):
        weights.cards()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key": 5}, "lacks a usable key"),
        ({"classes": None}, "lacks a usable classes"),
        ({"data": {}}, r"lacks data\.name"),
        (
            {"preprocessing": {"crop_px": 64}},
            r"lacks preprocessing\.resize_px, preprocessing\.mean",
        ),
        ({"accuracy": {"validation": 0.5, "test": 1.3}}, "lacks shares of 0 to 1"),
    ],
)
def test_a_card_with_a_wrong_part_is_refused_in_a_sentence(copied, change, message):
    change_card(copied, **change)
    with pytest.raises(WeightsError, match=f"The card {KEY}.json {message}"):
        weights.cards()


def test_a_card_that_is_no_object(copied):
    (copied / f"{KEY}.json").write_text("[]")
    with pytest.raises(WeightsError, match="is no JSON object"):
        weights.cards()
