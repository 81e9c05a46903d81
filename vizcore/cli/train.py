"""`python -m vizcore train NAME`: make a bundled network again."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

NAME = "train"
HELP = "train a bundled network by its recipe; a run that was stopped goes on where it was"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "name", help="the network: lenet5_digits10, zfnet_photos20, resnet14_photos20, ..."
    )
    parser.add_argument(
        "--out", type=Path, default=Path("trained"), help="folder for weights and card"
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        default=None,
        help="file that keeps the state of the run (default: NAME-SEED.checkpoint in --out)",
    )
    parser.add_argument("--epochs", type=int, default=None, help="instead of the recipe's own")
    parser.add_argument(
        "--seed",
        type=int,
        default=None,
        help="instead of the recipe's own; where --out holds the network's card, the run's "
        "accuracy is added to it and its weights stay",
    )
    parser.add_argument("--threads", type=int, default=None, help="CPU threads to use")


def run(args: argparse.Namespace) -> int:
    """Train, write weights and card, and say how good the network is."""
    from dataclasses import replace

    import torch
    from torch import nn
    from tqdm import tqdm

    from vizcore.errors import BadChoice
    from vizcore.training import card
    from vizcore.training.loop import Row, train
    from vizcore.training.programmes import programme
    from vizcore.zoo import get

    for option in ("epochs", "threads"):
        value = getattr(args, option)
        if value is not None and value < 1:
            raise BadChoice(f"--{option} cannot be {value}. Allowed: 1 or more.")
    if args.seed is not None and not 0 <= args.seed < 2**32:
        raise BadChoice(f"--seed cannot be {args.seed}. Allowed: 0 to {2**32 - 1}.")
    chosen = programme(args.name)
    changes = {name: getattr(args, name) for name in ("epochs", "seed")}
    recipe = replace(chosen.recipe, **{name: v for name, v in changes.items() if v is not None})
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    adds = recipe.seed != chosen.recipe.seed and (args.out / f"{args.name}.json").exists()
    if adds:
        card.check_can_add(chosen, recipe, args.out)

    def report(row: Row, network: nn.Module) -> None:
        tqdm.write(
            f"epoch {row['epoch']:.0f}: loss {row['loss']:.3f}, "
            f"validation accuracy {row['validation']:.1%}"
        )
        if row["epoch"] in chosen.snapshots and row["epoch"] < recipe.epochs and not adds:
            card.write_snapshot(chosen, network, int(row["epoch"]), args.out)

    architecture = get(chosen.architecture)
    checkpoint = args.checkpoint or args.out / f"{args.name}-{recipe.seed}.checkpoint"
    trained = train(
        lambda: architecture.builder(num_classes=len(chosen.data.classes)),
        chosen.data,
        recipe,
        checkpoint,
        report=report,
    )
    if adds:
        found = card.add_seed(chosen, trained, recipe, args.out)
        where = f"added to {args.name}.json in {args.out}"
    else:
        machine = f"CPU, {torch.get_num_threads()} of {os.cpu_count()} cores"
        found = card.write(chosen, trained, recipe, args.out, machine)["accuracy"]
        where = f"written to {args.out}"
    print(
        f"{args.name}, seed {recipe.seed}: validation accuracy {found['validation']:.1%}, "
        f"test accuracy {found['test']:.1%}; {where}"
    )
    return 0
