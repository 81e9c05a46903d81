"""Numbers as people read them on a page: no more digits than they deserve.

The exact number belongs on hover (`exact`).
"""

from __future__ import annotations

from math import floor, isfinite, log10

_PREFIXES = ("", "K", "M", "G", "T", "P")


def short(value: float) -> str:
    """Write a number with three significant digits and a thousands' prefix.

    Whole numbers under 1000 keep all their digits. G is 10^9.

    Example:
        >>> short(15_237_608), short(854_196_224), short(735), short(999_999), short(2.3859)
        ('15.2M', '854M', '735', '1.00M', '2.39')
    """
    if not isfinite(value):
        return "∞" if value > 0 else "-∞" if value < 0 else "not a number"
    if value == int(value) and abs(value) < 1000:
        return str(int(value))
    scaled, power = float(value), 0
    while abs(float(f"{scaled:.3g}")) >= 1000 and power < len(_PREFIXES) - 1:
        scaled, power = scaled / 1000, power + 1
    rounded = abs(float(f"{scaled:.3g}"))
    if rounded < 1:
        return f"{scaled:.3g}{_PREFIXES[power]}"
    digits = 2 if rounded < 10 else 1 if rounded < 100 else 0
    return f"{scaled:.{digits}f}{_PREFIXES[power]}"


def exact(value: int) -> str:
    """Write a whole number with all its digits, in groups of three.

    Example:
        >>> exact(15_237_608)
        '15,237,608'
    """
    return f"{value:,}"


def short_bytes(count: int) -> str:
    """Write a number of bytes in decimal units, as storage and lectures count them.

    Example:
        >>> short_bytes(60_950_432), short_bytes(512)
        ('61.0 MB', '512 B')
    """
    text = short(count)
    return f"{text[:-1]} {text[-1]}B" if text[-1].isalpha() else f"{text} B"


def times(ratio: float) -> str:
    """Write a ratio: "3.15 times".

    Example:
        >>> times(854_196_224 / 271_351_808)
        '3.15 times'
    """
    return f"{short(ratio)} times"


def percent(share: float) -> str:
    """Write a share of 1 as a percentage with two digits; only all of it is 100%.

    Example:
        >>> percent(0.7243), percent(0.0042), percent(0.007)
        ('72%', '0.42%', '0.70%')
        >>> percent(0.9996), percent(0.99999), percent(1.0)
        ('99.96%', '>99.99%', '100%')
    """
    value = 100 * share
    if 99.5 <= value < 100:
        near = (f"{value:.{digits}f}%" for digits in (1, 2))
        return next((text for text in near if not text.startswith("100")), ">99.99%")
    if abs(value) >= 9.95 or value == 0:
        return f"{value:.0f}%"
    return f"{value:#.2g}%"


def round_ticks(most: float, count: int = 5) -> list[tuple[float, str]]:
    """Return about `count` round steps from 0 up to `most` and their labels, for an axis.

    Plotly's own prefixes begin with "k"; these are the page's.

    Example:
        >>> [label for _, label in round_ticks(481_689_600)]
        ['0', '100M', '200M', '300M', '400M']
    """
    if most <= 0:
        return [(0.0, "0")]
    rough = most / count
    power = 10.0 ** floor(log10(rough))
    step = min((m * power for m in (1, 2, 5, 10)), key=lambda step: abs(step - rough))
    values = [step * i for i in range(int(most / step + 1e-9) + 1)]
    return [(value, _plain(short(value))) for value in values]


def _plain(text: str) -> str:
    """Drop the zeros after the point: "5.00K" -> "5K"."""
    number, prefix = (text[:-1], text[-1]) if text[-1].isalpha() else (text, "")
    return (number.rstrip("0").rstrip(".") if "." in number else number) + prefix
