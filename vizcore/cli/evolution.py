"""`python -m vizcore evolution KEY [--layer L --out PNG]`: a layer's filters through training."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from vizcore.cli.files import check_out, write_out
from vizcore.formats.words import counted

NAME = "evolution"
HELP = "how far every layer was at each epoch of the training, and one layer's filters as a strip"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("key", help="a network with snapshots, such as zfnet_photos20")
    parser.add_argument("--weights", default=None, metavar="NAME", help="default: the first")
    parser.add_argument("--layer", default=None, help="of the strip (default: the lowest)")
    parser.add_argument(
        "--out",
        type=Path,
        default=None,
        metavar="FILE",
        help=".png (drawn) or .npy (epochs, filters, height, width, planes)",
    )
    parser.add_argument("--device", default=None, help="cpu, cuda or mps (default: the fastest)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Print what of each layer's way was left at each epoch, and write the strip."""
    from vizcore import api
    from vizcore.errors import UnknownLayer
    from vizcore.figures.evolution import draw_kernel_strip
    from vizcore.figures.patches import png
    from vizcore.networks.offers import weights
    from vizcore.runtime.device import use_cpu_threads

    check_out(args.out, ".png", ".npy")
    use_cpu_threads()
    history = api.evolution(args.key, weights=args.weights, device=args.device)
    names = [each.layer for each in history.convolutions]
    wanted = names[0] if args.layer is None else args.layer
    if wanted not in names:
        raise UnknownLayer.among("convolution", wanted, names)
    layer = history.layer(wanted)
    if args.out is not None and layer is not None and layer.kernels_eshwp is not None:
        found = weights(args.key, args.weights)
        drawn = layer.kernels_eshwp
        write_out(args.out, drawn, lambda: png(draw_kernel_strip(history, layer)), found)
    if args.json:
        result = {
            "key": history.key,
            "epochs": history.epochs,
            "validation": history.validation,
            "way_left": {each.layer: each.way_left_e.tolist() for each in history.layers},
            "turn_left": {each.layer: each.turn_left_e.tolist() for each in history.layers},
            "lower_first": history.lower_first(),
            "layer": wanted,
            "out": None if args.out is None else str(args.out),
        }
        print(json.dumps(result, indent=2))
        return 0
    print("way left  " + "".join(f"{epoch:>8}" for epoch in history.epochs))
    for each in history.layers:
        print(f"{each.layer:10}" + "".join(f"{value:>8.1%}" for value in each.way_left_e))
    print("right     " + "".join(f"{share:>8.1%}" for share in history.validation))
    lower, close, upper = history.lower_first()
    print(
        f"Of {counted(lower + close + upper, 'pair')} of convolutions the lower one was halfway "
        f"first in {lower}, the upper one in {upper}; {close} were within one epoch."
    )
    if args.out is not None:
        filters = counted(layer.filters if layer else 0, "filter")
        print(f"{filters} of '{wanted}', written to {args.out}")
    return 0
