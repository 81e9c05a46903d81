"""`python -m vizcore saliency KEY --image FILE --out PNG`: the pixels that move a class score."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from vizcore.cli.files import (
    add_picture_arguments,
    check_out,
    chosen_weights,
    say_if_random,
    write_out,
)
from vizcore.lenses.saliency.methods import METHODS

NAME = "saliency"
HELP = "the pixels of a picture that move the score of a class"


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
        "--out", type=Path, required=True, metavar="FILE", help=".png (drawn) or .npy (H, W)"
    )
    parser.add_argument(
        "--method",
        choices=tuple(each.key for each in METHODS),
        default="gradient",
        help="which method (default: gradient)",
    )
    parser.add_argument("--map-only", action="store_true", help="draw the map without the photo")


def run(args: argparse.Namespace) -> int:
    """Write the picture or the values, and say what they show."""
    from vizcore import api
    from vizcore.figures.overlay import draw_saliency
    from vizcore.runtime.device import use_cpu_threads
    from vizcore.tasks import as_picture

    check_out(args.out)
    filled = chosen_weights(args)
    picture = as_picture(args.image)
    use_cpu_threads()
    found = api.saliency(
        args.key, picture, args.target, method=args.method, weights=filled, device=args.device
    )
    drawn = draw_saliency(found)
    which = "map" if args.map_only else "over"
    write_out(args.out, found.values_hw, lambda: drawn.png(which), filled)
    height, width = found.values_hw.shape
    if args.json:
        result = {
            "key": filled.architecture,
            "weights": filled.name,
            "random_weights": filled.is_random,
            "weights_sha256": filled.sha256,
            "class": found.target_class,
            "index": found.target,
            "score": found.score,
            "method": found.method,
            "signed": found.signed,
            "shape": [height, width],
            "largest": float(abs(found.values_hw).max()),
            "out": str(args.out),
            "caption": drawn.caption,
        }
        print(json.dumps(result, indent=2))
        return 0
    print(f"Saliency of '{found.target_class}' (score {found.score:.3g}), written to {args.out}")
    if args.out.suffix.lower() == ".png":
        print(drawn.caption)
    say_if_random(filled)
    return 0
