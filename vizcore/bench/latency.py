"""How long one pass takes, by torch's own practice.

`torch.utils.benchmark.Timer` warms up, waits for the device before and after every block, makes
blocks long enough for the clock, and repeats until the quartiles are close together. A round is
one such measurement; the setups of one network take turns, round after round, so that what else
the machine does meets them all, and the distance between rounds is the spread that is stated.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch.utils.benchmark import Timer

from vizcore.bench.running import Prepared
from vizcore.errors import JobError

#: A round ends when the quartiles of its blocks are this close, as a share of the median, ...
QUARTILES = 0.05
#: ... but not before this time has passed, nor long after the other.
SHORTEST_S, LONGEST_S = 0.3, 2.0


@dataclass(slots=True)
class Stopwatch:
    """The times of one network in one setup, gathered round by round.

    Example:
        >>> from torch import nn
        >>> from vizcore.records_bench import Setup
        >>> watch = Stopwatch(Prepared(nn.Identity(), (3, 8, 8), Setup(), "cpu"))
        >>> watch.warm_up(); watch.round(shortest_s=0.001, longest_s=0.01)
        >>> len(watch.rounds_ms), watch.rounds_ms[0] > 0
        (1, True)
    """

    ready: Prepared
    rounds_ms: list[float] = field(default_factory=list)
    blocks_ms: list[float] = field(default_factory=list)
    runs: int = 0

    def warm_up(self) -> None:
        """Run three passes: memory is taken, kernels are chosen, `torch.compile` compiles.

        Raises:
            JobError: `torch.compile` failed; says how.
        """
        try:
            with self.ready.context():
                for _ in range(3):
                    self.ready()
        except torch.OutOfMemoryError:
            raise
        except Exception as error:
            if not self.ready.setup.compiled:
                raise
            words = str(error).strip().splitlines() or [type(error).__name__]
            raise JobError(f"torch.compile failed on this network: {words[0][:200]}") from error
        self._wait()

    def round(self, *, shortest_s: float = SHORTEST_S, longest_s: float = LONGEST_S) -> None:
        """Time passes until their quartiles are close."""
        timer = Timer(
            "run()",
            globals={"run": self.ready},
            num_threads=torch.get_num_threads(),  # a Timer of itself takes one
        )
        with self.ready.context():
            found = timer.adaptive_autorange(
                threshold=QUARTILES, min_run_time=shortest_s, max_run_time=longest_s
            )
        self.rounds_ms.append(found.median * 1e3)
        self.blocks_ms += [seconds * 1e3 for seconds in found.times]
        self.runs += len(found.times) * found.number_per_run

    def quartiles_ms(self) -> tuple[float, float]:
        """The 25% and 75% quantiles of all blocks."""
        low, high = np.quantile(self.blocks_ms, [0.25, 0.75])
        return float(low), float(high)

    def _wait(self) -> None:
        if self.ready.device.startswith("cuda"):
            torch.cuda.synchronize(self.ready.device)
        elif self.ready.device == "mps":
            torch.mps.synchronize()
