"""What is said about how far a map can be trusted: answers and explanations."""

from __future__ import annotations

import html

from vizcore.figures.numbers import percent, short
from vizcore.records.saliency import COMPLETENESS_LIMIT
from vizcore.records.trust import Likeness, MapMetrics, MethodMetrics, SanityCheck

#: Rank correlations with a wholly random network above which a map is said to depend on learning
#: in part, and hardly at all.
PART_ABOVE, HARDLY_ABOVE = 0.3, 0.7
BASELINES = {"mean": "the picture's mean colour", "blur": "the picture blurred", "zero": "0"}

SANITY_EXPLAINED = (
    "Every layer with weights is drawn anew, as torch begins a network: convolutions and fully "
    "connected layers from U(−1/√n, 1/√n) for n inputs, normalisations with their first "
    "statistics, anything else normal with the mean and deviation it had. *From the top down* "
    "keeps what was drawn, so that the last map is of a network that knows nothing; *each alone* "
    "puts the layer back before the next. The class stays the one of the trained network.\n\n"
    "**Rank correlation** is Spearman's: of the magnitudes, and for maps with signs of the signed "
    "values too. **Structural similarity** (Wang and others, 2004) has a Gaussian window of "
    "deviation 1.5 pixels and compares the magnitudes as they are drawn, the 99th percentile of "
    "each map taken as 1. 1 is the same map, 0 is nothing in common.\n\n"
    "The **edge detector** is the Sobel operator on the picture's luminance. It has seen no "
    "network: a likeness that is not above its own shows nothing about the network.\n\n"
    f"With the whole network random, a rank correlation of magnitudes above {HARDLY_ABOVE:g} is "
    f"called hardly dependent on what was learned, one above {PART_ABOVE:g} dependent in part; the "
    "same is said of the upper layers where half of all may be random with as much left. A "
    "layer's stride and borders alone leave a grid in gradients that a random network keeps.\n\n"
    "Adebayo, Gilmer, Muelly, Goodfellow, Hardt and Kim, *Sanity Checks for Saliency Maps*, "
    "NeurIPS 2018."
)


def likeness_said(found: Likeness | None) -> str:
    """A likeness in a few words.

    Example:
        >>> likeness_said(Likeness(0.5, 0.25, None))
        'rank correlation 0.25'
    """
    if found is None:
        return "no map"
    parts = []
    if found.spearman_abs is not None:
        parts.append(f"rank correlation {plain(found.spearman_abs)}")
    if found.ssim is not None:
        parts.append(f"SSIM {plain(found.ssim)}")
    return ", ".join(parts) or "a map without differences"


def plain(value: float) -> str:
    """A number between -1 and 1 with two digits, no minus before a zero.

    Example:
        >>> plain(0.256), plain(-0.004), plain(-0.5)
        ('0.26', '0.00', '−0.50')
    """
    text = f"{value:.2f}"
    return text.replace("-", "") if float(text) == 0 else text.replace("-", "−")


def sanity_answer(check: SanityCheck, title: str) -> str:
    """What becomes of the map, in a sentence or two of HTML."""
    method, name = f"<b>{html.escape(title)}</b>", html.escape(check.target_class)
    edges = f"The picture's edges alone, without any network: {likeness_said(check.edges)}."
    low, high = float(check.values_hw.min()), float(check.values_hw.max())
    if low == high:
        return (
            f"The map of {method} for {name} is <b>{short(low)}</b> everywhere on this network, so "
            "nothing can be compared with it."
        )
    if check.order == "independent":
        found = [s for s in check.steps if s.likeness and s.likeness.spearman_abs is not None]
        if not found:
            return f"{method} makes no map that could be compared once a layer is random."
        least = min(found, key=lambda step: step.likeness.spearman_abs)  # type: ignore[union-attr,arg-type,return-value]
        return (
            f"The map of {method} for {name} changes most with "
            f"{_named(least.layers)} random and all others as they are: it keeps "
            f"<b>{likeness_said(least.likeness)}</b>. {edges}"
        )
    last = check.steps[-1]
    layers = sum(len(step.layers) for step in check.steps)
    count = "its only layer" if layers == 1 else f"all {layers} layers"
    if last.likeness is None:
        return f"With {count} random, {method} makes no map: {html.escape(last.note)} {edges}"
    kept = last.likeness.spearman_abs
    still, value = _survived(check)
    if kept is None:
        verdict = "nothing of it is left"
    elif kept > HARDLY_ABOVE:
        verdict = "it hardly depends on what was learned"
    elif 2 * still >= layers:
        verdict = (
            f"with {still} of them random it is still <b>{plain(value)}</b>, so it hardly depends "
            "on what these learned"
        )
    elif kept > PART_ABOVE:
        verdict = "it depends only in part on what was learned"
    else:
        verdict = "most of it comes from what was learned"
    return (
        f"With {count} random, the map of {method} for {name} keeps "
        f"<b>{likeness_said(last.likeness)}</b>: {verdict}. {edges}"
    )


def _survived(check: SanityCheck) -> tuple[int, float]:
    """How many layers from the top may be random with the map hardly changed, and what is left."""
    count, reached, left = 0, 0, 1.0
    for step in check.steps:
        count += len(step.layers)
        value = None if step.likeness is None else step.likeness.spearman_abs
        if value is None or value <= HARDLY_ABOVE:
            break
        reached, left = count, value
    return reached, left


def _named(layers: tuple[str, ...]) -> str:
    first = f"<code>{html.escape(layers[0])}</code>"
    if len(layers) == 1:
        return first
    return f"{first} to <code>{html.escape(layers[-1])}</code> ({len(layers)} layers)"


def metrics_explained(found: MapMetrics) -> str:
    """How the table's numbers came about, with this table's settings."""
    how = found.settings
    return (
        f"**Deletion** takes the pixels with the largest values away first, in {how.steps} equal "
        f"parts, and puts {BASELINES[how.deletion_baseline]} in their place; **insertion** starts "
        f"from {BASELINES[how.insertion_baseline]} and gives them back. The number is the area "
        "under the class's probability: low is good for deletion, high for insertion. "
        f"{how.random_orders} random orders of the pixels say what an order that knows nothing "
        "gets (mean and standard deviation). Equal values are in random order. A blur has a "
        "deviation of a sixteenth of the shorter side. Petsiuk, Das and Saenko, *RISE*, 2018.\n\n"
        f"**Infidelity** is Captum's: {how.removals} random squares of {found.side_px} × "
        f"{found.side_px} pixels are replaced by {BASELINES[how.deletion_baseline]}, one at a "
        "time, and the score's fall is compared with the sum of the map in the square, the map "
        "scaled to fit best. *Not foretold* is the mean squared error as a share of what a map of "
        "zeros gets: 0% foretells every fall, 100% none. A map of magnitudes cannot say that "
        "a square lowers the score.\n\n"
        f"**Sensitivity** is Captum's `sensitivity_max` with {how.nudges} inputs, each value of "
        f"which is moved by at most {how.radius:g} (in units of the standardised input): the "
        "largest change of the map, as a share of the map. Both: Yeh and others, *On the "
        "(In)fidelity and Sensitivity of Explanations*, NeurIPS 2019.\n\n"
        "**Sum** is for methods that promise completeness: the map's values should sum to the "
        f"score's difference from what the picture is compared with. A sum that misses it by more "
        f"than {percent(COMPLETENESS_LIMIT)} fails.\n\n"
        f"Seed {how.seed} decides all that is random."
    )


def metrics_answer(found: MapMetrics) -> str:
    """Which method orders the pixels best, and which maps fail, in a sentence or two of HTML."""
    name = f"<b>{html.escape(found.target_class)}</b> ({percent(found.probability)})"
    rows = [row for row in found.rows if row.curves is not None]
    if not rows:
        return f"No method that was chosen makes a map for {name} on this network."
    best = min(rows, key=_deleted)
    mean, spread = found.random_areas("deletion")
    than = f"a random order {mean:.2f} ± {spread:.2f}"
    beaten = sum(_deleted(row) < mean - 2 * spread for row in rows)
    many = "" if len(rows) == 1 else f" best of {len(rows)}"
    answer = (
        f"For {name}, <b>{html.escape(best.title)}</b> finds the pixels that matter{many}: taking "
        f"them away leaves an area of <b>{_deleted(best):.2f}</b>, {than}"
    )
    if _deleted(best) >= mean - 2 * spread:
        answer = (
            f"For {name}, no method's order of pixels is clearly better than chance: "
            f"<b>{html.escape(best.title)}</b> leaves an area of <b>{_deleted(best):.2f}</b>, "
            f"{than}"
        )
    elif len(rows) > 1:
        answer += f" ({beaten} of {len(rows)} are clearly better than that)"
    failed = [row.title for row in rows if row.completeness and row.completeness.fails]
    if failed:
        verb = "fails" if len(failed) == 1 else "fail"
        answer += f". <b>{html.escape(' and '.join(failed))}</b> {verb} completeness"
    return f"{answer}."


def _deleted(row: MethodMetrics) -> float:
    assert row.curves is not None
    return row.curves.deletion.area


def completeness_said(row: MethodMetrics) -> str:
    """Whether a map's sum is what it should be, in a few words.

    Example:
        >>> from vizcore.records.saliency import Completeness
        >>> completeness_said(MethodMetrics("m", "", completeness=Completeness(0.6, 2, "grey")))
        'fails: 0.6 of 2'
        >>> completeness_said(MethodMetrics("m", ""))
        'not promised'
        >>> part = Completeness(0.6, 2, "grey", beside="layer1.0.add")
        >>> completeness_said(MethodMetrics("m", "", completeness=part))
        'a part: 0.6 of 2, the rest goes past the layer'
    """
    if row.completeness is None:
        return "not promised"
    word = "holds" if row.completeness.holds else "fails" if row.completeness.fails else "a part"
    attributed, difference = row.completeness.attributed, row.completeness.difference
    past = ", the rest goes past the layer" if word == "a part" else ""
    return f"{word}: {short(attributed)} of {short(difference)}{past}"
