"""Four methods' maps measured on ResNet-18 at 224, against the same passes picture by picture.

    python benchmarks/map_metrics.py [--repeats 3] [--device cpu]

The two are timed in turns in one run, and the median of the ratios counts. The plain way is every
pass that the numbers are defined by, one picture at a time and for each method by itself: forward
for deletion, insertion, random orders and infidelity, forward and backward for the maps. The whole
of `map_metrics` is timed, with its copies of the network and its pictures' making. On a CPU the
processor's time counts, not the clock's: other work on the machine does not enter.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

# ruff: noqa: E402
import torch
from machine import describe, write
from torch import nn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from vizcore.data.samples import sample
from vizcore.networks.loading import source_of
from vizcore.networks.offers import weights
from vizcore.records.trust import MetricSettings
from vizcore.runtime.device import choose, use_cpu_threads
from vizcore.runtime.jobs import run_here
from vizcore.tasks.sight import sight
from vizcore.tasks.trust import metrics_tasks

NETWORK = "resnet18"
METHODS = ("gradient", "input_x_gradient", "guided_backprop", "grad_cam")
HOW = MetricSettings()


def plain(network: nn.Module, image: torch.Tensor) -> None:
    """Every pass by itself."""
    curve = 2 * (HOW.steps + 1)
    forward = HOW.random_orders * curve + len(METHODS) * (curve + HOW.removals + 1)
    with torch.no_grad():
        for _ in range(forward):
            network(image)
    for _ in range(len(METHODS) * (1 + 1 + HOW.nudges)):  # the map, and again for the sensitivity
        picture = image.clone().requires_grad_(True)
        torch.autograd.grad(network(picture)[0, 0], picture)


def ours(photo: bytes, device: str) -> None:
    """The table, all of it."""
    frame_task, rows = metrics_tasks(NETWORK, photo, METHODS, 0, settings=HOW, weights="random")
    for task in rows(run_here(frame_task, device)):
        run_here(task, device)


def seconds(work: Callable[[], None], device: str) -> float:
    """How long it takes."""
    clock = time.perf_counter if device.startswith("cuda") else time.process_time
    begun = clock()
    work()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return clock() - begun


def main() -> None:
    """Measure, print and write `results/map_metrics_*.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default=None)
    given = parser.parse_args()
    device = choose(given.device)
    use_cpu_threads()
    filled, photo = weights(NETWORK, "random"), sample("coffee").read()
    network = source_of(filled).load(device).requires_grad_(False)
    image = torch.from_numpy(sight(NETWORK, photo, filled).input_nchw()).to(device)
    with torch.no_grad():
        network(image)
    turns = []
    for _ in range(given.repeats):
        single = seconds(lambda: plain(network, image), device)
        turns.append((single, seconds(lambda: ours(photo, device), device)))
    kind = image.device.type
    result = {
        "machine": {
            **describe("torch", "torchvision", "captum"),
            "device": torch.cuda.get_device_name() if kind == "cuda" else "cpu",
        },
        "threads": torch.get_num_threads(),
        "repeats": given.repeats,
        "network": f"{NETWORK} at {image.shape[-1]}, random weights",
        "methods": METHODS,
        "picture by picture, seconds": round(statistics.median(one for one, _ in turns), 2),
        "map_metrics, seconds": round(statistics.median(other for _, other in turns), 2),
        "ratio": round(statistics.median(other / one for one, other in turns), 3),
    }
    for key, value in result.items():
        print(f"{key}: {value}")
    print(write(f"map_metrics_{'gpu' if kind == 'cuda' else 'cpu'}", result).name)


if __name__ == "__main__":
    main()
