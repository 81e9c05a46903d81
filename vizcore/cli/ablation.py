"""`python -m vizcore ablation [KEY]`: which layers can go, and the trainings behind it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from vizcore.formats.words import counted

NAME = "ablation"
HELP = "what leaving layers out of a network saves, and what it costs in accuracy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "key", nargs="?", default=None, help="alexnet_photos20 or zfnet_photos20 (default: both)"
    )
    parser.add_argument("--format", choices=("table", "csv", "json"), default="table")
    parser.add_argument(
        "--retrain",
        action="store_true",
        help="train every version again by the network's own recipe; a run that was stopped goes "
        "on where it was",
    )
    parser.add_argument(
        "--seed", type=int, nargs="+", default=None, help="of the trainings (default: the card's)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("trained") / "ablation",
        help="folder for results and checkpoints of --retrain",
    )
    parser.add_argument("--epochs", type=int, default=None, help="instead of the recipe's own")
    parser.add_argument("--threads", type=int, default=None, help="CPU threads to use")


def run(args: argparse.Namespace) -> int:
    """Print the study, or retrain."""
    from vizcore.ablation_study import ablation, networks, rows
    from vizcore.formats.data import rows_csv
    from vizcore.records.ablation import named

    if args.retrain:
        return _retrain(args)
    studies = [ablation(key) for key in ([args.key] if args.key else networks())]
    made = [row for study in studies for row in rows(study)]
    if args.format == "csv":
        print(rows_csv(made), end="")
        return 0
    if args.format == "json":
        print(json.dumps(made, indent=1))
        return 0
    for study in studies:
        mean = study.whole.mean_test or 0.0
        print(
            f"{study.network}: {study.whole.params:,} parameters, {mean:.1%} of {study.pictures} "
            f"test pictures right ({counted(len(study.whole.runs), 'seed')})"
        )
        for version, other in zip(study.versions, study.published, strict=True):
            points = study.points(version)
            reach = study.interval(version)
            cost = "not trained"
            if points is not None and reach is not None:
                chance = "" if study.told_apart(version) else ", not told apart"
                cost = f"{points:+.1f} points lost (95% {reach[0]:+.1f} to {reach[1]:+.1f}{chance})"
            print(
                f"  without {named(version.removed)}: {study.saved(version):,} parameters saved, "
                f"{cost}, {counted(len(study.drops(version)), 'seed')}; AlexNet: "
                f"{other.saved_two_towers:,} "
                f"saved, {other.top1_points:+.1f} points of top-1 (Zeiler and Fergus), "
                f"{other.lecture_points:+.1f} (lecture, {other.drop_claim.verdict})"
            )
    return 0


def _retrain(args: argparse.Namespace) -> int:
    import os

    import torch
    from tqdm import tqdm

    from vizcore.errors import BadChoice
    from vizcore.training.ablation import Run, results, retrain, runs
    from vizcore.training.programmes import programme
    from vizcore.zoo.ablated import BUNDLED

    for option in ("epochs", "threads"):
        value = getattr(args, option)
        if value is not None and value < 1:
            raise BadChoice(f"--{option} cannot be {value}. Allowed: 1 or more.")
    if args.key is not None and args.key not in BUNDLED:
        raise BadChoice.among("key", args.key, BUNDLED)
    for seed in args.seed or ():
        if not 0 <= seed < 2**32:
            raise BadChoice(f"--seed cannot be {seed}. Allowed: 0 to {2**32 - 1}.")
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    chosen = [args.key] if args.key else list(BUNDLED)
    wanted = [run for key in chosen for run in runs(key, args.seed or [programme(key).recipe.seed])]

    def report(run: Run, row: dict[str, float]) -> None:
        tqdm.write(
            f"{run.name}, epoch {row['epoch']:.0f}: loss {row['loss']:.3f}, "
            f"validation accuracy {row['validation']:.1%}"
        )

    machine = f"CPU, {torch.get_num_threads()} of {os.cpu_count()} cores"
    retrain(wanted, args.out, machine=machine, epochs=args.epochs, report=report)
    for key in chosen:
        made = {run: row for run, row in results(args.out, key) if run in wanted}
        for run, row in made.items():
            print(
                f"{run.name}: validation accuracy {row['validation']:.1%}, test accuracy "
                f"{row['test']:.1%}; written to {args.out}"
            )
    return 0
