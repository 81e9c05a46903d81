"""Which input reaches which output through which weight: a layer as a matrix.

A row is an output cell, a column an input cell. A colour is one shared weight: squares of one
colour hold the same number, learnt once. A grey square holds a number used nowhere else.
"""

from __future__ import annotations

from colorsys import hls_to_rgb

from vizcore.figures.drawing import Box, Drawing, Words
from vizcore.figures.palette import contrast, theme
from vizcore.records.byhand import Connections, SharingRegimes, Slide

#: P. Tol's muted colours: nine that colour-blind readers tell apart, none a layer kind's.
_MUTED = "cc6677332288ddcc7711773388ccee88225544aa99999933aa4499"
#: A weight used at one place only.
_OWN = {False: "#9aa1aa", True: "#7b838d"}
_LETTERS_FROM_PX = 17
_NAMES = {
    "full": "Fully connected",
    "local": "Locally connected",
    "shared": "Convolution",
}


def weight_colours(count: int) -> tuple[str, ...]:
    """One colour a shared weight: nine made for colour-blind readers; more go round the circle.

    Example:
        >>> weight_colours(2), len(set(weight_colours(25)))
        (('#cc6677', '#332288'), 25)
    """
    if 6 * count <= len(_MUTED):
        return tuple(f"#{_MUTED[6 * n : 6 * n + 6]}" for n in range(count))
    found = []
    for place in range(count):
        light = (0.36, 0.52, 0.7)[place % 3]
        rgb = hls_to_rgb(place / count, light, 0.55)
        found.append("#" + "".join(f"{round(255 * channel):02x}" for channel in rgb))
    return tuple(found)


def weight_name(number: int) -> str:
    """The letter of a shared weight, from 1: a to z, then a2.

    Example:
        >>> weight_name(1), weight_name(9), weight_name(27)
        ('a', 'i', 'a2')
    """
    again, letter = divmod(number - 1, 26)
    return chr(ord("a") + letter) + (str(again + 1) if again else "")


def regime_name(found: Connections) -> str:
    """What a regime is called."""
    return _NAMES[found.regime]


def draw_connections(
    regimes: SharingRegimes,
    found: Connections,
    *,
    width_px: int,
    selected: int | None = None,
    dark: bool = False,
) -> Drawing:
    """Draw one regime's matrix, as wide as there is room for.

    Args:
        selected: the output (row) to frame.
    """
    house = theme(dark)
    outputs, inputs = found.weight_oi.shape
    side = max(2, min(28, (width_px - 2) // inputs))
    gap = 1 if side >= 6 else 0
    colours = weight_colours(int(found.weight_oi.max())) if found.regime == "shared" else ()
    filled = int((found.weight_oi > 0).sum())
    drawing = Drawing(
        inputs * side + 2,
        outputs * side + 2,
        house.panel,
        f"{regime_name(found)}: {filled} of {outputs * inputs} places of the matrix of {outputs} "
        f"outputs by {inputs} inputs hold a weight; {found.weights} weights are different",
    )
    for output, row in enumerate(found.weight_oi):
        for column, number in enumerate(row):
            if not number:
                continue
            fill = colours[number - 1] if colours else _OWN[dark]
            x, y = 1 + column * side, 1 + output * side
            title = _title(regimes.slide, found, output, column, int(number))
            drawing.marks.append(Box(x, y, side - gap, side - gap, fill, title=title))
            if colours and side >= _LETTERS_FROM_PX:
                ink = max("#ffffff", "#000000", key=lambda each: contrast(each, fill))
                at = x + (side - gap) / 2, y + (side - gap) / 2
                size = 16 if side >= 20 else 14
                drawing.marks.append(Words(*at, weight_name(int(number)), ink, size, "middle"))
    if selected is not None:
        drawing.marks.append(
            Box(1, 1 + selected * side, inputs * side - gap, side - gap, "", house.text, 2)
        )
    return drawing


def _title(slide: Slide, found: Connections, output: int, column: int, number: int) -> str:
    wide_out, wide_in = slide.output[1], slide.input[1]
    weight = weight_name(number) if found.regime == "shared" else f"{number} of {found.weights}"
    return (
        f"output row {output // wide_out + 1}, column {output % wide_out + 1} ← weight {weight} "
        f"× input row {column // wide_in + 1}, column {column % wide_in + 1}"
    )


def draw_kernel(slide: Slide, *, side_px: int = 44, dark: bool = False) -> Drawing:
    """Draw the kernel whose weights have the matrix's colours and letters."""
    tall, wide = slide.window
    colours = weight_colours(tall * wide)
    drawing = Drawing(wide * side_px, tall * side_px, theme(dark).paper, "the kernel's weights")
    for place, fill in enumerate(colours):
        y, x = (side_px * each for each in divmod(place, wide))
        ink = max("#ffffff", "#000000", key=lambda each: contrast(each, fill))
        drawing.marks.append(Box(x, y, side_px - 2, side_px - 2, fill))
        middle = (side_px - 2) / 2
        name = weight_name(place + 1)
        drawing.marks.append(Words(x + middle, y + middle, name, ink, 20, "middle", True))
    return drawing
