"""`python -m vizcore metrics KEY --image FILE --method M ...`: several maps measured alike."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import get_args

from vizcore.cli.arguments import add_class_argument, add_picture_arguments, chosen_picture
from vizcore.cli.files import about_weights, check_out, say_if_random, write_bytes
from vizcore.records.trust import Baseline, MapMetrics, MethodMetrics, MetricSettings

NAME = "metrics"
HELP = "saliency maps measured: deletion, insertion, infidelity, sensitivity, completeness"
_USUAL = MetricSettings()
#: Numbers of the settings, and what they are.
_NUMBERS = {
    "steps": "parts the pixels are taken away and given back in",
    "random_orders": "random orders of the pixels, which a map has to beat",
    "removals": "random squares taken away for the infidelity",
    "nudges": "disturbed inputs for the sensitivity",
    "seed": "of all that is random",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    from vizcore.lenses.saliency.methods import METHODS
    from vizcore.tasks.trust import USUAL

    add_picture_arguments(parser)
    add_class_argument(parser)
    parser.add_argument(
        "--method",
        dest="methods",
        action="append",
        choices=tuple(each.key for each in METHODS if each.family != "unit"),
        default=None,
        help=f"may be given several times (default: {', '.join(USUAL)})",
    )
    parser.add_argument("--layer", default=None, metavar="NAME", help="for those that look at one")
    for key, words in _NUMBERS.items():
        parser.add_argument(
            f"--{key.replace('_', '-')}",
            type=int,
            default=getattr(_USUAL, key),
            metavar="N",
            help=f"{words} (default: %(default)s)",
        )
    for key, words in (("deleted", "a pixel taken away"), ("inserted", "one not given yet")):
        parser.add_argument(
            f"--{key}",
            choices=get_args(Baseline),
            default=_USUAL.deletion_baseline if key == "deleted" else _USUAL.insertion_baseline,
            help=f"what stands for {words} (default: %(default)s)",
        )
    for key, words in (("out", "the table"), ("curves", "the curves")):
        parser.add_argument(
            f"--{key}", type=Path, default=None, metavar="FILE", help=f".csv, {words}"
        )


def run(args: argparse.Namespace) -> int:
    """Print the table, and write it."""
    from vizcore import api
    from vizcore.figures.saliency_words import rewriting_words
    from vizcore.figures.trust_tables import curves_csv, metrics_csv
    from vizcore.tasks.trust import USUAL

    files = ((args.out, metrics_csv), (args.curves, curves_csv))
    written = {path: text for path, text in files if path is not None}
    for path in written:
        check_out(path, ".csv")
    filled, picture = chosen_picture(args)
    settings = MetricSettings(
        **{key: getattr(args, key) for key in _NUMBERS},
        deletion_baseline=args.deleted,
        insertion_baseline=args.inserted,
    )
    found = api.map_metrics(
        args.key,
        picture,
        args.methods or USUAL,
        args.target,
        layer=args.layer,
        settings=settings,
        weights=filled,
        device=args.device,
    )
    for path, text in written.items():
        write_bytes(path, text(found).encode())
    if args.json:
        result = {
            **about_weights(filled),
            "class": found.target_class,
            "index": found.target,
            "probability": found.probability,
            "score": found.score,
            **{key: getattr(args, key) for key in (*_NUMBERS, "deleted", "inserted")},
            "methods": [_numbers(row) for row in found.rows],
            "random_orders_deletion": found.random_areas("deletion"),
            "random_orders_insertion": found.random_areas("insertion"),
            "out": [str(path) for path in written],
        }
        print(json.dumps(result, indent=2))
        return 0
    _say(found)
    for row in found.rows:
        if rewritten := rewriting_words(row.fit):
            print(f"{row.method}: {rewritten}.")
    for path in written:
        print(f"Written to {path}")
    say_if_random(filled)
    return 0


def _numbers(row: MethodMetrics) -> dict[str, object]:
    sums = row.completeness
    return {
        "method": row.method,
        "deletion": None if row.curves is None else row.curves.deletion.area,
        "insertion": None if row.curves is None else row.curves.insertion.area,
        "infidelity": row.infidelity,
        "not_foretold": row.unexplained,
        "sensitivity": row.sensitivity,
        "sum": None if sums is None else sums.attributed,
        "score_difference": None if sums is None else sums.difference,
        "completeness_holds": None if sums is None else sums.holds,
        "note": row.note,
    }


def _say(found: MapMetrics) -> None:
    from vizcore.figures.numbers import percent, short
    from vizcore.figures.trust_words import completeness_said

    how = found.settings
    print(f"'{found.target_class}', {percent(found.probability)}:")
    width = max(len("random order"), *(len(row.method) for row in found.rows))
    print(f"{'':{width}}  deletion  insertion  infidelity  not foretold  sensitivity  sum")
    for row in found.rows:
        if row.curves is None:
            print(f"{row.method:{width}}  {row.note}")
            continue
        cells = (
            f"{row.curves.deletion.area:8.2f}",
            f"{row.curves.insertion.area:9.2f}",
            f"{'' if row.infidelity is None else short(row.infidelity):>10}",
            f"{'' if row.unexplained is None else percent(row.unexplained):>12}",
            f"{'' if row.sensitivity is None else percent(row.sensitivity):>11}",
            completeness_said(row),
        )
        print(f"{row.method:{width}}  {'  '.join(cells)}")
    means = [found.random_areas(which)[0] for which in ("deletion", "insertion")]
    print(f"{'random order':{width}}  {means[0]:8.2f}  {means[1]:9.2f}")
    print(
        f"{how.steps} parts, {how.random_orders} random orders, {how.removals} squares of "
        f"{found.side_px} x {found.side_px} pixels, {how.nudges} disturbed inputs (each value by "
        f"at most {how.radius:g}), seed {how.seed}"
    )
