"""Phrases the studies' sentences share."""

from __future__ import annotations

from vizcore.figures.numbers import percent, short

UNITS = {"macs": "multiply-adds", "params": "weights", "activations": "values"}


def compare(first: float, second: float) -> str:
    """Say how `second` compares with `first`.

    Example:
        >>> compare(854_196_224, 271_351_808), compare(69_632, 70_144), compare(735, 7_350)
        ('3.15 times fewer', '0.74% more', '10 times more')
    """
    if first == second:
        return "the same"
    less = second < first
    ratio = max(first, second) / min(first, second)
    amount = percent(abs(second - first) / first) if ratio < 2 else f"{short(ratio)} times"
    return f"{amount} {'fewer' if less else 'more'}"


def count(number: int, noun: str) -> str:
    """Write a number with its noun, in the plural where needed.

    Example:
        >>> count(1, "layer"), count(3, "ReLU")
        ('1 layer', '3 ReLUs')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def square(kernel: int) -> str:
    """Write a square kernel's size.

    Example:
        >>> square(3)
        '3×3'
    """
    return f"{kernel}×{kernel}"
