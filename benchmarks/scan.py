"""Images per second of a scan for the strongest patches, against bare forward passes.

    python benchmarks/scan.py [--images 2000] [--turns 5] [--device cpu]

A ResNet-18 looks at the same pictures in the same batches, once as a bare forward pass and once as
a scan that keeps the nine strongest places of every channel of all its convolutions. The two take
turns, batch by batch for one pass over all pictures, and the ratio of their times is that of the
whole passes; the median over the turns counts. A last pass counts the bytes that a scan holds
after a tenth of the pictures and after all of them.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from machine import describe, write

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
KEY = "resnet18"
#: Side of the pictures, and the share of the bare forward's images per second to reach.
SIDES = {64: 0.85, 128: 0.94}
BATCH = 64
TOP = 9


def turn(network: Any, pictures: Any, device: str) -> tuple[float, float, Any]:
    """Seconds of a bare pass and of a scan over all pictures, and the scan."""
    import torch

    from vizcore.lenses.strongest import Search

    search = Search(network, top=TOP)
    bare_s = scan_s = 0.0
    for first in range(0, len(pictures), BATCH):
        batch = pictures[first : first + BATCH]
        numbers = range(first, first + len(batch))

        def bare(batch: Any = batch) -> None:
            with torch.no_grad():
                network(batch.to(device))

        def scan(batch: Any = batch, numbers: range = numbers) -> None:
            search.feed(numbers, batch)

        works = (bare, scan) if first // BATCH % 2 else (scan, bare)
        for work in works:
            begun = time.perf_counter()
            work()
            if device == "cuda":
                torch.cuda.synchronize()
            seconds = time.perf_counter() - begun
            if work is bare:
                bare_s += seconds
            else:
                scan_s += seconds
    return bare_s, scan_s, search


def held_bytes(search: Any) -> int:
    """What a search keeps of all pictures it has seen."""
    return sum(part.nbytes for part in search._best)


def main() -> None:
    """Time both sizes and write `results/scan.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--keep", action="store_true", help="do not write the result")
    args = parser.parse_args()
    import torch

    from vizcore.networks.loading import load_network
    from vizcore.runtime.device import use_cpu_threads

    use_cpu_threads()
    network = load_network(KEY, "random", args.device).module
    result: dict[str, Any] = {
        "machine": describe("torch"),
        "device": torch.cuda.get_device_name() if args.device == "cuda" else args.device,
        "threads": torch.get_num_threads(),
        "network": KEY,
        "images": args.images,
        "batch": BATCH,
        "top": TOP,
        "turns": args.turns,
        "sides": {},
    }
    for side, bar in SIDES.items():
        draw = torch.Generator().manual_seed(0)
        pictures = torch.randn(args.images, 3, side, side, generator=draw)
        turn(network, pictures[: 2 * BATCH], args.device)
        early = held_bytes(turn(network, pictures[: max(TOP, args.images // 10)], args.device)[2])
        ratios, rates = [], []
        for _ in range(args.turns):
            bare_s, scan_s, search = turn(network, pictures, args.device)
            ratios.append(bare_s / scan_s)
            rates.append(args.images / scan_s)
        result["sides"][str(side)] = {
            "share_of_bare": round(statistics.median(ratios), 3),
            "least": round(min(ratios), 3),
            "bar": bar,
            "images_per_s": round(statistics.median(rates), 1),
            "held_bytes_after_a_tenth": early,
            "held_bytes_at_the_end": held_bytes(search),
        }
        print(side, result["sides"][str(side)])
    if not args.keep:
        suffix = "" if args.device == "cpu" else f"_{args.device}"
        print(write(f"scan{suffix}", result).relative_to(ROOT))


if __name__ == "__main__":
    main()
