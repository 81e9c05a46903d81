"""Measuring a network in several setups, round by round."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date

from torch import nn

from vizcore.errors import BadChoice, JobError
from vizcore.records.bench import LeftOut, Measurement, Setup
from vizcore.runtime.device import release_unused
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import is_out_of_memory
from vizcore.timing.energy import Energy, energy
from vizcore.timing.latency import LONGEST_S, SHORTEST_S, Stopwatch
from vizcore.timing.peak import peak_bytes
from vizcore.timing.running import Prepared

ROUNDS = 3
#: A setup whose pass takes longer is left out: nobody could stop it in the middle of one.
LONGEST_PASS_S = 15.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One network in its setups.

    Attributes:
        measurements: in the order of the setups.
        left_out: the setups that could not be measured, and why.
    """

    measurements: tuple[Measurement, ...]
    left_out: tuple[LeftOut, ...]


def measure(
    network: nn.Module,
    key: str,
    input_shape: tuple[int, int, int],
    setups: Sequence[Setup],
    device: str,
    *,
    macs: int,
    rounds: int = ROUNDS,
    shortest_s: float = SHORTEST_S,
    longest_s: float = LONGEST_S,
) -> Generator[Progress, None, Measured]:
    """Time a network in every setup, with its peak memory and, where the device counts it, energy.

    Each step is one round of one setup, `longest_s` long at most where a pass is shorter than
    that. A setup that needs more memory than there is, whose pass takes longer than
    `LONGEST_PASS_S` or that cannot be compiled is left out, and said.

    Args:
        key: what to call the network in the result.
        input_shape: (channels, height, width) of a picture.
        macs: multiply-adds of one picture.

    Raises:
        BadChoice: no setup, or rounds outside 1 to 100.
        NotApplicable: the device cannot do what a setup asks for.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> net, setups = nn.Conv2d(3, 4, 3), [Setup(batch=1), Setup(batch=2)]
        >>> found = finish(measure(net, "conv", (3, 8, 8), setups, "cpu", macs=3888,
        ...     rounds=2, shortest_s=0.001, longest_s=0.01))
        >>> [len(each.rounds_ms) for each in found.measurements]
        [2, 2]
    """
    if not setups:
        raise BadChoice("No setup came in; at least one is needed.", received="none")
    if not 1 <= rounds <= 100:
        raise BadChoice.among("rounds", rounds, ["a whole number from 1 to 100"])
    counts = device.startswith("cuda")
    total = len(setups) * (1 + rounds + counts)
    series = _Series(network, key, input_shape, device, total=total)
    for number, setup in enumerate(setups):
        yield from series.begin(setup, number)
    for turn in range(rounds):
        for number, setup in enumerate(list(series.watches)):
            done = len(setups) * (1 + turn) + number
            yield series.progress(done, f"round {turn + 1} of {rounds}", setup)
            series.take_round(setup, shortest_s, longest_s)
    for number, setup in enumerate(list(series.watches)):
        if counts:
            done = len(setups) * (1 + rounds) + number
            yield series.progress(done, "reading the energy counter", setup)
        series.count_energy(setup)
    return Measured(series.measurements(macs), tuple(series.left_out))


class _Series:
    """The setups of one network while they are measured; those that cannot be leave it."""

    def __init__(
        self,
        network: nn.Module,
        key: str,
        input_shape: tuple[int, int, int],
        device: str,
        *,
        total: int,
    ) -> None:
        self.watches: dict[Setup, Stopwatch] = {}
        self.left_out: list[LeftOut] = []
        self._network, self._key, self._input_shape = network, key, input_shape
        self._device, self._total = device, total
        self._peaks: dict[Setup, int | None] = {}
        self._energies: dict[Setup, Energy | None] = {}

    def progress(self, done: int, what: str, setup: Setup) -> Progress:
        return Progress(done, self._total, f"{self._key}: {what}, {setup.words}")

    def begin(self, setup: Setup, number: int) -> Generator[Progress, None, None]:
        """Make a setup ready: its first passes, compiled where it asks for it, and its memory."""
        yield self.progress(number, "warming up", setup)
        why = ""
        try:
            like = next((watch.ready for watch in self.watches.values()), None)
            ready = Prepared(self._network, self._input_shape, setup, self._device, like=like)
            watch = Stopwatch(ready)
            took_s = 0.0
            if setup.batch > 1:  # pictures in one pass take less time each, never four times less
                took_s = watch.one_picture() * setup.batch / 4
            if took_s <= LONGEST_PASS_S:
                for note in watch.first_pass():
                    yield self.progress(number, note, setup)
                took_s = watch.once()
            if took_s <= LONGEST_PASS_S:
                watch.warm_up()
                self._peaks[setup] = peak_bytes(ready)
                self.watches[setup] = watch
            else:
                why = (
                    f"a pass takes {took_s:.0f} s, and at most {LONGEST_PASS_S:.0f} s are measured"
                )
        except Exception as error:
            why = self._reason(error)
        if why:  # outside `except`: the error's traceback holds the tensors of the failed pass
            self._leave_out(setup, why)

    def take_round(self, setup: Setup, shortest_s: float, longest_s: float) -> None:
        """Measure a setup once more."""
        why = ""
        try:
            self.watches[setup].round(shortest_s=shortest_s, longest_s=longest_s)
        except Exception as error:
            why = self._reason(error)
        if why:
            self._leave_out(setup, why)

    def count_energy(self, setup: Setup) -> None:
        """Count a setup's joules, where the device counts them."""
        watch = self.watches[setup]
        self._energies[setup] = energy(watch.ready, pass_s=watch.rounds_ms[-1] / 1e3)

    def measurements(self, macs: int) -> tuple[Measurement, ...]:
        """What was found, in the order of the setups."""
        params = sum(parameter.numel() for parameter in self._network.parameters())
        found = []
        for setup, watch in self.watches.items():
            spent = self._energies[setup]
            found.append(
                Measurement(
                    network=self._key,
                    input_shape=self._input_shape,
                    setup=setup,
                    date=date.today().isoformat(),
                    params=params,
                    macs=macs,
                    rounds_ms=tuple(watch.rounds_ms),
                    quartiles_ms=watch.quartiles_ms(),
                    runs=watch.runs,
                    peak_bytes=self._peaks[setup],
                    energy_j=None if spent is None else spent.joules,
                    power_w=None if spent is None else spent.watts,
                    compile_s=watch.compile_s,
                )
            )
        return tuple(found)

    @staticmethod
    def _reason(error: Exception) -> str:
        """Why a setup is left out; other errors are raised on."""
        if is_out_of_memory(error):
            return "the device has no memory for it"
        if isinstance(error, JobError):
            return str(error)
        raise error

    def _leave_out(self, setup: Setup, why: str) -> None:
        self.watches.pop(setup, None)
        release_unused(self._device)
        self.left_out.append(LeftOut(self._key, setup, why))
