"""Filters drawn: what zero looks like on each scale, and where each tile is."""

from __future__ import annotations

import numpy as np
import pytest

from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures import filter_words as words
from vizcore.figures.filter_sheets import TILE_PX, draw_resemblances, draw_slices
from vizcore.figures.filters import draw_bank, draw_map
from vizcore.lenses.filters import colour_share, statistics
from vizcore.lenses.textbook import nearest
from vizcore.records.filters import (
    FilterBank,
    FilterLayer,
    FilterSlices,
    LayerActivity,
    NetworkFilters,
)


def bank_of(weights: np.ndarray, *, reads_picture: bool = True, op: str = "Conv2d") -> FilterBank:
    weights = weights.astype(np.float32)
    filters, inputs, height, width = weights.shape
    layer = FilterLayer(
        "conv1", op, filters, inputs, (height, width), 1, reads_picture, before_relu="conv1"
    )
    colour = colour_share(weights) if reads_picture and inputs == 3 else None
    return FilterBank(layer, weights, statistics(weights), colour)


def drawn_weights(*shape: int) -> np.ndarray:
    return np.random.default_rng(2).normal(size=shape)


def tile_of(picture: np.ndarray, place: int) -> np.ndarray:
    """Of pictures of 2 x 2 weights at zoom 4, in one row."""
    return picture[:8, place * 11 : place * 11 + 8]


TWO = np.zeros((2, 3, 2, 2))
TWO[0, :, 0, 0], TWO[0, 0, 1, 1] = 4.0, -2.0
TWO[1, :, 0, 0], TWO[1, :, 0, 1] = 1.0, 0.5


@pytest.mark.parametrize(
    ("scaling", "zeros", "ends"),
    [
        ("filter", (128, 128), (255, 255)),
        ("layer", (128, 128), (255, 159)),  # 127.5 + 127.5 / 4
        ("stretch", (85, 0), (255, 255)),  # 2 of 6 up from the smallest; and the smallest itself
    ],
)
def test_where_zero_is(scaling, zeros, ends):
    picture = draw_bank(bank_of(TWO), scaling=scaling, fit_px=(19, 8)).rgb_hwc
    assert picture.shape == (8, 19, 3)
    for place in (0, 1):
        tile = tile_of(picture, place)
        assert tile[7, 0].tolist() == [zeros[place]] * 3
        assert tile[0, 0].tolist() == [ends[place]] * 3


def test_one_plane_has_the_diverging_colours():
    weights = np.zeros((1, 1, 2, 2))
    weights[0, 0] = [[1, 0], [0, -1]]
    picture = draw_bank(bank_of(weights), fit_px=(8, 8)).rgb_hwc
    assert picture[7, 0].tolist() == [247] * 3
    assert picture[0, 0, 0] > picture[0, 0, 2]
    assert picture[7, 7, 2] > picture[7, 7, 0]
    assert "White is a weight of 0" in draw_bank(bank_of(weights)).caption


def test_the_greatest_norm_comes_first_and_numbers_fit():
    weights = drawn_weights(6, 3, 3, 3) * np.arange(1, 7).reshape(6, 1, 1, 1)
    bank = bank_of(weights)
    norms = bank.statistics.norms_f[list(bank.by_norm())]
    assert (np.diff(norms) <= 0).all()
    first = draw_bank(bank, fit_px=(400, 300)).rgb_hwc
    alone = draw_bank(bank, [bank.by_norm()[0]], fit_px=(400, 300)).rgb_hwc
    np.testing.assert_array_equal(first[0, 0], alone[0, 0])
    numbered = draw_bank(bank, numbers=True, fit_px=(400, 300)).rgb_hwc
    assert numbered.shape == first.shape
    assert (numbered != first).any()
    small = draw_bank(bank, numbers=True, fit_px=(20, 20)).rgb_hwc
    np.testing.assert_array_equal(small, draw_bank(bank, fit_px=(20, 20)).rgb_hwc)


def test_what_is_no_bank():
    with pytest.raises(NotApplicable, match="has 8 kernels"):
        draw_bank(bank_of(drawn_weights(4, 8, 3, 3), reads_picture=False))
    with pytest.raises(NotApplicable, match="has 3 kernels"):
        draw_bank(bank_of(drawn_weights(4, 3, 3, 3), reads_picture=False))
    with pytest.raises(BadChoice, match="order"):
        draw_bank(bank_of(TWO), [2])
    with pytest.raises(BadChoice, match="scaling"):
        draw_bank(bank_of(TWO), scaling="log")  # type: ignore[arg-type]


def sliced(count: int = 30, *, signed: bool = False, maps: bool = True) -> FilterSlices:
    rng = np.random.default_rng(0)
    kernels = rng.normal(size=(count, 3, 3)).astype(np.float32)
    norms = np.sqrt((kernels.astype(np.float64) ** 2).sum((1, 2)))
    order = np.argsort(-norms)
    given = rng.normal(size=(count, 8, 8)).astype(np.float32)
    given = given if signed else np.abs(given)
    given[order[1]] = 0
    return FilterSlices(
        "conv2",
        4,
        tuple(int(each) for each in order),
        kernels[order],
        norms[order],
        given[order] if maps else None,
        given[0] if maps else None,
    )


def test_a_sheet_of_kernels_beside_their_channels():
    found = sliced()
    drawn = draw_slices(found, most=8, columns=4)
    assert "The 8 of 30 with the greatest norm" in drawn.caption
    assert "dark is low" in drawn.caption
    assert "1 of these channels are the same everywhere" in drawn.caption
    kernels_only = draw_slices(sliced(maps=False), most=8, columns=4)
    assert kernels_only.rgb_hwc.shape[0] == drawn.rgb_hwc.shape[0]
    assert kernels_only.rgb_hwc.shape[1] < drawn.rgb_hwc.shape[1]
    assert "Pictures" not in kernels_only.caption
    whole = draw_slices(sliced(5), scaling="layer", columns=4)
    assert whole.caption.startswith("All 5, in order")
    assert f"±{np.abs(sliced(5).kernels_ihw).max():.3g}" in whole.caption
    assert (
        "white is 0, red positive" in draw_slices(sliced(5, signed=True)).caption.split("Pict")[1]
    )


def test_a_map_is_drawn_with_its_largest_magnitude():
    values = np.zeros((4, 4), np.float32)
    values[0, 0], values[3, 3] = -2, 1
    picture, limit = draw_map(values, 64)
    assert (picture.shape, limit) == ((64, 64, 3), 2.0)
    assert picture[32, 32].tolist() == [247] * 3
    assert picture[0, 0].tolist() == [5, 48, 97]


def test_textbook_filters_beside_learned_ones():
    bank = bank_of(drawn_weights(4, 3, 7, 7))
    without = nearest(bank.weights_fihw)
    drawn = draw_resemblances(without, bank, columns=2)
    assert drawn.rgb_hwc.shape[0] == 6 * (TILE_PX + 56)
    assert "random filters" in drawn.caption
    big = bank_of(drawn_weights(2, 3, 80, 80))
    assert draw_bank(big).rgb_hwc.shape[0] >= 80


def test_answers_count_what_is_there():
    weights = drawn_weights(5, 3, 3, 3)
    weights[0] = weights[0].mean(axis=0)  # light and dark only
    weights[3] = 2 * weights[2]
    weights[4] = 0
    bank = bank_of(weights)
    said = words.bank_answer(bank)
    colour = int((bank.colour_f > 0.5).sum())
    assert f"<b>{colour}</b> look for colour and <b>{5 - colour}</b>" in said
    assert "1 filter is dead, 1 pair is nearly the same" in said
    grey = words.bank_answer(bank_of(drawn_weights(5, 1, 3, 3)))
    assert "looks at 3 × 3 places of 1 channel." in grey
    assert "No filter is dead, no pair is nearly the same" in grey


def test_the_answer_about_one_filter():
    found = sliced()
    said = words.slices_answer(bank_of(drawn_weights(5, 30, 3, 3), reads_picture=False), found)
    assert f"in <b>{found.needed(0.5)}</b> of them, most in channel <b>{found.inputs_i[0]}" in said
    zero = FilterSlices("c", 1, (0,), np.zeros((1, 3, 3)), np.zeros(1), None, None)
    assert "is zero" in words.slices_answer(bank_of(drawn_weights(5, 1, 3, 3)), zero)


def test_the_answer_about_textbook_filters():
    found = nearest(drawn_weights(4, 3, 7, 7).astype(np.float32))
    said = words.textbook_answer("conv1", found)
    beyond = sum(abs(each.cosine) > each.chance for each in found)
    assert f"<b>{beyond} of 12</b>" in said
    best = max(found, key=lambda each: abs(each.cosine))
    assert f"<b>{best.name}</b> and filter <b>{best.number}</b>" in said
    assert ("negative" in said) == (best.cosine < 0)


def test_tables_have_a_line_for_each_filter():
    weights = drawn_weights(4, 3, 3, 3)
    weights[3] = weights[1]
    bank = bank_of(weights)
    lines = words.bank_csv(bank).splitlines()
    assert len(lines) == 5
    assert lines[2].split(",")[:2] == ["conv1", "1"]
    assert lines[2].split(",")[8] == "3"
    found = NetworkFilters(
        "net",
        (
            LayerActivity(bank.layer, bank.statistics, np.array([1.0, -1.0, 0.0, 2.0])),
            LayerActivity(bank.layer, bank.statistics, None),
        ),
        40,
    )
    rows = [line.split(",") for line in words.network_csv(found).splitlines()[1:]]
    assert [row[-1] for row in rows] == ["0", "1", "1", "0", "", "", "", ""]
    said = words.network_answer(found)
    assert "Of 8 filters in 2 convolutions 0 are dead, 2 pairs" in said
    assert "2 of the 4 in front of a ReLU stayed silent on 40 sample pictures" in said
