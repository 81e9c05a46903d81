"""What can be chosen on the Feature evolution page, and what of it there is."""

from __future__ import annotations

from collections.abc import Sequence

from vizcore.errors import BadChoice, UnknownLayer
from vizcore.figures.settling import MEASURES
from vizcore.records.evolution import FilterHistory, LayerHistory
from vizcore.tasks import evolution as evolution_tasks
from vizcore.ui.address import Choice, any_text, one_of, whole

SHOWS = {
    "filters": "Filters",
    "patches": "Patches",
    "saliency": "Saliency",
    "settling": "Settling",
}


SCALES = {"filter": "Each filter", "all": "All epochs"}


SEARCHED = {"training": "Training", "validation": "Validation"}


#: Units beside each other, and chosen to begin with.
MOST_UNITS, FIRST_UNITS = 8, 6


def choices() -> list[Choice]:
    """What can be chosen on the page; the network among those with snapshots."""
    keys = evolution_tasks.keys_with_snapshots()
    return [
        Choice("network", keys[0] if keys else "", one_of(*keys)),
        Choice("show", "filters", one_of(*SHOWS)),
        Choice("layer", "", any_text),
        Choice("epoch", 0, whole(0, 1_000_000)),
        Choice("scale", "filter", one_of(*SCALES)),
        Choice("searched", "training", one_of(*SEARCHED)),
        Choice("units", [], parse_units, write=write_units),
        Choice("measure", "way", one_of(*MEASURES)),
    ]


def parse_units(text: str) -> list[int]:
    """Units in the address: numbers with commas.

    Example:
        >>> parse_units("3,17")
        [3, 17]
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        raise ValueError("Allowed: numbers of units with commas, such as 3,17.")
    found = list(dict.fromkeys(int(part) for part in parts))
    if len(found) > MOST_UNITS:
        raise ValueError(f"Allowed: at most {MOST_UNITS} units.")
    return found


def write_units(units: Sequence[int]) -> str:
    """The same for the address."""
    return ",".join(map(str, units))


def check(history: FilterHistory, layer: str, epoch: int) -> LayerHistory:
    """The chosen layer.

    Raises:
        UnknownLayer: no convolution has this name.
        BadChoice: no snapshot is of this epoch; suggests the nearest.
    """
    names = [each.layer for each in history.convolutions]
    if layer not in names:
        raise UnknownLayer.among("convolution", layer, names)
    if epoch not in history.epochs:
        nearest = sorted(history.epochs, key=lambda each: abs(each - epoch))
        raise BadChoice(
            f"There is no snapshot of epoch {epoch}. Allowed: "
            f"{', '.join(map(str, history.epochs))}.",
            received=str(epoch),
            suggestions=map(str, nearest),
        )
    return next(each for each in history.convolutions if each.layer == layer)


def check_units(units: Sequence[int], filters: int, layer: str) -> None:
    """Refuse units that the layer does not have.

    Raises:
        BadChoice: names the first.
    """
    for unit in units:
        if unit >= filters:
            raise BadChoice(
                f"'{layer}' has no unit {unit}. Allowed: 0 to {filters - 1}.", received=str(unit)
            )
