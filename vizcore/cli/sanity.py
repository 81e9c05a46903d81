"""`python -m vizcore sanity KEY --image FILE --method M --out FILE`: can the map be trusted."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import get_args

from vizcore.cli.files import add_picture_arguments, chosen_weights, say_if_random
from vizcore.errors import BadChoice
from vizcore.lenses.saliency.methods import METHODS
from vizcore.records_trust import Likeness, Order, SanityCheck

NAME = "sanity"
HELP = "what becomes of a saliency map when the network's layers are drawn anew"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_picture_arguments(parser)
    parser.add_argument(
        "--class",
        dest="target",
        default=None,
        metavar="NAME",
        help="name or number of the class (default: the most probable one)",
    )
    parser.add_argument(
        "--method",
        choices=tuple(each.key for each in METHODS if each.family != "unit"),
        default="gradient",
        help="which method (default: gradient)",
    )
    parser.add_argument("--layer", default=None, help="for the methods that look at one")
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
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the drawn weights")
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
    from vizcore.figures.trust_words import likeness_said
    from vizcore.runtime.device import use_cpu_threads
    from vizcore.tasks import as_picture

    _check_out(args.out)
    filled = chosen_weights(args)
    picture = as_picture(args.image)
    use_cpu_threads()
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
        _write(args.out, check, filled.is_random)
    if args.json:
        result = {
            "key": filled.architecture,
            "weights": filled.name,
            "random_weights": filled.is_random,
            "weights_sha256": filled.sha256,
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
    if args.out is not None:
        print(f"Written to {args.out}")
    say_if_random(filled)
    return 0


def _numbers(found: Likeness | None) -> dict[str, float | None]:
    names = ("spearman", "spearman_abs", "ssim")
    return {name: None if found is None else getattr(found, name) for name in names}


def _check_out(path: Path | None) -> None:
    """Refuse a file that could not be written, before any work is done."""
    if path is None:
        return
    if path.suffix.lower() not in (".png", ".csv"):
        raise BadChoice.among("--out", path, ["a file ending in .png", "or in .csv"])
    if not path.parent.is_dir():
        raise BadChoice(f"--out cannot be '{path}': there is no folder '{path.parent}'.")


def _write(path: Path, check: SanityCheck, random_weights: bool) -> None:
    from vizcore.figures.marking import RANDOM_WEIGHTS, marked
    from vizcore.figures.trust_maps import labelled
    from vizcore.figures.trust_tables import sanity_csv

    if path.suffix.lower() == ".csv":
        content = sanity_csv(check).encode()
    else:
        png = labelled(check)
        content = marked(png, RANDOM_WEIGHTS) if random_weights else png
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadChoice(f"--out cannot be '{path}': {error.strerror}.") from error
