"""The classes of a network by name or number."""

from __future__ import annotations

from collections.abc import Sequence

from vizcore.errors import UnknownClass


def class_number(wanted: str | int, classes: Sequence[str]) -> int:
    """The output number of a class given by name (in any case) or by number.

    A name wins over a number written as text.

    Raises:
        UnknownClass: with the nearest names, or the numbers there are.

    Example:
        >>> class_number("Dog", ["cat", "dog"]), class_number("0", ["cat", "dog"])
        (1, 0)
    """
    text = str(wanted).strip()
    lowered = [name.lower() for name in classes]
    if isinstance(wanted, str) and text.lower() in lowered:
        return lowered.index(text.lower())
    if text.lstrip("-").isascii() and text.lstrip("-").isdigit():
        if 0 <= int(text) < len(classes):
            return int(text)
        raise UnknownClass(
            f"There is no class number {text}. Allowed: 0 to {len(classes) - 1}.", received=text
        )
    raise UnknownClass.among("class", text, classes)
