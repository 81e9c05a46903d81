"""What the cards of the bundled networks say is true of the files beside them."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

import vizcore as vc
from vizcore import zoo
from vizcore.data.photographs import PHOTOS
from vizcore.data.photos20 import Part
from vizcore.training import card as cards
from vizcore.training.datasets import PHOTOS20
from vizcore.training.loop import predictions
from vizcore.training.programmes import PROGRAMMES, Programme
from vizcore.zoo import ablated

FOLDER = Path(__file__).parents[2] / "assets" / "weights"
EVERY = pytest.mark.parametrize("programme", PROGRAMMES.values(), ids=lambda each: each.name)


@cache
def card_of(programme: Programme) -> dict[str, Any]:
    return json.loads((FOLDER / f"{programme.name}.json").read_text(encoding="utf-8"))


@cache
def filled(programme: Programme, file: str | None = None) -> nn.Module:
    """The network with a file's weights, in float32."""
    tensors = load_file(FOLDER / (file or f"{programme.name}.safetensors"))
    network = zoo.build(programme.architecture, seed=0, num_classes=len(programme.data.classes))
    network.load_state_dict(tensors)  # copies, and so widens what is stored as float16
    return network


def test_everything_bundled_is_small() -> None:
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 40_000_000
    named = {f"{name}.{kind}" for name in PROGRAMMES for kind in ("json", "safetensors")}
    evolution = {
        cards.snapshot_file(each, epoch)
        for each in PROGRAMMES.values()
        for epoch in each.snapshots
        if epoch < each.recipe.epochs
    }
    ablation = {f"ablation/{key}.json" for key in ablated.BUNDLED}
    assert {path.relative_to(FOLDER).as_posix() for path in files} == named | evolution | ablation


@EVERY
def test_the_file_is_the_one_on_the_card(programme: Programme) -> None:
    content = (FOLDER / f"{programme.name}.safetensors").read_bytes()
    assert hashlib.sha256(content).hexdigest() == card_of(programme)["sha256"]


@EVERY
def test_every_weight_is_a_number(programme: Programme) -> None:
    stored = load_file(FOLDER / f"{programme.name}.safetensors")
    for tensor in stored.values():
        assert torch.isfinite(tensor).all()
        assert (tensor.dtype == torch.float16) == (tensor.ndim > 1)
    assert {tensor.dtype for tensor in filled(programme).parameters()} == {torch.float32}


@EVERY
def test_parameters_and_multiply_adds(programme: Programme) -> None:
    totals = vc.layers(programme.architecture).totals
    card = card_of(programme)
    assert (card["params"], card["macs"]) == (totals.params, totals.macs)


@EVERY
@pytest.mark.parametrize("part", cards.MEASURED)
def test_accuracy_measured_again(programme: Programme, part: Part) -> None:
    card = card_of(programme)
    pictures, labels = programme.data.held_out(part)
    right = predictions(filled(programme), programme.data, pictures) == labels
    assert card["accuracy"]["patches"][part] == len(labels)
    # the card to 0.1 point; one picture of slack where another processor rounds a tie otherwise
    assert abs(right.mean() - card["accuracy"][part]) <= max(0.001, 1 / len(labels)) + 1e-12
    told = np.array(card["predictions"][part])
    assert (told == labels).mean() == pytest.approx(card["accuracy"][part], abs=1e-12)


def test_the_multiply_adds_of_a_layer_by_hand() -> None:
    layer = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1, groups=3), nn.ReLU())
    assert cards.multiply_adds(layer, torch.zeros(1, 3, 8, 8)) == 8 * 8 * 6 * 9


@EVERY
def test_accuracy_by_class_adds_up(programme: Programme) -> None:
    card = card_of(programme)
    by_class = card["accuracy"]["test_by_class"]
    assert list(by_class) == card["classes"]
    sizes = np.bincount(programme.data.held_out("test")[1])
    weighted = sum(by_class[name] * n for name, n in zip(card["classes"], sizes, strict=True))
    assert weighted / sizes.sum() == pytest.approx(card["accuracy"]["test"])


@EVERY
def test_the_curve_ends_at_the_stated_accuracy(programme: Programme) -> None:
    card = card_of(programme)
    curve = card["curve"]
    assert [row["epoch"] for row in curve] == list(range(1, card["epochs"] + 1))
    assert curve[-1]["loss"] < curve[0]["loss"]
    assert curve[-1]["training"] > curve[0]["training"]
    # the curve is of the weights before they were rounded
    assert curve[-1]["validation"] == pytest.approx(card["accuracy"]["validation"], abs=0.006)


@EVERY
def test_the_recipe_on_the_card_is_the_one_the_command_follows(programme: Programme) -> None:
    card = card_of(programme)
    assert card["recipe"] == asdict(programme.recipe)
    assert card["epochs"] == programme.recipe.epochs
    assert card["seed"] == programme.recipe.seed


@EVERY
def test_every_seed_is_told_of(programme: Programme) -> None:
    card = card_of(programme)
    assert tuple(row["seed"] for row in card["seeds"]) == programme.seeds
    shipped = next(row for row in card["seeds"] if row["seed"] == card["seed"])
    assert {part: shipped[part] for part in cards.MEASURED} == {
        part: card["accuracy"][part] for part in cards.MEASURED
    }


@EVERY
def test_classes_data_and_preprocessing(programme: Programme) -> None:
    card = card_of(programme)
    assert card["key"] == programme.architecture
    assert card["name"] == programme.data.weights_name
    assert card["classes"] == list(programme.data.classes)
    assert card["preprocessing"] == json.loads(json.dumps(asdict(programme.data.preprocessing)))
    assert card["data"] == json.loads(json.dumps(programme.data.description()))
    assert card["licence"]
    if programme.data is PHOTOS20:
        files = [each["file"] for each in card["data"]["photographs"]]
        assert files == [photo.file for photo in PHOTOS]


def test_the_test_blocks_are_the_easier_ones() -> None:
    """As the Networks page says, lest test and validation are compared with each other."""
    for each in PROGRAMMES.values():
        if each.data is PHOTOS20:
            accuracy = card_of(each)["accuracy"]
            assert accuracy["test"] > accuracy["validation"]


def test_lenet_reads_digits() -> None:
    assert card_of(PROGRAMMES["lenet5_digits10"])["accuracy"]["test"] >= 0.985


def test_plain_and_residual_networks_were_trained_three_times() -> None:
    for depth in (14, 50):
        for kind in ("plain", "resnet"):
            assert len(card_of(PROGRAMMES[f"{kind}{depth}_photos20"])["seeds"]) >= 3


ZFNET = PROGRAMMES["zfnet_photos20"]


@pytest.mark.parametrize("place", range(len(ZFNET.snapshots)), ids=lambda k: ZFNET.snapshots[k])
def test_snapshots_are_what_the_card_says(place: int) -> None:
    row = card_of(ZFNET)["snapshots"][place]
    assert row["epoch"] == ZFNET.snapshots[place]
    content = (FOLDER / row["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == row["sha256"]
    for part in cards.MEASURED:
        pictures, labels = ZFNET.data.held_out(part)
        right = predictions(filled(ZFNET, row["file"]), ZFNET.data, pictures) == labels
        assert abs(right.mean() - row[part]) <= 1 / len(labels) + 1e-12


def test_a_snapshot_is_the_network_of_its_epoch_to_half_precision() -> None:
    """Rounding the weights hardly moves the accuracy that the curve has for the same epoch."""
    card = card_of(ZFNET)
    for row in card["snapshots"]:
        assert card["curve"][row["epoch"] - 1]["validation"] == pytest.approx(
            row["validation"], abs=0.012
        )
    assert card["snapshots"][-1]["sha256"] == card["sha256"]


def first_filters(programme: Programme) -> np.ndarray:
    """The first layer's weights, (filters, channels, h, w)."""
    convolutions = (m for m in filled(programme).modules() if isinstance(m, nn.Conv2d))
    return next(convolutions).weight.detach().double().numpy()


def roughness(filters: np.ndarray) -> np.ndarray:
    """Return, for each filter, the squared steps between neighbouring pixels over its energy.

    Independent noise of mean zero gives 2 for each of the two directions, a smooth filter less.
    """
    centred = filters - filters.mean(axis=(2, 3), keepdims=True)
    energy = (centred**2).mean(axis=(1, 2, 3))
    down = (np.diff(filters, axis=2) ** 2).mean(axis=(1, 2, 3))
    across = (np.diff(filters, axis=3) ** 2).mean(axis=(1, 2, 3))
    return (down + across) / energy


def low_frequency_share(filters: np.ndarray) -> np.ndarray:
    """Return the part of each filter's energy in the 3x3 lowest spatial frequencies of 7x7."""
    power = np.abs(np.fft.fft2(filters, axes=(2, 3))) ** 2
    low = np.ix_([0, 1, -1], [0, 1, -1])
    return power[:, :, *low].sum(axis=(1, 2, 3)) / power.sum(axis=(1, 2, 3))


SEVEN_OR_MORE = [
    each
    for name, each in PROGRAMMES.items()
    if each.data is PHOTOS20 and name not in ("vgg_photos20", "mobilenet_photos20")
]


@pytest.mark.parametrize("programme", SEVEN_OR_MORE, ids=lambda each: each.name)
def test_first_filters_are_structured_not_noise(programme: Programme) -> None:
    learned = first_filters(programme)
    noise = np.random.default_rng(0).normal(size=learned.shape)
    assert np.median(roughness(noise)) > 3.5
    assert np.median(roughness(learned)) < 1.5


def test_first_filters_hold_edges_and_colours() -> None:
    learned = first_filters(ZFNET)
    grey = learned.mean(axis=1)
    colour_share = ((learned - grey[:, None]) ** 2).sum((1, 2, 3)) / (learned**2).sum((1, 2, 3))
    blob = low_frequency_share(learned) > 0.8
    assert (blob & (colour_share > 0.5)).sum() >= 8  # smooth, and mostly colour
    assert (colour_share < 0.2).sum() >= 8  # mostly light and dark
    # an edge: one frequency other than zero holds much of the energy, more than noise ever has
    assert (edge_share(grey) > 0.4).sum() >= 10
    noise = np.random.default_rng(0).normal(size=grey.shape)
    assert (edge_share(noise) > 0.4).sum() == 0


def edge_share(grey: np.ndarray) -> np.ndarray:
    """Return the greatest part of a filter's energy that lies in one pair of frequencies."""
    power = np.abs(np.fft.fft2(grey)) ** 2
    pairs = power + np.roll(power[:, ::-1, ::-1], 1, axis=(1, 2))
    pairs[:, 0, 0] = 0
    share = pairs.reshape(len(grey), -1).max(axis=1) / power.sum(axis=(1, 2))
    return np.asarray(share)


def test_the_filters_differ_in_direction() -> None:
    grey = first_filters(ZFNET).mean(1)
    edges = grey[edge_share(grey) > 0.4]
    rows, columns = np.gradient(edges, axis=(1, 2))
    # the structure tensor's angle, 0 to 180 degrees
    angle = 0.5 * np.arctan2(2 * (rows * columns).sum((1, 2)), (columns**2 - rows**2).sum((1, 2)))
    sectors = np.unique(((angle + math.pi / 2) / math.pi * 4).astype(int) % 4)
    assert len(sectors) >= 3
