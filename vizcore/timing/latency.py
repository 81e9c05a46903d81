"""How long one pass takes, by torch's own practice.

`torch.utils.benchmark.Timer` warms up, waits for the device before and after every block, makes
blocks long enough for the clock, and repeats until the quartiles are close together. A round is
one such measurement; the setups of one network take turns, round after round, so that what else
the machine does meets them all, and the distance between rounds is the spread that is stated.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch.utils.benchmark import Timer
from torch.utils.benchmark.utils.timer import timer

from vizcore.timing.compiling import Compiler
from vizcore.timing.running import Prepared

#: A round ends when the quartiles of its blocks are this close, as a share of the median, ...
QUARTILES = 0.05
#: ... but not before this time has passed, nor long after the other.
SHORTEST_S, LONGEST_S = 0.3, 2.0


@dataclass(slots=True)
class Stopwatch:
    """The times of one network in one setup, gathered round by round.

    Example:
        >>> from torch import nn
        >>> from vizcore.records.bench import Setup
        >>> watch = Stopwatch(Prepared(nn.Identity(), (3, 8, 8), Setup(), "cpu"))
        >>> watch.warm_up(); watch.round(shortest_s=0.001, longest_s=0.01)
        >>> len(watch.rounds_ms), watch.rounds_ms[0] > 0
        (1, True)
    """

    ready: Prepared
    rounds_ms: list[float] = field(default_factory=list)
    blocks_ms: list[float] = field(default_factory=list)
    runs: int = 0
    compile_s: float | None = None

    def first_pass(self) -> Generator[str, None, None]:
        """Run the first pass, in steps where it compiles: what that takes is kept apart.

        Raises:
            JobError: `torch.compile` failed; says how.
        """
        if not self.ready.setup.compiled:
            self.once()
            return
        took_s = yield from Compiler(self.once).wait("compiling")
        self.compile_s = max(0.0, took_s - self.once())

    def warm_up(self) -> None:
        """Run more passes, three or two seconds of them: memory is taken, kernels are chosen."""
        took_s = 0.0
        for _ in range(3):
            took_s += self.once()
            if took_s > LONGEST_S:
                return

    def once(self) -> float:
        """Run one pass; the seconds it took."""
        with self.ready.context():
            begun = timer()
            self.ready()
            return timer() - begun

    def one_picture(self) -> float:
        """The seconds a pass of a single picture takes, the quicker of two."""
        took = []
        with self.ready.context():
            for _ in range(2):
                begun = timer()
                self.ready.first_picture()
                took.append(timer() - begun)
        return min(took)

    def round(self, *, shortest_s: float = SHORTEST_S, longest_s: float = LONGEST_S) -> None:
        """Time passes until their quartiles are close."""
        clock = Timer(
            "run()",
            globals={"run": self.ready},
            num_threads=torch.get_num_threads(),  # a Timer of itself takes one
        )
        with self.ready.context():
            found = clock.adaptive_autorange(
                threshold=QUARTILES, min_run_time=shortest_s, max_run_time=longest_s
            )
        self.rounds_ms.append(found.median * 1e3)
        self.blocks_ms += [seconds * 1e3 for seconds in found.times]
        self.runs += len(found.times) * found.number_per_run

    def quartiles_ms(self) -> tuple[float, float]:
        """The 25% and 75% quantiles of all blocks."""
        low, high = np.quantile(self.blocks_ms, [0.25, 0.75])
        return float(low), float(high)
