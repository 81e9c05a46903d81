"""`python -m vizcore filters KEY --layer L --out PNG`: a layer's kernels, or one filter's."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vizcore.cli.arguments import add_weights_arguments, chosen_weights
from vizcore.cli.files import about_weights, check_out, marked_if_random, say_if_random, write_bytes
from vizcore.formats.words import counted

if TYPE_CHECKING:
    from vizcore.figures.filters import DrawnFilters
    from vizcore.records.filters import FilterBank
    from vizcore.zoo.weights import Weights

NAME = "filters"
HELP = "the kernels of a layer as a picture, and their statistics"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_weights_arguments(parser)
    parser.add_argument(
        "--layer",
        default=None,
        help="torch's dotted name (default: the one that reads the picture)",
    )
    parser.add_argument(
        "--filter",
        dest="number",
        type=int,
        default=None,
        metavar="N",
        help="draw one filter by the channels it reads (default: all filters where each is one "
        "picture, else the one with the greatest norm)",
    )
    parser.add_argument(
        "--image",
        type=Path,
        default=None,
        metavar="FILE",
        help="draw on this what one filter reads",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help=".png (drawn), .npy (filters, inputs, height, width) or .csv (statistics)",
    )
    parser.add_argument(
        "--scaling",
        choices=("filter", "layer", "stretch"),
        default="filter",
        help="colours for each filter about zero (default), for all, or stretched without a zero",
    )
    parser.add_argument("--numbers", action="store_true", help="write each filter's number on it")


def run(args: argparse.Namespace) -> int:
    """Write the picture, the weights or the statistics, and say what they show."""
    from vizcore import api
    from vizcore.figures.filter_words import bank_csv
    from vizcore.formats.data import npy

    check_out(args.out, ".png", ".npy", ".csv")
    suffix = args.out.suffix.lower()
    filled = chosen_weights(args)
    bank = api.filters(args.key, args.layer, weights=filled, device=args.device)
    caption = ""
    if suffix == ".png":
        drawn = _drawn(args, filled, bank)
        caption = drawn.caption
        content = marked_if_random(drawn.png(), filled)
    elif suffix == ".npy":
        content = npy(bank.weights_fihw)
    else:
        content = bank_csv(bank).encode()
    write_bytes(args.out, content)
    if args.json:
        print(json.dumps(_result(args, filled, bank, caption), indent=2))
        return 0
    height, width = bank.layer.kernel
    print(
        f"{counted(bank.layer.filters, 'filter')} of {height} x {width} x {bank.layer.inputs} in "
        f"'{bank.layer.name}', written to {args.out}"
    )
    found = bank.statistics
    print(
        f"Dead: {int(found.dead_f.sum())}. Nearly the same: {counted(len(found.twins), 'pair')}. "
        f"Weights nearly zero: {found.sparsity:.1%}."
    )
    if caption:
        print(caption)
    say_if_random(filled)
    return 0


def _drawn(args: argparse.Namespace, filled: Weights, bank: FilterBank) -> DrawnFilters:
    """All filters of the layer, or one by the channels it reads."""
    from vizcore import api
    from vizcore.figures.filter_sheets import draw_slices
    from vizcore.figures.filters import draw_bank, has_bank

    if args.number is None and has_bank(bank):
        return draw_bank(bank, scaling=args.scaling, numbers=args.numbers)
    number = bank.by_norm()[0] if args.number is None else args.number
    found = api.filter_slices(
        args.key, args.image, bank.layer.name, number, weights=filled, device=args.device
    )
    drawn = draw_slices(found, scaling=args.scaling)
    return replace(drawn, caption=f"Kernels of filter {number}. {drawn.caption}")


def _result(
    args: argparse.Namespace, filled: Weights, bank: FilterBank, caption: str
) -> dict[str, object]:
    found = bank.statistics
    return {
        **about_weights(filled),
        "layer": bank.layer.name,
        "shape": list(bank.weights_fihw.shape),
        "groups": bank.layer.groups,
        "reads_picture": bank.layer.reads_picture,
        "l2_norms": [round(float(norm), 6) for norm in found.norms_f],
        "dead": [int(number) for number in found.dead_f.nonzero()[0]],
        "nearly_the_same": [[a, b, round(cosine, 6)] for a, b, cosine in found.twins],
        "nearly_zero_share": found.sparsity,
        "colour_shares": None
        if bank.colour_f is None
        else [round(float(share), 6) for share in bank.colour_f],
        "out": str(args.out),
        "caption": caption,
    }
