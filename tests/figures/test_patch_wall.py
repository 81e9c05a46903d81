"""Walls of patches: cut to the pixel, laid out as they say, the outside told from the picture."""

from __future__ import annotations

import numpy as np
import pytest

from vizcore.data.windows import cut_window
from vizcore.errors import BadChoice, NotApplicable
from vizcore.figures.palette import theme
from vizcore.figures.patch_wall import (
    GAP_PX,
    GUTTER_PX,
    LABEL_PX,
    MARGIN_PX,
    MAX_PX,
    cut_patches,
    draw_boxed,
    draw_patch_wall,
)
from vizcore.records import ReceptiveField
from vizcore.records.patches import StrongestPatches, TopPatches

HEAD_PX = LABEL_PX + MARGIN_PX
PICTURES = np.random.default_rng(0).integers(0, 200, (6, 16, 16, 3)).astype(np.uint8)
FIELD = ReceptiveField((5, 7), (2, 2), (-2, -3))


def found(
    channels: int = 10, top: int = 9, field: ReceptiveField | None = FIELD, count: int | None = None
) -> TopPatches:
    draw = np.random.default_rng(1)
    count = top if count is None else count
    best = StrongestPatches(
        "conv",
        np.sort(draw.normal(size=(channels, count)).astype(np.float32))[:, ::-1],
        draw.integers(0, 6, (channels, count)),
        draw.integers(0, 8, (channels, count, 2)),
    )
    return TopPatches(
        "net", "w", False, "set", "0" * 64, tuple("abcdef"), 6, (), top, 16, {"conv": field},
        {"conv": best},
    )  # fmt: skip


def view(number: int) -> np.ndarray:
    return PICTURES[number]


def grey(dark: bool = False) -> list[int]:
    return list(bytes.fromhex(theme(dark).grid.removeprefix("#")))


@pytest.mark.parametrize("dark", [False, True])
def test_patches_are_the_receptive_fields_and_the_outside_is_grey(dark: bool) -> None:
    result = found()
    for channel in range(10):
        cuts = cut_patches(result, "conv", channel, view, dark=dark)
        assert cuts.shape == (9, 5, 7, 3)
        for cut, patch in zip(cuts, result.patches("conv", channel), strict=True):
            left, top, right, bottom = patch.window
            assert (right - left, bottom - top) == (7, 5)
            assert (top, left) == (patch.place[0] * 2 - 2, patch.place[1] * 2 - 3)
            for i, j in np.ndindex(5, 7):
                row, column = top + i, left + j
                inside = 0 <= row < 16 and 0 <= column < 16
                expected = PICTURES[patch.number][row, column].tolist() if inside else grey(dark)
                assert cut[i, j].tolist() == expected


@pytest.mark.parametrize("channels", [None, (3, 1), (9,)])
def test_every_patch_is_where_the_wall_says(channels: tuple[int, ...] | None) -> None:
    result = found()
    wall = draw_patch_wall(result, "conv", view, channels, width_px=200, patch_px=14)
    shown = channels or tuple(range(10))
    assert wall.channels == shown
    assert wall.scale == 2
    assert wall.tile_px == (HEAD_PX + 3 * (10 + GAP_PX) - GAP_PX, 3 * (14 + GAP_PX) - GAP_PX)
    assert wall.rgb_hwc.shape[1] <= 200
    for place, channel in enumerate(shown):
        row, column = divmod(place, wall.columns)
        top = row * (wall.tile_px[0] + GUTTER_PX)
        left = column * (wall.tile_px[1] + GUTTER_PX)
        for rank, patch in enumerate(result.patches("conv", channel)):
            y = top + HEAD_PX + rank // 3 * (10 + GAP_PX)
            x = left + rank % 3 * (14 + GAP_PX)
            drawn = wall.rgb_hwc[y : y + 10 : 2, x : x + 14 : 2]
            expected = cut_window(PICTURES[patch.number], patch.window, tuple(grey()))
            np.testing.assert_array_equal(drawn, expected)
            np.testing.assert_array_equal(wall.rgb_hwc[y + 1 : y + 10 : 2, x : x + 14 : 2], drawn)
    assert "5 x 7 pixels" in wall.caption
    assert "Drawn at" not in wall.caption


def test_large_patches_are_made_smaller_and_it_is_said() -> None:
    wall = draw_patch_wall(found(), "conv", view, patch_px=3)
    assert wall.scale == pytest.approx(3 / 7)
    assert "Drawn at 0.429 of their size" in wall.caption
    assert wall.tile_px == (HEAD_PX + 3 * 2 + 2, 3 * 3 + 2)


def test_a_wall_of_thousands_of_units_is_bounded() -> None:
    result = found(channels=2048, field=ReceptiveField((300, 300), (1, 1), (-9, -9)))
    wall = draw_patch_wall(result, "conv", view)
    assert len(wall.channels) == 2048
    assert wall.rgb_hwc.size / 3 < 2 * MAX_PX


def test_fewer_pictures_than_places_leave_room() -> None:
    wall = draw_patch_wall(found(count=4), "conv", view, (0,), patch_px=7)
    paper = list(bytes.fromhex(theme(False).paper.removeprefix("#")))
    assert wall.rgb_hwc[-1, -1].tolist() == paper


def test_captions_say_what_is_seen() -> None:
    whole = ReceptiveField((16, 16), (0, 0), (0, 0), whole=True)
    assert "sees the whole picture" in draw_patch_wall(found(field=whole), "conv", view).caption
    bound = ReceptiveField((5, 5), (1, 1), (0, 0), exact=False)
    assert "at most 5 x 5" in draw_patch_wall(found(field=bound), "conv", view).caption
    few = draw_patch_wall(found(count=4), "conv", view).caption
    assert few.startswith("The 4 pictures that excite each unit of conv most")
    one = draw_patch_wall(found(count=1), "conv", view).caption
    assert one.startswith("The picture that excites each unit of conv most")


def test_what_cannot_be_drawn_is_told() -> None:
    with pytest.raises(NotApplicable, match="'conv' sees of the picture is not known"):
        draw_patch_wall(found(field=None), "conv", view)
    with pytest.raises(BadChoice, match="channels 0 to 9"):
        draw_patch_wall(found(), "conv", view, (10,))
    with pytest.raises(BadChoice):
        draw_patch_wall(found(), "conv", view, ())


def test_patches_that_are_hardly_too_large_stay_as_they_are() -> None:
    assert draw_patch_wall(found(), "conv", view, patch_px=5).scale == 1


@pytest.mark.parametrize(
    "window", [(2, 3, 9, 8), (-3, -2, 4, 3), (10, 12, 20, 30), (-9, -9, 25, 25)]
)
def test_the_box_holds_the_pixels_that_are_seen(window: tuple[int, int, int, int]) -> None:
    drawn = draw_boxed(PICTURES[0], window, 200)
    margin = max(0, -window[0], -window[1], window[2] - 16, window[3] - 16)
    margin = min(margin, 4) + 1
    zoom = 200 // (16 + 2 * margin)
    assert drawn.shape == ((16 + 2 * margin) * zoom,) * 2 + (3,)
    centre = [(each + margin) * zoom + zoom // 2 for each in (5, 6)]
    assert drawn[centre[0], centre[1]].tolist() == PICTURES[0][5, 6].tolist()
    left, top = ((window[a] + margin) * zoom for a in (0, 1))
    if min(left, top) >= 0:
        assert drawn[top, left].tolist() == [255, 255, 255]
        assert drawn[top - 1, left].tolist() == [0, 0, 0]
    middle = drawn[margin * zoom + zoom // 2, zoom // 2].tolist()
    assert middle in (grey(), [255, 255, 255], [0, 0, 0])


@pytest.mark.parametrize("channels", [1, 2, 4, 8, 10])
def test_few_units_are_drawn_larger_as_long_as_there_is_room(channels: int) -> None:
    result = found(channels)
    plain = draw_patch_wall(result, "conv", view, width_px=400, patch_px=14)
    wall = draw_patch_wall(result, "conv", view, width_px=400, patch_px=14, height_px=300)
    assert wall.scale >= plain.scale
    assert wall.scale == int(wall.scale)
    assert wall.rgb_hwc.shape[0] <= 300
    assert wall.rgb_hwc.shape[1] <= 400
    if channels == 1:
        assert wall.scale == 4 * plain.scale
    low = draw_patch_wall(result, "conv", view, width_px=400, patch_px=14, height_px=10)
    assert low.tile_px == plain.tile_px, "never smaller than without it"
