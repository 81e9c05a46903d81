"""Frozen results about what lectures print, beside what arithmetic gives."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LectureClaim:
    """One number or statement of a lecture, beside what arithmetic gives.

    Attributes:
        id: a short unique name.
        deck: the name of the lecture deck.
        topic: "inception", "vgg_memory", ...
        claim: what the number is said to be, in our words.
        stated: what the slide prints.
        kind: "computable" (a proof), "literature" (needs its source) or "qualitative".
        expression, computed: the arithmetic and its value, as text; "" unless computable.
        verdict: "holds", "rounds", "slip", "ambiguous" or "not-checked".
        note: the reason for the verdict.
    """

    id: str
    deck: str
    topic: str
    claim: str
    stated: str
    kind: str
    expression: str
    computed: str
    verdict: str
    note: str

    @property
    def stated_value(self) -> float | None:
        """The number the slide prints, where it is one number and a unit; else None."""
        match = re.fullmatch(r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)(?: [a-z%][a-z -]*)?", self.stated)
        return float(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class SumPart:
    """One term of a sum; `belongs` is False for a term that only a lecture has counted."""

    label: str
    value: int
    belongs: bool = True


@dataclass(frozen=True, slots=True)
class LectureCheck:
    """A lecture's number beside the same number read off the traced block.

    Attributes:
        claim: what the lecture prints, and the verdict.
        traced: the value or values of the trace, with the knobs where the lecture has them.
        proof: where the two differ and the reason is known: the arithmetic that shows it.
        parts: the same as terms to be drawn: those that belong add to the traced value, and the
            lecture's value is the sum of the first few, or of all of them.
    """

    claim: LectureClaim
    traced: tuple[float, ...]
    proof: str = ""
    parts: tuple[SumPart, ...] = ()
