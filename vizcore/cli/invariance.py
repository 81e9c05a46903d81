"""`python -m vizcore invariance KEY --image FILE --kind rotation --out FILE.csv|.png|.json`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from vizcore.cli.arguments import add_class_argument, add_picture_arguments, chosen_weights
from vizcore.cli.files import about_weights, check_out, marked_if_random, say_if_random, write_bytes

NAME = "invariance"
HELP = "how far features and answer move when the picture is shifted, scaled, turned, blurred"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_picture_arguments(parser)
    parser.add_argument(
        "--kind",
        default="translation",
        help="translation (default), sideways, scale, rotation, blur or contrast",
    )
    parser.add_argument(
        "--amounts",
        type=float,
        nargs="+",
        default=None,
        metavar="A",
        help="pixels of the network's input, factors or degrees (default: the kind's own)",
    )
    add_class_argument(parser, what="the class to follow")
    parser.add_argument(
        "--beyond",
        default="mirror",
        help="mirror (default): the photograph is mirrored beyond its edge; edge: its outermost "
        "pixels go on; inside: the network looks at its middle only",
    )
    parser.add_argument("--layers", nargs=2, default=None, metavar=("FIRST", "LAST"))
    parser.add_argument(
        "--euclidean",
        action="store_true",
        help="distances as they are, as published (default: as parts of the original's length)",
    )
    parser.add_argument(
        "--out", type=Path, default=None, metavar="FILE", help="ending in .csv, .json or .png"
    )


def run(args: argparse.Namespace) -> int:
    """Measure, write the numbers or the picture, and say how far the answer holds."""
    from vizcore import api
    from vizcore.figures.invariance_png import draw_png
    from vizcore.figures.invariance_words import amount, held
    from vizcore.formats.data import rows_csv
    from vizcore.records.invariance import Distance

    check_out(args.out, ".csv", ".json", ".png")
    filled = chosen_weights(args)
    found = api.invariance(
        args.key,
        args.image,
        args.kind,
        args.target,
        amounts=args.amounts,
        beyond=args.beyond,
        weights=filled,
        device=args.device,
    )
    names = args.layers or [
        found.shifts.layers[place].name for place in (found.shifts.first, found.shifts.last)
    ]
    first, last = (found.layer(name) for name in names)
    distance: Distance = "euclidean" if args.euclidean else "relative"
    result = {
        **about_weights(filled),
        "kind": found.kind,
        "unit": found.unit,
        "beyond": found.beyond,
        "class": found.target_class,
        "answer": found.said,
        "held": found.held,
        "first": names[0],
        "last": names[1],
        "views": found.rows(),
    }
    if args.out is not None:
        ending = args.out.suffix.lower()
        if ending == ".csv":
            content = rows_csv(found.rows()).encode()
        elif ending == ".json":
            content = (json.dumps(result, indent=1) + "\n").encode()
        else:
            content = marked_if_random(draw_png([found], first, last, distance=distance), filled)
        write_bytes(args.out, content)
    if args.json:
        print(json.dumps(result, indent=1))
        return 0
    print(f"{found.label}: {held(found)}.")
    if args.out is not None:
        print(f"Written to {args.out}")
    else:
        width = max(len(amount(found, each)) for each in found.amounts)
        print(f"{'':>{width}}  {names[0]:>10}  {names[1]:>10}  probability  most probable")
        for n, each in enumerate(found.amounts):
            distances = "  ".join(
                f"{found.shifts.measured_ln(distance)[place, n]:>10.3f}" for place in (first, last)
            )
            print(
                f"{amount(found, each):>{width}}  {distances}  "
                f"{found.probabilities_n[n]:>11.3f}  {found.said_n[n]}"
            )
    say_if_random(filled)
    return 0
