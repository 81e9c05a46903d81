"""How long a layer table takes from a name, beside torchinfo and fvcore, in one run.

    python benchmarks/layer_table.py [--repeats 7] [--networks alexnet vgg16 ...]

Every contestant starts from a network's name and ends with its table: ours builds shapes and
counts; torchinfo gets a real network and a summary of one picture, fvcore a real network and a
count of its operations. They take turns, and the median of the repeats counts. Memory is the peak
of a fresh process above what its imports took. The result is a JSON file with the machine and the
versions in `benchmarks/results/`.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import describe, write

ROOT = Path(__file__).resolve().parents[1]
NETWORKS = (
    "alexnet",
    "vgg16",
    "googlenet",
    "inception_v3",
    "resnet50",
    "resnet152",
    "densenet201",
    "mobilenet_v2",
    "efficientnet_b7",
    "convnext_base",
    "vit_b_16",
)
#: What the project promises; the run says whether it was kept.
BARS = {"geometric_mean": 15.0, "smallest": 4.0, "memory_mb": 15.0, "all_seconds": 4.0}

#: Run in a fresh process: the growth of its memory's peak from the imports to the table, in kB.
#: The kernel's high-water mark is set back after the imports, whose own peak would hide ours.
MEMORY = """
import gc, sys
from vizcore import anatomy, api
from vizcore.zoo import networks
from vizcore.zoo.light_import import torchvision_models
torchvision_models()
gc.collect()

def status(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name))

with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
before = status("VmRSS")
api.layers(sys.argv[1])
print(status("VmHWM") - before)
"""

#: Run in a fresh process: tables of all torchvision classifiers, and the same with the imports.
ALL = """
import time
start = time.perf_counter()
from vizcore import anatomy, api
from vizcore.zoo import networks
from vizcore.zoo.light_import import torchvision_models
torchvision_models()
imported = time.perf_counter()
count = 0
for entry in api.models():
    if entry.source.startswith("torchvision:"):
        api.layers(entry)
        count += 1
end = time.perf_counter()
print(count, end - imported, end - start)
"""


def ours(name: str) -> int:
    """ConvScope: shapes and a table."""
    from vizcore import api

    return api.layers(name).totals.macs


def torchinfo_summary(name: str) -> int:
    """torchinfo: a real network and a summary of one picture."""
    import torchinfo

    from vizcore import zoo

    entry = zoo.get(name)
    network = zoo.build(entry)
    result = torchinfo.summary(network, input_size=(1, *entry.input_shape), verbose=0)
    return int(result.total_mult_adds)


def fvcore_count(name: str) -> int:
    """fvcore: a real network and a count of its operations."""
    import torch
    from fvcore.nn import FlopCountAnalysis

    from vizcore import zoo

    entry = zoo.get(name)
    network = zoo.build(entry)
    with torch.no_grad():
        return int(FlopCountAnalysis(network, torch.zeros(1, *entry.input_shape)).total())


CONTESTANTS: dict[str, Callable[[str], int]] = {
    "convscope": ours,
    "torchinfo": torchinfo_summary,
    "fvcore": fvcore_count,
}


def measure(name: str, repeats: int) -> dict[str, Any]:
    """Let the contestants take turns on one network; the first turn of each is not counted."""
    seconds: dict[str, list[float]] = {contestant: [] for contestant in CONTESTANTS}
    macs: dict[str, int] = {}
    for turn in range(repeats + 1):
        for contestant, run in CONTESTANTS.items():
            start = time.perf_counter()
            macs[contestant] = run(name)
            if turn:
                seconds[contestant].append(time.perf_counter() - start)
    medians = {key: statistics.median(values) for key, values in seconds.items()}
    return {
        "network": name,
        "seconds_median": medians,
        "seconds": seconds,
        "multiply_adds": macs,
        "times_faster_than_torchinfo": medians["torchinfo"] / medians["convscope"],
        "times_faster_than_fvcore": medians["fvcore"] / medians["convscope"],
        "fastest_turns_times_faster_than_torchinfo": min(seconds["torchinfo"])
        / min(seconds["convscope"]),
        "memory_mb": int(fresh(MEMORY, name)) / 1024,
    }


def fresh(code: str, *arguments: str) -> str:
    """Run code in a process of its own; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return done.stdout


def all_classifiers(repeats: int) -> dict[str, float]:
    """Tables of all of torchvision's classifiers, in a fresh process each time."""
    runs = [[float(part) for part in fresh(ALL).split()] for _ in range(repeats)]
    return {
        "networks": runs[0][0],
        "seconds_median": statistics.median(run[1] for run in runs),
        "seconds_with_imports_median": statistics.median(run[2] for run in runs),
    }


def summary(results: list[dict[str, Any]], everything: dict[str, float]) -> dict[str, Any]:
    """The numbers the project promises, and whether each was kept."""
    ratios = [result["times_faster_than_torchinfo"] for result in results]
    fastest = [result["fastest_turns_times_faster_than_torchinfo"] for result in results]
    numbers = {
        "geometric_mean": math.exp(statistics.fmean(map(math.log, ratios))),
        "smallest": min(ratios),
        "memory_mb": max(result["memory_mb"] for result in results),
        "all_seconds": everything["seconds_median"],
    }
    kept = {
        name: value >= BARS[name] if name in ("geometric_mean", "smallest") else value <= BARS[name]
        for name, value in numbers.items()
    }
    # Other work on the machine slows the many threads of a real forward pass most of all; the
    # fastest turn of each contestant says what is left of the difference without it.
    return {
        **numbers,
        "bars": BARS,
        "kept": kept,
        "geometric_mean_of_fastest_turns": math.exp(statistics.fmean(map(math.log, fastest))),
        "smallest_of_fastest_turns": min(fastest),
    }


def main() -> int:
    """Measure, print a table and write the file."""
    sys.path.insert(0, str(ROOT))
    import torch

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), metavar="NAME")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)  # fvcore reports every operation it does not count

    load = round(os.getloadavg()[0], 1)
    results = []
    print(f"{'network':<18}{'ours':>9}{'torchinfo':>11}{'fvcore':>9}{'faster':>9}{'memory':>10}")
    for name in args.networks:
        result = measure(name, args.repeats)
        results.append(result)
        medians = result["seconds_median"]
        print(
            f"{name:<18}"
            f"{medians['convscope'] * 1e3:>6.1f} ms"
            f"{medians['torchinfo'] * 1e3:>8.0f} ms"
            f"{medians['fvcore'] * 1e3:>6.0f} ms"
            f"{result['times_faster_than_torchinfo']:>7.1f} x"
            f"{result['memory_mb']:>7.1f} MB",
            flush=True,
        )
    everything = all_classifiers(3)
    report = {
        "machine": describe("torch", "torchvision", "torchinfo", "fvcore"),
        "threads": torch.get_num_threads(),
        "repeats": args.repeats,
        "load_average_before": load,
        "summary": summary(results, everything),
        "all_torchvision_classifiers": everything,
        "results": results,
    }
    print(json.dumps(report["summary"], indent=1))
    print(f"written: {write('layer_table', report).name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
