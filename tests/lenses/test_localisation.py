"""From a map to a box: by hand, by brute force, on drawn pictures."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.localisation import largest_part, localise, seeds
from vizcore.lenses.localisation_study import (
    PosedScene,
    baselines,
    best_centred,
    localisation_study,
)
from vizcore.records.localisation import BoxScores, LocalisationSettings, iou
from vizcore.runtime.jobs import Progress, finish

BLUE, ORANGE = (30, 60, 150), (220, 130, 30)


def two_colours(box: tuple[int, int, int, int] = (20, 10, 44, 40)) -> np.ndarray:
    """Orange in the box, blue around it, both with a little noise."""
    left, top, right, bottom = box
    picture = np.empty((64, 64, 3))
    picture[:] = BLUE
    picture[top:bottom, left:right] = ORANGE
    noise = np.random.default_rng(0).normal(0, 6, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def blob(row: float, column: float) -> np.ndarray:
    rows, columns = np.mgrid[:64, :64]
    return np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 200)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((0, 0, 4, 4), (0, 0, 4, 4), 1.0),
        ((0, 0, 4, 4), (4, 0, 8, 4), 0.0),  # they touch
        ((0, 0, 4, 4), (2, 2, 6, 6), 4 / 28),
        ((0, 0, 10, 10), (2, 3, 4, 8), 10 / 100),  # one inside the other
        ((0.5, 0, 1.5, 1), (0, 0, 1, 1), 0.5 / 1.5),
    ],
)
def test_iou_by_hand(first: tuple, second: tuple, expected: float):
    assert iou(first, second) == pytest.approx(expected)
    assert iou(second, first) == pytest.approx(expected)


def test_iou_counts_pixels():
    rng = np.random.default_rng(1)
    for _ in range(30):
        masks, boxes = [], []
        for _ in range(2):
            left, top = rng.integers(0, 15, 2)
            right, bottom = left + rng.integers(1, 6), top + rng.integers(1, 6)
            mask = np.zeros((20, 20), bool)
            mask[top:bottom, left:right] = True
            masks.append(mask)
            boxes.append((int(left), int(top), int(right), int(bottom)))
        both, either = (masks[0] & masks[1]).sum(), (masks[0] | masks[1]).sum()
        assert iou(*boxes) == pytest.approx(both / either)


@pytest.mark.parametrize(("high", "low"), [(0.95, 0.30), (0.8, 0.1), (0.99, 0.5)])
def test_seeds_by_counting(high: float, low: float):
    values = np.random.default_rng(2).permutation(40 * 50).reshape(40, 50) / 7.0
    above, below, ends = seeds(values, high, low)
    for mask, share, larger in ((above, high, True), (below, low, False)):
        # Where all differ, a value is above the quantile q when more than q (n - 1) are smaller.
        rank = np.array([[(values < each).sum() for each in row] for row in values])
        place = share * (values.size - 1)
        np.testing.assert_array_equal(mask, rank > place if larger else rank < place)
    assert ends[0] < ends[1]
    assert not (above & below).any()


def test_many_equal_values_still_give_seeds():
    values = np.zeros((20, 20))
    values[5:12, 5:12] = 1.0  # more than 5% of the picture has the largest value
    above, below, _ = seeds(values)
    np.testing.assert_array_equal(above, values == 1)
    np.testing.assert_array_equal(below, values == 0)


def test_the_largest_part_and_its_box_by_hand():
    mask = np.zeros((8, 9), bool)
    mask[0:2, 0:2] = True  # four pixels
    mask[4, 3:6] = mask[5, 6] = mask[6, 7] = True  # five, joined across corners
    part, box = largest_part(mask)
    assert part.sum() == 5
    assert box == (3, 4, 8, 7)
    with pytest.raises(NotApplicable, match="No pixel"):
        largest_part(np.zeros((4, 4), bool))


@pytest.mark.parametrize("box", [(20, 10, 44, 40), (2, 30, 30, 60), (24, 24, 50, 50)])
def test_a_square_of_another_colour_is_found_exactly(box: tuple[int, int, int, int]):
    left, top, right, bottom = box
    picture = two_colours(box)
    found = localise(picture, blob((top + bottom) / 2, (left + right) / 2))
    assert found.box == box
    assert found.iou(box) == 1
    expected = np.zeros((64, 64), bool)
    expected[top:bottom, left:right] = True
    assert (found.component_hw == expected).mean() > 0.99
    assert found.component_hw[found.foreground_hw].all()
    assert not found.segment_hw[found.background_hw].any()
    again = localise(picture, blob((top + bottom) / 2, (left + right) / 2))
    np.testing.assert_array_equal(again.segment_hw, found.segment_hw)


def test_a_map_with_few_values_does_not_hold_its_ties():
    values = np.zeros((64, 64))
    values[15:32, 24:38] = 1.0  # all else, part of the object too, has the smallest value
    assert localise(two_colours(), values).box == (20, 10, 44, 40)


def test_smoothing_and_magnitude_are_of_the_map():
    values = -blob(25, 32) * np.where(np.arange(64) % 2, 1, 0.2)
    how = LocalisationSettings(blur_px=2, absolute=True)
    found = localise(two_colours(), values, how)
    assert found.iou((20, 10, 44, 40)) > 0.9
    assert found.map_hw.min() >= 0
    from scipy.ndimage import gaussian_filter

    expected = gaussian_filter(np.abs(values), 2, mode="reflect", truncate=4)
    np.testing.assert_allclose(found.map_hw[10:-10, 10:-10], expected[10:-10, 10:-10], atol=2e-3)


def test_bad_maps_are_refused_with_the_reason():
    picture = two_colours()
    with pytest.raises(NotApplicable, match="flat"):
        localise(picture, np.full((64, 64), 0.5))
    with pytest.raises(NotApplicable, match="finite"):
        localise(picture, np.full((64, 64), np.nan))
    with pytest.raises(NotApplicable, match="Only 1 pixels are seeds"):
        localise(picture[:4, :4], np.arange(16.0).reshape(4, 4))
    with pytest.raises(NotApplicable, match=r"one colour \(9, 9, 9\)"):
        localise(np.full((64, 64, 3), 9, np.uint8), blob(20, 20))
    with pytest.raises(BadChoice, match="one size"):
        localise(picture, np.zeros((32, 32)))
    with pytest.raises(BadChoice, match="quantiles"):
        LocalisationSettings(foreground=0.3, background=0.4)
    with pytest.raises(BadChoice, match="0 to 16"):
        LocalisationSettings(blur_px=-1)


def test_scores_by_hand():
    scores = BoxScores("", ((0, 0, 1, 1), None, (0, 0, 1, 1)), np.array([0.5, 0.0, 0.7]))
    assert (scores.mean, scores.median) == (pytest.approx(0.4), 0.5)
    assert scores.error == pytest.approx(2 / 3)  # one half is not more than one half
    assert scores.missing == 1
    assert scores.among(np.array([True, False, True])).error == 0.5


def test_the_best_centred_square_by_trying_all():
    boxes = [(2, 2, 30, 30), (20, 10, 50, 40), (30, 30, 60, 60)]
    square, side = best_centred(boxes, 64, 64)
    tried = {
        s: np.mean([iou((32 - s / 2, 32 - s / 2, 32 + s / 2, 32 + s / 2), box) for box in boxes])
        for s in range(1, 65)
    }
    assert side == max(tried, key=tried.__getitem__)
    assert square[2] - square[0] == side


class Warm(nn.Module):
    """Scores "orange" by the red values of one region each, so its gradient lies there."""

    def __init__(self) -> None:
        super().__init__()
        self.where = nn.Parameter(torch.from_numpy(blob(25, 32)).float())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        warm = (x[:, 0] * self.where).sum((1, 2))
        return torch.stack([warm, -warm], dim=1)


def posed(count: int) -> list[PosedScene]:
    picture = two_colours()
    chw = picture.transpose(2, 0, 1).astype(np.float32) / 255
    return [PosedScene(picture, chw, (20, 10, 44, 40), n % 2, 1 - n % 2) for n in range(count)]


def test_a_study_steps_through_the_scenes_and_leaves_the_network_as_it_was():
    network = Warm().train()
    before = network.where.detach().clone()
    steps = localisation_study(network, posed(21))
    seen: list[Progress] = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as stop:
            study = stop.value
            break
    assert seen[-1].done == seen[-1].total == 21
    partial = [each.partial for each in seen if each.partial is not None]
    assert [len(each.targets_n) for each in partial] == [20]
    assert (study.scores.ious_n == 1).all()  # both classes' gradients have one magnitude
    assert study.accuracy == pytest.approx(11 / 21)
    assert study.background_share == pytest.approx(10 / 21)
    assert study.where_named is not None
    assert len(study.where_named.boxes) == 11
    assert study.ranks_n.tolist() == [n % 2 for n in range(21)]  # two outputs: first or second
    assert study.error_named(1) == pytest.approx(10 / 21)  # every box is right, not every answer
    assert study.error_named(2) == study.scores.error == 0
    assert network.training
    assert network.where.requires_grad
    assert network.where.grad is None
    assert torch.equal(network.where, before)
    assert not any(module._forward_hooks for module in network.modules())


def test_flat_maps_count_as_not_found():
    class Deaf(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.mean((2, 3))[:, :2]

    study = finish(localisation_study(Deaf(), posed(2)))
    assert study.error_named() == 1  # named or not, nothing is found
    assert study.scores.boxes == (None, None)
    assert study.scores.error == 1
    with pytest.raises(BadChoice, match="No scenes"):
        finish(localisation_study(Deaf(), []))


def test_scores_that_are_not_finite_are_refused():
    class Burst(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.mean((2, 3))[:, :2] / 0

    with pytest.raises(NotApplicable, match="not finite for these scenes"):
        finish(localisation_study(Burst(), posed(2)))


def test_baselines_use_the_same_way_from_a_map_to_a_box():
    pair = (two_colours(), (20, 10, 44, 40))
    found = finish(baselines([pair, pair], seed=3))
    noise = np.random.default_rng(3).random((64, 64))
    try:
        expected = localise(pair[0], noise).box
    except NotApplicable:
        expected = None
    assert found.random.boxes[0] == expected
    assert found.centred.ious_n[0] == iou(best_centred([pair[1]], 64, 64)[0], pair[1])
    assert len(found.all) == 3
