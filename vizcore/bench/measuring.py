"""Measuring a network in several setups, round by round."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date

from torch import nn

from vizcore.bench.energy import energy
from vizcore.bench.latency import LONGEST_S, SHORTEST_S, Stopwatch
from vizcore.bench.peak import peak_bytes
from vizcore.bench.running import Prepared
from vizcore.errors import BadChoice, OutOfMemory
from vizcore.records_bench import Measurement, Setup
from vizcore.runtime.device import release_unused
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import is_out_of_memory, no_room

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """One network in its setups.

    Attributes:
        measurements: in the order of the setups.
        left_out: the setups the device had no memory for.
    """

    measurements: tuple[Measurement, ...]
    left_out: tuple[Setup, ...]


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
    that. A setup that needs more memory than there is is left out, and said.

    Args:
        key: what to call the network in the result.
        input_shape: (channels, height, width) of a picture.
        macs: multiply-adds of one picture.

    Raises:
        BadChoice: no setup, or rounds outside 1 to 100.
        NotApplicable: the device cannot do what a setup asks for.
        OutOfMemory: there is no room for any of the setups.

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
    total = len(setups) * (rounds + 1)
    watches: dict[Setup, Stopwatch] = {}
    peaks: dict[Setup, int | None] = {}
    left_out: list[Setup] = []
    for number, setup in enumerate(setups):
        yield Progress(number, total, f"{key}: warming up, {setup.words}")
        failed = False
        try:
            watch = Stopwatch(Prepared(network, input_shape, setup, device))
            watch.warm_up()
            peaks[setup] = peak_bytes(watch.ready)
            watches[setup] = watch
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            failed = True
        if failed:  # outside `except`: the error's traceback holds the tensors of the failed pass
            release_unused(device)
            left_out.append(setup)
    if not watches:
        raise OutOfMemory(no_room(device))
    for turn in range(rounds):
        for number, (setup, watch) in enumerate(watches.items()):
            done = len(setups) + turn * len(watches) + number
            yield Progress(done, total, f"{key}: round {turn + 1} of {rounds}, {setup.words}")
            watch.round(shortest_s=shortest_s, longest_s=longest_s)
    found = []
    params = sum(parameter.numel() for parameter in network.parameters())
    for setup, watch in watches.items():
        spent = energy(watch.ready)
        found.append(
            Measurement(
                network=key,
                input_shape=input_shape,
                setup=setup,
                date=date.today().isoformat(),
                params=params,
                macs=macs,
                rounds_ms=tuple(watch.rounds_ms),
                quartiles_ms=watch.quartiles_ms(),
                runs=watch.runs,
                peak_bytes=peaks[setup],
                energy_j=None if spent is None else spent.joules,
                power_w=None if spent is None else spent.watts,
            )
        )
    return Measured(tuple(found), tuple(left_out))
