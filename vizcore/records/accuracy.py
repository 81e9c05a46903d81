"""A network's accuracy beside what it costs: a point of a plot, with the source of every number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from vizcore.records.bench import MachineResults, Measurement, Setup

#: Where an accuracy comes from: a paper's or library's publication, a figure somebody read off,
#: or our own measurement.
PointKind = Literal["published", "torchvision", "timm", "read off a figure", "measured here"]


@dataclass(frozen=True, slots=True)
class AccuracyPoint:
    """One network with one accuracy, for one picture of one size.

    Attributes:
        label: the network's name, with its weights' where it has several.
        key: of the architecture in the zoo; None where the zoo has none.
        weights: the name of its weights; "" for a publication's.
        kind: where the accuracy comes from.
        family, year: of the architecture; None where nobody says.
        top1_pct: share of pictures whose most probable class is right, in percent.
        spread_pct: standard deviation over seeds in points; None for a single training or where
            nobody says. `seeds`: how many trainings `top1_pct` is the mean of.
        side_px: of the square picture it was measured at.
        params, macs, activations: recomputed from the network for one picture of that size; None
            where there is no network to compute them from.
        protocol: crops and the like; `source` who measured; `cost_source` who counted.
        confidence, note: how far to trust it and why; "" where there is nothing to say.
    """

    label: str
    key: str | None
    weights: str
    kind: PointKind
    family: str
    year: int | None
    top1_pct: float
    side_px: int | None
    params: int | None
    macs: int | None
    activations: int | None
    protocol: str
    source: str
    cost_source: str
    confidence: str = ""
    note: str = ""
    spread_pct: float | None = None
    seeds: int = 1

    @property
    def gops(self) -> float | None:
        """Operations of one picture in 10^9, two a multiply-add."""
        return None if self.macs is None else 2 * self.macs / 1e9

    @property
    def density(self) -> float | None:
        """Points of top-1 accuracy for a million parameters: "information density"."""
        return None if not self.params else self.top1_pct / (self.params / 1e6)


@dataclass(frozen=True, slots=True)
class ProtocolPoint:
    """One published error of a network in the ImageNet challenge, and what it is an error of.

    Attributes:
        year: of the challenge; `name` of the network or team.
        top5_err_pct: top-5 error in percent.
        is_ensemble: of several networks together; None before there were networks.
        part: of the data it was measured on, "test", "validation", or that nobody says.
        outside_data: whether training used more than the challenge's own data.
        protocol: how it was measured; `source` who printed it.
        rank: in the challenge; None for a paper's own number.
    """

    year: int
    name: str
    top5_err_pct: float
    is_ensemble: bool | None
    part: str
    outside_data: bool
    protocol: str
    source: str
    rank: int | None


@dataclass(frozen=True, slots=True)
class Axis:
    """A quantity that points are compared by.

    Attributes:
        key: its name in addresses.
        title: with its unit, as an axis prints it.
        value: of a point and what was measured of its network; None where it is unknown.
        less_is_better: whether a small value is the good one.
        measured: whether it needs a machine's measurements.
    """

    key: str
    title: str
    value: Callable[[AccuracyPoint, Measurement | None], float | None]
    less_is_better: bool = True
    measured: bool = False


def _of(measurement: Measurement | None, name: str, scale: float = 1.0) -> float | None:
    found = None if measurement is None else getattr(measurement, name)
    return None if found is None else found * scale


AXES: dict[str, Axis] = {
    axis.key: axis
    for axis in (
        Axis("top1", "Top-1 accuracy, %", lambda p, m: p.top1_pct, less_is_better=False),
        Axis("gops", "Operations for one picture, 10⁹ (2 × multiply-adds)", lambda p, m: p.gops),
        Axis(
            "macs",
            "Multiply-adds for one picture, 10⁹",
            lambda p, m: None if p.macs is None else p.macs / 1e9,
        ),
        Axis(
            "params",
            "Parameters, 10⁶",
            lambda p, m: None if p.params is None else p.params / 1e6,
        ),
        Axis(
            "activations",
            "Activations of one picture in fp32, MB",
            lambda p, m: None if p.activations is None else p.activations * 4 / 1e6,
        ),
        Axis(
            "density",
            "Accuracy per parameter, points for 10⁶",
            lambda p, m: p.density,
            less_is_better=False,
        ),
        Axis("year", "Year", lambda p, m: p.year),
        Axis("latency", "Latency of a pass, ms", lambda p, m: _of(m, "latency_ms"), measured=True),
        Axis(
            "throughput",
            "Throughput, pictures a second",
            lambda p, m: _of(m, "images_per_s"),
            less_is_better=False,
            measured=True,
        ),
        Axis("memory", "Peak memory, MB", lambda p, m: _of(m, "peak_bytes", 1e-6), measured=True),
        Axis(
            "energy", "Energy of one picture, J", lambda p, m: _of(m, "energy_per_image_j"),
            measured=True,
        ),
        Axis("power", "Mean power, W", lambda p, m: _of(m, "power_w"), measured=True),
        Axis(
            "rate",
            "Reached rate, 10⁹ operations a second",
            lambda p, m: _of(m, "flops_per_s", 1e-9),
            less_is_better=False,
            measured=True,
        ),
    )
}  # fmt: skip


def measured_of(
    points: Sequence[AccuracyPoint], machine: MachineResults | None, setup: Setup
) -> tuple[Measurement | None, ...]:
    """What a machine measured of each point's network, at the point's size and in this setup."""
    found = {}
    if machine is not None:
        found = {
            (each.network, each.input_shape[1]): each
            for each in machine.measurements
            if each.setup == setup and each.input_shape[1] == each.input_shape[2]
        }
    return tuple(
        None
        if point.key is None or point.side_px is None
        else found.get((point.key, point.side_px))
        for point in points
    )


def batches_of(
    points: Sequence[AccuracyPoint], machine: MachineResults | None, setup: Setup
) -> tuple[Measurement, ...]:
    """What a machine measured of the points' networks in this setup, at any batch size."""
    wanted = {(point.key, point.side_px) for point in points}
    like = (setup.dtype, setup.channels_last, setup.compiled)
    return tuple(
        each
        for each in (machine.measurements if machine is not None else ())
        if (each.network, each.input_shape[1]) in wanted
        and (each.setup.dtype, each.setup.channels_last, each.setup.compiled) == like
    )


def pareto_front(
    values: Iterable[tuple[float, float]], *, less_x: bool = True, less_y: bool = False
) -> tuple[int, ...]:
    """The numbers of the points that no other point beats: as good in one, better in the other.

    Args:
        values: (x, y) of each point.
        less_x, less_y: whether the smaller value is the better one.

    Returns:
        by rising x; of equal points, all.

    Example:
        >>> pareto_front([(1, 70), (2, 80), (3, 75), (2, 80)])
        (0, 1, 3)
    """
    signed = [(x if less_x else -x, -y if not less_y else y) for x, y in values]
    best: list[int] = []
    limit = float("inf")
    order = sorted(range(len(signed)), key=lambda number: signed[number])
    for place, number in enumerate(order):
        y = signed[number][1]
        if y < limit:
            limit = y
            best.append(number)
        elif best and place and signed[number] == signed[best[-1]]:
            best.append(number)
    return tuple(best) if less_x else tuple(reversed(best))
