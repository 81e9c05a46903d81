"""Seconds for the layer tables of every architecture of the reference facts, in one process.

    python benchmarks/zoo_tables.py [--repeats 3]

Each repeat is a fresh process; the imports of torch, torchvision and timm are timed apart.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from machine import describe, write

ROOT = Path(__file__).resolve().parents[1]


def measure() -> dict[str, float]:
    """Build and count every architecture of the facts once; seconds, and MiB grown meanwhile."""
    sys.path.insert(0, str(ROOT))
    begun = time.perf_counter()
    import timm  # noqa: F401

    from vizcore import api, zoo
    from vizcore.reference import architecture_facts

    api.layers("resnet18")
    imported = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    keys = [facts.key for facts in architecture_facts()]
    assert all(zoo.get(key) for key in keys)
    for key in keys:
        api.layers(key)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "networks": len(keys),
        "imports_s": round(imported - begun, 2),
        "tables_s": round(time.perf_counter() - imported, 2),
        "memory_grown_mib": round(grown / 1024, 1),
    }


def main() -> None:
    """Time fresh processes and write `results/zoo_tables.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--once", action="store_true", help="measure in this process and print")
    options = parser.parse_args()
    if options.once:
        print(json.dumps(measure()))
        return
    command = [sys.executable, __file__, "--once"]
    runs = [
        json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for _ in range(options.repeats)
    ]
    medians = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    result = {"machine": describe("torch", "torchvision", "timm"), "median": medians, "runs": runs}
    print(medians)
    print(write("zoo_tables", result).relative_to(ROOT))


if __name__ == "__main__":
    main()
