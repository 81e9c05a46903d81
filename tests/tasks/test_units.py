"""One unit by a network's name: its place, its neighbours, its numbers over a set of pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from vizcore.data.samples import sample
from vizcore.errors import BadChoice, BadImage, NotApplicable, UnknownLayer
from vizcore.lenses.reading import read_maps
from vizcore.networks.loading import load_network
from vizcore.runtime.jobs import run_here
from vizcore.tasks import units as unit_tasks
from vizcore.tasks.sight import as_picture

KEY = "zfnet_photos20"


@pytest.fixture(autouse=True)
def small(drawn_weights: Path, empty_cache: Path) -> None:
    """Weights drawn at random stand for the bundled ones."""


def photo() -> bytes:
    return sample("coffee").read()


def maps(layer: str, pictures: np.ndarray | None = None) -> np.ndarray:
    module, weights = load_network(KEY).module, load_network(KEY).weights
    given = [as_picture(photo()).rgb_hwc] if pictures is None else list(pictures)
    images = np.concatenate([weights.preprocessing.apply(each) for each in given])
    return read_maps(module, images, [layer])[layer].numpy()


def test_a_unit_is_at_its_greatest_value():
    unit = run_here(unit_tasks.unit_task(KEY, photo(), "conv3", 7))
    own = maps("conv3")[0, 7]
    assert unit.value == pytest.approx(float(own.max()), rel=1e-5)
    assert own[unit.place] == own.max()
    np.testing.assert_allclose(unit.map_hw, own, rtol=1e-4, atol=1e-6)
    greatest = run_here(unit_tasks.unit_task(KEY, photo(), "conv3"))
    assert greatest.channel == int(maps("conv3")[0].max((1, 2)).argmax())


def test_neighbours_are_the_greatest_at_the_same_place():
    unit = run_here(unit_tasks.unit_task(KEY, photo(), "conv3", 7))
    assert unit.before is not None
    assert unit.after is not None
    assert (unit.before.layer, unit.after.layer) == ("conv2", "conv4")
    for each in (unit.before, unit.after):
        there = maps(each.layer)[0]
        row, column = each.place
        assert each.channel == int(there[:, row, column].argmax())
        assert each.value == pytest.approx(float(there[each.channel, row, column]), rel=1e-4)
    assert unit.after.place == unit.place  # conv4 has conv3's grid
    first = run_here(unit_tasks.unit_task(KEY, photo(), "conv1", 0))
    assert first.before is None


def test_nearest_filters_are_those_of_the_greatest_cosine():
    unit = run_here(unit_tasks.unit_task(KEY, photo(), "conv2", 5))
    weight = load_network(KEY).module.get_submodule("conv2").weight.detach()
    rows = weight.flatten(1).double()
    cosines = torch.cosine_similarity(rows, rows[5:6], dim=1)
    cosines[5] = -9
    best = cosines.topk(unit_tasks.NEAREST)
    assert [each for each, _ in unit.nearest] == best.indices.tolist()
    assert [cosine for _, cosine in unit.nearest] == pytest.approx(best.values.tolist())
    assert unit.norm == pytest.approx(float(rows[5].norm()))


def test_numbers_over_pictures_are_those_of_all_values():
    pictures = np.random.default_rng(5).integers(0, 255, (70, 64, 64, 3)).astype(np.uint8)
    found = run_here(unit_tasks.activity_task(KEY, pictures))
    own = maps("conv4", pictures)
    numbers = found.layers["conv4"]
    assert found.pictures == 70
    assert numbers.after_relu
    np.testing.assert_allclose(numbers.mean_c, own.mean((0, 2, 3)), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(numbers.maximum_c, own.max((0, 2, 3)), rtol=1e-4)
    np.testing.assert_allclose(numbers.zeros_c, (own <= 0).mean((0, 2, 3)), atol=1e-3)


def test_numbers_outlive_a_restart(monkeypatch: pytest.MonkeyPatch):
    pictures = np.random.default_rng(6).integers(0, 255, (9, 64, 64, 3)).astype(np.uint8)
    first = run_here(unit_tasks.activity_task(KEY, pictures))
    monkeypatch.setattr(unit_tasks, "_measure", None)  # whoever measures again fails
    again = run_here(unit_tasks.activity_task(KEY, pictures.copy()))
    assert list(again.layers) == list(first.layers)
    assert (again.pictures, again.title) == (9, first.title)
    for name, numbers in first.layers.items():
        for part in ("mean_c", "maximum_c", "zeros_c"):
            kept = getattr(again.layers[name], part)
            np.testing.assert_array_equal(kept, getattr(numbers, part))
        assert again.layers[name].after_relu == numbers.after_relu
    one = run_here(unit_tasks.activity_task(KEY, pictures, "conv2"))  # part of what is kept
    assert list(one.layers) == ["conv2"]
    for other in (
        unit_tasks.activity_task(KEY, pictures[:8]),
        unit_tasks.activity_task(KEY, pictures, "pool1"),
        unit_tasks.activity_task(KEY, pictures, weights="random"),
    ):
        with pytest.raises(TypeError):
            run_here(other)


def test_numbers_of_no_picture_are_refused(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(BadImage, match="Of 1 file in"):
        run_here(unit_tasks.activity_task(KEY, tmp_path))


RESNET = "resnet18"


def test_runs_and_functions_have_units():
    """torchvision's ResNet uses one ReLU module twice in a block, and adds by a function."""
    loaded = load_network(RESNET, "random")
    module, how = loaded.module, loaded.weights.preprocessing
    image = torch.tensor(how.apply(as_picture(photo()).rgb_hwc))
    with torch.no_grad():
        block = module.layer1[0]
        stem = module.maxpool(module.relu(module.bn1(module.conv1(image))))
        inner = block.bn1(block.conv1(stem)).relu()
        added = block.bn2(block.conv2(inner)) + stem
    for layer, maps, op, name, run in (
        ("layer1.0.relu", inner, "ReLU", "layer1.0.relu", 0),
        ("layer1.0.add", added, "add", None, 0),
        ("layer1.0.relu_1", added.relu(), "ReLU", "layer1.0.relu", 1),
    ):
        unit = run_here(unit_tasks.unit_task(RESNET, photo(), layer, 11, weights="random"))
        np.testing.assert_allclose(unit.map_hw, maps[0, 11], rtol=1e-4, atol=1e-5)
        assert (unit.op, unit.module, unit.run) == (op, name, run)
        assert unit.norm is None
        assert unit.nearest == ()
        size = 19 if layer == "layer1.0.relu" else 27
        assert unit.receptive_field.size == (size, size)
        assert unit.before.layer == f"layer1.0.conv{1 if size == 19 else 2}"
        assert unit.after.layer == ("layer1.0.conv2" if size == 19 else "layer1.1.conv1")
    conv = run_here(unit_tasks.unit_task(RESNET, photo(), "layer1.0.conv2", 11, weights="random"))
    assert conv.norm == pytest.approx(float(block.conv2.weight[11].norm()))


def test_what_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(UnknownLayer, match="'conv33'"):
        run_here(unit_tasks.unit_task(KEY, photo(), "conv33", 0))
    with pytest.raises(BadChoice, match="Allowed: 0 to 127") as caught:
        run_here(unit_tasks.unit_task(KEY, photo(), "conv3", 128))
    assert caught.value.suggestions == ("127",)
    name = [
        n for n, m in load_network(KEY).module.named_modules() if isinstance(m, torch.nn.Linear)
    ]
    with pytest.raises(NotApplicable, match="has no maps"):
        run_here(unit_tasks.unit_task(KEY, photo(), name[0], 0))
    with pytest.raises(BadChoice, match="No picture"):
        unit_tasks.classes_fed_task(KEY, [], "conv3", 0)


def test_classes_are_named_and_measured_where_the_relu_reads():
    fed = run_here(unit_tasks.classes_fed_task(KEY, [photo()], "conv5", 3))
    assert fed.layer == "conv5"
    assert len(fed.classes) == 20
    assert fed.contributions_nk.shape == (1, 20)
