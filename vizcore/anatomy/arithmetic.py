"""The counts of a row in the words and sums a lecturer would write."""

from __future__ import annotations

from math import prod

from vizcore.formats.words import counted
from vizcore.records.layers import LayerRow

#: Why a row may write no new values.
_FREE = {
    "norm": "it writes over its input",
    "activation": "it writes over its input",
    "join": "it writes over its first input",
    "pool": "it changes nothing at this size",
    "other": "the same values in another shape",
}


def explain(row: LayerRow) -> tuple[str, ...]:
    """Say how each number of a row comes about, one line each.

    Works on rows of any conventions: the sums hold the numbers the row shows.

    Example:
        >>> from torch import nn
        >>> from vizcore.anatomy import trace
        >>> row = trace(nn.Conv2d(3, 96, 11, stride=4), (3, 227, 227)).rows[0]
        >>> for line in explain(row):
        ...     print(line)
        output size: (227 - 11 + 2·0)/4 + 1 = 55
        parameters: 96 filters of 3·11·11: 96 · 3 · 11 · 11 = 34,848 weights + 96 biases = 34,944
        work: 55 · 55 · 96 outputs · 363 = 105,415,200 multiply-adds
        activations: 96 · 55 · 55 = 290,400 values
        receptive field: 11×11 pixels, moving by 4
    """
    lines = [*_size(row), *_parameters(row), *_work(row), *_activations(row), *_field(row)]
    if row.repeat:
        lines.append(f"used again: its parameters were counted before, {_times(row.repeat)}")
    return tuple(lines)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _size(row: LayerRow) -> list[str]:
    if row.kernel is None or row.stride is None or row.padding is None or row.dilation is None:
        if row.in_shape == row.out_shape:
            return [f"shape: {_by(row.out_shape)}, as its input"]
        return [f"shape: {_by(row.in_shape)} becomes {_by(row.out_shape)}"]
    sides = [
        _side(row, length, out, *numbers)
        for length, out, *numbers in zip(
            row.in_shape[-2:],
            row.out_shape[-2:],
            row.kernel,
            row.stride,
            row.padding,
            row.dilation,
            strict=False,
        )
    ]
    if len(set(sides)) == 1:
        return [f"output size: {sides[0]}"]
    return [f"output height: {sides[0]}", f"output width: {sides[1]}"]


def _side(
    row: LayerRow, length: int, out: int, kernel: int, stride: int, padding: int, dilation: int
) -> str:
    span = dilation * (kernel - 1) + 1
    if "ranspose" in row.op:
        extra = out - ((length - 1) * stride - 2 * padding + span)
        more = f" + {extra}" if extra else ""
        return f"({length} - 1)·{stride} - 2·{padding} + {span}{more} = {out}"
    window = str(kernel) if dilation == 1 else f"({dilation}·({kernel} - 1) + 1)"
    room = length - span + 2 * padding
    inner = f"{length} - {window} + 2·{padding}"
    if out == room // stride + 1:
        if room % stride == 0:
            return f"({inner})/{stride} + 1 = {out}"
        return f"⌊({inner})/{stride}⌋ + 1 = {out}"
    if out == -(-room // stride) + 1:
        return f"⌈({inner})/{stride}⌉ + 1 = {out}"
    return f"{length} becomes {out}, padded unevenly"


def _product(*factors: int) -> str:
    return " · ".join(f"{factor:,}" for factor in factors)


def _biases(row: LayerRow) -> str:
    if row.biases:
        return f" + {counted(row.biases, 'bias', 'biases')} = {row.params:,}"
    if row.left_out_biases:
        return f" ({counted(row.left_out_biases, 'bias', 'biases')} not counted)"
    return ""


def _filters(row: LayerRow) -> tuple[int, int] | None:
    """How many filters a convolution has, and the channels each of them sees."""
    if row.kind != "conv" or row.kernel is None or not row.groups:
        return None
    rank = len(row.out_shape) - 2 if len(row.out_shape) > 3 else 1
    if "ranspose" in row.op:
        return row.in_shape[-rank - 1], row.out_shape[-rank - 1] // row.groups
    return row.out_shape[-rank - 1], row.in_shape[-rank - 1] // row.groups


def _parameters(row: LayerRow) -> list[str]:
    if not row.params and not row.left_out_biases:
        return ["parameters: none"] if not row.repeat else []
    filters = _filters(row)
    if filters and row.kernel:
        count, channels = filters
        factors = (count, channels, *row.kernel)
        if prod(factors) == row.weights:
            groups = f", in {row.groups} groups" if row.groups and row.groups > 1 else ""
            window = f"{channels}·{row.kernel[0]}·{row.kernel[1]}"
            return [
                f"parameters: {counted(count, 'filter')} of {window}{groups}: "
                f"{_product(*factors)} = {counted(row.weights, 'weight')}{_biases(row)}"
            ]
    if row.kind == "linear" and row.in_shape[-1] * row.out_shape[-1] == row.weights:
        sides = _product(row.in_shape[-1], row.out_shape[-1])
        return [f"parameters: {sides} = {counted(row.weights, 'weight')}{_biases(row)}"]
    if row.kind == "norm" and row.weights in (row.biases, row.left_out_biases):
        terms = f"{counted(row.weights, 'scale')} + {counted(row.biases, 'shift')}"
        return [f"parameters: {terms} = {row.params:,}"]
    return [f"parameters: {counted(row.weights, 'weight')}{_biases(row)}"]


def _work(row: LayerRow) -> list[str]:
    if not row.macs:
        return ["work: no multiply-adds counted"]
    sums = _terms(row)
    if sums is None:
        return [f"work: {row.macs:,} multiply-adds"]
    text, total = sums
    if row.macs == 2 * total:
        return [f"work: 2 · {text} = {row.macs:,} FLOPs"]
    if row.macs == total:
        return [f"work: {text} = {row.macs:,} multiply-adds"]
    return [f"work: {row.macs:,} multiply-adds"]


def _terms(row: LayerRow) -> tuple[str, int] | None:
    filters = _filters(row)
    batch = row.out_shape[0]
    lead = (batch,) if batch > 1 else ()
    if filters and row.kernel and len(row.out_shape) == 4:
        count, channels = filters
        size = channels * prod(row.kernel)
        shape = row.in_shape if "ranspose" in row.op else row.out_shape
        factors = (*lead, *shape[2:], count)
        what = "inputs" if "ranspose" in row.op else "outputs"
        return f"{_product(*factors)} {what} · {size:,}", prod(factors) * size
    if row.kind == "linear":
        factors = (*row.out_shape[:-1], row.in_shape[-1], row.out_shape[-1])
        shown = tuple(factor for factor in factors[:-2] if factor > 1) + factors[-2:]
        return _product(*shown), prod(shown)
    if row.kind == "attention" and row.op == "matmul":
        shown = (*(n for n in row.out_shape if n > 1), row.in_shape[-1])
        return _product(*shown), prod(shown)
    if row.kind == "attention" and len(row.out_shape) == 3:
        tokens = row.out_shape[1]
        factors = (*lead, tokens, tokens, row.out_shape[2])
        return f"2 products of {_product(*factors)}", 2 * prod(factors)
    return None


def _activations(row: LayerRow) -> list[str]:
    if not row.activations:
        handed_on = row.kind == "other" and row.in_shape == row.out_shape
        reason = "it hands on its input" if handed_on else _FREE.get(row.kind, "no new values")
        return [f"activations: none new, {reason}"]
    shown = row.out_shape if row.out_shape[0] > 1 else row.out_shape[1:]
    if prod(row.out_shape) == row.activations and len(shown) > 1:
        return [f"activations: {_product(*shown)} = {counted(row.activations, 'value')}"]
    return [f"activations: {counted(row.activations, 'value')}"]


def _field(row: LayerRow) -> list[str]:
    field = row.receptive_field
    if field is None:
        return []
    if field.whole:
        return ["receptive field: the whole picture"]
    bound = "" if field.exact else "at most "
    step = _by(field.stride) if field.stride[0] != field.stride[1] else str(field.stride[0])
    return [f"receptive field: {bound}{_by(field.size)} pixels, moving by {step}"]


def _by(sizes: tuple[int, ...]) -> str:
    return "×".join(str(size) for size in sizes)
