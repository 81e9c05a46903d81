"""`python -m vizcore networks [--json]`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from typing import Any

NAME = "networks"
HELP = "the trained networks in the box, with their accuracy and cost"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print a list of records as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    from vizcore import trained

    records = trained.rows(trained.fleet())
    if args.json:
        print(json.dumps(records, indent=1, ensure_ascii=False))
    else:
        print("\n".join(_lines(records)))
    return 0


def _lines(records: list[dict[str, Any]]) -> Iterable[str]:
    grid = [
        ["key", "data", "parameters", "MACs", "validation", "test", "95% interval", "mean of seeds"]
    ]
    grid += [
        [
            record["key"],
            record["data"],
            f"{record['params']:,}",
            "-" if record["macs"] is None else f"{record['macs']:,}",
            f"{record['validation']:.1%}",
            f"{record['test']:.1%}",
            _interval(record),
            _mean(record),
        ]
        for record in records
    ]
    widths = [max(len(line[i]) for line in grid) for i in range(len(grid[0]))]
    for line in grid:
        cells = (
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _interval(record: dict[str, Any]) -> str:
    if record["test_low"] is None:
        return "-"
    return f"{100 * record['test_low']:.1f} to {record['test_high']:.1%}"


def _mean(record: dict[str, Any]) -> str:
    if record["test_deviation"] is None:
        return "-"
    deviation = 100 * record["test_deviation"]
    return f"{record['test_mean']:.1%} ± {deviation:.1f} of {record['seeds']}"
