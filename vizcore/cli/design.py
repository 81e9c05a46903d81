"""`python -m vizcore design "conv3-64 maxpool fc-10"`, or `--from KEY` with `--remove N ...`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vizcore.records.layers import LayerTable
    from vizcore.zoo.notation import Network

NAME = "design"
HELP = "a network in the notation of slides: its layers in numbers, and what an edit changes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from vizcore.formats.forms import FORMS

    parser.add_argument(
        "notation",
        nargs="*",
        metavar="LAYER",
        help='such as "conv3-64 conv3-64 maxpool fc-10"; "-" reads it from the standard input',
    )
    parser.add_argument(
        "--from", dest="original", metavar="KEY", help="start from this network, such as zfnet"
    )
    parser.add_argument(
        "--remove",
        type=int,
        nargs="+",
        default=[],
        metavar="N",
        help="leave these layers out: convolutions and fully connected ones, numbered from 1",
    )
    parser.add_argument("--stack", action="store_true", help="swap every 5x5 for two 3x3")
    parser.add_argument(
        "--pool-head", action="store_true", help="replace the FC head by global pooling"
    )
    parser.add_argument(
        "--against", metavar="KEY", help="print what differs from this network, row by row"
    )
    parser.add_argument(
        "--format", choices=(*FORMS, "notation"), default="table", help="of the output"
    )


def run(args: argparse.Namespace) -> int:
    """Print the table, the notation or the difference."""
    import sys

    from vizcore.anatomy.difference import changes_csv, difference
    from vizcore.errors import BadChoice
    from vizcore.formats.forms import FORMS
    from vizcore.zoo.notation import parse, write
    from vizcore.zoo.notation.edits import pooled_head, removed, stacked
    from vizcore.zoo.notation.originals import original

    if bool(args.notation) == bool(args.original):
        raise BadChoice("Give a network in the notation, or --from and a key, and not both.")
    if args.original:
        text = original(args.original).notation
    else:
        text = sys.stdin.read() if args.notation == ["-"] else " ".join(args.notation)
    network = parse(text)
    if args.remove:
        network = removed(network, args.remove)
    if args.stack:
        network = stacked(network)
    if args.pool_head:
        network = pooled_head(network)
    if args.format == "notation":
        print(write(network, lines=True))
        return 0
    table = _table(network)
    if args.against:
        against = _table(parse(original(args.against).notation))
        print(changes_csv(difference(against, table)).rstrip())
        return 0
    print(FORMS[args.format](table).rstrip("\n"))
    return 0


def _table(network: Network) -> LayerTable:
    from vizcore.anatomy import trace
    from vizcore.zoo.notation import design

    shapes = design(network, weights=False)
    return trace(shapes, network.input_shape, key="design", mine=True)
