"""Does `vizcore bench` time the network and nothing else? Against torch's Timer on the bare module.

    python benchmarks/bench_agreement.py [--device cuda]

In one process, ours and `torch.utils.benchmark.Timer` on the bare module take turns, round after
round, in the same order reversed every time; the ratio is that of the medians of the rounds. And
two measurements of one network, one after the other: how far apart they are, beside the spread
that each states of itself.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median

import torch
from machine import describe, write
from torch.utils.benchmark import Timer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from vizcore.bench.latency import Stopwatch
from vizcore.bench.measuring import measure
from vizcore.bench.running import Prepared
from vizcore.records_bench import Setup
from vizcore.runtime.device import choose, use_cpu_threads
from vizcore.runtime.jobs import finish
from vizcore.zoo import build

CASES = (("zfnet_photos20", 64, 1), ("mobilenet_v2", 224, 1), ("resnet18", 224, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default=None)
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    device = choose(args.device)
    use_cpu_threads()
    found = {}
    for key, side, batch in CASES:
        network = build(key, seed=0).eval().to(device)
        found[key] = {
            "against_the_bare_module": _against_bare(network, side, batch, device, args.rounds),
            "twice": _twice(network, key, side, batch, device),
        }
        print(key, found[key])
    name = "bench_agreement" if device == "cpu" else f"bench_agreement_{device.split(':')[0]}"
    write(name, {"machine": describe("torch", "torchvision"), "device": device, **found})


def _against_bare(
    network: torch.nn.Module, side: int, batch: int, device: str, rounds: int
) -> dict[str, float]:
    ready = Prepared(network, (3, side, side), Setup(batch), device)
    watch = Stopwatch(ready)
    watch.warm_up()
    bare = Timer(
        "network(images)",
        globals={"network": network, "images": ready.images},
        num_threads=torch.get_num_threads(),
    )
    bare_ms: list[float] = []

    def time_bare() -> None:
        with torch.inference_mode(), ready.context():
            taken = bare.adaptive_autorange(threshold=0.05, min_run_time=0.3, max_run_time=2.0)
        bare_ms.append(taken.median * 1e3)

    for turn in range(rounds):
        for each in (watch.round, time_bare) if turn % 2 else (time_bare, watch.round):
            each()
    return {
        "ours_ms": median(watch.rounds_ms),
        "bare_ms": median(bare_ms),
        "ratio": median(ours / other for ours, other in zip(watch.rounds_ms, bare_ms, strict=True)),
        "fastest_ratio": min(watch.rounds_ms) / min(bare_ms),
    }


def _twice(
    network: torch.nn.Module, key: str, side: int, batch: int, device: str
) -> dict[str, float | bool]:
    first, second = (
        finish(measure(network, key, (3, side, side), [Setup(batch)], device, macs=1))
        for _ in range(2)
    )
    one, two = first.measurements[0], second.measurements[0]
    apart = abs(one.latency_ms - two.latency_ms) / min(one.latency_ms, two.latency_ms)
    return {
        "apart": apart,
        "stated_spread": max(one.spread, two.spread),
        "within": apart <= max(one.spread, two.spread),
    }


if __name__ == "__main__":
    main()
