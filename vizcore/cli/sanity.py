"""`python -m vizcore sanity KEY --image FILE --method M --out FILE`: can the map be trusted."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import get_args

from vizcore.cli.arguments import (
    add_class_argument,
    add_method_arguments,
    add_picture_arguments,
    chosen_picture,
)
from vizcore.cli.files import about_weights, check_out, marked_if_random, say_if_random, write_bytes
from vizcore.records.trust import Likeness, Order, SanityCheck
from vizcore.zoo.weights import Weights

NAME = "sanity"
HELP = "what becomes of a saliency map when the network's layers are drawn anew"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_picture_arguments(parser)
    add_class_argument(parser)
    add_method_arguments(parser, of_units=False, seed="of the drawn weights")
    parser.add_argument(
        "--order",
        choices=get_args(Order),
        default="cascading",
        help="all layers from the top down to each (default), or each alone",
    )
    parser.add_argument(
        "--steps",
        type=int,
        default=None,
        metavar="N",
        help="so many at most: neighbouring layers share one (default: one a layer)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=None,
        metavar="FILE",
        help=".png (the maps with their numbers) or .csv (the numbers)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the maps or the numbers, and say how much is left of the map."""
    from vizcore import api
    from vizcore.figures.saliency_words import rewriting_words
    from vizcore.figures.trust_words import likeness_said

    check_out(args.out, ".png", ".csv")
    filled, picture = chosen_picture(args)
    check = api.sanity_check(
        args.key,
        picture,
        args.target,
        method=args.method,
        layer=args.layer,
        order=args.order,
        most=args.steps,
        seed=args.seed,
        weights=filled,
        device=args.device,
    )
    if args.out is not None:
        write_bytes(args.out, _content(args.out, check, filled))
    if args.json:
        result = {
            **about_weights(filled),
            "class": check.target_class,
            "index": check.target,
            "method": args.method,
            "order": check.order,
            "seed": check.seed,
            "steps": [
                {"layers": step.layers, **_numbers(step.likeness), "note": step.note}
                for step in check.steps
            ],
            "edges": _numbers(check.edges),
            "out": None if args.out is None else str(args.out),
        }
        print(json.dumps(result, indent=2))
        return 0
    print(f"{args.method} of '{check.target_class}', against the map of the network as it is:")
    width = max(len(step.name) for step in check.steps)
    for step in check.steps:
        print(f"  {step.name:<{width}}  {step.note or likeness_said(step.likeness)}")
    print(f"The picture's edges, without any network: {likeness_said(check.edges)}")
    if rewritten := rewriting_words(check.fit):
        print(f"{rewritten}.")
    if args.out is not None:
        print(f"Written to {args.out}")
    say_if_random(filled)
    return 0


def _numbers(found: Likeness | None) -> dict[str, float | None]:
    names = ("spearman", "spearman_abs", "ssim")
    return {name: None if found is None else getattr(found, name) for name in names}


def _content(path: Path, check: SanityCheck, weights: Weights) -> bytes:
    from vizcore.figures.trust_maps import labelled
    from vizcore.figures.trust_tables import sanity_csv

    if path.suffix.lower() == ".csv":
        return sanity_csv(check).encode()
    return marked_if_random(labelled(check), weights)
