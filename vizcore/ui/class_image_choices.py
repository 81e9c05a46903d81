"""What class images are made for, in the address: lists of classes, lambdas, channels, layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from vizcore.tasks import class_images as tasks
from vizcore.ui.address import Choice, any_text, one_of, whole

#: Images of one run: as many as are told apart on a page.
MOST, MOST_LAMBDAS = 20, 8
PLACES = {"mean": "Mean of its map", "centre": "Unit at the centre", "at": "Unit at ..."}


def choices() -> list[Choice]:
    """What images are made for, in the address. Nothing chosen means the first ones."""
    numbers = _list_of(_whole_number, MOST, "numbers with commas, such as 3,17")
    layers = _list_of(str, MOST, "names of layers with commas")
    lambdas = _list_of(parse_lambda, MOST_LAMBDAS, "numbers from 0 to 1e6 with commas")
    return [
        Choice("classes", [], numbers, write=_written),
        Choice("class", 0, whole(0, 1_000_000)),
        Choice("lambdas", [], lambdas, write=_written),
        Choice("layer", "", any_text),
        Choice("channel", [], numbers, write=_written),
        Choice("place", "mean", one_of(*PLACES)),
        Choice("row", 0, whole(0, 100_000)),
        Choice("column", 0, whole(0, 100_000)),
        Choice("layers", [], layers, write=_written),
    ]


def _list_of(parse: Callable[[str], Any], most: int, allowed: str) -> Callable[[str], list[Any]]:
    """A parser for a list with commas."""

    def parsed(text: str) -> list[Any]:
        if len(text) > 4000:
            raise ValueError(f"Allowed: {allowed}.")
        try:
            found = [parse(part.strip()) for part in text.split(",") if part.strip()]
        except ValueError:
            raise ValueError(f"Allowed: {allowed}.") from None
        if len(set(found)) > most:
            raise ValueError(f"Allowed: at most {most}.")
        return list(dict.fromkeys(found))

    return parsed


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise ValueError(text)
    return int(text)


def parse_lambda(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or not 0 <= value <= tasks.MOST_LAMBDA:
        raise ValueError(text)
    return value


def _written(values: Sequence[Any]) -> str:
    return ",".join(f"{each:g}" if isinstance(each, float) else str(each) for each in values)
