"""Each option of the ascent against what must follow from it, or another library."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter
from torch import Tensor, nn

from vizcore.data.colours import colour_covariance, colour_directions
from vizcore.data.photographs import PHOTOS
from vizcore.data.photos20 import PARTS, part_of_pixels
from vizcore.errors import BadChoice, BadInputSize
from vizcore.lenses.class_images import ascend
from vizcore.lenses.class_images.bases import coordinates
from vizcore.lenses.class_images.transforming import (
    Transformation,
    Transformations,
    blurred,
    read_at,
    variation,
)
from vizcore.lenses.class_images.updates import update_of
from vizcore.records.ascent_options import AscentOptions
from vizcore.records.class_images import AscentImages, Goal
from vizcore.runtime.jobs import finish

SHAPE = (3, 8, 9)
PLAIN = {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.25, 0.5)}


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def linear(weight: Tensor) -> nn.Module:
    network = nn.Sequential(nn.Flatten(), nn.Linear(weight.numel(), 1, bias=False))
    network[1].weight.data.copy_(weight.reshape(1, -1))
    return network


def made(weight: Tensor, lambda_: float = 0.5, **options: object) -> AscentImages:
    given = {name: options.pop(name) for name in ("photo_nchw", "colours_cc") if name in options}
    how = AscentOptions(**options)  # type: ignore[arg-type]
    goals = [Goal("0", lambda_, 0)]
    return finish(ascend(linear(weight), goals, SHAPE, **PLAIN, options=how, **given))  # type: ignore[arg-type]


def test_the_starts():
    weight, photo = drawn(*SHAPE), drawn(1, *SHAPE, seed=4)
    shown = {
        start: next(
            ascend(
                linear(weight),
                [Goal("0", 0.1, 0)],
                SHAPE,
                **PLAIN,
                options=AscentOptions(start=start, seed=5),
                photo_nchw=photo,
            )
        ).partial
        for start in ("mean", "noise", "grey", "photo")
    }
    assert not shown["mean"].images_nchw.any()
    np.testing.assert_array_equal(shown["photo"].images_nchw, photo)
    np.testing.assert_array_equal(shown["noise"].images_nchw, 0.1 * drawn(1, *SHAPE, seed=5))
    assert np.unique(shown["grey"].pictures_nhwc).tolist() == [128]
    with pytest.raises(BadChoice, match="no photograph came in"):
        made(weight, start="photo")
    with pytest.raises(BadInputSize, match="The photograph is"):
        made(weight, start="photo", photo_nchw=drawn(1, 3, 4, 4))


def test_jitter_spreads_a_pixel_over_its_neighbours_and_no_farther():
    weight = torch.zeros(SHAPE)
    weight[:, 4, 4] = 1.0
    still = made(weight, steps=40, step_size=0.05).images_nchw[0, 0]
    moved = made(weight, steps=40, step_size=0.05, jitter_px=2).images_nchw[0, 0]
    assert np.argwhere(still > 0).tolist() == [[4, 4]]
    places = np.argwhere(moved > 0)
    assert len(places) > 10
    assert abs(places - 4).max() == 2
    with pytest.raises(BadChoice, match=r"jitter_px cannot be '8'. Allowed: 0 to 7"):
        made(weight, jitter_px=8)


def test_a_shift_brings_in_the_mean():
    image = torch.arange(1.0, 13).reshape(1, 1, 3, 4)
    shifted = Transformation(down=1, right=-2)(image)
    assert shifted[0, 0].tolist() == [[0, 0, 0, 0], [3, 4, 0, 0], [7, 8, 0, 0]]


def test_a_quarter_turn_and_twice_the_size():
    image = drawn(1, 3, 8, 8)
    turned = Transformation(radians=math.pi / 2)(image)
    ways = [torch.rot90(image, times, (2, 3)) for times in (1, 3)]
    assert any(torch.allclose(turned, way, atol=1e-5) for way in ways)
    larger = Transformation(scale=2.0)(image)
    whole = F.interpolate(image, scale_factor=2, mode="bilinear", align_corners=False)
    assert torch.allclose(larger, whole[:, :, 4:12, 4:12], atol=1e-5)
    smaller = Transformation(scale=0.5)(image)
    assert not smaller[:, :, :1].any()
    assert not smaller[:, :, :, -1:].any()
    # On a picture that is no square, a turn there and back is where it was, away from the edges.
    ramp = torch.arange(20.0)[:, None] + 2 * torch.arange(30.0)[None]
    back = Transformation(radians=-0.2)(Transformation(radians=0.2)(ramp[None, None]))
    assert torch.allclose(back[0, 0, 7:13, 7:23], ramp[7:13, 7:23], atol=1e-2)


def test_reading_by_index_is_grid_sample():
    image = drawn(2, 3, 9, 12).requires_grad_(True)
    transformation = Transformation(scale=0.9, radians=0.3)
    grid = transformation._grid(image)
    expected = F.grid_sample(image, grid, padding_mode="zeros", align_corners=False)
    found = read_at(image, grid)
    assert torch.allclose(found, expected, atol=1e-5)
    slopes = [torch.autograd.grad(each.square().sum(), image)[0] for each in (found, expected)]
    assert torch.allclose(*slopes, atol=1e-4)


def test_what_is_drawn_is_in_its_range_and_of_its_seed():
    how = AscentOptions(jitter_px=3, scaling=0.2, rotation_deg=10.0)
    drawn_ = [Transformations(how, torch.Generator().manual_seed(seed))() for seed in range(300)]
    assert {each.down for each in drawn_} == {each.right for each in drawn_} == set(range(-3, 4))
    scales = [each.scale for each in drawn_]
    assert 0.8 <= min(scales) < 0.82
    assert 1.18 < max(scales) <= 1.2
    turns = [math.degrees(each.radians) for each in drawn_]
    assert -10 <= min(turns) < -9
    assert 9 < max(turns) <= 10
    assert drawn_[5] == Transformations(how, torch.Generator().manual_seed(5))()
    assert Transformations(AscentOptions(), torch.Generator())() is None


def test_the_score_of_a_step_is_of_the_transformed_image_and_the_last_of_the_image_itself():
    weight = drawn(*SHAPE)
    found = made(weight, steps=3, step_size=0.1, jitter_px=2, rotation_deg=20.0)
    plain = float((weight.numpy() * found.images_nchw[0]).sum())
    assert found.scores_sn[-1, 0] == pytest.approx(plain, rel=1e-4)
    assert found.predictions[0].scores[0] == pytest.approx(plain, rel=1e-4)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0])
def test_blurring_is_scipys(sigma):
    image = drawn(1, 3, 20, 22)
    reach = math.ceil(3 * sigma)
    expected = gaussian_filter(
        image.double().numpy(), (0, 0, sigma, sigma), mode="mirror", radius=(0, 0, reach, reach)
    )
    np.testing.assert_allclose(blurred(image, sigma), expected, atol=1e-5)


def test_it_is_blurred_every_so_many_steps():
    weight = drawn(*SHAPE)
    found = made(weight, lambda_=0.0, steps=4, step_size=0.1, blur_px=0.8, blur_every=2)
    image = torch.zeros(1, *SHAPE)
    for step in range(1, 5):
        image = image + 0.1 * weight
        image = blurred(image, 0.8) if step % 2 == 0 else image
    np.testing.assert_allclose(found.images_nchw, image, atol=1e-5)


def test_total_variation_and_its_gradient():
    image = drawn(2, 3, 5, 6).double().requires_grad_(True)
    total, gradient = variation(image)
    expected = torch.zeros(2, dtype=torch.float64)
    for row in range(5):
        for column in range(6):
            here = image[:, :, row, column]
            if row < 4:
                expected = expected + (image[:, :, row + 1, column] - here).square().sum(1)
            if column < 5:
                expected = expected + (image[:, :, row, column + 1] - here).square().sum(1)
    assert torch.allclose(total, expected)
    (slope,) = torch.autograd.grad(expected.sum(), image)
    assert torch.allclose(gradient, slope)


def test_with_total_variation_the_optimum_solves_a_linear_system():
    """The gradient w - 2 lambda x - 2 tv L x is zero, L the Laplacian of the grid."""
    weight, lambda_, tv = drawn(*SHAPE), 0.3, 0.2
    found = made(weight, lambda_, steps=200, step_size=0.4, total_variation=tv)
    height, width = SHAPE[1:]

    def second(size: int) -> np.ndarray:
        steps = np.diff(np.eye(size), axis=0)
        return steps.T @ steps

    laplacian = np.kron(second(height), np.eye(width)) + np.kron(np.eye(height), second(width))
    system = 2 * lambda_ * np.eye(height * width) + 2 * tv * laplacian
    expected = np.linalg.solve(system, weight.reshape(3, -1).double().numpy().T).T
    np.testing.assert_allclose(found.images_nchw[0].reshape(3, -1), expected, atol=1e-4)
    image = found.images_nchw[0].reshape(3, -1).astype(np.float64)
    roughness = tv * np.einsum("cp,pq,cq->", image, laplacian, image)
    assert found.variations_sn[-1, 0] == pytest.approx(roughness, rel=1e-3)
    objectives = found.scores_sn - found.penalties_sn - found.variations_sn
    np.testing.assert_array_equal(found.objectives_sn, objectives)


@pytest.mark.parametrize(
    "basis",
    [
        {"basis": "fourier", "step_size": 0.05, "steps": 700},
        {"decorrelated": True, "step_size": 0.6, "steps": 1500},
    ],
)
def test_another_basis_has_the_same_optimum_by_another_way(basis):
    weight = drawn(*SHAPE)
    colours = colour_directions(PLAIN["std"])
    found = made(weight, 0.5, colours_cc=colours, **basis)
    np.testing.assert_allclose(found.images_nchw[0], weight, atol=0.02)
    plain = made(weight, 0.5, steps=1, step_size=0.1).images_nchw
    other = made(weight, 0.5, colours_cc=colours, **{**basis, "steps": 1, "step_size": 0.1})
    assert abs(other.images_nchw - plain).max() > 0.01
    assert (found.colours_cc is None) == (basis.get("basis") == "fourier")


@pytest.mark.parametrize("sides", [(8, 9), (9, 8), (5, 5)])
def test_the_fourier_basis_is_a_linear_map_with_its_transpose(sides):
    like = torch.empty(0, dtype=torch.float64)
    colours = colour_directions((0.2, 0.25, 0.5))
    there = coordinates("fourier", sides, colours, like)
    image = drawn(2, 3, *sides).double()
    points = there.points(image)
    assert torch.allclose(there.images(points, sides[1]), image)
    direction, gradient = torch.randn_like(points), drawn(2, 3, *sides, seed=1).double()
    forward = (there.images(direction, sides[1]) * gradient).sum()
    assert torch.allclose(forward, (direction * there.pulled(points, gradient)).sum())
    # Low frequencies move the more: the gain is 1 / frequency, of mean square 1.
    gain = there.gain_hw
    assert gain is not None
    assert gain[0, 1] / gain[0, 2] == pytest.approx(2.0)
    flat = drawn(4000, 1, *sides).double()
    spectrum = coordinates("fourier", sides, None, like)
    shaped = spectrum.images(torch.view_as_real(torch.fft.rfft2(flat, norm="ortho")), sides[1])
    assert float(shaped.square().mean()) == pytest.approx(1.0, rel=0.1)


def test_colours_are_those_of_the_training_pictures():
    values = []
    for photo in PHOTOS:
        is_training = part_of_pixels(photo) == PARTS.index("train")
        pixels = photo.rgb_hwc()[is_training] / 255.0
        values.append(pixels[np.linspace(0, len(pixels) - 1, 40_000).astype(int)])
    expected = np.cov(np.concatenate(values).T)
    np.testing.assert_allclose(colour_covariance(), expected, rtol=0.02)
    std = (0.2, 0.25, 0.5)
    root = colour_directions(std)
    own = colour_covariance() / np.outer(std, std)
    np.testing.assert_allclose(root @ root.T, own * 3 / np.trace(own), rtol=1e-9)


def test_decorrelated_colours_need_three_channels():
    with pytest.raises(BadChoice, match="RGB"):
        made(drawn(*SHAPE), decorrelated=True)


def test_adam_is_torchs():
    point = drawn(2, 3, 4, 4)
    leaf = point.clone().requires_grad_(True)
    theirs = torch.optim.Adam([leaf], lr=0.03, maximize=True)
    ours = update_of("adam", 0.03)
    for step in range(20):
        gradient = drawn(2, 3, 4, 4, seed=step) * 10.0 ** (step % 5 - 2)
        leaf.grad = gradient
        theirs.step()
        point = ours(point, gradient)
    assert torch.allclose(point, leaf, atol=1e-6)


def test_a_normalised_step_has_its_length_whatever_the_gradient():
    update, zero = update_of("normalised", 0.2), torch.zeros(4, 3, 5, 5)
    gradient = drawn(4, 3, 5, 5) * torch.tensor([1e-30, 1.0, 1e20, 0.0]).reshape(4, 1, 1, 1)
    moved = update(zero, gradient)
    lengths = moved.square().mean((1, 2, 3)).sqrt()
    assert torch.allclose(lengths, torch.tensor([0.2, 0.2, 0.2, 0.0]))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("steps", 0), ("steps", 5001), ("steps", 2.5), ("seed", -1), ("jitter_px", -1),
        ("scaling", 0.9), ("rotation_deg", math.nan), ("blur_px", -0.1), ("blur_every", 0),
        ("total_variation", math.inf), ("step_size", 0.0), ("optimiser", "lbfgs"),
        ("start", "white"), ("basis", "wavelets"), ("seed", True),
    ],
)  # fmt: skip
def test_an_option_outside_its_range_is_refused(option, value):
    with pytest.raises(BadChoice, match=rf"{option} cannot be '{value}'. Allowed: "):
        AscentOptions(**{option: value})
