"""Reading feature maps of ResNet-50 at 224 against the bare forward, and a mosaic's bytes.

    python benchmarks/feature_maps.py [--repeats 15] [--device cpu]

Ratios are of one run: the two are timed in turns, and the median of the ratios of all turns counts.
"Cut" is the same network as torchvision cuts it (`create_feature_extractor`), without anything that
reads or sorts. On a CPU the processor's time counts, not the clock's: other work on the machine
does not enter. The thresholds of the allocator are set as `make app` sets them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ALLOCATOR = {"MALLOC_TRIM_THRESHOLD_": "1000000000", "MALLOC_MMAP_THRESHOLD_": "1000000000"}
if any(os.environ.get(name) != value for name, value in ALLOCATOR.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ALLOCATOR})

# ruff: noqa: E402
import numpy as np
import torch
from machine import describe, write
from torchvision.models.feature_extraction import create_feature_extractor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from vizcore.data.samples import sample
from vizcore.figures.tiles import pack_maps
from vizcore.lenses.feature_maps import feature_maps
from vizcore.lenses.reading import read_maps
from vizcore.networks.loading import source_of
from vizcore.networks.offers import weights
from vizcore.runtime.device import choose, use_cpu_threads
from vizcore.tasks.sight import sight

LAYERS = ("layer1.2.conv3", "layer2.3.conv3", "layer3.5.conv3", "layer4.2.conv3")
SHALLOW = ("conv1", "layer1.0.conv1")


def in_turns(
    ways: dict[str, Callable[[], Any]], repeats: int, device: str
) -> dict[str, list[float]]:
    """Milliseconds of each way, timed in turns; every other round the other way about."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    clock = time.perf_counter if device.startswith("cuda") else time.process_time
    for number in range(repeats + 2):
        for name in list(ways)[:: -1 if number % 2 else 1]:
            begun = clock()
            ways[name]()
            if device.startswith("cuda"):
                torch.cuda.synchronize()
            if number >= 2:
                times[name].append((clock() - begun) * 1000)
    return times


def compare(ways: dict[str, Callable[[], Any]], repeats: int, device: str) -> dict[str, float]:
    """Medians, and the median of the ratios of each round (second way over first)."""
    times = in_turns(ways, repeats, device)
    bare, ours = times.values()
    result = {f"{name}_ms": round(statistics.median(values), 2) for name, values in times.items()}
    result["ratio"] = round(statistics.median(o / b for o, b in zip(ours, bare, strict=True)), 3)
    return result


def main() -> None:
    """Measure, print and write `results/feature_maps.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--device", default=None)
    given = parser.parse_args()
    device = choose(given.device)
    use_cpu_threads()
    filled = weights("resnet50", "random")
    network = source_of(filled).load(device)
    image = torch.from_numpy(sight("resnet50", sample("coffee").read(), filled).input_nchw())
    image = image.to(device)
    name = torch.cuda.get_device_name() if device.startswith("cuda") else f"{device}"
    result: dict[str, Any] = {
        "machine": {**describe("torch", "torchvision"), "device": name},
        "threads": torch.get_num_threads(),
        "repeats": given.repeats,
        "one layer, against a forward cut there": {},
    }

    for layer in (*SHALLOW, *LAYERS):
        cut = create_feature_extractor(network, [layer]).eval()

        def bare(cut: Any = cut) -> None:
            with torch.no_grad():
                cut(image)

        ways = {
            "cut": bare,
            "maps": lambda layer=layer: read_maps(network, image, [layer]),
        }
        found = compare(ways, given.repeats, device)
        whole = {"cut": bare, "maps": lambda layer=layer: feature_maps(network, image, layer)}
        found["ratio, sorted and as numpy"] = compare(whole, given.repeats, device)["ratio"]
        result["one layer, against a forward cut there"][layer] = found
        print(f"{layer:16} {found}")

    convolutions = [
        name for name, module in network.named_modules() if isinstance(module, torch.nn.Conv2d)
    ]

    def forward() -> None:
        with torch.no_grad():
            network(image)

    ways = {"bare": forward, "maps": lambda: read_maps(network, image, convolutions)}
    result["all convolutions, against the whole forward"] = {
        "layers": len(convolutions),
        **compare(ways, given.repeats, device),
    }
    print(result["all convolutions, against the whole forward"])

    maps = feature_maps(network, image, "layer1.0.relu")
    mosaics = []
    for kind, maps_chw in (
        ("a photo", maps.maps_chw),
        ("noise", np.random.default_rng(0).normal(size=(64, 56, 56)).astype(np.float32)),
    ):
        ways = {"once": lambda: None, "pack": lambda m=maps_chw: pack_maps(m, maps.order).packed()}
        packed = pack_maps(maps_chw, maps.order).packed()
        milliseconds = statistics.median(in_turns(ways, given.repeats, "cpu")["pack"])
        mosaics.append(
            {
                "maps": f"64 of 56 x 56, {kind}",
                "ms": round(milliseconds, 2),
                "kB": round(len(packed) / 1000, 1),
            }
        )
        print(mosaics[-1])
    result["mosaic, from activations to bytes"] = mosaics
    print(write(f"feature_maps_{'gpu' if device.startswith('cuda') else 'cpu'}", result).name)


if __name__ == "__main__":
    main()
