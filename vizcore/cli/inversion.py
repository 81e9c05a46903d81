"""`python -m vizcore inversion KEY --image FILE --layer L --out PNG`: what a layer has kept."""

from __future__ import annotations

import argparse
import json
from typing import Any

from vizcore.cli.arguments import add_picture_arguments, chosen_picture
from vizcore.cli.files import about_weights, check_out, say_if_random, write_bytes
from vizcore.cli.forming import ENDINGS, add_out_arguments, content
from vizcore.formats.words import counted
from vizcore.records.ascent_options import InversionOptions
from vizcore.records.class_images import Inversions

NAME = "inversion"
HELP = "for each layer, the image that gives it the same activations as a photo"
_USUAL = InversionOptions()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_picture_arguments(parser)
    add = parser.add_argument
    add("--layer", action="append", required=True, metavar="L", help="a layer by name; several "
        "times for a strip of layers")  # fmt: skip
    add_out_arguments(parser)
    add("--steps", type=int, default=_USUAL.steps, metavar="N", help=f"default: {_USUAL.steps}")
    add("--step-size", type=float, default=_USUAL.step_size, metavar="X",
        help=f"of Adam (default: {_USUAL.step_size:g})")  # fmt: skip
    add("--alpha", type=float, default=_USUAL.alpha, metavar="P",
        help=f"power of the norm that bounds values (default: {_USUAL.alpha:g})")  # fmt: skip
    add("--bound", dest="alpha_weight", type=float, default=_USUAL.alpha_weight, metavar="W",
        help=f"its weight (default: {_USUAL.alpha_weight:g})")  # fmt: skip
    add("--beta", type=float, default=_USUAL.beta, metavar="P",
        help=f"power of the total variation (default: {_USUAL.beta:g})")  # fmt: skip
    add("--tv", dest="beta_weight", type=float, default=_USUAL.beta_weight, metavar="W",
        help=f"its weight (default: {_USUAL.beta_weight:g})")  # fmt: skip
    add("--seed", type=int, default=_USUAL.seed, metavar="N", help="of the noise at the start")


def run(args: argparse.Namespace) -> int:
    """Make the images, write them, and say how near each came."""
    from vizcore import api

    check_out(args.out, *ENDINGS)
    names = InversionOptions.__dataclass_fields__
    options = InversionOptions(**{name: getattr(args, name) for name in names})
    weights, picture = chosen_picture(args)
    made = api.invert(args.key, picture, args.layer, options, weights=weights, device=args.device)
    write_bytes(args.out, content(made, args.out, weights, frame_ms=args.frame_ms))
    if args.json:
        about = {**about_weights(weights), **_about(made), "out": str(args.out)}
        print(json.dumps(about, indent=2))
        return 0
    count = len(made.layers)
    what = "Image" if count == 1 else f"{count} images"
    print(f"{what} after {counted(made.step, 'step')}, written to {args.out}")
    for number, layer in enumerate(made.layers):
        print(f"{layer}: {_came_out(made, number)}")
        if made.notes[number]:
            print(made.notes[number])
    say_if_random(weights)
    return 0


def _came_out(made: Inversions, number: int) -> str:
    """How near the activations came, and what the network says of the image."""
    words = f"error {made.errors_sn[-1, number]:.3%} of the activations' squared norm"
    if made.predictions and made.photo_prediction is not None:
        seen, photo = made.predictions[number], made.photo_prediction
        same = (
            "as in the photo"
            if seen.indices[0] == photo.indices[0]
            else f"{photo.classes[0]} in the photo"
        )
        words += f"; the network sees {seen.classes[0]} ({seen.probabilities[0]:.1%}), {same}"
    return words


def _about(made: Inversions) -> dict[str, Any]:
    about = json.loads(str(made.arrays()["about_json"]))
    numbers = zip(made.errors_sn[-1], made.losses_sn[-1], strict=True)
    return {
        "steps": made.step,
        **about,
        "images": [
            {"layer": layer, "error": float(error), "loss": float(loss)}
            for layer, (error, loss) in zip(made.layers, numbers, strict=True)
        ],
        "frames": [frame.step for frame in made.frames],
        "shape": list(made.images_nchw.shape),
    }
