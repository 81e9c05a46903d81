"""What bounds a network on a machine, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vizcore.records.bench import Ceiling
from vizcore.records.layers import Kind

Bound = Literal["arithmetic", "memory"]


@dataclass(frozen=True, slots=True)
class LayerBound:
    """One layer against a machine's two ceilings.

    Attributes:
        name, kind: of the layer's row.
        flops: operations, two a multiply-add (element-wise operations count none).
        bytes: read and written: inputs, parameters, output.
        arithmetic_ms, memory_ms: what each takes at the ceiling.
    """

    name: str
    kind: Kind
    flops: int
    bytes: int
    arithmetic_ms: float
    memory_ms: float

    @property
    def bound(self) -> Bound:
        """Which of the two takes longer."""
        return "arithmetic" if self.arithmetic_ms >= self.memory_ms else "memory"

    @property
    def least_ms(self) -> float:
        """The longer of the two."""
        return max(self.arithmetic_ms, self.memory_ms)


@dataclass(frozen=True, slots=True)
class Roofline:
    """A network on a machine with measured ceilings.

    Attributes:
        network: its key.
        ceiling: the machine's, in the number format in use.
        layers: those that compute or move anything, in order.
        latency_ms: what a pass was measured to take, None where it was not.
    """

    network: str
    ceiling: Ceiling
    layers: tuple[LayerBound, ...]
    latency_ms: float | None

    @property
    def flops(self) -> int:
        """Operations of a pass."""
        return sum(layer.flops for layer in self.layers)

    @property
    def bytes(self) -> int:
        """Bytes a pass moves when every layer reads and writes memory."""
        return sum(layer.bytes for layer in self.layers)

    @property
    def intensity(self) -> float:
        """Operations a byte."""
        return self.flops / self.bytes

    @property
    def least_ms(self) -> float:
        """The shortest time at the ceilings, one layer after the other."""
        return sum(layer.least_ms for layer in self.layers)

    @property
    def memory_share(self) -> float:
        """The share of that time in which memory is the bound, from 0 to 1."""
        bound = sum(layer.least_ms for layer in self.layers if layer.bound == "memory")
        return bound / self.least_ms

    @property
    def bound(self) -> Bound:
        """What bounds most of that time."""
        return "memory" if self.memory_share > 0.5 else "arithmetic"

    @property
    def reached(self) -> float | None:
        """The shortest time as a share of the measured one: 1 is a perfect program."""
        return None if self.latency_ms is None else self.least_ms / self.latency_ms
