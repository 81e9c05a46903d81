"""The memory table of a plain network as lecturers print it: convolutions, pools, fully connected.

The form is that of the well-known VGG slide: one line a layer, values in memory, weights without
biases, and at the end what one picture costs.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from math import prod

from vizcore.anatomy.totals import recount
from vizcore.errors import NotApplicable
from vizcore.records import Shape
from vizcore.records.layers import Conventions, LayerRow, LayerTable
from vizcore.reference import lecture_claim

_KINDS = ("conv", "pool", "linear")
_BYTES = 4


@dataclass(frozen=True, slots=True)
class TextbookLine:
    """One line: `CONV3-64: [224x224x64]  memory: 224*224*64=3.2M  params: (3*3*3)*64 = 1,728`."""

    layer: str
    shape: str
    memory_text: str
    memory: int
    params_text: str
    params: int

    def __str__(self) -> str:
        return (
            f"{self.layer + ':':<12}{self.shape:<15}memory: {self.memory_text:<22}"
            f"params: {self.params_text}"
        ).rstrip()


@dataclass(frozen=True, slots=True)
class Textbook:
    """A whole memory table.

    Attributes:
        key: of the network.
        lines: the picture, then every convolution, pool and fully connected layer.
        values: all values of one forward pass, the picture's included.
        forward_bytes: the same in float32.
        params: weights, biases left out.
        totals: the two closing lines.
        lecture: what a lecture prints instead and why it differs; empty for networks whose sum
            no lecture prints.
    """

    key: str
    lines: tuple[TextbookLine, ...]
    values: int
    forward_bytes: int
    params: int
    totals: tuple[str, ...]
    lecture: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([*map(str, self.lines), "", *self.totals, *self.lecture])

    def html(self) -> str:
        """The table as HTML."""
        body = "".join(
            "<tr>"
            + "".join(
                f'<td style="{style}">{html.escape(text)}</td>'
                for text, style in (
                    (line.layer, ""),
                    (line.shape, "text-align:right"),
                    (line.memory_text, "text-align:right"),
                    (line.params_text, "text-align:right"),
                )
            )
            + "</tr>"
            for line in self.lines
        )
        notes = "".join(f"<p>{html.escape(text)}</p>" for text in (*self.totals, *self.lecture))
        return (
            '<table class="textbook"><thead><tr><th>layer</th><th>output</th><th>memory (values)'
            f"</th><th>weights</th></tr></thead><tbody>{body}</tbody></table>{notes}"
        )


def textbook(table: LayerTable) -> Textbook:
    """Print the layer table of a plain network as lecturers do, for one picture.

    Raises:
        NotApplicable: the network has branches, or layers the form has no line for.

    Example:
        >>> from vizcore.api import layers
        >>> page = textbook(layers("vgg16"))
        >>> print(page.lines[1])
        CONV3-64:   [224x224x64]   memory: 224*224*64=3.2M       params: (3*3*3)*64 = 1,728
        >>> page.values, page.forward_bytes
        (15237608, 60950432)
    """
    table = recount(table, Conventions(bias=False))
    _check(table)
    lines = [_picture(table.input_shape)]
    before: Shape = table.input_shape
    pools = 0
    for row in table.rows:
        if row.kind in _KINDS and row.activations:
            pools += row.kind == "pool"
            lines.append(_line(row, before))
        if len(row.out_shape) == 4 or row.kind == "linear":
            before = row.out_shape
    values = sum(line.memory for line in lines)
    params = sum(line.params for line in lines)
    totals = (
        f"TOTAL memory: {_short(values, 3)} values * {_BYTES} bytes ~= "
        f"{values * _BYTES / 1e6:.0f} MB / picture (forward only; about twice that with gradients)",
        f"TOTAL params: {_short(params, 3)} ({params:,} weights, biases not counted)",
    )
    return Textbook(
        table.key,
        tuple(lines),
        values,
        values * _BYTES,
        params,
        totals,
        _lecture(table, values),
    )


def _check(table: LayerTable) -> None:
    for row in table.rows:
        plain = row.inputs == (row.index - 1,)
        if plain and row.kind in (*_KINDS, "activation", "norm", "other"):
            continue
        if row.kind == "join":
            what = "joins branches"
        elif not plain:
            what = "does not read the layer before it"
        else:
            what = f"is of kind {row.kind}"
        raise NotApplicable(
            f"The lecturers' memory table is for plain networks, one layer after the other; in "
            f"{table.key} the layer '{row.name}' {what}. The layer table shows every network."
        )
    if len(table.input_shape) != 4:
        raise NotApplicable(f"{table.key} does not take pictures, so it has no memory table.")


def _picture(shape: Shape) -> TextbookLine:
    _, channels, height, width = shape
    values = channels * height * width
    return TextbookLine(
        "INPUT",
        f"[{height}x{width}x{channels}]",
        f"{height}*{width}*{channels}={_short(values)}",
        values,
        "0",
        0,
    )


def _line(row: LayerRow, before: Shape) -> TextbookLine:
    values = row.activations
    if row.kind == "linear":
        outputs = row.out_shape[-1]
        inputs = before[1:]
        if len(inputs) == 3 and prod(inputs) == row.in_shape[-1]:
            inputs = (*inputs[1:], inputs[0]) if prod(inputs[1:]) > 1 else (inputs[0],)
        else:
            inputs = row.in_shape[-1:]
        weights = f"{'*'.join(map(str, inputs))}*{outputs} = {row.weights:,}"
        return TextbookLine("FC", f"[1x1x{outputs}]", str(outputs), values, weights, row.weights)
    _, channels, height, width = row.out_shape
    shape = f"[{height}x{width}x{channels}]"
    memory = f"{height}*{width}*{channels}={_short(values)}"
    side = "x".join(str(n) for n in dict.fromkeys(row.kernel or ()))
    if row.kind == "pool":
        return TextbookLine(f"POOL{side}", shape, memory, values, "0", 0)
    assert row.kernel is not None
    per_group = row.in_shape[1] // (row.groups or 1)
    window = "*".join(str(n) for n in (*row.kernel, per_group))
    return TextbookLine(
        f"CONV{side}-{channels}",
        shape,
        memory,
        values,
        f"({window})*{channels} = {row.weights:,}",
        row.weights,
    )


def _lecture(table: LayerTable, values: int) -> tuple[str, ...]:
    """The lecture's printed total beside ours, where the lecture prints this very table."""
    claim = lecture_claim("vgg_mem_total_values")
    if int(claim.computed) != values:
        return ()
    stated = int(claim.stated.split()[0])
    printed = f"{stated / 1e6:.0f}M"
    copies = sum(prod(row.in_shape) for row in table.rows if row.kind == "conv")
    both = values + copies
    return (
        f'The lecture prints "{printed} * {_BYTES} bytes ~= {stated * _BYTES / 1e6:.0f}MB". The '
        f"product is right, the {printed} is not: the list's own lines add to {values:,}, which "
        f"are {values * _BYTES / 1e6:.1f} MB ({values * _BYTES / 2**20:.1f} MiB).",
        f"The nearest count that rounds to {printed}: a second copy of every convolution's input "
        f"({copies:,} values) makes {both:,}, or {both * _BYTES / 2**20:.1f} MiB. That fits; it "
        "does not prove where the number comes from.",
    )


def _short(count: int, digits: int = 2) -> str:
    """A number as on the slide, where lines have two digits and totals three: 150K, 3.2M, 138M."""
    if count < 1_000:
        return str(count)
    rounded = float(f"{count:.{digits}g}")
    unit, letter = (1e6, "M") if rounded >= 1e6 else (1e3, "K")
    return (
        f"{rounded / unit:.{digits}g}{letter}"
        if rounded / unit < 100
        else (f"{rounded / unit:.0f}{letter}")
    )
