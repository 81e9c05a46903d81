"""Saliency maps in words: how concentrated they are, how far they agree, whether sums hold."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from vizcore.figures.numbers import percent
from vizcore.records.saliency import COMPLETENESS_LIMIT, Completeness, MethodFit, SaliencyMap

#: What is less than this share of a score is not worth a word.
_MUCH = 0.01


def half_share(values_hw: npt.NDArray[np.floating]) -> float:
    """The smallest share of the pixels that holds half of all magnitude.

    Example:
        >>> half_share(np.array([[4.0, -1.0], [2.0, 1.0]]))
        0.25
    """
    sizes = np.sort(np.abs(values_hw.astype(np.float64)).ravel())[::-1]
    sums = np.cumsum(sizes)
    return float((np.searchsorted(sums, sums[-1] / 2) + 1) / sizes.size)


def agreement(
    first_hw: npt.NDArray[np.floating], second_hw: npt.NDArray[np.floating]
) -> float | None:
    """Spearman's rank correlation of the magnitudes of two maps; None where one is constant.

    Example:
        >>> agreement(np.array([1.0, 2.0, 3.0]), np.array([-10.0, 20.0, 90.0]))
        1.0
    """
    return agreements([first_hw, second_hw]).get((0, 1))


def agreements(maps_hw: Sequence[npt.NDArray[np.floating]]) -> dict[tuple[int, int], float]:
    """The same of every two of several maps, by their places; constant ones agree with none."""
    ranks = [_ranks(np.abs(each).ravel()) for each in maps_hw]
    centred = [each - each.mean() for each in ranks]
    spreads = [float(np.sqrt(each @ each)) for each in centred]
    return {
        (i, j): round(float(centred[i] @ centred[j]) / (spreads[i] * spreads[j]), 12)
        for i, j in combinations(range(len(ranks)), 2)
        if spreads[i] and spreads[j]
    }


def _ranks(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Ranks from 1; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    means: npt.NDArray[np.float64] = (last - (counts - 1) / 2.0)[place]
    return means


def subject(found: SaliencyMap) -> str:
    """What the map explains: a class's score, the difference of two, or a unit.

    Example:
        >>> photo = np.zeros((1, 1, 3), np.uint8)
        >>> values = np.zeros((1, 1), np.float32)
        >>> subject(SaliencyMap(values, True, "", 0, "cat", 1.0, photo, against_class="dog"))
        'cat minus dog'
    """
    if found.unit is not None:
        channel, row, column = found.unit
        return f"unit {channel} of {found.layer} at row {row}, column {column}"
    if found.method_key == "layer_activation":
        return f"layer {found.layer}"
    less = f" minus {found.against_class}" if found.against_class is not None else ""
    return found.target_class + less


def completeness_words(sums: Completeness) -> str:
    """Whether a map's values sum to what they should, with the numbers.

    Example:
        >>> completeness_words(Completeness(0.9, 1.0, ""))
        'Fails completeness: its values sum to 0.9, the score is 1 (gap 10%, above 5.0%)'
        >>> completeness_words(Completeness(0.99, 1.0, "grey"))
        'Complete: its values sum to 0.99, the score differs by 1 from grey (gap 1.0%)'
    """
    verdict = "Complete" if sums.holds else "Fails completeness" if sums.fails else "A part only"
    gap = percent(sums.gap) if np.isfinite(sums.gap) else "without bound"
    if sums.fails:
        gap += f", above {percent(COMPLETENESS_LIMIT)}"
    gives = "the mean of its values is" if sums.by_mean else "its values sum to"
    what = "the unit's value" if sums.of_unit else "the score"
    than = f"is {sums.difference:.3g}"
    if sums.compared_with:
        than = f"differs by {sums.difference:.3g} from {sums.compared_with}"
    return f"{verdict}: {gives} {sums.attributed:.3g}, {what} {than} (gap {gap}){_why(sums)}"


def _why(sums: Completeness) -> str:
    """Why a sum misses what it should be, where that is known.

    Example:
        >>> _why(Completeness(0.5, 1.0, "grey", beside="add"))
        '. The layer cannot carry all of it: ways that do not pass it come in at add'
        >>> from vizcore.records.saliency import Absorbed
        >>> _why(Completeness(0.5, 1.0, "nothing", absorbed=Absorbed(0.5, 0.0, "conv1", 0.75)))
        '. Biases absorb 0.5 of the score (most at conv1: 0.75)'
    """
    if sums.holds:
        return ""
    if sums.beside:
        return (
            f". The layer cannot carry all of it: ways that do not pass it come in at {sums.beside}"
        )
    taken = sums.absorbed
    if taken is None:
        return ""
    most = f" (most at {taken.most_at}: {taken.there:.3g})" if taken.there else ""
    words = f". Biases absorb {taken.by_biases:.3g} of the score{most}"
    much = max(sums.rounding, _MUCH * abs(sums.difference))
    if abs(taken.by_epsilon) > much:
        words += f", epsilon {taken.by_epsilon:.3g}"
    rest = sums.difference - sums.attributed - taken.by_biases - taken.by_epsilon
    if abs(rest) > much:
        words += f"; {rest:.3g} is lost to rounding"
    return words


def finding(found: SaliencyMap) -> str:
    """Where a map is strongest and how concentrated it is, for those who do not see it.

    Example:
        >>> photo, values = np.zeros((2, 2, 3), np.uint8), np.array([[0, -4], [1, 1]], np.float32)
        >>> finding(SaliencyMap(values, True, "", 0, "cat", 1.0, photo))
        'half of all influence is in 25% of the pixels, the strongest at row 1, column 2 of 2 × 2'
    """
    sizes = np.abs(found.values_hw)
    if not np.isfinite(sizes).all():
        return "some values are not finite"
    if not sizes.any():
        return "every value is 0"
    height, width = sizes.shape
    row, column = divmod(int(sizes.argmax()), width)
    return (
        f"half of all influence is in {percent(half_share(found.values_hw))} of the pixels, the "
        f"strongest at row {row + 1}, column {column + 1} of {height} × {width}"
    )


def fit_words(found: SaliencyMap) -> str:
    """How the network was rewritten for this map, with the proof; empty where it was not.

    Example:
        >>> from vizcore.records.saliency import MethodFit
        >>> fit = MethodFit("lrp", "rewritten", changes=("2 additions became modules",),
        ...     largest_difference=0.0)
        >>> photo, values = np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1), np.float32)
        >>> fit_words(SaliencyMap(values, True, "", 0, "cat", 1.0, photo, fit=fit))
        'Network rewritten: 2 additions became modules; largest difference of its outputs 0'
    """
    return rewriting_words(found.fit)


def rewriting_words(fit: MethodFit | None) -> str:
    """How a network was rewritten for a method, with the proof; empty where it was not."""
    if fit is None or fit.verdict != "rewritten":
        return ""
    proof = (
        ""
        if fit.largest_difference is None
        else f"; largest difference of its outputs {fit.largest_difference:.2g}"
    )
    return f"Network rewritten: {', '.join(fit.changes)}{proof}"
