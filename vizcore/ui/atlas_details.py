"""What waits on the Atlas until asked for: how to read it, the three AlexNets, the sources."""

from __future__ import annotations

from html import escape

import streamlit as st

from vizcore import zoo
from vizcore.figures.challenge import depth_text
from vizcore.reference import ChallengeWinner, challenge_winners, facts_of
from vizcore.ui.room import Room

_TIMELINE = """
- A circle is an architecture, in the column of its family, under the year of its paper. Click one
  to choose it, for this page and all others; the ring marks the choice.
- A larger circle does more multiply-adds for one picture of its own input size (the width grows
  with their fourth root).
- A lighter circle published a lower top-1 error on ImageNet. Errors are quoted as published, each
  with its own crops and picture sizes, so small differences mean little; where the weights learnt
  from more than ImageNet, the hover says so. An empty circle has no published ImageNet error here.
- Networks for ImageNet's 1,000 classes only; small relatives trained on less are in the list.
- Parameters and multiply-adds are those of the build in this zoo. Multiply-adds count convolutions,
  fully connected layers and attention.
"""
_CHALLENGE = """
- Top-5 error: the share of test pictures whose true class is not among the network's five best
  guesses. Most entries are ensembles of several networks; one network alone does worse.
- The bars show each team's error when it trained on the challenge's own pictures only, which all
  teams had. An asterisk marks the same team's result with outside training pictures.
- Depth counts the layers with weights of the deepest network behind the entry. *Shallow*: no deep
  network. *Not published*: nobody printed it, though charts often show a number.
- The hatched bars are the second place of 2014. Click a bar to choose the architecture behind it.
"""


def draw(here: Room, architecture: zoo.Architecture) -> None:
    """The details of the current view."""
    is_challenge = here.view["view"] == "challenge"
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(_CHALLENGE if is_challenge else _TIMELINE)
    if is_challenge:
        with here.details("AlexNet's three errors: 15.3%, 16.4% and 18.2%") as is_open:
            if is_open:
                st.html(alexnet_table())
        with here.details("Every entry, with its sources") as is_open:
            if is_open:
                st.html(sources_table())
    elif architecture.other_results:
        with here.details(f"Other published results of {architecture.name}") as is_open:
            if is_open:
                items = "".join(
                    f"<li>{escape(result)}</li>"
                    for result in architecture.other_results.split("; ")
                )
                st.html(
                    "<p>Top-1 and top-5 errors in percent, quoted with sources; torchvision's "
                    f"other weights are quoted as accuracies.</p><ul>{items}</ul>"
                )


def _table(head: list[str], rows: list[list[str]]) -> str:
    cells = "".join(f"<th>{escape(each)}</th>" for each in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(each)}</td>" for each in line) + "</tr>" for line in rows
    )
    return f'<table class="cs-table"><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table>'


def alexnet_table() -> str:
    """The three numbers told of AlexNet, and what each is."""
    facts = facts_of("alexnet_2012")
    winner = next(entry for entry in challenge_winners() if entry.model == "AlexNet")
    return _table(
        ["top-5 error", "pictures", "networks", "source"],
        [
            [
                f"{facts.top5_err_pct:.1f}%",
                facts.eval_dataset,
                facts.error_protocol,
                facts.error_source,
            ],
            [
                f"{winner.err_supplied_data_only_pct:.1f}%",
                "challenge 2012, test",
                "five networks, trained on the challenge's own pictures",
                winner.source,
            ],
            [
                f"{winner.top5_err_pct:.1f}%",
                "challenge 2012, test",
                "seven networks, two of them pre-trained on ImageNet's Fall 2011 release",
                winner.source,
            ],
        ],
    )


def _errors(entry: ChallengeWinner) -> str:
    text = f"{entry.err_supplied_data_only_pct:g}%"
    if entry.top5_err_pct != entry.err_supplied_data_only_pct:
        text += f", with outside data {entry.top5_err_pct:g}%"
    if entry.runner_up_top5_pct is not None:
        text += f". Next: {entry.runner_up}, {entry.runner_up_top5_pct:g}%"
    return text


def sources_table() -> str:
    """Every entry of the challenge with what it rests on."""
    return _table(
        ["year", "team and method", "top-5 error, test", "networks", "depth", "source and notes"],
        [
            [
                f"{entry.year}" + ("" if entry.rank == 1 else " (2nd)"),
                f"{entry.team}: {entry.model if entry.depth else entry.method}",
                _errors(entry),
                f"ensemble: {entry.ensemble.removeprefix('yes: ')}"
                + (f". One network: {entry.single_model_top5}" if entry.single_model_top5 else ""),
                f"{depth_text(entry)}: {entry.depth_note}",
                "; ".join(part for part in (entry.source, entry.cross_check, entry.note) if part),
            ]
            for entry in challenge_winners()
        ],
    )
