"""`python -m vizcore methods KEY`: which saliency methods are honest on a network, and why."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from vizcore.cli.arguments import add_weights_arguments, chosen_weights
from vizcore.lenses.saliency.methods import method_of
from vizcore.records.saliency import Verdict

NAME = "methods"
_VERDICTS: tuple[Verdict, ...] = ("applies", "rewritten", "refused")
HELP = "which saliency methods apply to a network, which after rewriting it, which are refused"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_weights_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print a line a method, and below it what was rewritten or why it is refused."""
    from vizcore import api

    chosen = chosen_weights(args) if args.weights or args.labels else None
    found = api.saliency_methods(args.key, weights=chosen, device=args.device)
    if args.json:
        print(json.dumps(asdict(found), indent=2))
        return 0
    for fit in found.fits:
        print(f"{fit.verdict:10} {fit.method:28} {method_of(fit.method).title}")
        if fit.changes:
            print(f"{'':11}rewritten: {', '.join(fit.changes)}; scores differ by at most "
                  f"{fit.largest_difference:.2g}")  # fmt: skip
        for reason in fit.reasons:
            print(f"{'':11}{reason}")
    counts = {verdict: len(found.with_verdict(verdict)) for verdict in _VERDICTS}
    print("{applies} apply, {rewritten} rewritten, {refused} refused".format(**counts))
    return 0
