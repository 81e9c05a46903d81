"""The ways to change a photograph, by which amounts, and what may stand beyond its edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vizcore.errors import BadChoice

#: What stands beyond the photograph's edge: its mirror image, its outermost pixels, or nothing
#: has to.
Beyond = Literal["mirror", "edge", "inside"]
BEYOND: tuple[Beyond, ...] = ("mirror", "edge", "inside")

_MOST_AMOUNTS = 361


@dataclass(frozen=True, slots=True)
class Transformation:
    """One way to change a photograph by an amount.

    Attributes:
        key: as addresses and commands call it; `label` for people.
        unit: of the amount: "px" of the network's input, "×", "°".
        neutral: the amount that changes nothing.
        low, high: the amounts that are allowed.
        moves: whether pixels beyond the photograph's edge may come into view.
    """

    key: str
    label: str
    unit: str
    neutral: float
    low: float
    high: float
    moves: bool = True

    def amounts(self, side_px: int) -> tuple[float, ...]:
        """The amounts that are looked at unless others are given, for a view of this side.

        Shifts go as far for the view as the 60 of 224 pixels in Figure 5 of Zeiler and Fergus
        (2014), scales up to their 1.8, turns all the way round.

        Example:
            >>> TRANSFORMATIONS["rotation"].amounts(64)[:3]
            (0.0, 10.0, 20.0)
        """
        if self.unit == "px" and self.moves:
            reach = max(1, round(60 / 224 * side_px))
            step = max(1, round(reach / 17))
            reach -= reach % step
            return tuple(float(a) for a in range(-reach, reach + 1, step))
        return {
            "scale": tuple(n / 16 for n in range(10, 30)),
            "rotation": tuple(float(a) for a in range(0, 361, 10)),
            "blur": tuple(round(side_px * n / 256, 4) for n in range(17)),
            "contrast": tuple(n / 10 for n in range(21)),
        }[self.key]


TRANSFORMATIONS: dict[str, Transformation] = {
    each.key: each
    for each in (
        Transformation("translation", "Vertical shift", "px", 0.0, -4096, 4096),
        Transformation("sideways", "Horizontal shift", "px", 0.0, -4096, 4096),
        Transformation("scale", "Scale", "×", 1.0, 0.1, 8.0),
        Transformation("rotation", "Rotation", "°", 0.0, -3600, 3600),
        Transformation("blur", "Blur (deviation)", "px", 0.0, 0.0, 256, moves=False),
        Transformation("contrast", "Contrast", "×", 1.0, 0.0, 4.0, moves=False),
    )
}


def check(
    kind: str, amounts: Sequence[float] | None = None, beyond: str = "mirror"
) -> Transformation:
    """Return the transformation of this name, if it can be done by these amounts.

    Raises:
        BadChoice: another kind, `beyond` or amounts; says what is allowed.

    Example:
        >>> check("scale").label
        'Scale'
    """
    if kind not in TRANSFORMATIONS:
        raise BadChoice.among("kind", kind, TRANSFORMATIONS)
    if beyond not in BEYOND:
        raise BadChoice.among("beyond", beyond, BEYOND)
    what = TRANSFORMATIONS[kind]
    if amounts is None:
        return what
    if not 1 <= len(amounts) <= _MOST_AMOUNTS:
        raise BadChoice(f"{len(amounts)} amounts came in. Allowed: 1 to {_MOST_AMOUNTS}.")
    whole = what.unit == "px" and what.moves
    for amount in amounts:
        if not what.low <= amount <= what.high or (whole and amount != int(amount)):
            numbers = "whole numbers" if whole else "numbers"
            raise BadChoice(
                f"{what.label} cannot be {amount:g} {what.unit}. Allowed: {numbers} from "
                f"{what.low:g} to {what.high:g}.",
                received=f"{amount:g}",
            )
    return what
