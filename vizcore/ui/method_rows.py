"""The zoo's verdicts on saliency methods as rows of a matrix and of a file."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Mapping, Sequence

from vizcore import zoo
from vizcore.figures.method_matrix import VERDICT_NAMES, MatrixRow
from vizcore.lenses.saliency.methods import METHODS
from vizcore.records.saliency import MethodFit, SaliencyMethod

#: Verdicts by architecture, then by method.
Fits = Mapping[str, Mapping[str, MethodFit]]


def shown_methods(kind: str, fits: Fits) -> tuple[SaliencyMethod, ...]:
    """The methods of a family; "all"; or "": those whose verdict is not the same everywhere."""
    if kind:
        return tuple(each for each in METHODS if kind in ("all", each.family))
    return tuple(
        method for method in METHODS if len({its[method.key].verdict for its in fits.values()}) > 1
    )


def pattern(fits: Mapping[str, MethodFit], methods: Sequence[SaliencyMethod]) -> tuple[str, ...]:
    """A network's verdicts, in the order of the methods."""
    return tuple(fits[each.key].verdict for each in methods)


def groups(fits: Fits, methods: Sequence[SaliencyMethod], family: str) -> list[tuple[str, ...]]:
    """Keys of networks that share a row: of the same family with the same verdicts.

    The networks of a chosen family have a row each.
    """
    found: dict[tuple[object, ...], list[str]] = {}
    for entry in zoo.architectures():
        if entry.key in fits and family in ("", entry.family):
            alone = entry.key if family else ""
            where = (entry.family, pattern(fits[entry.key], methods), alone)
            found.setdefault(where, []).append(entry.key)
    first = {name: place for place, (name, *_) in reversed(list(enumerate(found)))}
    ordered = sorted(found.items(), key=lambda item: first[str(item[0][0])])
    return [tuple(keys) for _, keys in ordered]


def row_label(keys: Sequence[str]) -> str:
    """How a row is called: its family where it is whole, else the first network and how many more.

    Example:
        >>> row_label(["overfeat_fast", "overfeat_accurate"]), row_label(["vgg_a", "vgg_b"])
        ('OverFeat, all 2', 'VGG-A (VGG-11) + 1')
    """
    entry = zoo.get(keys[0])
    if len(keys) == 1:
        return _short(entry.name)
    if len(keys) == sum(each.family == entry.family for each in zoo.architectures()):
        return f"{_short(entry.family)}, all {len(keys)}"
    return f"{_short(entry.name)} + {len(keys) - 1}"


def matrix_rows(
    fits: Fits, methods: Sequence[SaliencyMethod], family: str, hand: str
) -> list[MatrixRow]:
    """The rows of the matrix; the network at hand is the first, on its own."""
    rows: list[MatrixRow] = []
    listed = [(hand,)] if hand in fits else []
    for keys in [*listed, *groups(fits, methods, family)]:
        its = fits[keys[0]]
        is_hand = keys == (hand,) and not rows
        name = zoo.get(keys[0]).name if is_hand else row_label(keys)
        rows.append(
            MatrixRow(
                label=_short(name) if is_hand else name,
                verdicts=pattern(its, methods),
                hover=tuple(_hover(name, each, its[each.key]) for each in methods),
                key=keys[0],
                marked=is_hand,
            )
        )
    return rows


def _short(name: str, most: int = 27) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def _hover(name: str, method: SaliencyMethod, fit: MethodFit) -> str:
    first = fit.reasons[0] if fit.reasons else "; ".join(fit.changes)
    lines = _folded(html.escape(first))
    head = f"<b>{html.escape(method.title)}</b> on {html.escape(name)}: "
    return head + VERDICT_NAMES[fit.verdict] + "".join(f"<br>{line}" for line in lines)


def _folded(text: str, most: int = 60) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [line for line in lines if line]


def csv_text(fits: Fits, made: Sequence[str]) -> str:
    """The matrix as CSV, a row a network and method; the first lines say how it was made."""
    file = io.StringIO()
    for line in made:
        file.write(f"# {line}\n")
    table = csv.writer(file, lineterminator="\n")
    table.writerow(
        ["architecture", "family", "method", "verdict", "reasons", "changes", "largest_difference"]
    )
    for entry in zoo.architectures():
        for method in METHODS:
            fit = fits.get(entry.key, {}).get(method.key)
            if fit is not None:
                apart = "" if fit.largest_difference is None else f"{fit.largest_difference:.3g}"
                reasons, changes = " ".join(fit.reasons), "; ".join(fit.changes)
                table.writerow(
                    [entry.key, entry.family, method.key, fit.verdict, reasons, changes, apart]
                )
    return file.getvalue()
