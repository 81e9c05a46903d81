"""Products of two tensors: matrix products, einsum, attention."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from torch import Tensor

from vizcore.anatomy import receptive
from vizcore.anatomy.attention import attended
from vizcore.anatomy.axes import SPACE, Axes, align
from vizcore.anatomy.closed_forms import mixed_over
from vizcore.anatomy.ledger import CONSTANT, DoesNotFit, Ledger, Origin, source_of
from vizcore.anatomy.receptive import Field
from vizcore.anatomy.rules.base import constant, is_parameter, named, op_of, rule, unknown
from vizcore.records import Shape
from vizcore.records.layers import Kind


def _product(
    ledger: Ledger,
    func: Any,
    tensors: Sequence[Tensor],
    sources: Sequence[Origin],
    shape: Shape,
    axes: Axes,
    field: Field | None,
    macs: int,
) -> Tensor:
    params = [tensor for tensor in tensors if is_parameter(tensor)]
    kind: Kind = "linear" if params or any(s.params for s in sources) else "attention"
    used = tuple(s for s in sources if s.row != CONSTANT or s.params)
    op = op_of(func)
    entry, made = ledger.enter(
        ledger.op_name(op), kind, op, used, shape, axes, field, head=sources[0]
    )
    ledger.charge(entry, params)
    entry.macs = macs
    entry.activations = prod(shape)
    return ledger.tensor(made)


def _of_product(ledger: Ledger, parts: Sequence[Field | None], crossing: int) -> Field | None:
    """The field of a product; `crossing` marks sides along which places meet all other places."""
    if crossing and not all(part is not None and receptive.is_still(part) for part in parts):
        return None
    return receptive.join(parts[0], parts[1], ledger.picture, mixes=True)


@rule("matmul", "bmm", "mm", "__matmul__", "__rmatmul__")
def _matmul(ledger: Ledger, func: Any, input: Tensor, other: Tensor) -> Any:
    if not (input.is_meta or other.is_meta):
        return constant(func, (input, other), {})
    if func.__name__ == "__rmatmul__":
        input, other = other, input
    left, right = sources = [source_of(input), source_of(other)]
    a, b = left.shape, right.shape
    if len(a) < 2 or len(b) < 2:
        return unknown(ledger, func, (input, other), {})
    if a[-1] != b[-2]:
        raise DoesNotFit(ledger.scope, a, f"it cannot be multiplied with {b}")
    lead, lead_axes = align([a[:-2], b[:-2]], [left.axes[:-2], right.axes[:-2]])
    shape = (*lead, a[-2], b[-1])
    parts = [
        mixed_over(ledger, left, (-1,), mixes_channels=True),
        mixed_over(ledger, right, (-2,), mixes_channels=True),
    ]
    field = _of_product(ledger, parts, left.axes[-2] & right.axes[-1] & SPACE)
    axes = (*lead_axes, left.axes[-2], right.axes[-1])
    macs = prod(shape) * a[-1]
    return _product(ledger, func, (input, other), sources, shape, axes, field, macs)


@rule("einsum")
def _einsum(ledger: Ledger, func: Any, equation: Any, *operands: Any) -> Any:
    if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = tuple(operands[0])
    args = (equation, *operands)
    if not any(operand.is_meta for operand in operands):
        return constant(func, args, {})
    terms = equation.replace(" ", "") if isinstance(equation, str) else ""
    inputs, arrow, output = terms.partition("->")
    names = inputs.split(",")
    repeats = any(len(set(name)) != len(name) for name in names)
    if len(names) != 2 or not arrow or "." in terms or repeats:
        return unknown(ledger, func, args, {})
    sources = [source_of(operand) for operand in operands]
    sizes: dict[str, int] = {}
    bits: dict[str, int] = {}
    parts: list[Field | None] = []
    for name, source in zip(names, sources, strict=True):
        for letter, size, axis in zip(name, source.shape, source.axes, strict=True):
            if sizes.setdefault(letter, size) != size:
                reason = f"sizes {sizes[letter]} and {size} meet in einsum '{equation}'"
                raise DoesNotFit(ledger.scope, source.shape, reason)
            bits[letter] = bits.get(letter, 0) | axis
        gone = tuple(i for i, letter in enumerate(name) if letter not in output)
        parts.append(
            mixed_over(ledger, source, gone, mixes_channels=True) if gone else source.field
        )
    lonely = [set(names[0]) - set(names[1]), set(names[1]) - set(names[0])]
    kept = [sum_bits(bits[letter] for letter in side if letter in output) for side in lonely]
    field = _of_product(ledger, parts, kept[0] & kept[1] & SPACE)
    shape = tuple(sizes[letter] for letter in output)
    axes = tuple(bits[letter] for letter in output)
    macs = prod(sizes.values()) if any(set(name) - set(output) for name in names) else 0
    return _product(ledger, func, operands, sources, shape, axes, field, macs)


def sum_bits(bits: Any) -> int:
    """All bits of several axes."""
    result = 0
    for bit in bits:
        result |= bit
    return result


@rule("scaled_dot_product_attention")
def _attention(
    ledger: Ledger,
    func: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    *_: Any,
    **__: Any,
) -> Any:
    q, k, v = (source_of(tensor) for tensor in (query, key, value))
    shape = (*q.shape[:-1], v.shape[-1])
    field = attended(ledger, v, len(v.shape) - 2)
    tensors = (query, key, value) if attn_mask is None else (query, key, value, attn_mask)
    used = {id(s): s for s in map(source_of, tensors) if s.row != CONSTANT or s.params}
    sources = tuple(used.values())
    op = op_of(func)
    entry, made = ledger.enter(named(ledger, func), "attention", op, sources, shape, q.axes, field)
    ledger.charge(entry, [tensor for tensor in tensors if is_parameter(tensor)])
    entry.macs = prod(q.shape[:-1]) * k.shape[-2] * (q.shape[-1] + v.shape[-1])
    entry.activations = prod(shape)
    return ledger.tensor(made)
