"""The Layer ablation page: the bars, the numbers by seed, the lecture's claims, the downloads."""

from __future__ import annotations

import html
import json
from functools import partial

import streamlit as st

from vizcore import ablation_study, zoo
from vizcore.errors import ConvScopeError
from vizcore.figures import ablation as figures
from vizcore.figures import ablation_words as words
from vizcore.figures.numbers import exact
from vizcore.formats.data import rows_csv
from vizcore.records.ablation import AblationStudy, named
from vizcore.ui import cache
from vizcore.ui.address import Choice, any_text, one_of
from vizcore.ui.charts import draw_chart
from vizcore.ui.room import Download, Room, is_dark
from vizcore.zoo.ablated import without
from vizcore.zoo.notation import to_address, write

CHOICES = [
    Choice("network", ablation_study.DEFAULT, any_text),
    Choice("error", "top1", one_of(*figures.ERRORS)),
]
_VERDICTS = {
    "holds": "holds",
    "rounds": "holds, rounded",
    "slip": "does not hold",
    "ambiguous": "not stated of what",
    "not-checked": "not stated",
}


def draw_controls(here: Room) -> None:
    """Which network, and which of the paper's errors."""
    keys = list(ablation_study.networks())
    with here.controls():
        offered = keys if here.view["network"] in keys else [here.view["network"], *keys]
        st.selectbox(
            "Network",
            offered,
            format_func=lambda key: zoo.get(key).name if key in keys else key,
            width=260,
            **here.view.bind("network"),
        )
        st.segmented_control(
            "Zeiler and Fergus's error",
            list(figures.ERRORS),
            format_func=figures.ERROR_NAMES.__getitem__,
            help="Of their 2014 paper's Table 3: by how many points the error on ImageNet's "
            "validation pictures rose; top-1: the first answer is wrong, top-5: none of the first "
            "five is right.",
            required=True,
            **here.view.bind("error"),
        )


def draw(here: Room, study: AblationStudy) -> None:
    """The answer, the bars, and what stands behind them."""
    error = here.view["error"]
    here.answer(words.answer(study))
    figure = figures.draw_ablation(study, error, dark=is_dark())
    draw_chart(figure, key="ablation.chart")
    st.caption(words.caption(study))
    with here.details("Every training in numbers") as is_open:
        if is_open:
            st.html(runs_table(study))
    with here.details("The lecture's numbers and the paper's, counted again") as is_open:
        if is_open:
            st.html(claims_table(study))
            for each in study.published:
                for claim in (each.params_claim, each.drop_claim):
                    st.markdown(f"- {claim.claim}: *{_stated(claim.stated)}*. {_plain(claim.note)}")
    with here.details("The networks that are left, in the Design room") as is_open:
        if is_open:
            st.markdown("\n".join(design_links(study)))
    with here.details("How it is measured, and what it cannot say") as is_open:
        if is_open:
            st.markdown(explanation(study))
    _offer(here, study, error)


def runs_table(study: AblationStudy) -> str:
    """One row a training: accuracy with its interval, the drop against the same seed, p."""
    lines = []
    for version in (study.whole, *study.versions):
        drops = {drop.seed: drop for drop in study.drops(version)} if version.removed else {}
        what = words.label(version.removed) if version.removed else "whole"
        for run in version.runs:
            low, high = run.interval
            drop = drops.get(run.seed)
            cells = [
                what,
                exact(version.params),
                exact(version.macs),
                str(run.seed),
                f"{run.right} of {len(run.right_n)}",
                f"{100 * run.test:.1f}%",
                f"{100 * low:.1f}–{100 * high:.1f}%",
                "" if drop is None else words.signed(drop.points),
                "" if drop is None else words.between(drop.interval),
                "" if drop is None else f"{drop.only_whole} / {drop.only_without}",
                "" if drop is None else words.p_value(drop.p_value),
            ]
            lines.append(_row(cells, first=1))
        if not version.runs:
            lines.append(
                _row([what, exact(version.params), exact(version.macs), *["–"] * 8], first=1)
            )
    heads = [
        "network", "parameters", "multiply-adds", "seed", "test patches right", "accuracy",
        "95% interval", "points lost", "95% interval of the points",
        "right only in whole / only here", "p",
    ]  # fmt: skip
    return _table(heads, lines, first=1)


def claims_table(study: AblationStudy) -> str:
    """What the lecture says of AlexNet, what is counted here, and the paper's errors."""
    lines = [
        _row(
            [
                words.label(each.removed),
                _whole(each.params_claim.stated.replace(" parameters", "")),
                exact(each.saved_two_towers),
                exact(each.saved_one_tower),
                _VERDICTS[each.params_claim.verdict],
                each.drop_claim.stated.replace(" points", ""),
                _VERDICTS[each.drop_claim.verdict],
                words.signed(each.top1_points),
                words.signed(each.top5_points),
            ],
            first=1,
        )
        for each in study.published
    ]
    heads = [
        "AlexNet", "saved, lecture", "counted, two towers", "counted, one tower", "verdict",
        "points lost, lecture", "verdict", "top-1 error, paper", "top-5 error, paper",
    ]  # fmt: skip
    return _table(heads, lines, first=1)


def design_links(study: AblationStudy) -> list[str]:
    """A link for each version that opens it in the Design room."""
    links = []
    for version in (study.whole, *study.versions):
        notation = write(without(study.network, version.removed))
        what = f"Without {named(version.removed)}" if version.removed else "Whole"
        links.append(f"- [{what}](/design?net={to_address(notation)}): `{notation}`")
    return links


def explanation(study: AblationStudy) -> str:
    """How the study was made, with its numbers, and its limits."""
    runs = study.facts.get("runs")
    versions = sorted(
        {
            f"torch {row['versions']['torch']}"
            for row in (runs if isinstance(runs, list) else [])
            if "versions" in row
        }
    )
    skippable = ablation_study.skippable(study.network)
    listed = ", ".join(map(str, skippable)) or "none"
    seeds = sorted({run.seed for version in study.versions for run in version.runs})
    counted_seeds = (
        f"seed{'' if len(seeds) == 1 else 's'} {', '.join(map(str, seeds)) or 'none yet'}"
    )
    return f"""
- Layers are numbered as in the paper: convolutions 1 to 5, fully connected 6 to 8. A layer leaves
  with its normalisation, ReLU and dropout; poolings stay; the layer after the gap is fitted to what
  now reaches it. Parameters and multiply-adds are counted from the networks.
- Every version is trained from new weights by the recipe of the whole network ({study.data}),
  {counted_seeds}; a seed fixes the pictures of every epoch, so
  both networks of a pair learnt from the same ones. {
        "Trained with " + ", ".join(versions) + "." if versions else ""
    }
- The interval of the points lost is Newcombe's for shares of the same patches (1998, method 10).
- *p* is McNemar's exact test on the patches that only one of the two names rightly. As
  {len(study.versions)} versions are asked about, one is told apart where every seed's p is below
  {study.level:.3g}. Patches overlap and are few, and it takes them as independent: the true
  uncertainty is larger.
- These networks tell twenty photographs apart; AlexNet tells a thousand classes. That layers can go
  here at little cost says little about ImageNet, and the other way round. The lecture does not say
  which error its points are of.
- Skipping layers of the trained network, without training it again, is another question. A layer
  can only be skipped where it gives what it takes in shape: here layers {listed}. None of the
  study's four sets is made of such layers alone, so that question cannot be asked of them.
"""


def _offer(here: Room, study: AblationStudy, error: str) -> None:
    rows = partial(ablation_study.rows, study)
    here.offer(
        Download(
            "Study, CSV", f"{study.network}_ablation.csv", "text/csv", lambda: rows_csv(rows())
        ),
        Download(
            "Study, JSON",
            f"{study.network}_ablation.json",
            "application/json",
            lambda: json.dumps({"versions": rows(), **study.facts}, indent=1),
        ),
        Download(
            "Chart, HTML",
            f"{study.network}_ablation.html",
            "text/html",
            lambda: cache.figure_html(figures.draw_ablation(study, error)),
        ),
    )
    here.code(
        f"import vizcore as vc\n\nstudy = vc.ablation({study.network!r})\n"
        "for version in study.versions:\n"
        "    print(version.removed, study.saved(version), study.points(version), "
        "study.interval(version))"
    )


def opened(here: Room) -> AblationStudy | None:
    """The study of the chosen network; a refusal in its place where there is none."""
    try:
        return ablation_study.ablation(here.view["network"])
    except ConvScopeError as error:
        here.refuse(error, sets="network")
        return None


def answer_without(here: Room) -> str:
    """What is known where a network was not retrained without layers."""
    keys = ", ".join(ablation_study.networks())
    asked = html.escape(str(here.view["network"])[:80])
    return f"No version of {asked} was retrained without layers; of {keys} some were."


def _row(cells: list[str], *, first: int) -> str:
    made = [
        f"<td{'' if place < first else ' class=n'}>{html.escape(cell)}</td>"
        for place, cell in enumerate(cells)
    ]
    return f"<tr>{''.join(made)}</tr>"


def _table(heads: list[str], lines: list[str], *, first: int) -> str:
    head = "".join(
        f"<th{'' if place < first else ' class=n'}>{name}</th>" for place, name in enumerate(heads)
    )
    return (
        f'<div class="cs-wide"><table class="cs-table cs-ablation"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _whole(text: str) -> str:
    """A whole number in groups of three; other text as it is."""
    return exact(int(text)) if text.isdigit() else text


def _stated(text: str) -> str:
    number, _, unit = text.partition(" ")
    return f"{_whole(number)} {unit}".strip()


def _plain(text: str) -> str:
    return text.replace("*", r"\*")
