"""`python -m vizcore models [TEXT] [--json] [--refresh]`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vizcore.zoo import Architecture
    from vizcore.zoo.pretrained_counts import CountsAt
    from vizcore.zoo.weights import Weights

NAME = "models"
HELP = "every architecture, with its parameters and multiply-adds"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "text", nargs="*", metavar="TEXT", help="words of a name, family or year to search for"
    )
    parser.add_argument("--json", action="store_true", help="print a list of records as JSON")
    parser.add_argument(
        "--refresh",
        action="store_true",
        help="count every architecture again and write the catalogue this list is read from",
    )


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    import json

    from vizcore import zoo

    if args.refresh:
        _refresh()
    found = zoo.find(" ".join(args.text))
    records = [_record(entry) for entry in found]
    if args.json:
        print(json.dumps(records, indent=1, ensure_ascii=False))
    else:
        print("\n".join(_lines(records)))
    return 0


def _record(entry: Architecture) -> dict[str, Any]:
    from vizcore.records import as_plain
    from vizcore.zoo.catalogue import counts_of

    counts = counts_of(entry.key)
    return {
        "key": entry.key,
        "name": entry.name,
        "family": entry.family,
        "year": entry.year,
        "source": entry.source,
        "params": counts.params if counts else None,
        "macs": counts.macs if counts else None,
        "activations": counts.activations if counts else None,
        "input_shape": list(entry.input_shape),
        "num_classes": entry.num_classes,
        "depth": entry.depth,
        "depth_note": entry.depth_note,
        "paper": as_plain(entry.paper),
        "published": as_plain(entry.published),
        "what_was_new": entry.what_was_new,
        "deviations": list(entry.deviations),
        "aliases": list(entry.aliases),
    }


def _lines(records: list[dict[str, Any]]) -> Iterable[str]:
    grid = [["key", "family", "year", "parameters", "MACs", "input", "source"]]
    grid += [
        [
            record["key"],
            record["family"],
            str(record["year"]),
            f"{record['params']:,}",
            f"{record['macs']:,}",
            "x".join(str(size) for size in record["input_shape"]),
            record["source"],
        ]
        for record in records
    ]
    widths = [max(len(line[i]) for line in grid) for i in range(len(grid[0]))]
    right = (2, 3, 4, 5)
    for line in grid:
        cells = (
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _refresh() -> None:
    from vizcore import api
    from vizcore.zoo.catalogue import Counts, write_catalogue
    from vizcore.zoo.pretrained_counts import counted_elsewhere, write_counts

    rows = []
    for entry in api.models():
        table = api.layers(entry)
        totals = table.totals
        layers = sum(row.kind in ("conv", "linear") and row.weights > 0 for row in table)
        rows.append(
            Counts(entry.key, totals.params, totals.macs, totals.activations, len(table), layers)
        )
    write_catalogue(rows)
    write_counts(_counted(weights) for weights in counted_elsewhere(row.key for row in rows))


def _counted(weights: Weights) -> CountsAt:
    """An architecture's totals at the resolution of its weights."""
    from vizcore.anatomy import trace
    from vizcore.zoo import build_meta, get
    from vizcore.zoo.pretrained_counts import CountsAt

    key, side = weights.architecture, weights.preprocessing.crop_px
    channels = get(key).input_shape[0]
    built = build_meta(key, **weights.options)
    totals = trace(built, (channels, side, side), key=key).totals
    return CountsAt(key, side, totals.params, totals.macs, totals.activations)
