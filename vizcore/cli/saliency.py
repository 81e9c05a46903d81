"""`python -m vizcore saliency KEY --image FILE --out PNG`: the pixels that move a class score."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from vizcore.cli.arguments import (
    add_class_argument,
    add_method_arguments,
    add_picture_arguments,
    chosen_picture,
)
from vizcore.cli.files import about_weights, check_out, say_if_random, write_out
from vizcore.lenses.saliency.methods import method_of
from vizcore.records.saliency import SaliencyMap, Value

NAME = "saliency"
HELP = "the pixels of a picture that move the score of a class"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_picture_arguments(parser)
    add_class_argument(parser, "--target")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=".png (drawn) or .npy (H, W)"
    )
    add_method_arguments(parser, of_units=True)
    parser.add_argument(
        "--against", default=None, metavar="NAME", help="a class whose score is subtracted"
    )
    parser.add_argument(
        "--option",
        dest="options",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="of the method, such as steps=100; may be given several times",
    )
    parser.add_argument("--map-only", action="store_true", help="draw the map without the photo")


def run(args: argparse.Namespace) -> int:
    """Write the picture or the values, and say what they show."""
    from vizcore import api
    from vizcore.figures.overlay import draw_saliency
    from vizcore.figures.saliency_words import completeness_words

    check_out(args.out, ".png", ".npy")
    filled, picture = chosen_picture(args)
    found = api.saliency(
        args.key,
        picture,
        args.target,
        method=args.method,
        against=args.against,
        layer=args.layer,
        seed=args.seed,
        options=options_of(args.method, args.options),
        weights=filled,
        device=args.device,
    )
    drawn = draw_saliency(found)
    which = "map" if args.map_only else "over"
    write_out(args.out, found.values_hw, lambda: drawn.png(which), filled)
    height, width = found.values_hw.shape
    if args.json:
        result = {
            **about_weights(filled),
            "class": found.target_class,
            "index": found.target,
            "score": found.score,
            "method": found.method,
            "signed": found.signed,
            "against": found.against_class,
            "layer": found.layer,
            "unit": found.unit,
            "seed": found.seed,
            "options": dict(found.options),
            "fit": None if found.fit is None else asdict(found.fit),
            "completeness": _summed(found),
            "notes": found.notes,
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
    if found.fit is not None and found.fit.changes:
        print(f"The network was rewritten to the same function: {', '.join(found.fit.changes)}.")
    if found.completeness is not None:
        print(f"{completeness_words(found.completeness)}.")
    for note in found.notes:
        print(note)
    say_if_random(filled)
    return 0


def options_of(method: str, given: list[str]) -> dict[str, Value]:
    """The options of a method, from words such as `steps=100`.

    Raises:
        BadChoice: no such option, or a value that it cannot be.

    Example:
        >>> options_of("integrated_gradients", ["steps=100", "baseline=blurred"])
        {'steps': 100, 'baseline': 'blurred'}
    """
    found: dict[str, Value] = {}
    for each in given:
        key, _, word = each.partition("=")
        option = method_of(method).option(key)
        try:
            found[key] = word if option.choices else type(option.default)(word)
        except ValueError:
            found[key] = option.check(word)
    return found


def _summed(found: SaliencyMap) -> dict[str, object] | None:
    told = found.completeness
    if told is None:
        return None
    return {**asdict(told), "gap": told.gap, "holds": told.holds, "fails": told.fails}
