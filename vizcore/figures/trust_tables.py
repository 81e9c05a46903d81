"""A sanity check and the metrics of methods as tables: HTML for the page, CSV for a file."""

from __future__ import annotations

import csv
import html
import io

from vizcore.figures.numbers import percent, short
from vizcore.figures.trust_words import completeness_said, plain
from vizcore.records.trust import Likeness, MapMetrics, MethodMetrics, SanityCheck


def sanity_csv(check: SanityCheck) -> str:
    """A row for each step, and one for the edge detector."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(
        ["step", "layers drawn anew", "spearman", "spearman of magnitudes", "ssim", "note"]
    )
    for number, step in enumerate(check.steps, start=1):
        rows.writerow([number, " ".join(step.layers), *_values(step.likeness), step.note])
    rows.writerow(["", "edge detector", *_values(check.edges), "Sobel, no network"])
    return file.getvalue()


def sanity_table(check: SanityCheck) -> str:
    """The steps as an HTML table."""
    heads = ["rank correlation of magnitudes", "structural similarity"]
    if check.signed:
        heads.insert(1, "of signed values")
    head = "".join(f'<th class="n">{each}</th>' for each in heads)
    rows = [f"<thead><tr><th>layers drawn anew</th>{head}</tr></thead><tbody>"]
    for step in check.steps:
        names = f"<code>{html.escape(' '.join(step.layers))}</code>"
        rows.append(_likeness_row(names, step.likeness, check.signed, step.note))
    rows.append(_likeness_row("edges of the picture, no network", check.edges, check.signed, ""))
    return f'<div class="cs-wide"><table class="cs-table">{"".join(rows)}</tbody></table></div>'


def _likeness_row(name: str, found: Likeness | None, signed: bool, note: str) -> str:
    if found is None:
        return f'<tr><td>{name}</td><td colspan="3">{html.escape(note)}</td></tr>'
    values = [found.spearman_abs, *([found.spearman] if signed else []), found.ssim]
    cells = "".join(f'<td class="n">{"" if v is None else plain(v)}</td>' for v in values)
    return f"<tr><td>{name}</td>{cells}</tr>"


def curves_csv(found: MapMetrics) -> str:
    """Every curve: a row for each part of the pixels."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(["order", "way", "share of pixels", "probability", "score"])
    named = [(row.method, row.curves) for row in found.rows if row.curves is not None]
    named += [(f"random {n}", each) for n, each in enumerate(found.random, start=1)]
    for name, curves in named:
        for way, curve in (("deletion", curves.deletion), ("insertion", curves.insertion)):
            values = (curve.shares_s, curve.probabilities_s, curve.scores_s)
            rows.writerows([name, way, *map(float, each)] for each in zip(*values, strict=True))
    return file.getvalue()


def _values(found: Likeness | None) -> list[float | str]:
    if found is None:
        return ["", "", ""]
    each = (found.spearman, found.spearman_abs, found.ssim)
    return ["" if value is None else value for value in each]


def metrics_csv(found: MapMetrics) -> str:
    """A row for each method, and one for random orders."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(
        ["method", "deletion area", "insertion area", "infidelity", "not foretold", "sensitivity",
         "sum of the map", "score difference", "completeness holds", "note"]
    )  # fmt: skip
    for row in found.rows:
        areas = (
            ["", ""]
            if row.curves is None
            else [row.curves.deletion.area, row.curves.insertion.area]
        )
        numbers = (row.infidelity, row.unexplained, row.sensitivity)
        sums: list[float | str] = ["", "", ""]
        if row.completeness is not None:
            sums = [
                row.completeness.attributed,
                row.completeness.difference,
                row.completeness.holds,
            ]
        rows.writerow(
            [
                row.method,
                *areas,
                *("" if each is None else each for each in numbers),
                *sums,
                row.note,
            ]
        )
    chance = (found.random_areas("deletion"), found.random_areas("insertion"))
    means, spreads = ([each[part] for each in chance] for part in (0, 1))
    rows.writerow(["random orders, mean", *means, *[""] * 7])
    rows.writerow(["random orders, standard deviation", *spreads, *[""] * 7])
    return file.getvalue()


def metrics_table(found: MapMetrics) -> str:
    """The methods' numbers as an HTML table."""
    heads = ("deletion", "insertion", "infidelity", "not foretold", "sensitivity")
    head = "".join(f'<th class="n">{each}</th>' for each in heads)
    notes = ("low is good", "high is good", "low is good", "low is good", "low is good")
    under = "".join(f'<td class="n cs-quiet">{each}</td>' for each in notes)
    rows = [
        f"<thead><tr><th>method</th>{head}<th>sum of the map</th></tr></thead>"
        f"<tbody><tr><td></td>{under}<td class='cs-quiet'>should be the score difference</td></tr>"
    ]
    for row in found.rows:
        rows.append(_row(row))
    cells = "".join(
        f'<td class="n">{mean:.2f} ± {spread:.2f}</td>'
        for mean, spread in (found.random_areas("deletion"), found.random_areas("insertion"))
    )
    rows.append(
        f"<tr class='sum'><td>random order</td>{cells}<td></td><td></td><td></td><td></td></tr>"
        "</tbody>"
    )
    return f'<div class="cs-wide"><table class="cs-table">{"".join(rows)}</table></div>'


def _row(row: MethodMetrics) -> str:
    title = f"<td>{html.escape(row.title)}</td>"
    if row.curves is None:
        return f'<tr>{title}<td colspan="6">{html.escape(row.note)}</td></tr>'
    cells = (
        f"{row.curves.deletion.area:.2f}",
        f"{row.curves.insertion.area:.2f}",
        "" if row.infidelity is None else short(row.infidelity),
        "" if row.unexplained is None else percent(row.unexplained),
        "" if row.sensitivity is None else percent(row.sensitivity),
    )
    said = completeness_said(row)
    fails = row.completeness is not None and row.completeness.fails
    last = f"<b>{html.escape(said)}</b>" if fails else html.escape(said)
    return f"<tr>{title}{''.join(f'<td class=n>{each}</td>' for each in cells)}<td>{last}</td></tr>"
