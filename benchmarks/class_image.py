"""A step of a class image against a bare loop, and eight classes at once against one at a time.

    python benchmarks/class_image.py [--rounds 15] [--steps 20] [--device cpu]

The bare loop is forward, backward and update with frozen parameters, and nothing else; ours is
`ascend` with the published options, its curves, checks, frames and records included, but nobody
looking on. The two take turns, four steps each, so that whatever else the machine does falls on
both; a round's ratio is that of their whole times, and the median over the rounds counts. The bare
loop with trainable parameters is timed beside them. Eight classes in one batch and one class take
turns in the same way. On the CPU the processor time of the process is noted too: on a machine
that is busy with something else it is the steadier of the two.
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

# As the app has it: otherwise the memory of large batches comes anew from the system every step.
ALLOCATOR = {"MALLOC_TRIM_THRESHOLD_": "1000000000", "MALLOC_MMAP_THRESHOLD_": "1000000000"}
if any(os.environ.get(name) != value for name, value in ALLOCATOR.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ALLOCATOR})

# ruff: noqa: E402
from machine import describe, write

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
NETWORKS = {"zfnet_photos20": None, "resnet18": "random"}
#: Times of ours over the bare loop's at most; images per second of eight at once at least.
STEP_BAR, BATCH_BAR = 1.05, 1.4
AT_ONCE = 8
#: Steps that one takes before it is the other's turn.
TURN = 4
Step = Callable[[], object]


def bare(
    network: Any, shape: tuple[int, int, int], lambda_: float, size: float, device: str
) -> Step:
    """A step of gradient ascent and nothing else."""
    import torch

    image = torch.zeros(1, *shape, device=device)

    def step() -> None:
        nonlocal image
        image.requires_grad_(True)
        objective = network(image)[0, 0] - lambda_ * image.square().sum()
        (gradient,) = torch.autograd.grad(objective, image)
        with torch.no_grad():
            image = image + size * gradient

    return step


def bare_trainable(
    network: Any, shape: tuple[int, int, int], lambda_: float, size: float, device: str
) -> Step:
    """The same with `backward`, which computes the gradients of all parameters as well."""
    import torch

    image = torch.zeros(1, *shape, device=device)

    def step() -> None:
        nonlocal image
        image.requires_grad_(True)
        (network(image)[0, 0] - lambda_ * image.square().sum()).backward()
        with torch.no_grad():
            image = image + size * image.grad

    return step


def ours(
    network: Any, shape: tuple[int, int, int], lambda_: float, size: float, count: int, steps: int
) -> Step:
    """A step of our ascent, for so many classes at once."""
    from vizcore.lenses.class_images import ascend
    from vizcore.records.ascent_options import AscentOptions
    from vizcore.records.class_images import Goal

    goals = [Goal(str(number), lambda_, number) for number in range(count)]
    options = AscentOptions(steps=steps, step_size=size)
    channels = shape[0]
    images = ascend(
        network, goals, shape, mean=(0.5,) * channels, std=(0.25,) * channels, options=options
    )
    return lambda: next(images)


def turns(steps: dict[str, Step], count: int, device: str) -> dict[str, tuple[float, float]]:
    """Seconds and processor seconds that each takes for so many steps, a few of each in turn."""
    import torch

    spent = dict.fromkeys(steps, (0.0, 0.0))
    names = list(steps)
    for first in range(0, count, TURN):
        for name in names if first // TURN % 2 else reversed(names):
            begun, used = time.perf_counter(), time.process_time()
            for _ in range(min(TURN, count - first)):
                steps[name]()
            if device.startswith("cuda"):
                torch.cuda.synchronize()
            seconds, processor = time.perf_counter() - begun, time.process_time() - used
            spent[name] = (spent[name][0] + seconds, spent[name][1] + processor)
    return spent


def measure(key: str, weights: str | None, args: argparse.Namespace) -> dict[str, Any]:
    """All ratios of one network."""
    import torch

    from vizcore.lenses.class_images.ascent import default_step_size
    from vizcore.networks.loading import load_network
    from vizcore.records.ascent_options import AscentOptions, default_lambda

    loaded = load_network(key, weights, args.device)
    trainable = load_network(key, weights, args.device).module
    loaded.module.requires_grad_(False)
    trainable.requires_grad_(True)
    how = loaded.weights.preprocessing
    shape = (how.channels, how.crop_px, how.crop_px)
    values = how.channels * how.crop_px**2
    lambda_ = default_lambda(values)
    size = default_step_size(AscentOptions(), values, lambda_)
    # A run is as long as what is timed of it; its first two steps come before.
    steps = 2 + args.rounds * max(TURN, args.steps)
    made = {
        "bare": bare(loaded.module, shape, lambda_, size, args.device),
        "ours": ours(loaded.module, shape, lambda_, size, 1, steps),
    }
    together = {
        "one": ours(loaded.module, shape, lambda_, size, 1, steps),
        "eight": ours(loaded.module, shape, lambda_, size, AT_ONCE, steps),
    }
    left = {"trainable": bare_trainable(trainable, shape, lambda_, size, args.device)}
    turns({**made, **together, **left}, 2, args.device)
    if args.device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats()
    wall: dict[str, list[float]] = {}
    used: dict[str, list[float]] = {}
    milliseconds: dict[str, list[float]] = {}
    for _ in range(args.rounds):
        spent = turns(made, args.steps, args.device)
        spent |= turns(together, max(TURN, args.steps // 4), args.device)
        bare_and_trainable = {"again": made["bare"], **left}
        spent |= turns(bare_and_trainable, max(TURN, args.steps // 4), args.device)
        for found, place in ((wall, 0), (used, 1)):
            time_of = {name: both[place] for name, both in spent.items()}
            found.setdefault("step", []).append(time_of["ours"] / time_of["bare"])
            found.setdefault("eight", []).append(AT_ONCE * time_of["one"] / time_of["eight"])
            found.setdefault("trainable", []).append(time_of["trainable"] / time_of["again"])
        milliseconds.setdefault("bare", []).append(spent["bare"][0] / args.steps * 1000)
        milliseconds.setdefault("ours", []).append(spent["ours"][0] / args.steps * 1000)
    result: dict[str, Any] = {
        "input": list(shape),
        "step_over_bare": _spread(wall["step"]),
        "step_bar": STEP_BAR,
        "eight_at_once_images_per_s_over_one": _spread(wall["eight"]),
        "eight_bar": BATCH_BAR,
        "trainable_over_frozen": _spread(wall["trainable"]),
        "bare_step_ms": round(statistics.median(milliseconds["bare"]), 2),
        "our_step_ms": round(statistics.median(milliseconds["ours"]), 2),
    }
    if args.device == "cpu":
        result["of_processor_time"] = {
            "step_over_bare": _spread(used["step"]),
            "eight_at_once_images_per_s_over_one": _spread(used["eight"]),
            "trainable_over_frozen": _spread(used["trainable"]),
        }
    if args.device.startswith("cuda"):
        result["peak_bytes_of_eight"] = torch.cuda.max_memory_allocated()
    return result


def _spread(ratios: list[float]) -> dict[str, float]:
    ordered = sorted(ratios)
    return {
        "median": round(statistics.median(ordered), 3),
        "least": round(ordered[0], 3),
        "greatest": round(ordered[-1], 3),
    }


def main() -> None:
    """Time both networks and write `results/class_image.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=None, help="default: as the app has it")
    parser.add_argument("--only", choices=list(NETWORKS), default=None)
    parser.add_argument("--keep", action="store_true", help="do not write the result")
    args = parser.parse_args()
    import torch

    from vizcore.runtime.device import use_cpu_threads

    use_cpu_threads()
    if args.threads:
        torch.set_num_threads(args.threads)
    result: dict[str, Any] = {
        "machine": describe("torch"),
        "device": torch.cuda.get_device_name() if args.device == "cuda" else args.device,
        "threads": torch.get_num_threads(),
        "load_average": round(os.getloadavg()[0], 1),
        "rounds": args.rounds,
        "steps": args.steps,
        "networks": {},
    }
    for key, weights in NETWORKS.items():
        if args.only in (None, key):
            result["networks"][key] = measure(key, weights, args)
            print(key, result["networks"][key])
    if not args.keep:
        suffix = "" if args.device == "cpu" else f"_{args.device}"
        print(write(f"class_image{suffix}", result).relative_to(ROOT))


if __name__ == "__main__":
    main()
