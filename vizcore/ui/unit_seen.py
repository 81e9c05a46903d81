"""What is known of one unit in one run of its page."""

from __future__ import annotations

from dataclasses import dataclass, field

from vizcore.data.picture_sets import PictureSet
from vizcore.records.deconvnet import Projections
from vizcore.records.patches import Patch, TopPatches
from vizcore.records.unit import ChannelNumbers, ClassesFed, Unit
from vizcore.ui import picture_views as views
from vizcore.ui.pictures import Chosen
from vizcore.ui.room import Download
from vizcore.zoo.weights import Weights


@dataclass(slots=True)
class Seen:
    """What is known of the unit so far in this run of the page."""

    weights: Weights
    chosen: Chosen
    unit: Unit
    pictures: PictureSet | None
    found: TopPatches | None = None
    nine: tuple[Patch, ...] = ()
    projections: Projections | None = None
    reason: str = ""
    fed: ClassesFed | None = None
    numbers: ChannelNumbers | None = None
    downloads: list[Download] = field(default_factory=list)

    @property
    def key(self) -> tuple[str | int, ...]:
        """Names the unit, for what is drawn of it."""
        return (
            self.weights.architecture,
            self.weights.identity,
            self.unit.layer,
            self.unit.channel,
            "" if self.pictures is None else self.pictures.stamp,
        )

    def stem(self, *parts: str) -> str:
        """What a file of it is called."""
        return views.stem(self.weights, self.unit.layer, f"unit-{self.unit.channel}", *parts)
