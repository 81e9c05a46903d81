"""The deconvnet by a network's name: tasks, the facade and the command line."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import vizcore as vc
from vizcore.cli import deconv
from vizcore.cli.arguments import place_of
from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.deconvnet import draw_projections
from vizcore.tasks.deconvnet import deconvnet_task

KEY = "zfnet_photos20"


def command(*arguments: object) -> int:
    parser = argparse.ArgumentParser(prog=deconv.NAME)
    deconv.add_arguments(parser)
    return deconv.run(parser.parse_args(["--device", "cpu", *map(str, arguments)]))


def test_the_strongest_place_is_that_of_the_map(photo):
    found = vc.deconvnet(KEY, photo, "relu3", 7, device="cpu")
    maps = vc.feature_maps(KEY, photo, "relu3", device="cpu").maps_chw[7]
    assert divmod(int(maps.argmax()), 8) == tuple(found.places_np[0])
    assert found.values_n[0] == pytest.approx(maps.max(), rel=1e-5)
    assert found.receptive_field is not None
    assert found.receptive_field.size == (51, 51)  # 7, and 2 x 2, 4 x 4, 2 x 4, 2 x 8 more
    assert found.images_nhwc is not None
    assert found.projections_nchw.shape == (1, 3, 64, 64)


def test_the_crop_holds_all_of_the_projection(photo):
    for place, shape in (((0, 0), (14, 14)), ((4, 4), (27, 27)), ((15, 8), (17, 27))):
        found = vc.deconvnet(KEY, photo, "conv2", 3, place, device="cpu")
        crop = found.crop(0)  # 27 pixels from 4 x place - 13 on
        assert crop.shape == (3, *shape)
        assert np.abs(crop).sum() == pytest.approx(np.abs(found.projections_nchw).sum())
        assert replace(found, receptive_field=None).crop(0).shape == (3, 64, 64)


def test_several_pictures_at_once_and_one_by_one(photo, drawn_weights):
    others = np.random.default_rng(1).integers(0, 256, (2, 64, 64, 3), np.uint8)
    pictures = [photo, *others]
    found = vc.deconvnet(KEY, pictures, "conv4", 3, [None, (2, 3), None], device="cpu")
    assert found.places_np[1].tolist() == [2, 3]
    for place, picture in enumerate(pictures):
        where = tuple(int(each) for each in found.places_np[place])
        one = vc.deconvnet(KEY, picture, "conv4", 3, where, device="cpu")
        np.testing.assert_allclose(
            found.projections_nchw[place], one.projections_nchw[0], rtol=1e-3, atol=1e-7
        )


def test_equal_tasks_have_equal_keys(photo):
    def key(*arguments: object) -> object:
        return deconvnet_task(KEY, *arguments).key  # type: ignore[arg-type]

    assert key(photo, "conv1", 0) == key(photo.read_bytes(), "conv1", 0)
    assert hash(key([photo, photo], "conv1", 0, [None, (1, 1)])) is not None
    keys = [key(photo, "conv1", 0), key(photo, "conv1", 1), key(photo, "conv1", 0, (0, 0)),
            key([photo, photo], "conv1", 0), key(photo, "conv2", 0)]  # fmt: skip
    assert len(set(keys)) == len(keys)
    with pytest.raises(BadChoice, match="No picture"):
        deconvnet_task(KEY, [], "conv1", 0)


@pytest.mark.parametrize("whole", [True, False])
def test_the_command_draws(photo, tmp_path, capsys, whole):
    out = tmp_path / "d.png"
    options = ["--whole"] if whole else []
    arguments = (KEY, "--image", photo, "--layer", "conv2", "--channel", 4, "--out", out)
    assert command(*arguments, *options) == 0
    drawn = draw_projections(vc.deconvnet(KEY, photo, "conv2", 4, device="cpu"), whole=whole)
    np.testing.assert_array_equal(np.asarray(Image.open(out)), drawn.rgb_hwc)
    said = capsys.readouterr().out
    assert drawn.caption in said
    assert "the strongest place of channel 4 of 'conv2'" in said


def test_the_command_writes_values_and_json(photo, tmp_path, capsys):
    out = tmp_path / "d.npy"
    arguments = (KEY, "--image", photo, "--layer", "conv2", "--channel", 4, "--out", out)
    assert command(*arguments, "--position", 3, 5, "--json") == 0
    result = json.loads(capsys.readouterr().out)
    found = vc.deconvnet(KEY, photo, "conv2", 4, (3, 5), device="cpu")
    np.testing.assert_array_equal(np.load(out), found.projections_nchw[0])
    assert (result["position"], result["strongest"]) == ([3, 5], False)
    assert result["value"] == float(found.values_n[0])
    assert (result["receptive_field"], result["shape"]) == ([27, 27], [3, 64, 64])
    assert result["largest"] == np.abs(found.projections_nchw).max()


def test_random_weights_are_marked(photo, tmp_path, capsys):
    heights = []
    for weights in ("random", "photos20"):
        out = tmp_path / f"{weights}.png"
        arguments = (KEY, "--image", photo, "--layer", "conv2", "--channel", 4, "--out", out)
        command(*arguments, *(["--weights", "random"] if weights == "random" else []), "--whole")
        with Image.open(out) as drawn:
            heights.append(drawn.height)
        assert ("Random weights" in capsys.readouterr().out) == (weights == "random")
    assert heights[0] > heights[1]


@pytest.mark.parametrize("words", [["weakest"], ["1"], ["1", "2", "3"], ["-1", "2"], ["²", "1"]])
def test_another_position_is_refused(words):
    with pytest.raises(BadChoice, match="--position cannot be"):
        place_of(words, "strongest")


def test_a_network_without_relus_is_refused(photo):
    with pytest.raises(NotApplicable, match="tanh"):
        vc.deconvnet("lenet5_1998", photo, "s2", 0, weights="random")
