"""Does `vizcore bench` time the network and nothing else? Against torch's Timer on the bare module.

    python benchmarks/bench_agreement.py [--device cuda]

In one process, ours and `torch.utils.benchmark.Timer` on the bare module take turns, round after
round, in the same order reversed every time; the ratio is that of the medians of the rounds. And
measurements of one network, one after the other: how far apart each two are, beside the spread
that they state of themselves.
"""

from __future__ import annotations

import argparse
import sys
from itertools import combinations
from pathlib import Path
from statistics import median

import torch
from machine import describe, write
from torch.utils.benchmark import Timer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from vizcore.records.bench import Setup
from vizcore.runtime.device import choose, use_cpu_threads
from vizcore.runtime.jobs import finish
from vizcore.timing.latency import Stopwatch
from vizcore.timing.measuring import measure
from vizcore.timing.running import Prepared
from vizcore.zoo import build

CASES = (("zfnet_photos20", 64, 1), ("mobilenet_v2", 224, 1), ("resnet18", 224, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default=None)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--times", type=int, default=6)
    args = parser.parse_args()
    device = choose(args.device)
    use_cpu_threads()
    found = {}
    for key, side, batch in CASES:
        network = build(key, seed=0).eval().to(device)
        found[key] = {
            "against_the_bare_module": _against_bare(network, side, batch, device, args.rounds),
            "repeated": _repeated(network, key, side, batch, device, args.times),
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


def _repeated(
    network: torch.nn.Module, key: str, side: int, batch: int, device: str, times: int
) -> dict[str, float]:
    """Measured some times: of all pairs, how far apart, and how many within what they state."""
    found = [
        finish(measure(network, key, (3, side, side), [Setup(batch)], device, macs=1))
        for _ in range(times)
    ]
    pairs = list(combinations((each.measurements[0] for each in found), 2))
    distances = [
        abs(one.latency_ms - two.latency_ms) / min(one.latency_ms, two.latency_ms)
        for one, two in pairs
    ]
    stated = [max(one.spread, two.spread) for one, two in pairs]
    within = sum(apart <= spread for apart, spread in zip(distances, stated, strict=True))
    return {
        "pairs": len(pairs),
        "within_the_stated_spread": within,
        "apart_median": median(distances),
        "apart_most": max(distances),
        "stated_spread_median": median(stated),
    }


if __name__ == "__main__":
    main()
