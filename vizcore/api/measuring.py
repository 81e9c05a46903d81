"""What networks cost on this machine, measured."""

from __future__ import annotations

from collections.abc import Sequence

from vizcore.records.bench import MachineResults, NumberFormat, Setup
from vizcore.runtime.device import use_cpu_threads
from vizcore.runtime.jobs import run_here
from vizcore.tasks.bench import bench_task


def bench(
    names: str | Sequence[str],
    *,
    batch: int | Sequence[int] = 1,
    dtype: NumberFormat = "fp32",
    channels_last: bool = False,
    compiled: bool = False,
    input_size: int | None = None,
    device: str | None = None,
    rounds: int = 3,
) -> MachineResults:
    """Measure networks on this machine: latency and its spread, throughput, memory, energy.

    Args:
        batch: pictures in one pass, or several numbers of them.
        dtype: "fp32", "tf32" (GPUs from Ampere on), or autocast to "bf16" or "fp16".
        input_size: side of the square pictures; None takes each network's own.

    Raises:
        UnknownArchitecture: with the nearest names.
        BadChoice, NotApplicable: a setup that cannot be, or not on this device.
        BadInputSize: a network cannot take pictures of this size.
    """
    batches = (batch,) if isinstance(batch, int) else tuple(batch)
    setups = [Setup(each, dtype, channels_last, compiled) for each in batches]
    use_cpu_threads()
    return run_here(
        bench_task(
            [names] if isinstance(names, str) else names,
            setups,
            input_size=input_size,
            device=device,
            rounds=rounds,
        )
    )
