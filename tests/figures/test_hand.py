"""Pictures of small grids and of a layer's matrix."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageFont

from vizcore.byhand import share
from vizcore.byhand.sliding import slide
from vizcore.figures.connections import draw_connections, draw_kernel, weight_colours
from vizcore.figures.drawing import _IN_PNG, Box, Drawing, Words
from vizcore.figures.hand import Panel, draw_panels


def fills(svg: str) -> list[str]:
    return re.findall(r'fill="(#\w{6})"', svg)[1:]  # the first is the paper


def test_words_are_escaped_and_the_svg_is_well_formed():
    drawing = Drawing(10, 10, "#ffffff", 'a "quote" & <b>', [Words(1, 1, "<i>", "#000000")])
    drawing.marks.append(Box(0, 0, 5, 5, "#ff0000", "#000000", 2, dashed=True, title="1 < 2"))
    root = ElementTree.fromstring(drawing.svg())
    assert root.attrib["aria-label"] == 'a "quote" & <b>'
    assert [each.text for each in root.iter() if each.tag.endswith("text")] == ["<i>"]
    assert "<title>1 &lt; 2</title>" in drawing.svg()


def test_a_box_has_its_colour_in_the_png():
    drawing = Drawing(10, 10, "#ffffff", "", [Box(2, 2, 4, 4, "#0072B2")])
    pixels = np.asarray(Image.open(io.BytesIO(drawing.png(scale=2))))
    assert pixels.shape == (20, 20, 3)
    assert pixels[6, 6].tolist() == [0x00, 0x72, 0xB2]
    assert pixels[1, 1].tolist() == [255, 255, 255]


@pytest.mark.parametrize("dark", [False, True])
def test_only_shared_weights_have_colours_and_one_colour_is_one_weight(dark: bool):
    found = share(slide((5, 5), (3, 3)))
    for each in found.all:
        drawing = draw_connections(found, each, width_px=300, dark=dark)
        drawn = fills(drawing.svg())
        assert len(drawn) == np.count_nonzero(each.weight_oi)
        numbers = each.weight_oi[each.weight_oi > 0]
        if each.regime == "shared":
            assert drawn == [weight_colours(9)[number - 1] for number in numbers]
        else:
            assert len(set(drawn)) == 1
            assert not set(drawn) & set(weight_colours(9))


def test_a_large_matrix_has_letters_and_frames_its_row():
    found = share(slide((5, 5), (3, 3)))
    drawing = draw_connections(found, found.shared, width_px=740, selected=2)
    letters = [mark.text for mark in drawing.marks if isinstance(mark, Words)]
    assert letters[:9] == list("abcdefghi")
    assert min(mark.size_px for mark in drawing.marks if isinstance(mark, Words)) >= 16
    frame = drawing.marks[-1]
    assert isinstance(frame, Box)
    assert frame.y == 1 + 2 * 28
    kernel = draw_kernel(found.slide)
    assert [m.fill for m in kernel.marks if isinstance(m, Box)] == list(weight_colours(9))


def test_every_weight_of_a_large_kernel_has_its_own_colour():
    for count in (4, 9, 16, 25):
        assert len(set(weight_colours(count))) == count


def test_the_pngs_font_has_every_character_that_is_drawn():
    font = ImageFont.load_default(20)
    missing = bytes(font.getmask("\uffff"))
    for text in (
        "Input, 7 × 7",
        "−2",
        "·(−1) + 1/9 = 0.5",
        "→",
        "⋆",
        "∗",
        "row 1, column 2; (sum)",
    ):
        for character in text.translate(_IN_PNG).replace(" ", ""):
            assert bytes(font.getmask(character)) != missing, character


def test_panels_show_their_numbers_and_lines():
    panel = Panel("Input, 1 × 2", (("1", "−2"),), {(0, 1): "lit"}, {(0, 1): "×3"})
    drawing = draw_panels(
        [[panel, "=", Panel("Output", (("5",),), {(0, 0): "hit"})]], ["1 + 4 = 5"]
    )
    words = [mark.text for mark in drawing.marks if isinstance(mark, Words)]
    assert words == ["Input, 1 × 2", "1", "−2", "×3", "=", "Output", "5", "1 + 4 = 5"]
    image = Image.open(io.BytesIO(drawing.png()))
    assert image.size == (2 * drawing.width, 2 * drawing.height)
