"""One value of a map worked out, as HTML: grids of numbers, and the sum."""

from __future__ import annotations

import html

import numpy as np

from vizcore.formats.words import counted
from vizcore.records.maps import WorkedRule, WorkedValue

#: Columns of a grid above which three grids need small numbers, and values shown of a window.
_WIDE, _MOST = 5, 196


def worked_html(made: WorkedValue | WorkedRule) -> str:
    """How a value comes about."""
    return _convolved(made) if isinstance(made, WorkedValue) else _ruled(made)


def _convolved(made: WorkedValue) -> str:
    """Patch, kernel and products of the input channels that matter most, and the sum."""
    sums = made.sums_k
    shown = np.argsort(-np.abs(sums), kind="stable")[:3]
    blocks = []
    for place in shown:
        grids = [
            _grid("what it lies on", made.patch_khw[place], made.inside_hw),
            "<span>×</span>",
            _grid("kernel", made.kernel_khw[place], None),
            "<span>=</span>",
            _grid("products", made.products_khw[place], made.inside_hw),
        ]
        name = f"input channel {made.first_input + int(place)}, sum {sums[place]:.5g}"
        wide = " wide" if made.kernel_khw.shape[2] > _WIDE else ""
        blocks.append(
            f'<div class="cs-worked{wide}"><p>{name}</p><div>{"".join(grids)}</div></div>'
        )
    rest = float(sums.sum() - sums[shown].sum())
    terms = " + ".join(f"{sums[place]:.5g}" for place in shown)
    others = len(sums) - len(shown)
    if others:
        terms += f" + {rest:.5g} (the other {counted(others, 'input channel')})"
    difference = abs(made.total - made.value)
    corner = f"row {made.corner[0]}, column {made.corner[1]}"
    padded = "" if made.inside_hw.all() else " Grey values are padding, outside of the input."
    return (
        f"<p>The kernel lies on the layer's input with its upper left value at {corner}.{padded}"
        f"</p>{''.join(blocks)}"
        f'<p class="cs-worked-sum">{terms} + {made.bias:.5g} (bias) = <b>{made.total:.7g}</b>; '
        f"the map holds <b>{made.value:.7g}</b> (they differ by {difference:.1g}, rounding)</p>"
    )


def _ruled(made: WorkedRule) -> str:
    """What a layer without kernels reads, and what it makes of it."""
    terms = dict(made.terms)
    read = made.patch_hw[made.inside_hw].tolist()
    first = read[0] + 0.0
    where = f"row {made.corner[0]}, column {made.corner[1]}"
    shown, total = "", f"<b>{made.total + 0.0:.7g}</b>"
    if made.rule in ("largest", "mean"):
        if made.patch_hw.size <= _MOST:
            wide = " wide" if made.patch_hw.shape[1] > _WIDE else ""
            grid = _grid("what it lies on", made.patch_hw, made.inside_hw)
            shown = f'<div class="cs-worked{wide}"><div>{grid}</div></div>'
        padded = "" if made.inside_hw.all() else " Grey values are padding, outside of the input."
        said = f"The window lies on channel {made.channel} with its upper left value at {where}."
        said += padded
        text = f"the largest of {counted(len(read), 'value')} = {total}"
        if made.rule == "mean":
            text = f"sum {sum(read):.7g} / {terms['values']:g} values = {total}"
    elif made.rule == "normalised":
        said = f"Channel {made.channel} reads {first:.7g} at {where}; what it subtracts, divides "
        said += "by, multiplies with and adds is the channel's own and the same at every place."
        text = (
            f"({first:.5g} − {terms['mean']:.5g}) / √({terms['variance']:.5g} + "
            f"{terms['epsilon']:g}) × {terms['scale']:.5g} + {terms['shift']:.5g} = {total}"
        )
    elif made.rule in ("sum", "product"):
        done, sign = ("added", " + ") if made.rule == "sum" else ("multiplied", " × ")
        said = f"Two maps are {done} at {where} of channel {made.channel}."
        text = sign.join(f"{each + 0.0:.7g}" for each in read) + f" = {total}"
    elif made.rule == "joined":
        said = f"Channel {made.channel} is channel {terms['channel']:g} of input "
        said += f"{terms['input']:g} of those that are joined, at {where}."
        text = total
    else:
        said = f"Channel {made.channel} reads {first:.7g} at {where}."
        is_relu = made.op.lower() == "relu"
        text = f"max(0, {first:.7g})" if is_relu else f"{html.escape(made.op)}({first:.7g})"
        text += f" = {total}"
    difference = abs(made.total - made.value)
    return (
        f'<p>{said}</p>{shown}<p class="cs-worked-sum">{text}; the map holds '
        f"<b>{made.value + 0.0:.7g}</b> (they differ by {difference:.1g}, rounding)</p>"
    )


def _grid(title: str, values_hw: np.ndarray, inside_hw: np.ndarray | None) -> str:
    rows = []
    for i, row in enumerate(values_hw):
        cells = []
        for j, value in enumerate(row):
            kind = "" if inside_hw is None or inside_hw[i, j] else ' class="out"'
            cells.append(f"<td{kind}>{_number(value, values_hw.shape[1])}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table><caption>{title}</caption>{''.join(rows)}</table>"


def _number(value: float, columns: int) -> str:
    """Three digits; three decimals where many stand in a row."""
    text = f"{value:.3f}" if columns > _WIDE else f"{value:.3g}"
    return text if float(text) else "0"
