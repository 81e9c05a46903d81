"""Colours: readable, colour-blind-safe kinds, maps equal to their published tables."""

import re
from itertools import combinations

import matplotlib
import numpy as np
import plotly.graph_objects as go
import pytest

from vizcore.figures import palette
from vizcore.records.layers import KINDS

THEMES = [palette.LIGHT, palette.DARK]


def test_kinds_have_the_okabe_ito_colours():
    assert set(palette.KIND_COLOURS) == set(palette.KIND_NAMES) == set(KINDS)
    assert palette.KIND_COLOURS["conv"] == "#0072B2"
    assert palette.KIND_COLOURS["pool"] == "#D55E00"
    assert len(set(palette.KIND_COLOURS.values())) == len(KINDS)


@pytest.mark.parametrize("theme", THEMES, ids=lambda t: t.name)
def test_text_reads_on_every_background(theme):
    for ink in (theme.text, theme.muted, theme.accent):
        for ground in (theme.paper, theme.panel):
            assert palette.contrast(ink, ground) >= 4.5
    assert palette.contrast(theme.outline, theme.paper) >= 3
    assert palette.contrast(theme.text, theme.muted) >= 1.5


@pytest.mark.parametrize("kind", KINDS)
def test_ink_on_a_kind_reads(kind):
    colour = palette.KIND_COLOURS[kind]
    assert palette.contrast(palette.ink_on(colour), colour) >= 4.5


@pytest.mark.parametrize("kind", KINDS)
def test_a_badge_reads_in_the_ink_that_the_data_frame_takes(kind):
    """Streamlit writes black above a luminance of 0.5 (contrast with black over 11), or white."""
    fill = palette.badge(palette.KIND_COLOURS[kind])
    ink = "#000000" if palette.contrast(fill, "#000000") > 11 else "#ffffff"
    assert palette.contrast(fill, ink) >= 4.5


def test_contrast_agrees_with_published_values():
    # WCAG's own example: #777777 on white is 4.48, the darkest grey that fails.
    assert palette.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert palette.contrast("#123456", "#123456") == 1


def test_sequential_is_viridis():
    positions = np.linspace(0, 1, 256)
    published = np.array([matplotlib.colormaps["viridis"](p)[:3] for p in positions]) * 255
    ours = palette.sequential(positions)
    assert ours.dtype == np.uint8
    assert np.abs(ours - published).max() < 6


def test_sequential_keeps_the_shape_clips_and_grows_lighter():
    image = palette.sequential(np.random.default_rng(0).normal(size=(4, 5)))
    assert image.shape == (4, 5, 3)
    assert (palette.sequential([-3, np.nan]) == palette.sequential([0, 0])).all()
    lightness = palette.sequential(np.linspace(0, 1, 50)) @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(lightness) > 0).all()


def test_diverging_is_centred_on_zero_and_red_where_positive():
    values = np.array([-4.0, -1.0, 0.0, 1.0, 4.0])
    red, _, blue = palette.diverging(values).astype(int).T
    assert (np.sign(red - blue) == np.sign(values)).all()
    assert set(palette.diverging([0.0])[0]) == {247}
    # A one-sided map keeps zero neutral; a flat zero map is all neutral.
    assert set(palette.diverging([0.0, 9.0])[0]) == {247}
    assert (palette.diverging(np.zeros((2, 2))) == 247).all()


def test_diverging_takes_a_limit_shared_between_maps():
    alone = palette.diverging([1.0])
    shared = palette.diverging([1.0], limit=10.0)
    assert shared.astype(int).sum() > alone.astype(int).sum(), "paler on the shared scale"
    assert (palette.diverging([99.0], limit=1.0) == palette.diverging([1.0], limit=1.0)).all()


@pytest.mark.parametrize("dark", [False, True])
def test_apply_theme_sets_readable_fonts_and_titles(dark):
    figure = palette.apply_theme(
        go.Figure(), dark, title="Most memory is early", x_title="Memory (MB)", height=300
    )
    layout = figure.layout.template.layout
    assert layout.font.size >= 16
    assert layout.xaxis.tickfont.size >= 16
    assert layout.paper_bgcolor == palette.theme(dark).paper
    assert figure.layout.title.text == "Most memory is early"
    assert figure.layout.xaxis.title.text == "Memory (MB)"
    assert figure.layout.height == 300


def test_all_colours_are_well_formed():
    for colour in palette.KIND_COLOURS.values():
        assert re.fullmatch(r"#[0-9A-Fa-f]{6}", colour)
    for first, second in combinations(palette.KIND_COLOURS.values(), 2):
        assert first != second
