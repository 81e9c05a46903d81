"""`python -m vizcore bench KEY...`: what networks cost on this machine, measured."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from vizcore.records.bench import MachineResults, Measurement
    from vizcore.runtime.jobs import Progress, Task

NAME = "bench"
HELP = "latency, throughput, memory and energy of networks on this machine, measured"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    from vizcore.records.bench import NUMBER_FORMATS

    parser.add_argument("keys", nargs="+", metavar="KEY", help="networks, such as resnet18")
    parser.add_argument("--device", default=None, help="cpu, cuda or mps (default: the fastest)")
    parser.add_argument(
        "--batch", type=int, nargs="+", default=[1], metavar="N", help="pictures in one pass"
    )
    parser.add_argument(
        "--input-size", type=int, default=None, metavar="N", help="side of the square pictures"
    )
    parser.add_argument(
        "--dtype",
        nargs="+",
        choices=NUMBER_FORMATS,
        default=["fp32"],
        help="fp32, tf32 in products, or autocast to bf16 or fp16",
    )
    parser.add_argument("--channels-last", action="store_true", help="memory layout NHWC")
    parser.add_argument("--compile", action="store_true", help="through torch.compile")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (default: 3)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument(
        "--out",
        type=Path,
        default=None,
        metavar="FILE.json",
        help="write the results there too; a file of this machine is added to",
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep the results where the app finds them"
    )


def run(args: argparse.Namespace) -> int:
    """Measure, say how far it is on stderr, print a line a measurement."""
    from vizcore.records.bench import MachineResults, Setup
    from vizcore.runtime import measured
    from vizcore.runtime.device import use_cpu_threads
    from vizcore.runtime.measured_file import to_json
    from vizcore.tasks.bench import bench_task

    use_cpu_threads()
    setups = [
        Setup(batch, dtype, args.channels_last, args.compile)
        for dtype in args.dtype
        for batch in args.batch
    ]
    task = bench_task(
        args.keys, setups, input_size=args.input_size, device=args.device, rounds=args.rounds
    )
    before = None if args.out is None else _before(args.out, args.device)

    def save(so_far: MachineResults) -> None:
        """Write what there is: an interruption loses the network in hand only."""
        if args.out is not None:
            first = before or MachineResults(so_far.machine, ())
            joined = first.with_more(so_far.measurements, so_far.ceilings)
            args.out.write_text(to_json(joined), encoding="utf-8")

    results = _watched(task, save)
    save(results)
    for each in results.left_out:
        print(f"Left out: {each.words}.", file=sys.stderr)
    if args.keep:
        print(f"Kept in {measured.keep(results)}", file=sys.stderr)
    print(to_json(results) if args.json else text(results), end="")
    return 0


def _before(out: Path, device: str | None) -> MachineResults | None:
    """The results a file holds already; refused before anything is measured if they do not fit.

    Raises:
        BadChoice: no folder, no such file, or one of another machine.
    """
    from vizcore.errors import BadChoice
    from vizcore.runtime import measured
    from vizcore.runtime.device import choose
    from vizcore.timing.machine import describe_machine

    if not out.parent.is_dir():
        raise BadChoice(f"--out cannot be '{out}': there is no folder '{out.parent}'.")
    if not out.exists():
        return None
    before = measured.read(out.read_bytes())
    if before.machine != describe_machine(choose(device)):
        raise BadChoice(
            f"'{out}' holds results of another machine or of other versions "
            f"({before.machine.title}). Give another file.",
            received=str(out),
        )
    return before


def _watched(task: Task[MachineResults], save: Callable[[MachineResults], None]) -> MachineResults:
    """Run it here, say on stderr how far it is, and save whatever is new."""
    steps = cast("Generator[Progress, None, MachineResults]", task.work())
    said, saved = "", None
    while True:
        try:
            step = next(steps)
        except StopIteration as stop:
            results: MachineResults = stop.value
            return results
        if step.note != said:
            said = step.note
            print(f"{100 * step.done // (step.total or 1):3d}%  {said}", file=sys.stderr)
        if step.partial is not None and step.partial is not saved and step.partial.measurements:
            saved = step.partial
            save(saved)


def text(results: MachineResults) -> str:
    """The results as lines: the machine, its ceilings, a line a measurement."""
    lines = [results.machine.title]
    lines += [
        f"{each.dtype}: at best {each.flops_per_s / 1e9:,.0f} GFLOP/s and "
        f"{each.bytes_per_s / 1e9:,.1f} GB/s"
        for each in map(results.ceiling, (each.dtype for each in results.ceilings))
        if each is not None
    ]
    lines.append("")
    head = ("network", "input", "setup", "latency", "spread", "images/s", "GFLOP/s", "peak", "", "")
    rows = [head, *(_row(each) for each in results.measurements)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        cells = [
            cell.ljust(width) if column < 3 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines) + "\n"


def _row(each: Measurement) -> tuple[str, ...]:
    peak = "" if each.peak_bytes is None else f"{each.peak_bytes / 1e6:,.1f} MB"
    joules = each.energy_per_image_j
    return (
        each.network,
        "x".join(str(side) for side in each.input_shape[1:]),
        each.setup.words,
        f"{each.latency_ms:,.2f} ms",
        f"{each.spread:.0%}",
        f"{each.images_per_s:,.0f}",
        f"{each.flops_per_s / 1e9:,.1f}",
        peak,
        "" if joules is None else f"{joules:.3g} J a picture",
        "" if each.compile_s is None else f"compiled in {each.compile_s:.1f} s",
    )
