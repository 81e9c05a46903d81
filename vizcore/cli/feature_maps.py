"""`python -m vizcore feature-maps KEY --image FILE --layer L --out PNG`: a layer's channels."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from vizcore.cli.arguments import add_class_argument, add_picture_arguments, chosen_picture
from vizcore.cli.files import about_weights, check_out, say_if_random, write_out
from vizcore.formats.words import counted

NAME = "feature-maps"
HELP = "every channel of a layer for a picture, as one mosaic"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_picture_arguments(parser)
    parser.add_argument(
        "--layer",
        required=True,
        help="such as conv1, layer1.0.relu_1 (its second run) or layer1.0.add (a function)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=".png (drawn) or .npy (C, H, W)"
    )
    parser.add_argument(
        "--sort",
        choices=("maximum", "mean", "sparsity", "gradient", "ablation", "channel"),
        default="maximum",
        help="what comes first (default: the largest maximum); gradient and ablation: what a "
        "channel contributes to a class",
    )
    add_class_argument(parser, what="the class, for --sort gradient and ablation")
    parser.add_argument(
        "--scaling", choices=("map", "layer"), default="map", help="colours for each map, or all"
    )
    parser.add_argument("--grey", action="store_true", help="black to white instead of viridis")
    parser.add_argument("--zoom", type=int, default=None, metavar="N", help="pixels for a value")


def run(args: argparse.Namespace) -> int:
    """Write the mosaic or the values, and say what they show."""
    from vizcore import api
    from vizcore.figures.mosaic import draw_mosaic

    check_out(args.out, ".png", ".npy")
    filled, picture = chosen_picture(args)
    maps = api.feature_maps(
        args.key,
        picture,
        args.layer,
        sorted_by=args.sort,
        target=args.target,
        weights=filled,
        device=args.device,
    )
    mosaic = draw_mosaic(
        maps.maps_chw,
        maps.order,
        scaling=args.scaling,
        colours="grey" if args.grey else "viridis",
        zoom=args.zoom,
    )
    write_out(args.out, maps.maps_chw, mosaic.png, filled)
    channels, height, width = maps.maps_chw.shape
    if args.json:
        result = {
            **about_weights(filled),
            "layer": maps.layer,
            "shape": [channels, height, width],
            "sorted_by": maps.sorted_by,
            "order": list(maps.order),
            "strength": maps.strength_c.tolist(),
            "out": str(args.out),
            "columns": mosaic.columns,
            "zoom": mosaic.zoom,
            "caption": mosaic.caption,
        }
        print(json.dumps(result, indent=2))
        return 0
    count = counted(channels, "map")
    print(f"{count} of {height} x {width} from '{maps.layer}', written to {args.out}")
    if args.out.suffix.lower() == ".png":
        print(mosaic.caption)
    say_if_random(filled)
    return 0
