"""Measuring networks by name, as tasks for an engine or for `run_here`.

Nothing is fetched: how long a network takes does not depend on what it has learned, so its weights
are drawn at random. A task that measures has no key: measured twice is measured twice. One
measures at a time on a machine; between its steps others' work on the device takes its turns.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TypeVar

from vizcore.errors import BadChoice, JobError
from vizcore.records.bench import MachineResults, NumberFormat, Setup
from vizcore.runtime.device import choose, release_unused
from vizcore.runtime.jobs import Progress, Task
from vizcore.zoo import get

#: The most networks of one task.
MAX_NETWORKS = 200
#: The most measurements of each setup.
MAX_ROUNDS = 100

Result = TypeVar("Result")


def bench_task(
    names: Sequence[str],
    setups: Sequence[Setup] = (Setup(),),
    *,
    input_size: int | None = None,
    device: str | None = None,
    rounds: int = 3,
    with_ceilings: bool = True,
) -> Task[MachineResults]:
    """Measure networks on a device: time, spread, memory, energy, and the device's own ceilings.

    `Progress.partial` holds what has been measured so far, a `MachineResults`.

    Args:
        names: architectures.
        setups: how each is run; those of one network take turns.
        input_size: side of the square pictures; None takes each network's own.
        rounds: how often each setup is measured.
        with_ceilings: measure the device itself first, in the number formats of the setups.

    Raises:
        UnknownArchitecture: with the nearest names.
        BadChoice: no network, too many, rounds outside 1 to 100, or a device that is not there.
        BadInputSize, NotApplicable: (when it runs) a network cannot take pictures of this size,
            or the device cannot do what a setup asks for.
        QueueFull: (when it runs) others wait to measure already.
        JobError: (when it runs) nothing could be measured; says why of each.
    """
    if not 1 <= len(names) <= MAX_NETWORKS:
        raise BadChoice(
            f"{len(names)} networks came in; 1 to {MAX_NETWORKS} can be measured in one go.",
            received=str(len(names)),
        )
    if not setups:
        raise BadChoice("No setup came in; at least one is needed.", received="none")
    if not 1 <= rounds <= MAX_ROUNDS:
        raise BadChoice.among("rounds", rounds, [f"a whole number from 1 to {MAX_ROUNDS}"])
    keys = tuple(dict.fromkeys(get(name).key for name in names))
    work = partial(
        _bench,
        keys=keys,
        setups=tuple(dict.fromkeys(setups)),
        input_size=input_size,
        device=choose(device),
        rounds=rounds,
        with_ceilings=with_ceilings,
    )
    return Task(work, f"Measuring {keys[0] if len(keys) == 1 else f'{len(keys)} networks'}")


def _bench(
    *,
    keys: Sequence[str],
    setups: Sequence[Setup],
    input_size: int | None,
    device: str,
    rounds: int,
    with_ceilings: bool,
) -> Generator[Progress, None, MachineResults]:
    from vizcore.anatomy import trace
    from vizcore.timing.alone import Alone
    from vizcore.timing.ceilings import ceiling
    from vizcore.timing.compiling import Compiler, nothing_kept, try_compiler
    from vizcore.timing.machine import describe_machine
    from vizcore.timing.measuring import measure
    from vizcore.timing.running import require
    from vizcore.zoo import build, build_meta

    for setup in setups:
        require(setup, device)
    shapes = {key: _shape(key, input_size) for key in keys}
    macs = {key: trace(build_meta(key), shapes[key]).totals.macs for key in keys}
    results = MachineResults(describe_machine(device), ())
    formats: list[NumberFormat] = []
    if with_ceilings:
        formats = list(dict.fromkeys(setup.dtype for setup in setups))
    parts = len(formats) + len(keys)
    alone, folder = Alone(), ExitStack()
    try:
        yield from alone.wait()
        if any(setup.compiled for setup in setups):
            folder.enter_context(nothing_kept())
            for note in try_compiler(device):
                yield Progress(0, parts, note, results)
        for place, dtype in enumerate(formats):
            found = yield from _as_part(ceiling(device, dtype), place, parts, results)
            results = results.with_more((), [found])
        for place, key in enumerate(keys, start=len(formats)):
            yield Progress(100 * place, 100 * parts, f"{key}: building it", results)
            network = build(key, seed=0).eval().to(device)
            steps = measure(
                network, key, shapes[key], setups, device, macs=macs[key], rounds=rounds
            )
            measured = yield from _as_part(steps, place, parts, results)
            results = results.with_more(measured.measurements, (), measured.left_out)
            del network, steps
            release_unused(device)
    finally:
        alone.close(folder.close, unless=Compiler.thread)
    if not results.measurements:
        said = "; ".join(each.words for each in results.left_out)
        raise JobError(f"Nothing could be measured. {said}.")
    return results


def _shape(key: str, input_size: int | None) -> tuple[int, int, int]:
    own = get(key).input_shape
    return own if input_size is None else (own[0], input_size, input_size)


def _as_part(
    steps: Generator[Progress, None, Result], place: int, parts: int, so_far: MachineResults
) -> Generator[Progress, None, Result]:
    """The steps of one part of the work, counted as hundredths of the whole."""
    while True:
        try:
            step = next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        share = step.done / step.total if step.total else 0.0
        yield Progress(int(100 * (place + share)), 100 * parts, step.note, so_far)
