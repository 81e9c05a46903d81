"""`python -m vizcore blocks [NAME] [--knob k=v ...] [--json]`."""

from __future__ import annotations

import argparse

NAME = "blocks"
HELP = "what architectural ideas cost: Inception, depthwise, residual, ..."


def _knob(text: str) -> tuple[str, int]:
    name, sign, value = text.partition("=")
    try:
        return name.strip().replace("-", "_"), int(value)
    except ValueError:
        what = f"the value '{value}'" if sign else "no value"
        raise argparse.ArgumentTypeError(
            f"'{text}' has {what}; write NAME=WHOLE NUMBER, such as channels=64"
        ) from None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommand's arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="a study; without it: list them")
    parser.add_argument(
        "--knob",
        type=_knob,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a number of the block; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print the study as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the list of studies, or one study."""
    import json

    from vizcore.blocks import study, titles

    if args.name is None:
        found = titles()
        width = max(map(len, found))
        lines = [f"{name:<{width}}  {title}" for name, title in found.items()]
        print(json.dumps(found, indent=2) if args.json else "\n".join(lines))
        return 0

    from vizcore.blocks.export import to_document, to_text

    chosen = study(args.name, **dict(args.knob))
    if args.json:
        print(json.dumps(to_document(chosen), indent=2, ensure_ascii=False))
    else:
        print(to_text(chosen))
    return 0
