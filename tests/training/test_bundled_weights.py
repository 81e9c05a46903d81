"""What the card of the bundled network says is true of the file beside it."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from vizcore.data import photos20
from vizcore.data.photographs import PHOTOS
from vizcore.training import card as cards
from vizcore.training.recipe import PREPROCESSING, Recipe, predictions
from vizcore.zoo.photos20 import zfnet_photos20

FOLDER = Path(__file__).parents[2] / "assets" / "weights"
WEIGHTS = FOLDER / "zfnet_photos20.safetensors"


@pytest.fixture(scope="module")
def card() -> dict[str, Any]:
    return json.loads((FOLDER / "zfnet_photos20.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def network() -> torch.nn.Sequential:
    built = zfnet_photos20()
    built.load_state_dict(load_file(WEIGHTS))
    return built.eval()


def test_the_file_is_the_one_on_the_card(card: dict[str, Any]) -> None:
    data = WEIGHTS.read_bytes()
    assert hashlib.sha256(data).hexdigest() == card["sha256"]
    assert len(data) < 12_000_000


def test_every_weight_is_a_number(network: torch.nn.Sequential) -> None:
    assert all(torch.isfinite(p).all() for p in network.parameters())
    assert all(p.dtype == torch.float32 for p in network.parameters())


def test_parameters_and_multiply_adds(card: dict[str, Any], network: torch.nn.Sequential) -> None:
    convolutions = [(3, 64, 7, 32), (64, 96, 5, 16), (96, 128, 3, 8), (128, 128, 3, 8)]
    convolutions.append((128, 128, 3, 8))
    linears = [(2048, 512), (512, 256), (256, 20)]
    params = sum(i * o * k * k + o for i, o, k, _ in convolutions)
    params += sum(i * o + o for i, o in linears)
    macs = sum(i * o * k * k * side * side for i, o, k, side in convolutions)
    macs += sum(i * o for i, o in linears)
    assert card["params"] == params == sum(p.numel() for p in network.parameters())
    assert card["macs"] == macs


@pytest.mark.parametrize("part", ["validation", "test"])
def test_accuracy_measured_again(
    card: dict[str, Any], network: torch.nn.Sequential, part: photos20.Part
) -> None:
    rgb, labels = photos20.held_out(part)
    right = predictions(network, rgb) == labels
    assert card["accuracy"]["patches"][part] == len(labels)
    # one patch of slack: another processor may round a tie the other way
    assert abs(right.mean() - card["accuracy"][part]) <= 1.0 / len(labels) + 1e-12
    assert right.mean() > 0.75


def test_no_class_is_given_up(card: dict[str, Any]) -> None:
    by_class = card["accuracy"]["test_by_class"]
    assert list(by_class) == card["classes"]
    sizes = np.bincount(photos20.held_out("test")[1])
    weighted = sum(by_class[name] * n for name, n in zip(card["classes"], sizes, strict=True))
    assert weighted / sizes.sum() == pytest.approx(card["accuracy"]["test"])


def test_the_curve_ends_at_the_stated_accuracy(card: dict[str, Any]) -> None:
    curve = card["curve"]
    assert [row["epoch"] for row in curve] == list(range(1, card["epochs"] + 1))
    assert card["epochs"] == card["recipe"]["epochs"]
    assert curve[-1]["loss"] < curve[0]["loss"]
    # the curve is measured before the norms are folded into the convolutions
    assert curve[-1]["validation"] == pytest.approx(card["accuracy"]["validation"], abs=0.006)


def test_the_recipe_on_the_card_is_the_one_the_command_follows(card: dict[str, Any]) -> None:
    assert card["recipe"] == asdict(Recipe())


def test_classes_data_and_preprocessing(card: dict[str, Any]) -> None:
    assert card["key"] == "zfnet_photos20"
    assert card["classes"] == list(photos20.CLASSES)
    stated = {k: tuple(v) if isinstance(v, list) else v for k, v in card["preprocessing"].items()}
    assert type(PREPROCESSING)(**stated) == PREPROCESSING
    assert [each["file"] for each in card["data"]["photographs"]] == [p.file for p in PHOTOS]
    assert card["seed"] == card["recipe"]["seed"]
    assert card["licence"]


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


def test_first_filters_are_structured_not_noise(network: torch.nn.Sequential) -> None:
    learned = network.get_submodule("conv1").weight.detach().numpy()
    noise = np.random.default_rng(0).normal(size=learned.shape)
    assert np.median(roughness(noise)) > 3.5
    assert np.median(roughness(learned)) < 1.5
    assert np.median(low_frequency_share(noise)) == pytest.approx(9 / 49, abs=0.03)
    assert np.median(low_frequency_share(learned)) > 0.6


def test_first_filters_hold_edges_and_colours(network: torch.nn.Sequential) -> None:
    learned = network.get_submodule("conv1").weight.detach().numpy().astype(np.float64)
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


def test_the_filters_differ_in_direction(network: torch.nn.Sequential) -> None:
    grey = network.get_submodule("conv1").weight.detach().mean(1).double().numpy()
    edges = grey[edge_share(grey) > 0.4]
    rows, columns = np.gradient(edges, axis=(1, 2))
    # the structure tensor's angle, 0 to 180 degrees
    angle = 0.5 * np.arctan2(2 * (rows * columns).sum((1, 2)), (columns**2 - rows**2).sum((1, 2)))
    sectors = np.unique(((angle + math.pi / 2) / math.pi * 4).astype(int) % 4)
    assert len(sectors) >= 3


def test_macs_of_a_layer_by_hand() -> None:
    layer = torch.nn.Sequential(torch.nn.Conv2d(3, 5, 3, padding=1), torch.nn.ReLU())
    assert cards.multiply_adds(layer, 8) == 8 * 8 * 5 * 3 * 9
