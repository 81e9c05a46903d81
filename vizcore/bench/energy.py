"""Joules of a pass, where NVIDIA's management library counts them."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from vizcore.bench.running import Prepared

#: The counter of a board moves in steps of a few hundredths of a second.
LEAST_S = 2.0


@dataclass(frozen=True, slots=True)
class Energy:
    """Of one pass: joules of the whole board, and its mean power meanwhile."""

    joules: float
    watts: float


def energy(ready: Prepared, *, least_s: float = LEAST_S) -> Energy | None:
    """Run passes for some seconds and read the board's energy counter before and after.

    What the board takes when it does nothing is in it. None off CUDA, without the library, and
    for boards without a counter (those before Volta).
    """
    if not ready.device.startswith("cuda"):
        return None
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # the library is not there, or the driver is not
        return None
    try:
        index = torch.device(ready.device).index
        number = torch.cuda.current_device() if index is None else index
        board = pynvml.nvmlDeviceGetHandleByUUID(
            f"GPU-{torch.cuda.get_device_properties(number).uuid}"
        )
        passes = 0
        torch.cuda.synchronize(ready.device)
        joules = pynvml.nvmlDeviceGetTotalEnergyConsumption(board) / 1e3
        begun = time.perf_counter()
        with ready.context():
            while time.perf_counter() - begun < least_s:
                for _ in range(4):
                    ready()
                torch.cuda.synchronize(ready.device)
                passes += 4
        took_s = time.perf_counter() - begun
        spent = pynvml.nvmlDeviceGetTotalEnergyConsumption(board) / 1e3 - joules
        return Energy(spent / passes, spent / took_s)
    except pynvml.NVMLError:
        return None
    finally:
        pynvml.nvmlShutdown()


def driver_version() -> str:
    """The NVIDIA driver's version, "" where nobody tells."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:
        return ""
    try:
        return str(pynvml.nvmlSystemGetDriverVersion())
    except pynvml.NVMLError:
        return ""
    finally:
        pynvml.nvmlShutdown()
