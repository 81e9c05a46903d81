"""`python -m vizcore layers KEY [--input-size N] [--batch N] [--no-bias] [--format ...]`."""

from __future__ import annotations

import argparse

NAME = "layers"
HELP = "every layer of an architecture: shapes, parameters, multiply-adds, memory"


def _size(text: str) -> tuple[int, int]:
    height, sign, width = text.lower().partition("x")
    try:
        return int(height), int(width if sign else height)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a size; write a side such as 224, or HEIGHTxWIDTH such as 192x256"
        ) from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from vizcore.formats.forms import FORMS
    from vizcore.records.layers import DTYPE_BYTES

    parser.add_argument(
        "key", metavar="KEY", help="an architecture, such as vgg_d, vgg16 or timm:NAME"
    )
    parser.add_argument(
        "--input-size",
        type=_size,
        default=None,
        metavar="N",
        help="side of the picture in pixels, or HEIGHTxWIDTH (default: the architecture's own)",
    )
    parser.add_argument("--batch", type=int, default=1, metavar="N", help="pictures per pass")
    parser.add_argument("--no-bias", action="store_true", help="do not count biases")
    parser.add_argument("--flops", action="store_true", help="two operations per multiply-add")
    parser.add_argument(
        "--dtype", choices=tuple(DTYPE_BYTES), default="float32", help="sets the bytes of a value"
    )
    parser.add_argument(
        "--training", action="store_true", help="memory of a training step, not of a forward pass"
    )
    parser.add_argument("--format", choices=tuple(FORMS), default="table", help="of the output")


def run(args: argparse.Namespace) -> int:
    """Print the table."""
    from vizcore.api import layers
    from vizcore.formats.forms import FORMS

    table = layers(
        args.key,
        input_size=args.input_size,
        batch=args.batch,
        bias=not args.no_bias,
        ops="flops" if args.flops else "macs",
        dtype=args.dtype,
        memory="training" if args.training else "forward",
    )
    print(FORMS[args.format](table).rstrip("\n"))
    return 0
