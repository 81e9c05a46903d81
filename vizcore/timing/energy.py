"""Joules of a pass, where NVIDIA's management library counts them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from vizcore.timing.running import Prepared

#: The counter of a board moves in steps of a few hundredths of a second.
LEAST_S = 2.0
#: Seconds of passes that are sent to the board before it is waited for: it must not idle.
_QUEUED_S = 0.1


@dataclass(frozen=True, slots=True)
class Energy:
    """Of one pass: joules of the whole board, and its mean power meanwhile."""

    joules: float
    watts: float


def energy(ready: Prepared, *, pass_s: float, least_s: float = LEAST_S) -> Energy | None:
    """Run passes for some seconds and read the board's energy counter before and after.

    What the board takes when it does nothing is in it. None off CUDA, without the library, for
    boards without a counter (those before Volta), and for a part of a divided board (MIG), whose
    counter has the other parts' share in it.

    Args:
        pass_s: about what a pass takes, in seconds.
    """
    if not ready.device.startswith("cuda"):
        return None
    with _library() as nvml:
        if nvml is None:
            return None
        try:
            board = _board(nvml, ready.device)
            return None if board is None else _counted(nvml, board, ready, pass_s, least_s)
        except nvml.NVMLError:
            return None


def _counted(nvml: Any, board: Any, ready: Prepared, pass_s: float, least_s: float) -> Energy:
    block = max(1, round(_QUEUED_S / pass_s))
    passes = 0
    with ready.context():
        torch.cuda.synchronize(ready.device)
        before_mj = nvml.nvmlDeviceGetTotalEnergyConsumption(board)
        begun = time.perf_counter()
        took_s = 0.0
        while took_s < least_s:
            for _ in range(block):
                ready()
            torch.cuda.synchronize(ready.device)
            passes += block
            took_s = time.perf_counter() - begun
        joules = (nvml.nvmlDeviceGetTotalEnergyConsumption(board) - before_mj) / 1e3
    return Energy(joules / passes, joules / took_s)


def _board(nvml: Any, device: str) -> Any | None:
    """The board behind a device of torch, by its UUID: the library numbers boards in its own way,
    and `CUDA_VISIBLE_DEVICES` hides some from torch only. None for a part of a divided board."""
    index = torch.device(device).index
    number = torch.cuda.current_device() if index is None else index
    uuid = torch.cuda.get_device_properties(number).uuid
    board = nvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid}")
    try:
        divided, _ = nvml.nvmlDeviceGetMigMode(board)
    except nvml.NVMLError:  # boards that cannot be divided
        return board
    return None if divided else board


def driver_version() -> str:
    """The NVIDIA driver's version, "" where nobody tells."""
    with _library() as nvml:
        if nvml is None:
            return ""
        try:
            return str(nvml.nvmlSystemGetDriverVersion())
        except nvml.NVMLError:
            return ""


@contextmanager
def _library() -> Iterator[Any]:
    """NVIDIA's library, ready; None where it is not there, or its driver is not."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:
        yield None
        return
    try:
        yield pynvml
    finally:
        pynvml.nvmlShutdown()
