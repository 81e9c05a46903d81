"""Saliency: what a method is, whether it fits a network, and the map it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from vizcore.errors import BadChoice

#: How the values of a pixel's colours become one.
Colours = Literal["largest", "sum", "one", "layer"]
Verdict = Literal["applies", "rewritten", "refused"]
Family = Literal[
    "gradient",
    "backpropagation rule",
    "path",
    "perturbation",
    "surrogate model",
    "class activation map",
    "layer",
    "unit",
]
Value = float | int | str

#: The share of the score difference by which a sum of attributions may miss it: within it an
#: approximation by 20 to 300 steps lies, as Sundararajan, Taly and Yan (2017) found, section 5.
COMPLETENESS_LIMIT = 0.05

COLOURS_SAID: dict[Colours, str] = {
    "largest": "magnitude, largest of the colour channels",
    "sum": "sum of the colour channels",
    "one": "one value for all colours of a pixel",
    "layer": "sum of the layer's channels",
}


@dataclass(frozen=True, slots=True)
class MethodOption:
    """One number or word a method can be given.

    Attributes:
        key: its name in code.
        title: its name in words.
        default: what it is unless given; its type is the option's type.
        low, high: the allowed range of a number.
        choices: the allowed words, empty for a number.
        help: one sentence.
    """

    key: str
    title: str
    default: Value
    low: float = 0.0
    high: float = 0.0
    choices: tuple[str, ...] = ()
    help: str = ""

    def check(self, value: Value) -> Value:
        """The value in the option's type.

        Raises:
            BadChoice: another type, or outside the range.

        Example:
            >>> MethodOption("steps", "Steps", 50, 2, 500).check(20)
            20
        """
        if self.choices:
            if value not in self.choices:
                raise BadChoice.among(self.key, value, self.choices)
            return value
        whole = isinstance(self.default, int)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        fits = is_number and self.low <= float(value) <= self.high
        if not fits or (whole and float(value) != int(value)):
            kind = "whole numbers from" if whole else ""
            said = f"{kind} {self.low:g} to {self.high:g}".strip()
            raise BadChoice.among(self.key, value, [said])
        return int(value) if whole else float(value)


@dataclass(frozen=True, slots=True)
class SaliencyMethod:
    """One way to ask which pixels decided.

    Attributes:
        key: its name in code and addresses.
        title: its name in words.
        paper: who published it, where and when.
        family: what kind of method it is.
        signed: whether values have a sign (positive raises the score) or are magnitudes.
        colours: how the values of a pixel's colours become one.
        says: what a value is, in one sentence.
        needs: "layer" where a layer can be chosen, "unit" where one of its units can.
        options: numbers and words it can be given.
        passes: how many passes through the network it takes, in words.
        by_gradient: whether a signal is handed back through the network.
        complete: whether its values should sum to a difference of scores.
        random: whether a seed decides.
        of_class: whether it explains a class's score; if not, what a layer or a unit gives.
    """

    key: str
    title: str
    paper: str
    family: Family
    signed: bool
    colours: Colours
    says: str
    needs: tuple[str, ...] = ()
    options: tuple[MethodOption, ...] = ()
    passes: str = "1 forward, 1 backward"
    by_gradient: bool = True
    complete: bool = False
    random: bool = False
    of_class: bool = True

    def option(self, key: str) -> MethodOption:
        """The option of this name.

        Raises:
            BadChoice: there is none; lists those there are.
        """
        for each in self.options:
            if each.key == key:
                return each
        names = [each.key for each in self.options] or ["none"]
        raise BadChoice.among(f"option of '{self.key}'", key, names)


@dataclass(frozen=True, slots=True)
class MethodFit:
    """Whether a method is honest on a network.

    Attributes:
        method: its key.
        verdict: "applies" as the network is, "rewritten" where the network was rewritten to the
            same function so that it applies, "refused" otherwise.
        reasons: why it was rewritten or refused, and what to know where it applies.
        changes: what was rewritten, one phrase each.
        largest_difference: between the scores before and after rewriting, None without.
    """

    method: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    largest_difference: float | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the method is not offered."""
        return self.verdict == "refused"


@dataclass(frozen=True, slots=True)
class NetworkFits:
    """Which methods are honest on one network.

    Attributes:
        architecture: its key.
        fits: one a method, in the order of the methods.
    """

    architecture: str
    fits: tuple[MethodFit, ...]

    def fit(self, method: str) -> MethodFit:
        """The fit of the method of this key.

        Raises:
            BadChoice: there is none.
        """
        for each in self.fits:
            if each.method == method:
                return each
        raise BadChoice.among("method", method, [each.method for each in self.fits])

    def with_verdict(self, verdict: Verdict) -> tuple[MethodFit, ...]:
        """The fits of one verdict."""
        return tuple(each for each in self.fits if each.verdict == verdict)


@dataclass(frozen=True, slots=True)
class Absorbed:
    """What the rule of LRP takes of a score on the way down, in the unit of the score.

    Attributes:
        by_biases, by_epsilon: all that stays with the layers' biases, and with epsilon.
        most_at: the layer whose bias takes most, up or down; `there` is how much.
    """

    by_biases: float
    by_epsilon: float
    most_at: str
    there: float


@dataclass(frozen=True, slots=True)
class Completeness:
    """Whether a map's values sum to what they explain.

    Attributes:
        attributed: the sum of all values, before colours are joined.
        difference: the score of the picture, less that of what it is compared with.
        compared_with: what that is, in words; empty where it is the score itself.
        of_unit: whether it is what a unit gives in place of a class's score.
        by_mean: whether it is the mean of the values that should be the difference.
        rounding: what the rounding of float32 may make of scores of this size: less than this is
            not missing.
        beside: where ways from the picture to the score that do not pass the layer come in, so that
            it can carry a part of the score only. Empty where every way passes it.
        absorbed: what the rule takes on the way, where the method's rule does.
    """

    attributed: float
    difference: float
    compared_with: str
    rounding: float = 0.0
    of_unit: bool = False
    by_mean: bool = False
    beside: str = ""
    absorbed: Absorbed | None = None

    @property
    def gap(self) -> float:
        """The missing or surplus share of the difference.

        Example:
            >>> Completeness(0.9, 1.0, "a grey picture").gap
            0.1
            >>> Completeness(3e-8, -2e-8, "a grey picture", rounding=1e-5).gap
            0.0
        """
        missing = abs(self.difference - self.attributed)
        if missing <= self.rounding:
            return 0.0
        return round(missing / abs(self.difference), 12) if self.difference else float("inf")

    @property
    def holds(self) -> bool:
        """Whether the gap is within `COMPLETENESS_LIMIT`."""
        return bool(self.gap <= COMPLETENESS_LIMIT)

    @property
    def fails(self) -> bool:
        """Whether the values should sum to the difference, and do not.

        Example:
            >>> [Completeness(0.5, 1.0, "grey", beside=each).fails for each in ("", "layer1.0.add")]
            [True, False]
        """
        return not self.holds and not self.beside


@dataclass(frozen=True, slots=True)
class SaliencyMap:
    """How much each input pixel moves one class score.

    Attributes:
        values_hw: one value a pixel.
        signed: False where values are magnitudes (0 = no influence).
        method: the method's name and the way channels were combined.
        target: output number of the class; `target_class` its name.
        score: the unnormalised class score (the difference of two, with `against`).
        method_key: which of the methods; `options` what it was given, `seed` where it draws.
        against, against_class: the class whose score is subtracted, if any.
        layer: whose values these are, for methods that look at a layer.
        unit: channel, row and column, for methods that ask about one unit.
        layer_values_hw: at the layer's own size, before they were spread over the picture.
        attributions_chw: one value for each number of the input, where the method gives them.
        segments_hw: the number of each pixel's superpixel, where the method took some.
        completeness: whether the values sum to a difference of scores, where they should.
        fit: how the method fits the network.
        notes: what to know about this map, a sentence each.
    """

    values_hw: npt.NDArray[np.float32]
    signed: bool
    method: str
    target: int
    target_class: str
    score: float
    image_hwc: npt.NDArray[np.uint8] = field(repr=False)
    method_key: str = "gradient"
    options: tuple[tuple[str, Value], ...] = ()
    seed: int | None = None
    against: int | None = None
    against_class: str | None = None
    layer: str | None = None
    unit: tuple[int, int, int] | None = None
    layer_values_hw: npt.NDArray[np.float32] | None = field(default=None, repr=False)
    attributions_chw: npt.NDArray[np.float32] | None = field(default=None, repr=False)
    segments_hw: npt.NDArray[np.int64] | None = field(default=None, repr=False)
    completeness: Completeness | None = None
    fit: MethodFit | None = None
    notes: tuple[str, ...] = ()
