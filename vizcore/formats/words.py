"""Sizes, conventions and totals in words."""

from __future__ import annotations

from vizcore.records import ReceptiveField, Shape
from vizcore.records.layers import Conventions, LayerTable


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun, by itself in the plural with an s.

    Example:
        >>> counted(1, "layer"), counted(4096, "layer"), counted(0, "patch", "patches")
        ('1 layer', '4,096 layers', '0 patches')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def by(sizes: Shape | None, sign: str = "x") -> str:
    """Sizes as people write them: `3x224x224`; nothing for None.

    Example:
        >>> by((3, 224, 224), "×")
        '3×224×224'
    """
    return "" if sizes is None else sign.join(str(size) for size in sizes)


def square(sizes: Shape | None) -> str:
    """One number for equal sides: `3` for (3, 3), `1x7` for (1, 7)."""
    if sizes is None:
        return ""
    return str(sizes[0]) if len(set(sizes)) == 1 else by(sizes)


def field_text(field: ReceptiveField | None) -> str:
    """A receptive field in a cell: `212`, `≤ 75`, or `whole`.

    Example:
        >>> field_text(ReceptiveField((7, 7), (2, 2), (-3, -3), exact=False))
        '≤ 7'
    """
    if field is None:
        return ""
    if field.whole:
        return "whole"
    return ("" if field.exact else "≤ ") + square(field.size)


def ops_name(conventions: Conventions) -> str:
    """What the column of operations holds."""
    return "FLOPs" if conventions.ops == "flops" else "MACs"


def params_name(conventions: Conventions) -> str:
    """What the column of parameters holds."""
    return "parameters" if conventions.bias else "weights"


def conventions_text(conventions: Conventions) -> str:
    """The conventions in one line.

    Example:
        >>> conventions_text(Conventions())
        'batch 1, float32, multiply-adds (MACs), biases counted, forward memory'
    """
    ops = "FLOPs (2 per multiply-add)" if conventions.ops == "flops" else "multiply-adds (MACs)"
    biases = "biases counted" if conventions.bias else "biases not counted"
    return (
        f"batch {conventions.batch}, {conventions.dtype}, {ops}, {biases}, "
        f"{conventions.memory} memory"
    )


def totals_text(table: LayerTable) -> tuple[str, ...]:
    """The totals in words, one line each."""
    totals, conventions = table.totals, table.conventions
    memory = "one forward pass" if conventions.memory == "forward" else "one training step"
    return (
        f"{params_name(conventions)}: {totals.params:,} ({megabytes(totals.param_bytes)})",
        f"{ops_name(conventions)}: {totals.macs:,}",
        f"activations: {totals.activations:,} values ({megabytes(totals.activation_bytes)}), "
        f"and {totals.input_values:,} of the input",
        f"memory of {memory}: {megabytes(totals.memory_bytes)}",
    )


def megabytes(count: int) -> str:
    """Bytes in megabytes of a million.

    Example:
        >>> megabytes(60_950_432)
        '61.0 MB'
    """
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1e3:.1f} kB"
