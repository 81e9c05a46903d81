"""How many of what the metrics of the page on trust are measured with."""

from __future__ import annotations

from typing import NamedTuple

from vizcore.records.trust import MetricSettings


class Count(NamedTuple):
    """How many of something metrics are measured with: the setting, its words and its range."""

    setting: str
    words: str
    least: int
    most: int

    @property
    def usual(self) -> int:
        """How many unless somebody says otherwise."""
        return int(getattr(MetricSettings(), self.setting))


#: By their names in the address.
COUNTS = {
    "parts": Count("steps", "Parts the pixels are divided into", 4, 128),
    "orders": Count("random_orders", "Random orders of the pixels", 1, 20),
    "squares": Count("removals", "Squares taken away, for infidelity", 8, 512),
    "nudges": Count("nudges", "Disturbed inputs, for sensitivity", 1, 50),
}
