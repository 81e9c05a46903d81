"""Integrated Gradients of 50 steps on ResNet-18 at 224 against 50 single forward + backward passes.

    python benchmarks/integrated_gradients.py [--repeats 5] [--device cpu]

The two are timed in turns in one run, and the median of the ratios of all turns counts. A single
pass is the plain way: one picture through the network, `autograd.grad` of its score. The whole of
`saliency` is timed, with its copy of the network, its choice of the batch and its check of the sum.
On a CPU the processor's time counts, not the clock's: other work on the machine does not enter.
The memory of several batches, and under a low setting, is that of fresh processes.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ALLOCATOR = {"MALLOC_TRIM_THRESHOLD_": "1000000000", "MALLOC_MMAP_THRESHOLD_": "1000000000"}
if any(os.environ.get(name) != value for name, value in ALLOCATOR.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ALLOCATOR})

# ruff: noqa: E402
import torch
from machine import describe, write
from torch import nn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from vizcore.data.samples import sample
from vizcore.lenses.saliency import look as looking
from vizcore.lenses.saliency import saliency
from vizcore.networks.loading import source_of
from vizcore.networks.offers import weights
from vizcore.runtime.device import choose, use_cpu_threads
from vizcore.runtime.jobs import finish
from vizcore.tasks.sight import sight

STEPS = 50
BATCHES = (1, 5, 8, 10, 50)


def prepared(device: str) -> tuple[nn.Module, Any, torch.Tensor]:
    """The network, what it looks at, and its input."""
    filled = weights("resnet18", "random")
    seen = sight("resnet18", sample("coffee").read(), filled)
    network = source_of(filled).load(device)
    return network, seen.view_hwc(), torch.from_numpy(seen.input_nchw()).to(device)


def single_passes(network: nn.Module, image: torch.Tensor) -> None:
    """The plain way."""
    for _ in range(STEPS):
        picture = image.clone().requires_grad_(True)
        torch.autograd.grad(network(picture)[0, 0], picture)


def ours(network: nn.Module, view: Any, image: torch.Tensor, **options: Any) -> None:
    """The lens, all of it."""
    finish(
        saliency(network, image, image_hwc=view, target=0, method="integrated_gradients", **options)
    )


def seconds(work: Callable[[], None], device: str) -> float:
    """How long it takes."""
    clock = time.perf_counter if device.startswith("cuda") else time.process_time
    begun = clock()
    work()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return clock() - begun


def peak_of(device: str, batch: int | None, memory_bytes: int | None) -> float:
    """The most memory, in MB, above what the network and one forward pass take."""
    network, view, image = prepared(device)
    with torch.no_grad():
        network(image)
    if batch is not None:
        looking._BEST_BATCH[image.device.type] = batch
        memory_bytes = 2**40
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.max_memory_allocated()
        ours(network, view, image, memory_bytes=memory_bytes)
        return (torch.cuda.max_memory_allocated() - before) / 1e6
    before = resident_peak_mb()
    ours(network, view, image, memory_bytes=memory_bytes)
    return resident_peak_mb() - before


def resident_peak_mb() -> float:
    """The most memory this program has held so far; of a child, `ru_maxrss` tells its parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def in_a_process(device: str, batch: int | None, memory_bytes: int | None) -> float:
    """The same in a process of its own, whose peak is its own."""
    arguments = ["--device", device, "--peak", f"{batch or 0}", f"{memory_bytes or 0}"]
    command = [sys.executable, __file__, *arguments]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(found.stdout)


def main() -> None:
    """Measure, print and write `results/integrated_gradients_*.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default=None)
    parser.add_argument("--peak", nargs=2, type=int, default=None, help=argparse.SUPPRESS)
    given = parser.parse_args()
    device = choose(given.device)
    use_cpu_threads()
    if given.peak:
        batch, memory_bytes = given.peak
        print(peak_of(device, batch or None, memory_bytes or None))
        return
    network, view, image = prepared(device)
    single_passes(network, image)
    ours(network, view, image)
    kind = image.device.type
    chosen = looking._BEST_BATCH[kind]
    ratios: dict[int, list[float]] = {batch: [] for batch in dict.fromkeys((*BATCHES, chosen))}
    singles = []
    for _ in range(given.repeats):
        single = seconds(lambda: single_passes(network, image), device)
        singles.append(single)
        for batch in ratios:
            looking._BEST_BATCH[kind] = batch
            took = seconds(lambda: ours(network, view, image, memory_bytes=2**40), device)
            ratios[batch].append(took / single)
        looking._BEST_BATCH[kind] = chosen
    medians = {batch: round(statistics.median(found), 3) for batch, found in ratios.items()}
    name = torch.cuda.get_device_name() if kind == "cuda" else "cpu"
    result = {
        "machine": {**describe("torch", "torchvision", "captum"), "device": name},
        "threads": torch.get_num_threads(),
        "repeats": given.repeats,
        "network": "resnet18 at 224, random weights",
        "single passes, seconds for 50": round(statistics.median(singles), 3),
        "batch chosen": chosen,
        "ratio": medians[chosen],
        "ratio by batch": medians,
        "peak MB by batch": {
            batch: round(in_a_process(device, batch, None)) for batch in (1, chosen, 50)
        },
        "peak MB under a setting of 100 MB": round(in_a_process(device, None, 100 * 10**6)),
    }
    for key, value in result.items():
        print(f"{key}: {value}")
    print(write(f"integrated_gradients_{'gpu' if kind == 'cuda' else 'cpu'}", result).name)


if __name__ == "__main__":
    main()
