"""Boxes on the scenes of the localisation set: all scenes together against each by itself.

    python benchmarks/localisation_speed.py [--repeats 3] [--scenes 380] [--device cpu]

By itself a scene's map is `saliency`'s: the network is copied, rewritten and proven for each.
Together is `localisation_study`: rewritten once, proven on every scene, several scenes of a class
in a pass. Both make the same boxes from their maps, and how many of the boxes are equal is counted.
The two are timed in turns in one run, and the median of the ratios of all turns counts. On a CPU
the processor's time counts, not the clock's: other work on the machine does not enter.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# ruff: noqa: E402
import torch
from machine import describe, write
from torch import nn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from vizcore.data.localisation import localisation_set
from vizcore.lenses.localisation_study import PosedScene, box_of, localisation_study
from vizcore.lenses.saliency import saliency
from vizcore.networks.loading import source_of
from vizcore.networks.offers import weights
from vizcore.records.localisation import LocalisationSettings, Rectangle
from vizcore.runtime.device import choose, use_cpu_threads
from vizcore.runtime.jobs import finish
from vizcore.tasks.localisation import posed

NETWORKS = ("zfnet_photos20", "resnet14_photos20", "mobilenet_photos20")
METHODS = ("gradient", "guided_backprop", "deep_lift", "lrp", "grad_cam")

Boxes = list[Rectangle | None]


def together(network: nn.Module, scenes: list[PosedScene], method: str) -> Boxes:
    """The study, all of it."""
    return list(finish(localisation_study(network, scenes, method=method)).scores.boxes)


def one_by_one(network: nn.Module, scenes: list[PosedScene], method: str) -> Boxes:
    """The maps that `saliency` makes of each scene, and their boxes."""
    how = LocalisationSettings()
    boxes: Boxes = []
    for scene in scenes:
        found = finish(
            saliency(
                network,
                scene.input_chw[None],
                image_hwc=scene.image_hwc,
                target=scene.target,
                method=method,
            )
        )
        boxes.append(box_of(scene.image_hwc, found.values_hw, how))
    return boxes


def timed(work: Callable[[], Boxes], device: str) -> tuple[float, Boxes]:
    """How long it takes, and what comes of it."""
    clock = time.perf_counter if device.startswith("cuda") else time.process_time
    begun = clock()
    boxes = work()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return clock() - begun, boxes


def row(key: str, method: str, scenes_asked: int, repeats: int, device: str) -> dict[str, Any]:
    """One network and method."""
    filled = weights(key)
    network = source_of(filled).load(device)
    scenes = [posed(scene, filled) for scene in localisation_set()[:scenes_asked]]
    together(network, scenes[:4], method)  # what is imported and made once
    one_by_one(network, scenes[:1], method)
    turns = []
    for _ in range(repeats):
        new, mine = timed(lambda: together(network, scenes, method), device)
        old, theirs = timed(lambda: one_by_one(network, scenes, method), device)
        turns.append((new, old))
    return {
        "network": key,
        "method": method,
        "scenes": len(scenes),
        "together s": round(statistics.median(new for new, _ in turns), 2),
        "one by one s": round(statistics.median(old for _, old in turns), 2),
        "times as fast": round(statistics.median(old / new for new, old in turns), 2),
        "equal boxes": sum(a == b for a, b in zip(mine, theirs, strict=True)),
    }


def main() -> None:
    """Measure, print and write `results/localisation_speed.json` (`_cuda` on a GPU)."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--scenes", type=int, default=380)
    parser.add_argument("--device", default=None)
    args = parser.parse_args()
    device = choose(args.device)
    use_cpu_threads()
    rows = []
    for key in NETWORKS:
        for method in METHODS:
            rows.append(row(key, method, args.scenes, args.repeats, device))
            print(rows[-1], flush=True)
    name = "localisation_speed_cuda" if device.startswith("cuda") else "localisation_speed"
    result = {"machine": describe("torch", "captum", "opencv-python-headless"), "device": device}
    write(name, {**result, "repeats": args.repeats, "rows": rows})


if __name__ == "__main__":
    main()
