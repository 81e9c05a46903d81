"""`python -m vizcore predict KEY --image FILE`: the classes a network sees in a picture."""

from __future__ import annotations

import argparse
import json

from vizcore.cli.arguments import add_picture_arguments, chosen_picture
from vizcore.cli.files import about_weights, say_if_random

NAME = "predict"
HELP = "the most probable classes of a picture"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_picture_arguments(parser)
    parser.add_argument("--top", type=int, default=5, metavar="N", help="how many (default: 5)")


def run(args: argparse.Namespace) -> int:
    """Print the classes, most probable first."""
    from vizcore import api

    filled, picture = chosen_picture(args)
    seen = api.predict(args.key, picture, top=args.top, weights=filled, device=args.device)
    rows = zip(seen.classes, seen.indices, seen.probabilities, seen.scores, strict=True)
    if args.json:
        top = [
            {"class": name, "index": index, "probability": probability, "score": score}
            for name, index, probability, score in rows
        ]
        result = {
            **about_weights(filled),
            "image": {"file": str(args.image), "sha256": picture.sha256},
            "notes": list(picture.notes),
            "top": top,
        }
        print(json.dumps(result, indent=2))
        return 0
    for name, index, probability, _ in rows:
        print(f"{probability:7.2%}  {name} (class {index})")
    say_if_random(filled)
    for note in picture.notes:
        print(f"The picture: {note}.")
    return 0
