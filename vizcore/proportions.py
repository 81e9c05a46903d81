"""What counts of right and wrong answers say: an interval for a share, a test for two networks.

Closed forms in plain Python; the tests hold them against scipy's.
"""

from __future__ import annotations

from math import comb, sqrt

#: The two-sided 95% quantile of the normal distribution.
Z_95 = 1.959963984540054


def wilson(right: int, of: int, z: float = Z_95) -> tuple[float, float]:
    """The interval (low, high), within 0..1, for a share counted `right` times out of `of`.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (1927).
    Unlike the share plus and minus its standard error, it stays within 0 and 1 and has a width
    where every answer is right. It takes the answers as independent.

    Raises:
        ValueError: no answers, or more right ones than answers.

    Example:
        >>> [round(end, 3) for end in wilson(90, 100)]
        [0.826, 0.945]
    """
    if not 0 <= right <= of or of == 0:
        raise ValueError(f"{right} of {of} is no share. Allowed: 0 to n of n, n at least 1.")
    share, spread = right / of, z * z / of
    centre = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p-value that two networks err equally often on the same pictures.

    Pictures that both have right, or both wrong, say nothing: of the others each network would
    have half, like the heads of a fair coin. Q. McNemar (1947), the exact binomial form.

    Args:
        only_first, only_second: pictures that only this network has right.

    Example:
        >>> mcnemar(1, 9)
        0.021484375
        >>> mcnemar(4, 4), mcnemar(0, 0)
        (1.0, 1.0)
    """
    tosses, fewer = only_first + only_second, min(only_first, only_second)
    tail = sum(comb(tosses, heads) for heads in range(fewer + 1))
    return min(1.0, 2 * tail / 2**tosses)


def paired_difference(
    both: int, only_first: int, only_second: int, neither: int, z: float = Z_95
) -> tuple[float, float]:
    """The interval (low, high) for how much oftener the first of two is right on the same pictures.

    R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions
    based on paired data", Statistics in Medicine 17 (1998), method 10: Wilson's intervals of the
    two shares, joined by how far the two are right on the same pictures. It takes the pictures as
    independent.

    Args:
        both, only_first, only_second, neither: pictures that these have right.

    Raises:
        ValueError: no pictures, or fewer than none of a kind.

    Example:
        >>> [round(end, 4) for end in paired_difference(36, 12, 2, 0)]
        [0.0569, 0.3404]
    """
    of = both + only_first + only_second + neither
    if min(both, only_first, only_second, neither) < 0 or of == 0:
        raise ValueError(f"{both}, {only_first}, {only_second}, {neither} are no counts of pairs.")
    first, second = (both + only_first) / of, (both + only_second) / of
    (low, high), (less, more) = (wilson(both + each, of, z) for each in (only_first, only_second))
    common = _correlation(both, only_first, only_second, neither)
    below, above = (
        sqrt(max(0.0, mine**2 - 2 * common * mine * theirs + theirs**2))
        for mine, theirs in ((first - low, more - second), (high - first, second - less))
    )
    return first - second - below, first - second + above


def _correlation(both: int, only_first: int, only_second: int, neither: int) -> float:
    """Of two yes-no answers, corrected for continuity as Newcombe does; 0 where one is constant."""
    product = (both + only_first) * (only_second + neither)
    product *= (both + only_second) * (only_first + neither)
    if product == 0:
        return 0.0
    excess = float(both * neither - only_first * only_second)
    if excess > 0:
        excess = max(0.0, excess - (both + only_first + only_second + neither) / 2)
    return excess / sqrt(product)
