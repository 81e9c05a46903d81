"""What the Measured page says: the answer, the caption, the code, how to read it."""

from __future__ import annotations

from collections.abc import Sequence

from vizcore.figures.measured import latency_finding, ms
from vizcore.figures.roofline_words import (
    pace_finding,
    roofline_finding,
    why_finding,
    why_words,
)
from vizcore.records.bench import MachineResults, Measurement, Setup
from vizcore.records.roofline import Roofline

HOW_TO_READ = """
- Times are taken by torch's own benchmark timer: it warms up, waits for the device before and after
  every block of passes, and repeats until the quartiles of the blocks are within 5% of the median,
  or two seconds have passed. Three such rounds are made of each setup, in turns; the latency is the
  median of the rounds, the stated spread the distance between the slowest and the quickest.
- One measurement runs on a machine at a time; a second one waits for it. Other people's work on
  this server takes turns with its rounds and never runs beside them on the same device; what else
  the machine does shows in the spread.
- Weights are random: the time a pass takes does not depend on what a network has learned.
- bf16 and fp16 are autocast: weights stay fp32 and are cast in every pass, which counts. TF32 is
  off in every other format. Channels last lays out weights and pictures once, before the passes.
- `torch.compile` compiles for each batch size by itself, with nothing kept from before. What that
  takes is in the table and in no latency. It needs a C++ compiler on a CPU, Triton on a GPU.
- A pass that would take more than fifteen seconds is not measured, nor what the memory cannot hold.
- Peak memory holds weights, pictures and every tensor that was alive at one time. On a GPU it is
  what the allocator had handed out; on a CPU, what an operation takes for itself is not seen.
- Energy is that of the whole board while passes run, idle share included. NVIDIA's boards from
  Volta on count it; a part of a divided board (MIG) has no counter of its own.
- The roofline: a layer has to do its operations and to move its inputs, weights and outputs. At the
  machine's measured ceilings each takes a time, and the longer one bounds the layer. The sum over
  the layers is the least time of a program that runs one after the other. Ceilings are the best
  product of large matrices (as such, or as a 1×1 convolution) and the best copy that were measured,
  in the same number format.
- A network can be quicker than its least time where data stay in a cache between layers, or where
  a convolution is computed with fewer multiplications than its definition has (Winograd).
"""


def answer(
    results: MachineResults,
    finding: str,
    same: Sequence[Measurement],
    setup: Setup,
    rooflines: Sequence[Roofline],
    show: str,
) -> str:
    """One sentence with the real numbers: what the picture that is shown says.

    Args:
        finding: the picture's own title.
    """
    if show == "batches":
        way = setup.words.partition(", ")[2]
        return f"On {results.machine.title}, {way}: {finding}."
    where = f"On {results.machine.title}, {setup.words}"
    shown = [each for each in rooflines if each.latency_ms]
    if show == "why":
        said = [_lowered(why_finding(shown)), pace_finding(shown)]
        return f"{where}: {'; yet '.join(filter(None, said))}."
    if show == "roofline":
        return f"{where}: {_lowered(roofline_finding(shown))}."
    return f"{where}: {latency_finding(same)}."


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]


def caption(
    results: MachineResults,
    shown: Sequence[Measurement],
    rooflines: Sequence[Roofline] = (),
    *,
    why: bool = False,
) -> str:
    """The machine, the dates, the spread; with `why`, what an operation takes and for what."""
    machine = results.machine
    dates = sorted({m.date for m in shown})
    spreads = sorted(m.spread for m in shown)
    said = [
        f"{machine.device}, {machine.cores} cores, torch {machine.torch}"
        + (f", driver {machine.driver}" if machine.driver else "")
    ]
    if dates:
        said.append(f"measured {dates[0]}" + (f" to {dates[-1]}" if len(dates) > 1 else ""))
    if spreads:
        said.append(
            f"rounds apart by {spreads[len(spreads) // 2]:.0%} in the middle, "
            f"{spreads[-1]:.0%} at most"
        )
    compiling = sorted(m.compile_s for m in shown if m.compile_s is not None)
    if compiling:
        said.append(
            f"compiling took {compiling[0]:.3g} to {compiling[-1]:.3g} s, which is in no latency"
        )
    slow = max(shown, key=lambda m: m.spread, default=None)
    if slow is not None and slow.spread > 0.2:
        said.append(
            f"{slow.network}'s {ms(slow.latency_ms)} is uncertain: the machine did other work"
        )
    if why and rooflines:
        said.append(why_words(rooflines))
    if rooflines and compiling:
        said.append(
            "compiled layers are joined, and what passes between them is not moved: the least time "
            "is that of layers run one after the other"
        )
    beyond = [e.network for e in rooflines if e.reached is not None and e.reached > 1]
    if beyond:
        said.append(
            f"{', '.join(beyond)} ran quicker than the measured ceilings allow layer by layer: "
            "3×3 convolutions by fewer multiplications (Winograd), or data that stayed in a cache"
        )
    return "; ".join(filter(None, said)) + "."


def snippet(setup: Setup) -> str:
    """The lines of Python that measure."""
    options = [f"batch={setup.batch}", f"dtype={setup.dtype!r}"]
    options += ["channels_last=True"] * setup.channels_last + ["compiled=True"] * setup.compiled
    return (
        "import vizcore as vc\n\n"
        f'results = vc.bench(["resnet18", "mobilenet_v2"], {", ".join(options)})\n'
        "for each in results.measurements:\n"
        "    print(each.network, each.latency_ms, each.spread, each.peak_bytes)\n"
        "print(results.ceilings)"
    )
