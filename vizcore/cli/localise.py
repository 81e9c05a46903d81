"""`python -m vizcore localise KEY --image FILE`: the object's box, from a saliency map alone."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from vizcore.cli.arguments import (
    add_class_argument,
    add_method_arguments,
    add_weights_arguments,
    chosen_weights,
)
from vizcore.cli.files import check_out, say_if_random, write_bytes, write_out
from vizcore.errors import BadChoice
from vizcore.lenses.saliency.methods import method_of
from vizcore.records.localisation import GUESSES, LocalisationSettings
from vizcore.zoo.weights import Weights

NAME = "localise"
HELP = "find the object of a class by a saliency map's quantiles and a graph cut"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    usual = LocalisationSettings()
    add_weights_arguments(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--image", type=Path, metavar="FILE", help="the picture")
    what.add_argument(
        "--scenes", action="store_true", help="the 380 scenes whose boxes are known, instead"
    )
    add_class_argument(parser, what="name or number of the class in the picture")
    add_method_arguments(parser, of_units=False, seed="of all that is random")
    parser.add_argument(
        "--foreground", type=float, default=usual.foreground, metavar="Q",
        help=f"quantile above which pixels are the object's seeds (default: {usual.foreground:g})",
    )  # fmt: skip
    parser.add_argument(
        "--background", type=float, default=usual.background, metavar="Q",
        help=f"quantile below which they are the background's (default: {usual.background:g})",
    )  # fmt: skip
    parser.add_argument(
        "--blur", type=float, default=usual.blur_px, metavar="PX",
        help="deviation of a Gaussian that the map is smoothed with first (default: none)",
    )  # fmt: skip
    parser.add_argument(
        "--signed", action="store_true",
        help="of a map with signs take what raises the score as the object's (default: magnitudes)",
    )  # fmt: skip
    parser.add_argument(
        "--out",
        type=Path,
        default=None,
        metavar="FILE",
        help="of a picture: .png (map, seeds, segment, box) or .npy (the segment); "
        "of the scenes: .csv",
    )


def run(args: argparse.Namespace) -> int:
    """Print the box, or how many objects of the scenes are found."""
    settings = LocalisationSettings(args.foreground, args.background, args.blur, not args.signed)
    return _scenes(args, settings) if args.scenes else _picture(args, settings)


def _picture(args: argparse.Namespace, settings: LocalisationSettings) -> int:
    from vizcore import api
    from vizcore.figures.localisation import draw_found
    from vizcore.figures.localisation_words import found_json

    check_out(args.out, ".png", ".npy")
    filled = chosen_weights(args)
    said = api.predict(args.key, args.image, top=1, weights=filled, device=args.device).classes[0]
    target = args.target or said
    found = api.localise(
        args.key,
        args.image,
        target,
        method=args.method,
        layer=args.layer,
        seed=args.seed,
        settings=settings,
        weights=filled,
        device=args.device,
    )
    if args.out is not None:
        drawn = draw_found(found, signed=args.signed and method_of(args.method).signed)
        write_out(args.out, found.component_hw, drawn.png, filled)
    if args.json:
        print(found_json(found, None, target, args.method, said), end="")
        return 0
    left, top, right, bottom = found.box
    height, width = found.map_hw.shape
    print(
        f"{method_of(args.method).title} of '{target}': columns {left:g} to {right:g}, rows "
        f"{top:g} to {bottom:g} of the {width} × {height} pixels that the network sees"
    )
    _close(args.out, filled)
    return 0


def _scenes(args: argparse.Namespace, settings: LocalisationSettings) -> int:
    from vizcore import api
    from vizcore.figures.localisation_words import studies_said, study_csv, study_rows

    if args.target is not None:
        raise BadChoice("--class is for --image: in the scenes it is the object's own.")
    check_out(args.out, ".csv")
    filled = chosen_weights(args)
    study = api.localisation_study(
        args.key,
        args.method,
        layer=args.layer,
        seed=args.seed,
        settings=settings,
        weights=filled,
        device=args.device,
    )
    without = api.scene_baselines(settings=settings, seed=args.seed)
    rows = study_rows([study], without)
    if args.out is not None:
        write_bytes(args.out, study_csv([study], without).encode())
    if args.json:
        print(json.dumps(rows, indent=1))
        return 0
    width = max(len(str(row["what"])) for row in rows)
    print(f"{'':<{width}}  mean IoU  median IoU  localisation error")
    for row in rows:
        print(
            f"{row['what']:<{width}}  {row['mean IoU']:>8.2f}  {row['median IoU']:>10.2f}  "
            f"{row['localisation error']:>18.2f}"
        )
    print(
        f"Where the class must be told too: error {study.error_named(1):.2f} by the first answer, "
        f"{study.error_named():.2f} by the first {GUESSES}"
    )
    print(studies_said([study]))
    _close(args.out, filled)
    return 0


def _close(out: Path | None, weights: Weights) -> None:
    if out is not None:
        print(f"Written to {out}")
    say_if_random(weights)
