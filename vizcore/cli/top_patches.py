"""`python -m vizcore top-patches KEY --images DIR --out DIR`: what excites each unit most."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from vizcore.cli.arguments import add_weights_arguments, chosen_weights
from vizcore.cli.files import marked_if_random, say_if_random, write_bytes
from vizcore.data.library_sets import LIBRARY
from vizcore.errors import BadChoice
from vizcore.formats.words import counted
from vizcore.records.patches import TopPatches
from vizcore.runtime.jobs import Progress

if TYPE_CHECKING:
    from vizcore.zoo.weights import Weights

NAME = "top-patches"
HELP = "the patches of a set of pictures that excite each channel most, as JSON and PNGs"
#: Skipped files that are named on the terminal; the JSON names all.
_NAMED = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_weights_arguments(parser)
    parser.add_argument(
        "--images",
        default=None,
        metavar="DIR",
        help="a folder, a zip archive, photos20, photographs, digits10 (default: what suits), or a "
        f"data set of torchvision in CONVSCOPE_DATA: {', '.join(LIBRARY)}",
    )
    parser.add_argument(
        "--fetch", action="store_true", help="fetch that data set of torchvision first"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write")
    parser.add_argument(
        "--layer",
        action="append",
        metavar="L",
        help="torch's dotted name, may be given several times (default: every convolution)",
    )
    parser.add_argument(
        "--places",
        action="store_true",
        help="every place that gives maps: activations, poolings, sums and concatenations too",
    )
    parser.add_argument(
        "--unit", type=int, default=None, metavar="N", help="one channel of the layer, drawn large"
    )
    parser.add_argument(
        "--k", type=int, default=9, metavar="N", help="patches for a channel (default: 9)"
    )


def run(args: argparse.Namespace) -> int:
    """Scan, write `top_patches.json` and a picture for each layer, and list what was skipped."""
    from vizcore.data.loading import Views
    from vizcore.data.picture_sets import bundled_for
    from vizcore.picture_sources import fetch_pictures, open_pictures

    if args.places and args.layer:
        raise BadChoice("--places takes every place: leave out --layer.")
    if args.unit is not None and len(dict.fromkeys(args.layer or ())) != 1:
        raise BadChoice("--unit is a channel of one layer: give one --layer too.")
    weights = chosen_weights(args)
    given = args.images or bundled_for(weights.preprocessing.channels)
    pictures = fetch_pictures(given) if args.fetch else open_pictures(given)
    _make_folder(args.out)
    found = _scanned(args, weights, pictures)
    if args.unit is not None:
        channels = len(found.found[args.layer[0]].values_ck)
        if not 0 <= args.unit < channels:
            raise BadChoice.among("--unit", args.unit, [f"channels 0 to {channels - 1}"])
    written = []
    write_bytes(args.out / "top_patches.json", json.dumps(as_json(found)).encode())
    seen = Views(pictures, weights.preprocessing)
    for name, content in _pictures(found, seen, weights, args):
        write_bytes(args.out / name, content)
        written.append(name)
    without = [layer for layer, field in found.fields.items() if field is None]
    if args.json:
        summary = {
            **_about(found),
            "layers": {layer: len(each.values_ck) for layer, each in found.found.items()},
            "without_pictures": without,
            "out": str(args.out),
            "files": ["top_patches.json", *written],
        }
        if pictures.origin:
            summary["origin"] = pictures.origin
        print(json.dumps(summary, indent=2))
        return 0
    units = sum(len(each.values_ck) for each in found.found.values())
    print(
        f"{counted(units, 'channel')} of {counted(len(found.found), 'layer')} of '{found.key}', "
        f"over {counted(found.looked_at, 'picture')} of '{found.pictures}', written to {args.out}"
    )
    if pictures.origin:
        print(pictures.origin)
    for layer in without:
        print(f"What a value of '{layer}' sees is not known, so it is in the JSON only.")
    if found.skipped:
        print(f"{len(found.skipped):,} files were not looked at:")
        for each in found.skipped[:_NAMED]:
            print(f"  {each.name}: {each.reason}")
        if len(found.skipped) > _NAMED:
            print(f"  and {len(found.skipped) - _NAMED:,} more, all in top_patches.json")
    say_if_random(weights)
    return 0


def as_json(found: TopPatches) -> dict[str, Any]:
    """All of it as plain values, a list of patches for each channel of each layer."""
    return {
        **_about(found),
        "skipped": [{"name": each.name, "reason": each.reason} for each in found.skipped],
        "layers": [
            {
                "layer": layer,
                "receptive_field": None
                if (field := found.fields[layer]) is None
                else {
                    "size": field.size,
                    "stride": field.stride,
                    "offset": field.offset,
                    "exact": field.exact,
                    "whole": field.whole,
                },
                "channels": [
                    [
                        {
                            "value": each.value,
                            "picture": each.picture,
                            "number": each.number,
                            "place": each.place,
                            "window": each.window,
                        }
                        for each in found.patches(layer, channel)
                    ]
                    for channel in range(len(best.values_ck))
                ],
            }
            for layer, best in found.found.items()
        ],
    }


def _about(found: TopPatches) -> dict[str, Any]:
    return {
        "key": found.key,
        "weights": found.weights,
        "random_weights": found.random_weights,
        "pictures": found.pictures,
        "data_sha256": found.data_sha256,
        "looked_at": found.looked_at,
        "skipped_count": len(found.skipped),
        "k": found.top,
        "input_px": found.input_px,
    }


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadChoice(f"--out cannot be '{path}': {error.strerror}.") from error


def _scanned(args: argparse.Namespace, weights: Weights, pictures: Any) -> TopPatches:
    """Take the scan's steps, with progress on a terminal; what was done is kept if stopped."""
    from vizcore.patch_places import EVERY
    from vizcore.runtime.device import choose
    from vizcore.tasks.patches import top_patches_task

    layers = EVERY if args.places else args.layer
    task = top_patches_task(args.key, pictures, layers, top=args.k, weights=weights)
    assert task.network is not None
    network = task.network.load(choose(args.device))
    show = sys.stderr.isatty()
    with closing(cast("Generator[Progress, None, TopPatches]", task.work(network))) as steps:
        try:
            while True:
                progress = next(steps)
                if show:
                    print(f"\r\x1b[K{progress.note}", end="", file=sys.stderr, flush=True)
        except StopIteration as stop:
            found: TopPatches = stop.value
            return found
        except KeyboardInterrupt:
            print("Stopped. What was scanned is kept; the same command goes on.", file=sys.stderr)
            raise
        finally:
            if show:
                print(file=sys.stderr)


def _pictures(
    found: TopPatches, view: Any, weights: Weights, args: argparse.Namespace
) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the PNG files."""
    from vizcore.figures.patch_wall import cut_patches, draw_patch_wall
    from vizcore.figures.patches import draw_patches, png

    for layer, field in found.fields.items():
        if field is None:
            continue
        stem = re.sub(r"[^A-Za-z0-9._-]", "_", layer)
        if args.unit is not None:
            cuts = cut_patches(found, layer, args.unit, view)
            stem += f"_{args.unit}"
            drawn = draw_patches(cuts, columns=round(len(cuts) ** 0.5), side_px=192)
        else:
            drawn = draw_patch_wall(found, layer, view).rgb_hwc
        yield f"{stem}.png", marked_if_random(png(drawn), weights)
