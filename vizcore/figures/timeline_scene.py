"""What every part of the timeline is drawn from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from vizcore.figures.palette import FONT_SIZE, Theme
from vizcore.figures.timeline_entries import Quantity, TimelineEntry
from vizcore.figures.timeline_layout import Circle, Layout


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything one drawing is made of."""

    shown: Sequence[TimelineEntry]
    circles: Sequence[Circle]
    layout: Layout
    quantity: Quantity
    selected: str | None
    found: Collection[str] | None
    colours: Theme

    def text(self, text: str, **place: Any) -> dict[str, Any]:
        """One annotation."""
        font = {"size": FONT_SIZE, "color": self.colours.text}
        return {"text": text, "showarrow": False, "font": font, **place}
