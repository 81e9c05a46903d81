"""Frozen results about networks side by side: whose layers stand at the same depth."""

from __future__ import annotations

from dataclasses import dataclass

from vizcore.records import Pair
from vizcore.records.layers import LayerTable

#: The stage of a layer whose output is no map: a vector, or tokens.
NO_MAP = 64


@dataclass(frozen=True, slots=True)
class DepthStep:
    """One weighted layer and what follows it until the next one: a unit of depth.

    Attributes:
        layer: the weighted layer's row in its table.
        rows: the first row of the step, and the row after its last.
        stage: how often the picture has been halved by then, or `NO_MAP`.
        field: side in input pixels of the largest receptive field so far, before the whole
            picture is seen; None where it is unknown (attention in windows).
        exact: False where `field` is an upper bound.
        whole: whether one value sees the whole picture by then.
    """

    layer: int
    rows: Pair
    stage: int
    field: int | None
    exact: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class AlignedLine:
    """Layers of several networks that stand beside each other: same stage, same place in it.

    Attributes:
        stage: as in `DepthStep`.
        place: 1 for the first weighted layer of the stage.
        steps: a network's step, or None where its stage has fewer layers.
    """

    stage: int
    place: int
    steps: tuple[DepthStep | None, ...]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Several networks side by side, counted in the same conventions.

    Attributes:
        tables: one a network.
        steps: each network's depth, in the order of execution.
        lines: every step of every network once, by stage.
    """

    tables: tuple[LayerTable, ...]
    steps: tuple[tuple[DepthStep, ...], ...]
    lines: tuple[AlignedLine, ...]

    @property
    def stages(self) -> tuple[int, ...]:
        """The stages that any of the networks has, first to last."""
        return tuple(dict.fromkeys(line.stage for line in self.lines))

    def before_whole(self, place: int) -> DepthStep | None:
        """A network's last step at which one value does not yet see the whole picture."""
        return next((step for step in reversed(self.steps[place]) if not step.whole), None)
