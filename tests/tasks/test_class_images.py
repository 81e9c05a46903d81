"""Images for classes and units by a network's name: tasks, facade, engine, command line."""

from __future__ import annotations

import argparse
import io
import json

import numpy as np
import pytest
from PIL import Image

import vizcore as vc
from vizcore.__main__ import main
from vizcore.cli import class_image
from vizcore.errors import BadChoice, NotApplicable, UnknownArchitecture, UnknownClass, UnknownLayer
from vizcore.figures.animation import LAST_MS, animate
from vizcore.figures.patches import draw_patches
from vizcore.records.ascent_options import MODERN, AscentOptions, InversionOptions, default_lambda
from vizcore.runtime.engine import LocalEngine
from vizcore.runtime.jobs import run_here
from vizcore.tasks.class_images import (
    activation_images_task,
    class_images_task,
    inversion_task,
    lambda_row_task,
)
from vizcore.tasks.maps import feature_maps_task
from vizcore.tasks.prediction import prediction_task

KEY = "zfnet_photos20"
FEW = AscentOptions(steps=3)


def command(*arguments: object) -> int:
    parser = argparse.ArgumentParser(prog=class_image.NAME)
    class_image.add_arguments(parser)
    return class_image.run(parser.parse_args(["--device", "cpu", *map(str, arguments)]))


def test_equal_tasks_have_equal_keys_and_others_have_others(photo):
    targets = ["class 3", 7]
    task = class_images_task(KEY, targets, None, FEW)
    assert task.label == "Class images of class 3, class 7"
    assert task.key == class_images_task(KEY, [3, "7"], default_lambda(64 * 64 * 3), FEW).key
    others = [
        class_images_task(KEY, targets[:1], None, FEW),
        class_images_task(KEY, targets, 0.01, FEW),
        class_images_task(KEY, targets, None, AscentOptions(steps=3, seed=1)),
        class_images_task(KEY, targets, None, AscentOptions(start="photo"), photo=photo),
        class_images_task(KEY, targets, None, FEW, weights="random"),
        activation_images_task(KEY, [("conv3", 1)], None, FEW),
        activation_images_task(KEY, [("conv3", 1, "centre")], None, FEW),
        inversion_task(KEY, photo, ["conv3"]),
        inversion_task(KEY, photo, ["conv3"], InversionOptions(seed=1)),
    ]
    assert len({each.key for each in others} | {task.key}) == len(others) + 1


def test_what_is_not_there_is_said(photo):
    with pytest.raises(UnknownClass, match="no class called 'class 77'") as caught:
        class_images_task(KEY, ["class 77"])
    assert "class 17" in caught.value.suggestions
    with pytest.raises(UnknownClass, match=r"no class number 20. Allowed: 0 to 19"):
        vc.class_images(KEY, 20)
    with pytest.raises(UnknownArchitecture):
        vc.class_images("zfnet_photo", "cat")
    with pytest.raises(BadChoice, match="Nothing was chosen"):
        class_images_task(KEY, [])
    with pytest.raises(BadChoice, match="lambda cannot be '-1'"):
        class_images_task(KEY, [1], -1)
    with pytest.raises(BadChoice, match="A row of lambdas is for one class; 2 came in"):
        vc.class_images(KEY, [1, 2], [0.1, 0.2])
    with pytest.raises(BadChoice, match="no photograph came in"):
        class_images_task(KEY, [1], None, AscentOptions(start="photo"))
    with pytest.raises(NotApplicable, match="no class scores"):
        class_images_task("facenet_nn1", [1], weights="random")
    with pytest.raises(UnknownLayer, match="no layer called 'conv9'"):
        vc.activation_images(KEY, [("conv9", 1)], options=FEW, device="cpu")
    with pytest.raises(BadChoice, match="No layer was chosen"):
        vc.invert(KEY, photo, [])
    colourful = AscentOptions(steps=1, decorrelated=True)
    with pytest.raises(BadChoice, match="RGB"):
        vc.class_images("lenet5_modern", [1], options=colourful, weights="random", device="cpu")


def test_a_row_of_lambdas_holds_each_of_them(photo):
    row = vc.class_images(KEY, "class 2", [0.0, 0.01, 1.0], AscentOptions(steps=8), device="cpu")
    assert [goal.lambda_ for goal in row.goals] == [0.0, 0.01, 1.0]
    norms = (row.images_nchw**2).sum((1, 2, 3))
    assert norms[0] > norms[1] > norms[2] > 0
    np.testing.assert_allclose(row.penalties_sn[-1], norms * [0.0, 0.01, 1.0], rtol=1e-4)
    assert row.goals == run_here(lambda_row_task(KEY, 2, [0.0, 0.01, 1.0], FEW)).goals
    assert row.options.is_published


def test_a_start_from_a_photo_is_what_the_network_looks_at(photo):
    how = AscentOptions(steps=1, start="photo")
    made = vc.class_images(KEY, 1, options=how, photo=photo, device="cpu")
    picture = Image.open(photo).convert("RGB").resize((82, 64), Image.Resampling.BILINEAR)
    expected = np.asarray(picture.crop((9, 0, 73, 64)))
    np.testing.assert_array_equal(made.frames[0].pictures_nhwc[0], expected)


def test_units_and_inversion_of_several_layers(photo):
    units = vc.activation_images(
        KEY, [("conv3", 4), ("conv3", 4, "centre"), ("fc6", 2)], options=FEW, device="cpu"
    )
    assert [goal.name for goal in units.goals] == [
        "channel 4 of conv3", "channel 4 of conv3, centre", "channel 2 of fc6",
    ]  # fmt: skip
    assert units.probabilities_sn is None
    assert len(units.predictions) == 3
    found = vc.invert(KEY, photo, ["conv1", "fc6"], InversionOptions(steps=3), device="cpu")
    assert found.images_nchw.shape == (2, 3, 64, 64)
    assert found.photo_hwc.shape == (64, 64, 3)
    assert found.errors_sn[0, 0] > found.errors_sn[-1, 0]


def test_beside_other_jobs_on_the_same_network(photo):
    """Every result of an engine at work is the one computed alone, to the byte."""
    tasks = [
        class_images_task(KEY, [1, 2], None, AscentOptions(steps=6)),
        class_images_task(KEY, [3], None, AscentOptions(steps=6, jitter_px=3, start="noise")),
        activation_images_task(KEY, [("relu3", 4)], None, AscentOptions(steps=6)),
        inversion_task(KEY, photo, ["conv2"], InversionOptions(steps=6)),
    ]
    others = [prediction_task(KEY, photo), feature_maps_task(KEY, photo, "relu2")]
    alone = [computed_alone(task) for task in (*tasks, *others)]
    engine = LocalEngine("cpu")
    try:
        jobs = [
            engine.submit(task, session=str(number))
            for number, task in enumerate((*tasks, *others))
        ]
        together = [job.result(120) for job in jobs]
    finally:
        engine.close()
    for first, second in zip(alone[:4], together[:4], strict=True):
        for name, values in first.arrays().items():
            assert values.tobytes() == second.arrays()[name].tobytes(), name
    assert alone[4] == together[4]
    np.testing.assert_array_equal(alone[5].maps_chw, together[5].maps_chw)


def computed_alone(task):
    engine = LocalEngine("cpu")
    try:
        return engine.submit(task).result(120)
    finally:
        engine.close()


def test_a_job_can_be_cancelled_while_it_forms(photo):
    engine = LocalEngine("cpu")
    try:
        job = engine.submit(class_images_task(KEY, [1], None, AscentOptions(steps=5000)))
        while job.progress is None or job.progress.partial is None:
            assert not job.wait(0.01)
        assert job.progress.partial.images_nchw.shape == (1, 3, 64, 64)
        job.cancel()
        assert job.state == "cancelled"
        later = engine.submit(class_images_task(KEY, [1], None, FEW)).result(60)
        assert later.step == 3
    finally:
        engine.close()


def test_the_images_as_a_png_values_and_data(photo, tmp_path, capsys):
    made = vc.class_images(KEY, ["class 1", "class 2"], options=FEW, device="cpu")
    given = (KEY, "--target", "class 1", "--target", 2, "--steps", 3)
    assert command(*given, "--out", tmp_path / "made.png") == 0
    said = capsys.readouterr().out
    assert said.startswith(f"2 images after 3 steps, written to {tmp_path / 'made.png'}")
    assert f"class 1, lambda 0.000977: score {made.scores_sn[-1, 0]:.3g}" in said
    assert f"the network sees {made.predictions[1].classes[0]} (" in said
    drawn = draw_patches(made.pictures_nhwc, columns=6, side_px=256)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "made.png")), drawn)
    command(*given, "--out", tmp_path / "made.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "made.npy"), made.images_nchw)
    command(*given, "--out", tmp_path / "made.npz")
    with np.load(tmp_path / "made.npz") as held:
        for name, values in made.arrays().items():
            np.testing.assert_array_equal(held[name], values)
        assert json.loads(str(held["about_json"]))["goals"][1]["target"] == 2


@pytest.mark.parametrize("ending", ["apng", "gif"])
def test_the_animation_shows_every_frame(photo, tmp_path, ending):
    made = vc.class_images(KEY, 1, options=FEW, device="cpu")
    out = tmp_path / f"made.{ending}"
    assert command(KEY, "--target", 1, "--steps", 3, "--out", out, "--frame-ms", 50) == 0
    with Image.open(out) as moving:
        assert moving.n_frames == len(made.frames) == 4
        for number, frame in enumerate(made.frames):
            moving.seek(number)
            shown = np.asarray(moving.convert("RGB")).astype(int)
            expected = draw_patches(frame.pictures_nhwc, columns=6, side_px=256)
            assert abs(shown - expected).max() <= (0 if ending == "apng" else 40)
            assert moving.info["duration"] == (LAST_MS if number == 3 else 50)


def test_an_animation_that_cannot_be():
    with pytest.raises(NotApplicable, match="no frames"):
        animate([])
    frame = np.zeros((2, 2, 3), np.uint8)
    with pytest.raises(BadChoice, match="kind cannot be 'mp4'"):
        animate([frame], "mp4")
    with pytest.raises(BadChoice, match="frame_ms cannot be '5'"):
        animate([frame], frame_ms=5)


def test_options_of_the_command_are_those_of_the_method(photo, tmp_path, capsys):
    out = tmp_path / "made.png"
    command(KEY, "--target", 1, "--modern", "--steps", 2, "--jitter", 1, "--no-decorrelated",
            "--lambda", "0.5", "--out", out, "--json")  # fmt: skip
    result = json.loads(capsys.readouterr().out)
    expected = {name: getattr(MODERN, name) for name in ("scaling", "basis", "optimiser")}
    expected |= {"steps": 2, "jitter_px": 1, "decorrelated": False}
    assert {name: result["options"][name] for name in expected} == expected
    assert result["goals"][0]["lambda"] == 0.5
    assert result["published_method"] is False
    command(KEY, "--target", 1, "--steps", 2, "--image", photo, "--out", out, "--json")
    assert json.loads(capsys.readouterr().out)["options"]["start"] == "photo"
    command(KEY, "--layer", "relu2", "--channel", 3, "--position", "centre", "--steps", 2,
            "--out", out, "--json")  # fmt: skip
    result = json.loads(capsys.readouterr().out)
    assert (result["goals"][0]["layer"], result["goals"][0]["place"]) == ("relu2", "centre")
    assert (result["options"]["optimiser"], result["published_method"]) == ("normalised", False)
    assert command(KEY, "--weights", "random", "--target", 1, "--steps", 1, "--out", out) == 0
    assert "Random weights. Nothing was learned" in capsys.readouterr().out
    assert Image.open(io.BytesIO(out.read_bytes())).height > 256


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "Give --target"),
        (["--target", "1", "--layer", "conv1"], "give one of them"),
        (["--layer", "conv1"], "--layer needs --channel"),
        (["--channel", "1"], "give --layer too"),
        (["--layer", "conv1", "--channel", "1", "--position", "middle"], "--position cannot be"),
        (["--layer", "conv1", "--channel", "1", "--lambda", "1", "--lambda", "2"], "A row of"),
        (["--target", "1", "--steps", "0"], "steps cannot be '0'"),
        (["--target", "1", "--start", "photo"], "no photograph came in"),
        (["--target", "1", "--out", "made.mp4"], r"in \.png, \.npy, \.apng, \.gif, \.npz"),
    ],
)
def test_what_the_command_refuses(photo, tmp_path, given, words):
    with pytest.raises(BadChoice, match=words):
        command(KEY, "--out", tmp_path / "made.png", *given)


def test_the_command_inverts_a_strip_of_layers(photo, tmp_path, capsys):
    args = [KEY, "--image", photo, "--layer", "conv1", "--layer", "fc8", "--steps", 3]
    assert (
        main(["inversion", *map(str, args), "--device", "cpu", "--out", str(tmp_path / "a.png")])
        == 0
    )
    said = capsys.readouterr().out
    found = vc.invert(KEY, photo, ["conv1", "fc8"], InversionOptions(steps=3), device="cpu")
    assert f"conv1: error {found.errors_sn[-1, 0]:.3%}" in said
    with Image.open(tmp_path / "a.png") as drawn:
        assert drawn.size[0] > 3 * 128  # the photo and two images
    out = tmp_path / "a.npz"
    assert main(["inversion", *map(str, args), "--device", "cpu", "--json", "--out", str(out)]) == 0
    about = json.loads(capsys.readouterr().out)
    assert [each["layer"] for each in about["images"]] == ["conv1", "fc8"]
    with np.load(out) as kept:
        assert kept["images_nchw"].tobytes() == found.images_nchw.tobytes()
        assert about["images"][1]["error"] == pytest.approx(float(kept["errors_sn"][-1, 1]))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--layer", "conv9", "--out", "a.png"], "There is no layer called 'conv9'"),
        (["--layer", "conv1", "--out", "a.jpg"], "a file ending in .png"),
        (["--layer", "conv1", "--steps", "0", "--out", "a.png"], "whole numbers from 1"),
    ],
)
def test_what_the_inversion_refuses(photo, tmp_path, monkeypatch, capsys, given, words):
    monkeypatch.chdir(tmp_path)
    assert main(["inversion", KEY, "--image", str(photo), "--device", "cpu", *given]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_the_usual_step_is_that_of_what_the_images_are_for(photo):
    of_class = vc.class_images(KEY, 3, options=FEW, device="cpu")
    of_unit = vc.activation_images(KEY, [("conv3", 1)], options=FEW, device="cpu")
    assert (of_class.options.optimiser, of_unit.options.optimiser) == ("gradient", "normalised")
    assert (of_class.options.is_published, of_unit.options.is_published) == (True, False)
    told = AscentOptions(steps=3, optimiser="normalised")
    same = vc.activation_images(KEY, [("conv3", 1)], options=told, device="cpu")
    assert same.images_nchw.tobytes() == of_unit.images_nchw.tobytes()
