"""What measuring a network on a machine gives: the machine, how it ran, how long, how much memory.

A measurement keeps what it takes to compare it with one made elsewhere: device, driver, versions,
date, number format, batch, and the spread of its rounds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal, get_args

from vizcore.errors import BadChoice

NumberFormat = Literal["fp32", "tf32", "bf16", "fp16"]
#: Number formats: fp32 throughout; tf32 in matrix products; bf16 and fp16 by autocast.
NUMBER_FORMATS: tuple[NumberFormat, ...] = get_args(NumberFormat)
#: Bytes of one value of an activation in each number format.
VALUE_BYTES: dict[str, int] = {"fp32": 4, "tf32": 4, "bf16": 2, "fp16": 2}
#: The most pictures in one pass.
MAX_BATCH = 1024


@dataclass(frozen=True, slots=True)
class Setup:
    """How a network is run.

    Attributes:
        batch: pictures in one pass.
        dtype: one of `NUMBER_FORMATS`.
        channels_last: values of one pixel side by side in memory (NHWC).
        compiled: through `torch.compile`.

    Raises:
        BadChoice: a batch below 1 or above `MAX_BATCH`, or no number format.
    """

    batch: int = 1
    dtype: NumberFormat = "fp32"
    channels_last: bool = False
    compiled: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.batch, bool) or not isinstance(self.batch, int):
            raise BadChoice.among("batch", self.batch, [f"a whole number from 1 to {MAX_BATCH}"])
        if not 1 <= self.batch <= MAX_BATCH:
            raise BadChoice.among("batch", self.batch, [f"a whole number from 1 to {MAX_BATCH}"])
        if self.dtype not in NUMBER_FORMATS:
            raise BadChoice.among("dtype", self.dtype, NUMBER_FORMATS)

    @property
    def words(self) -> str:
        """In words: "batch 8, bf16, channels last".

        Example:
            >>> Setup(batch=8, dtype="bf16", channels_last=True).words
            'batch 8, bf16, channels last'
        """
        said = [f"batch {self.batch}", self.dtype]
        return ", ".join(
            [*said, *["channels last"] * self.channels_last, *["compiled"] * self.compiled]
        )


@dataclass(frozen=True, slots=True)
class Machine:
    """A device, and what drives it.

    Attributes:
        device: the device's own name: a GPU's, or the processor's.
        kind: "cpu", "cuda" or "mps".
        processor, cores, threads: of the host; `threads` is what torch computes with on a CPU.
        memory_bytes: of the device; None where the system does not tell.
        driver: of the GPU; "" where there is none or it does not tell. `cuda` is torch's CUDA.
        system, python, torch, torchvision, timm: versions.
    """

    device: str
    kind: str
    processor: str
    cores: int
    threads: int
    memory_bytes: int | None
    driver: str
    cuda: str
    system: str
    python: str
    torch: str
    torchvision: str
    timm: str

    @property
    def title(self) -> str:
        """What a person calls it: the device, a CPU's threads, and torch's version.

        Example:
            >>> Machine("A CPU", "cpu", "", 2, 1, None, "", "", "", "", "2.14.1", "", "").title
            'A CPU, 1 thread, torch 2.14.1'
        """
        threads = f", {self.threads} thread{'s' if self.threads > 1 else ''}"
        torch = self.torch.partition("+")[0]
        return f"{self.device}{threads if self.kind == 'cpu' else ''}, torch {torch}"

    @property
    def slug(self) -> str:
        """The title as part of a file name, with what tells it from others of the same title."""
        name = re.sub(r"[^a-z0-9.]+", "-", self.title.lower()).strip("-")
        rest = hashlib.sha256(repr(self).encode()).hexdigest()[:6]
        return f"{name[:80]}-{rest}"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One network on one machine, run in one way.

    Attributes:
        network: an architecture's key; `input_shape` (channels, height, width) of one picture.
        setup: how it was run; `date` when, ISO.
        params: of the network; `macs`: multiply-adds of one picture, as its layer table has them.
        rounds_ms: the median milliseconds of one pass, a value a round; rounds of the setups that
            were measured together take turns, so that what else the machine does meets them all.
        quartiles_ms: of the single blocks of runs in all rounds (25%, 75%).
        runs: passes timed in all.
        peak_bytes: the most memory that the tensors of a pass held at one time, weights included;
            None where it cannot be read.
        energy_j: joules of the whole board for one pass, idle share included; None where NVML
            gives none. `power_w` is its mean power meanwhile.
        compile_s: seconds that `torch.compile` took with nothing kept from before, which are in no
            latency; None where the network was not compiled.
    """

    network: str
    input_shape: tuple[int, int, int]
    setup: Setup
    date: str
    params: int
    macs: int
    rounds_ms: tuple[float, ...]
    quartiles_ms: tuple[float, float]
    runs: int
    peak_bytes: int | None = None
    energy_j: float | None = None
    power_w: float | None = None
    compile_s: float | None = None

    @property
    def latency_ms(self) -> float:
        """Milliseconds of one pass: the median of the rounds."""
        return median(self.rounds_ms)

    @property
    def spread(self) -> float:
        """The stated spread: the widest distance between two rounds, as a share of the latency.

        Of a single round, the distance between the quartiles of its blocks.

        Example:
            >>> Measurement("n", (3, 8, 8), Setup(), "", 1, 1, (9, 10, 11), (9, 11), 3).spread
            0.2
        """
        ends = self.rounds_ms if len(self.rounds_ms) > 1 else self.quartiles_ms
        return (max(ends) - min(ends)) / self.latency_ms

    @property
    def images_per_s(self) -> float:
        """Throughput: pictures a second."""
        return self.setup.batch / self.latency_ms * 1e3

    @property
    def flops_per_s(self) -> float:
        """The rate that was reached: 2 operations a multiply-add."""
        return 2 * self.macs * self.images_per_s

    @property
    def energy_per_image_j(self) -> float | None:
        """Joules a picture, where energy is known."""
        return None if self.energy_j is None else self.energy_j / self.setup.batch


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A network in a setup that was not measured, and why, in words that end a sentence."""

    network: str
    setup: Setup
    why: str

    @property
    def words(self) -> str:
        """In words.

        Example:
            >>> LeftOut("vgg_d", Setup(64), "there is no room for it").words
            'vgg_d, batch 64, fp32: there is no room for it'
        """
        return f"{self.network}, {self.setup.words}: {self.why}"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What a machine reaches at best in one number format, measured.

    Attributes:
        flops_per_s: of a large product of matrices, as such or as a 1x1 convolution; `side` is
            the side of the matrix, or the channels.
        bytes_per_s: read and written while a large tensor is copied; `copied_bytes` is its size.
    """

    dtype: NumberFormat
    flops_per_s: float
    side: int
    bytes_per_s: float
    copied_bytes: int

    @property
    def ridge(self) -> float:
        """Operations a byte from which on arithmetic is what bounds a perfect program."""
        return self.flops_per_s / self.bytes_per_s

    def higher(self, other: Ceiling) -> Ceiling:
        """The best of two measurements of one machine."""
        product = max(self, other, key=lambda each: each.flops_per_s)
        copy = max(self, other, key=lambda each: each.bytes_per_s)
        return Ceiling(
            self.dtype, product.flops_per_s, product.side, copy.bytes_per_s, copy.copied_bytes
        )


@dataclass(frozen=True, slots=True)
class MachineResults:
    """Everything measured on one machine.

    Attributes:
        machine: which, with its versions.
        measurements: newest last; one for each network, input and setup.
        ceilings: one for each number format that was measured.
        left_out: what could not be measured just now; no part of a file.
    """

    machine: Machine
    measurements: tuple[Measurement, ...]
    ceilings: tuple[Ceiling, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def ceiling(self, dtype: str) -> Ceiling | None:
        """The machine's ceilings in a number format, if they were measured.

        Its memory is the same in all formats: the best copy of any of them counts.

        Example:
            >>> m = Machine("A CPU", "cpu", "", 2, 1, None, "", "", "", "", "2", "", "")
            >>> both = Ceiling("fp32", 1e11, 512, 2e10, 8), Ceiling("bf16", 5e11, 512, 4e10, 8)
            >>> MachineResults(m, (), both).ceiling("fp32").bytes_per_s
            40000000000.0
        """
        found = next((each for each in self.ceilings if each.dtype == dtype), None)
        if found is None:
            return None
        copy = max(self.ceilings, key=lambda each: each.bytes_per_s)
        return replace(found, bytes_per_s=copy.bytes_per_s, copied_bytes=copy.copied_bytes)

    def with_more(
        self,
        measurements: Iterable[Measurement],
        ceilings: Iterable[Ceiling] = (),
        left_out: Iterable[LeftOut] = (),
    ) -> MachineResults:
        """The same with newer measurements in the place of those of the same kind, and the higher
        of two ceilings: a ceiling is what was reached at best."""
        kept = {(m.network, m.input_shape, m.setup): m for m in self.measurements}
        kept |= {(m.network, m.input_shape, m.setup): m for m in measurements}
        best = {c.dtype: c for c in self.ceilings}
        for each in ceilings:
            before = best.get(each.dtype)
            best[each.dtype] = each if before is None else before.higher(each)
        return MachineResults(
            self.machine,
            tuple(kept.values()),
            tuple(best.values()),
            (*self.left_out, *left_out),
        )
