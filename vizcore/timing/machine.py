"""What a device is, for a result that is to be compared with others."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from vizcore.records.bench import Machine
from vizcore.runtime.device import memory
from vizcore.timing.energy import driver_version


def describe_machine(device: str) -> Machine:
    """The device, the host and the versions that a measurement depends on.

    Example:
        >>> describe_machine("cpu").kind
        'cpu'
    """
    kind = device.split(":")[0]
    processor = _processor()
    names = {"cpu": processor, "mps": f"Apple GPU ({platform.machine()})"}
    is_cuda = kind == "cuda"
    return Machine(
        device=torch.cuda.get_device_name(device) if is_cuda else names[kind],
        kind=kind,
        processor=processor,
        cores=os.cpu_count() or 1,
        threads=torch.get_num_threads(),
        memory_bytes=memory(device).total_bytes,
        driver=driver_version() if is_cuda else "",
        cuda=(torch.version.cuda or "") if is_cuda else "",
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        torch=torch.__version__,
        torchvision=_version("torchvision"),
        timm=_version("timm"),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
