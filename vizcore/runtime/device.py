"""Which device computes, what it is, how much memory it has, and how many threads a CPU gets.

Torch is imported when a function needs it, not when this module is.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from vizcore.errors import BadChoice
from vizcore.formats.words import counted

#: The environment variable that names the device for the whole process.
DEVICE_VARIABLE = "CONVSCOPE_DEVICE"
#: The environment variable that sets the CPU threads of one computation.
THREADS_VARIABLE = "CONVSCOPE_THREADS"


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of a device in bytes; None where the system does not tell."""

    free_bytes: int | None
    total_bytes: int | None


def available() -> tuple[str, ...]:
    """Names of the devices of this machine, fastest kind first; "cpu" is always the last.

    Example:
        >>> available()[-1]
        'cpu'
    """
    import torch

    names = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if names:
        names.insert(0, "cuda")
    if torch.backends.mps.is_available():
        names.append("mps")
    return (*names, "cpu")


def choose(name: str | None = None) -> str:
    """The device to compute on: `name`, else `CONVSCOPE_DEVICE`, else the fastest there is.

    Raises:
        BadChoice: the name is not a device of this machine.

    Example:
        >>> choose("cpu")
        'cpu'
    """
    wanted = (name or os.environ.get(DEVICE_VARIABLE, "")).strip().lower()
    if wanted == "cpu":
        return wanted
    names = available()
    if not wanted:
        return names[0]
    if wanted not in names:
        option = "device" if name else DEVICE_VARIABLE
        raise BadChoice.among(option, wanted, names)
    return wanted


def describe(device: str) -> str:
    """One line a person recognises: the accelerator's name, or the processor and its threads."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    if device == "mps":
        return f"Apple GPU ({platform.machine()})"
    processor = platform.processor() or platform.machine()
    threads = cpu_threads()
    return f"CPU ({processor}, {counted(threads, 'thread')})"


def memory(device: str) -> Memory:
    """Free and total memory of a device in bytes."""
    import torch

    if device.startswith("cuda"):
        free, total = torch.cuda.mem_get_info(device)
        return Memory(free, total)
    if device == "mps":
        total = torch.mps.recommended_max_memory()
        return Memory(total - torch.mps.driver_allocated_memory(), total)
    return _host_memory()


def cpu_threads() -> int:
    """Threads for one computation: `CONVSCOPE_THREADS`, else all cores of the process but one.

    One core stays free for the server, because torch's threads wait for the slowest of them: on
    two busy cores a ResNet-50 took 0.3 s with one thread and over 2 s with two. The cores are
    those of the process's affinity and of its container's quota, not of the machine.

    Raises:
        BadChoice: `CONVSCOPE_THREADS` is not a whole number above zero.
    """
    setting = os.environ.get(THREADS_VARIABLE, "").strip()
    if setting:
        if not setting.isascii() or not setting.isdigit() or int(setting) < 1:
            raise BadChoice.among(THREADS_VARIABLE, setting, ["a whole number above zero"])
        return int(setting)
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, min(cores, _quota_cores() or cores) - 1)


def use_cpu_threads() -> None:
    """Give torch this thread's share of the cores. Call it in the thread that computes."""
    import torch

    torch.set_num_threads(cpu_threads())


def release_unused(device: str) -> None:
    """Hand memory that torch keeps for later back to the device."""
    import torch

    if device.startswith("cuda"):
        torch.cuda.empty_cache()
    elif device == "mps":
        torch.mps.empty_cache()


def _quota_cores() -> int | None:
    """Whole cores of the container's CPU quota (cgroup v2), None without one."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()[:2]
        return None if quota == "max" else max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return None


def _host_memory() -> Memory:
    """Memory of the machine, or of the container where it has a smaller limit (cgroup v2)."""
    try:
        page_bytes = os.sysconf("SC_PAGE_SIZE")
        total = page_bytes * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return Memory(None, None)
    free = None
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        free = int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    try:
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text())
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
    except (OSError, ValueError):
        return Memory(free, total)
    room = max(0, limit - used)
    return Memory(room if free is None else min(free, room), min(limit, total))
