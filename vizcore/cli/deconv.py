"""`python -m vizcore deconv KEY --image FILE --layer L --channel C --out PNG`: a unit's pixels."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from vizcore.cli.arguments import add_picture_arguments, chosen_picture, place_of
from vizcore.cli.files import about_weights, check_out, say_if_random, write_out

NAME = "deconv"
HELP = "what in a picture excited a unit, projected back to the pixels (deconvnet)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_picture_arguments(parser)
    parser.add_argument("--layer", required=True, help="torch's dotted name, such as conv3")
    parser.add_argument("--channel", type=int, required=True, metavar="C", help="of the layer")
    parser.add_argument(
        "--position",
        nargs="+",
        default=["strongest"],
        metavar="Y X",
        help="row and column in the map, or 'strongest' (default)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=".png (drawn) or .npy (C, H, W)"
    )
    parser.add_argument(
        "--whole", action="store_true", help="draw the whole picture, not the receptive field"
    )


def run(args: argparse.Namespace) -> int:
    """Write the picture or the values, and say what they show."""
    from vizcore import api
    from vizcore.figures.deconvnet import draw_projections

    check_out(args.out, ".png", ".npy")
    at = place_of(args.position, "strongest")
    place = None if isinstance(at, str) else at
    filled, picture = chosen_picture(args)
    found = api.deconvnet(
        args.key, picture, args.layer, args.channel, place, weights=filled, device=args.device
    )
    drawn = draw_projections(found, whole=args.whole)
    write_out(args.out, found.projections_nchw[0], drawn.png, filled)
    row, column = (int(each) for each in found.places_np[0])
    if args.json:
        field = found.receptive_field
        result = {
            **about_weights(filled),
            "layer": found.layer,
            "channel": args.channel,
            "position": [row, column],
            "strongest": place is None,
            "value": float(found.values_n[0]),
            "receptive_field": None if field is None else list(field.size),
            "largest": drawn.limits_n[0],
            "shape": list(found.projections_nchw.shape[1:]),
            "out": str(args.out),
            "caption": drawn.caption,
        }
        print(json.dumps(result, indent=2))
        return 0
    which = "the strongest place of" if place is None else "of"
    print(
        f"Row {row}, column {column}, {which} channel {args.channel} of '{found.layer}' "
        f"(value {found.values_n[0]:.3g}), written to {args.out}"
    )
    if args.out.suffix.lower() == ".png":
        print(drawn.caption)
    say_if_random(filled)
    return 0
