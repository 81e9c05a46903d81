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
