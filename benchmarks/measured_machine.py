"""What networks cost on this machine, in the setups that the Measured page compares.

    python benchmarks/measured_machine.py [--device cuda] [--with-compile]

Batch sizes 1 to 16 in fp32; bf16 by autocast, channels last, and both, with batches of 1 and 8.
About five minutes on one core that nobody else uses; with `torch.compile`, two more. Results are
joined to `results/machine_<its name>.json` as they come: an interruption loses the network in hand.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from machine import RESULTS

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from vizcore.errors import NotApplicable
from vizcore.records.bench import MachineResults, Setup
from vizcore.runtime.device import choose, use_cpu_threads
from vizcore.runtime.jobs import run_here
from vizcore.runtime.measured import read
from vizcore.runtime.measured_file import to_json
from vizcore.tasks.bench import bench_task
from vizcore.timing.machine import describe_machine

SMALL = ("zfnet_photos20", "densenet_photos20", "mobilenet_photos20")
LARGE = ("squeezenet1_1", "mobilenet_v2", "resnet18")
BATCHES = (1, 2, 4, 8, 16)
#: What is compared with plain fp32: number format, channels last.
WAYS = (("fp32", True), ("bf16", False), ("bf16", True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default=None)
    parser.add_argument("--with-compile", action="store_true")
    args = parser.parse_args()
    device = choose(args.device)
    use_cpu_threads()
    machine = describe_machine(device)
    path = RESULTS / f"machine_{machine.slug}.json"
    results = read(path.read_bytes()) if path.exists() else MachineResults(machine, ())
    plan = [((key,), [Setup(batch) for batch in BATCHES]) for key in (*SMALL, *LARGE)]
    ways = [Setup(batch, *way) for way in WAYS for batch in (1, 8)]
    plan += [((key,), ways) for key in (*SMALL, *LARGE)]
    plan += [(("resnet50",), [Setup(), *(Setup(1, *way) for way in WAYS)])]
    if args.with_compile:
        plan += [((key,), [Setup(8, compiled=True)]) for key in (*SMALL, "resnet18")]
    seen: set[str] = set()
    begun = time.perf_counter()
    for keys, setups in plan:
        formats = {setup.dtype for setup in setups}
        task = bench_task(keys, setups, device=device, with_ceilings=not formats <= seen)
        seen |= formats
        try:
            found = run_here(task)
        except NotApplicable as error:
            print(error)
            continue
        results = results.with_more(found.measurements, found.ceilings, found.left_out)
        path.write_text(to_json(results), encoding="utf-8")
        for each in found.measurements:
            print(
                f"{time.perf_counter() - begun:4.0f} s  {each.network}, {each.setup.words}: "
                f"{each.latency_ms:.3g} ms, rounds {each.spread:.1%} apart"
            )
    for each in results.left_out:
        print(f"Left out: {each.words}.")


if __name__ == "__main__":
    main()
