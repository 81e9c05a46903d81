"""What is said of trained networks in a chart: names, shares, the finding, the hover."""

from __future__ import annotations

from collections.abc import Sequence

from vizcore.errors import BadChoice
from vizcore.figures.numbers import exact, short
from vizcore.records.fleet import SkipPair, TrainedNetwork, skip_pairs

#: What the chart can show along its width, and the title of that axis.
COSTS = {
    "macs": "multiply-adds for one picture",
    "params": "parameters",
}
#: What a name loses beside its point.
_SHORTER = (
    (" with squeeze-and-excitation", " with SE"),
    (" modules", ""),
    (" reductions", ""),
    (", 8 groups", ""),
)


def label(network: TrainedNetwork) -> str:
    """A network's name without what all of the fleet share.

    Example:
        >>> from vizcore.records.fleet import trained_network
        >>> card = {"key": "k", "accuracy": {"validation": 1, "test": 1}, "data": {"name": "d"},
        ...         "classes": [], "params": 1, "sha256": "", "licence": ""}
        >>> label(trained_network(card, name="ZFNet, small (photos20)"))
        'ZFNet'
    """
    return network.name.partition(" (")[0].removesuffix(", small")


def percent1(share: float) -> str:
    """A share of 1 in percent with one digit: what some hundred pictures can tell apart.

    Example:
        >>> percent1(0.9734), percent1(1)
        ('97.3%', '100.0%')
    """
    return f"{100 * share:.1f}%"


def cost_of(network: TrainedNetwork, cost: str) -> int | None:
    """A network's multiply-adds or parameters; None where its card does not say.

    Raises:
        BadChoice: another quantity.
    """
    if cost not in COSTS:
        raise BadChoice.among("cost", cost, COSTS)
    return network.macs if cost == "macs" else network.params


def skip_words(pair: SkipPair) -> str:
    """What skip connections do at one depth: "add 9.1 points at 50 layers"."""
    depth = f"{pair.plain.depth} layers" if pair.plain.depth else "this depth"
    if not pair.clear:
        return f"make no clear difference at {depth}"
    return f"{'add' if pair.points > 0 else 'cost'} {abs(pair.points):.1f} points at {depth}"


def finding(networks: Sequence[TrainedNetwork]) -> str:
    """What the chart shows: what skip connections did, by pairs of several seeds, or the best."""
    pairs = [
        pair
        for pair in skip_pairs(tuple(networks))
        if min(len(pair.plain.test_runs), len(pair.residual.test_runs)) > 1
    ]
    if pairs:
        return "Skip connections " + ", ".join(map(skip_words, reversed(pairs)))
    best = max(networks, key=lambda network: network.mean_test)
    return f"{label(best)} names most of the test part rightly, {percent1(best.mean_test)}"


def brief(network: TrainedNetwork) -> str:
    """A name that fits beside a point."""
    text = label(network)
    for long, brief in _SHORTER:
        text = text.replace(long, brief)
    return text


def hover(network: TrainedNetwork) -> str:
    """What is told of a network when a person points at it, as HTML."""
    lines = [f"<b>{label(network)}</b> ({network.key})"]
    runs = network.test_runs
    if network.spread_test is not None:
        points = 100 * network.spread_test
        lines.append(
            f"{percent1(network.mean_test)} of the test part: mean of {len(runs)} seeds, "
            f"standard deviation {points:.1f} points"
        )
        lines.append("seeds: " + ", ".join(percent1(value) for value in runs))
    else:
        lines.append(f"{percent1(network.test)} of the test part, one seed")
    if interval := network.interval("test"):
        low, high = interval
        lines.append(
            f"the shipped weights: {percent1(network.test)}, 95% interval "
            f"{100 * low:.1f} to {percent1(high)}"
        )
    lines.append(f"{exact(network.params)} parameters")
    if network.macs is not None:
        lines.append(f"{exact(network.macs)} multiply-adds")
    return "<br>".join(lines)


def alternative(shown: Sequence[TrainedNetwork], cost: str) -> str:
    """The chart in words, for who cannot see it."""
    listed = "; ".join(
        f"{label(each)} {percent1(each.mean_test)} with {short(cost_of(each, cost) or 0)}"
        for each in sorted(shown, key=lambda each: -each.mean_test)
    )
    unit = "multiply-adds" if cost == "macs" else "parameters"
    return f"Test accuracy against {unit} of {len(shown)} networks. {finding(shown)}. {listed}."
