"""`python -m vizcore train zfnet_photos20`: make the bundled network again."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

NAME = "train"
HELP = "train a bundled network by its recipe; a run that was stopped goes on where it was"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("key", choices=["zfnet_photos20"], help="the network")
    parser.add_argument(
        "--out", type=Path, default=Path("assets/weights"), help="folder for weights and card"
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        default=None,
        help="file that keeps the state of the run (default: KEY.checkpoint in the --out folder)",
    )
    parser.add_argument("--epochs", type=int, default=None, help="instead of the recipe's own")
    parser.add_argument("--seed", type=int, default=None, help="instead of the recipe's own")
    parser.add_argument("--threads", type=int, default=None, help="CPU threads to use")


def run(args: argparse.Namespace) -> int:
    """Train, write weights and card, and say how good the network is."""
    from dataclasses import replace

    import torch
    from tqdm import tqdm

    from vizcore.errors import BadChoice
    from vizcore.training import card
    from vizcore.training.recipe import Recipe, train

    for option in ("epochs", "threads"):
        value = getattr(args, option)
        if value is not None and value < 1:
            raise BadChoice(f"--{option} cannot be {value}. Allowed: 1 or more.")
    recipe = Recipe()
    changes = {name: getattr(args, name) for name in ("epochs", "seed")}
    recipe = replace(recipe, **{name: v for name, v in changes.items() if v is not None})
    if args.threads is not None:
        torch.set_num_threads(args.threads)

    def report(row: dict[str, float]) -> None:
        tqdm.write(
            f"epoch {row['epoch']:.0f}: loss {row['loss']:.3f}, "
            f"validation accuracy {row['validation']:.1%}"
        )

    checkpoint = args.checkpoint or args.out / f"{args.key}.checkpoint"
    trained = train(recipe, checkpoint, report=report)
    made = card.write(trained, recipe, args.out, f"CPU, {os.cpu_count()} cores")
    print(
        f"{args.key}: validation accuracy {made['accuracy']['validation']:.1%}, "
        f"test accuracy {made['accuracy']['test']:.1%}; written to {args.out}"
    )
    return 0
