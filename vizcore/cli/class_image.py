"""`python -m vizcore class-image KEY --target C --out PNG`: what a network answers to most."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from vizcore.cli.arguments import add_weights_arguments, chosen_weights, place_of
from vizcore.cli.files import about_weights, check_out, say_if_random, write_bytes
from vizcore.cli.forming import ENDINGS, add_out_arguments, content
from vizcore.errors import BadChoice
from vizcore.formats.words import counted
from vizcore.records.ascent_options import (
    BASES,
    MODERN,
    OPTIMISERS,
    PUBLISHED,
    STARTS,
    AscentOptions,
)
from vizcore.records.class_images import AscentImages

if TYPE_CHECKING:
    from vizcore.zoo.weights import Weights

NAME = "class-image"
HELP = "the image that a class, a channel or a unit answers to most, by gradient ascent"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_weights_arguments(parser)
    add = parser.add_argument
    add("--target", action="append", default=[], metavar="C", help="a class by name or number; "
        "several times for several, made in one batch")  # fmt: skip
    add("--layer", default=None, help="for channels or a unit of this layer in place of classes")
    add("--channel", action="append", type=int, default=[], metavar="N", help="of the layer")
    add("--position", nargs="+", default=None, metavar="Y X", help="a single unit: row and column "
        "in the layer's map, or 'centre' (default: the mean of the whole map)")  # fmt: skip
    add("--lambda", dest="lambdas", action="append", type=float, default=[], metavar="L",
        help="weight of the squared norm; several times for a row of one class")  # fmt: skip
    add_out_arguments(parser)
    add("--modern", action="store_true", help="the later means against noise together, each of "
        "which an option below changes (default: as published)")  # fmt: skip
    add("--steps", type=int, default=None, metavar="N", help=f"default: {PUBLISHED.steps}")
    add("--step-size", type=float, default=None, metavar="X", help="default: by the optimiser")
    add("--optimiser", choices=OPTIMISERS, default=None, help="default: gradient for "
        "classes, as published, normalised for channels and units")  # fmt: skip
    add("--start", choices=STARTS, default=None, help="default: mean, the mean training picture")
    add("--image", type=Path, default=None, metavar="FILE", help="the photo to start from")
    add("--seed", type=int, default=None, metavar="N", help="of noise and transformations")
    add("--jitter", dest="jitter_px", type=int, default=None, metavar="PX", help="random shifts")
    add("--scaling", type=float, default=None, metavar="SHARE", help="random sizes, such as 0.1")
    add("--rotation", dest="rotation_deg", type=float, default=None, metavar="DEG", help="turns")
    add("--blur", dest="blur_px", type=float, default=None, metavar="PX", help="of the Gaussian")
    add("--blur-every", type=int, default=None, metavar="N", help="steps from blur to blur")
    add("--tv", dest="total_variation", type=float, default=None, metavar="W",
        help="weight of the total variation")  # fmt: skip
    add("--basis", choices=BASES, default=None, help="default: pixels")
    add("--decorrelated", action=argparse.BooleanOptionalAction, default=None,
        help="colours along the directions of the bundled training pictures")  # fmt: skip


def chosen_options(args: argparse.Namespace) -> AscentOptions:
    """The options that the arguments name.

    Raises:
        BadChoice: one outside its range.
    """
    names = AscentOptions.__dataclass_fields__
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    if args.image is not None:
        given.setdefault("start", "photo")
    return replace(MODERN if args.modern else PUBLISHED, **given)


def run(args: argparse.Namespace) -> int:
    """Make the images, write them, and say what came out."""
    check_out(args.out, *ENDINGS)
    options = chosen_options(args)
    weights = chosen_weights(args)
    made = _made(args, options, weights)
    write_bytes(args.out, content(made, args.out, weights, frame_ms=args.frame_ms))
    if args.json:
        print(json.dumps(_about(made, args, weights), indent=2))
        return 0
    count = len(made.goals)
    what = "Image" if count == 1 else f"{count} images"
    print(f"{what} after {counted(made.step, 'step')}, written to {args.out}")
    for number, goal in enumerate(made.goals):
        print(f"{goal.name}, lambda {goal.lambda_:g}: {_came_out(made, number)}")
        if made.notes[number]:
            print(made.notes[number])
    say_if_random(weights)
    return 0


def _made(args: argparse.Namespace, options: AscentOptions, weights: Weights) -> AscentImages:
    from vizcore import api

    given: dict[str, Any] = {"photo": args.image, "weights": weights, "device": args.device}
    lambdas: list[float] = args.lambdas
    if args.layer is None:
        if args.channel or args.position is not None:
            raise BadChoice("--channel and --position belong to a layer: give --layer too.")
        if not args.target:
            raise BadChoice("Give --target, a class by name or number, or --layer and --channel.")
        weight = lambdas if len(lambdas) > 1 else lambdas[0] if lambdas else None
        return api.class_images(args.key, args.target, weight, options, **given)
    if args.target:
        raise BadChoice("--target is a class and --layer a layer: give one of them.")
    if not args.channel:
        raise BadChoice("--layer needs --channel, which may be given several times.")
    if len(lambdas) > 1:
        raise BadChoice("A row of lambdas is for a class: with --layer give one --lambda.")
    place = None if args.position is None else place_of(args.position, "centre")
    units = [(args.layer, channel, place) for channel in args.channel]
    weight = lambdas[0] if lambdas else None
    return api.activation_images(args.key, cast(Any, units), weight, options, **given)


def _came_out(made: AscentImages, number: int) -> str:
    """Score and objective of one image, and what the network says of it."""
    score, objective = made.scores_sn[-1, number], made.objectives_sn[-1, number]
    what = "activation" if made.probabilities_sn is None else "score"
    words = f"{what} {score:.3g}, less penalties {objective:.3g}"
    if made.predictions:
        seen = made.predictions[number]
        words += f"; the network sees {seen.classes[0]} ({seen.probabilities[0]:.1%})"
    return words


def _about(made: AscentImages, args: argparse.Namespace, weights: Weights) -> dict[str, Any]:
    about = json.loads(str(made.arrays()["about_json"]))
    for number, goal in enumerate(about["goals"]):
        goal["lambda"] = goal.pop("lambda_")
        goal["score"] = float(made.scores_sn[-1, number])
        goal["penalty"] = float(made.penalties_sn[-1, number])
        goal["objective"] = float(made.objectives_sn[-1, number])
        if made.probabilities_sn is not None:
            goal["probability"] = float(made.probabilities_sn[-1, number])
    return {
        **about_weights(weights),
        "steps": made.step,
        "published_method": made.options.is_published,
        **about,
        "frames": [frame.step for frame in made.frames],
        "shape": list(made.images_nchw.shape),
        "out": str(args.out),
    }
