"""What the Feature evolution page shows: one layer of a network at one epoch of its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import streamlit as st

from vizcore.errors import ConvScopeError, UnknownLayer
from vizcore.networks.offers import weights
from vizcore.records.evolution import FilterHistory, LayerHistory
from vizcore.tasks import evolution as evolution_tasks
from vizcore.ui import evolution_words as words
from vizcore.ui import work
from vizcore.ui.evolution_choices import (
    check,
)
from vizcore.ui.room import Download, Room, is_dark


@dataclass(frozen=True, slots=True)
class Past:
    """What a page shows: one layer of a network at one epoch of its training.

    Attributes:
        key: names the network, its weights and its snapshots, for what is drawn of them.
        place: of the chosen epoch among the snapshots.
    """

    key: tuple[str, ...]
    network: str
    history: FilterHistory
    layer: LayerHistory
    place: int
    dark: bool

    @property
    def recipe(self) -> Mapping[str, Any]:
        """Of the training, as its card has it."""
        card = weights(self.network).card
        return card.details.get("recipe", {}) if card else {}

    @property
    def epoch(self) -> int:
        """The chosen one."""
        return self.history.epochs[self.place]


def open_past(here: Room) -> Past | None:
    """The chosen layer and epoch; None where there is nothing, or nothing of that name, to show."""
    view = here.view
    if not evolution_tasks.keys_with_snapshots():
        _draw_nothing(here)
        return None
    task = evolution_tasks.evolution_task(view["network"])
    history = work.run(task, slot="evolution.filters")
    if not view["layer"]:
        view["layer"] = history.convolutions[0].layer
    if not view["epoch"]:
        view["epoch"] = history.epochs[(len(history.epochs) - 1) // 2]
    try:
        layer = check(history, view["layer"], view["epoch"])
    except ConvScopeError as error:
        here.refuse(error, sets="layer" if isinstance(error, UnknownLayer) else "epoch")
        return None
    network = view["network"]
    here.code(words.snippet(view["show"], network, layer.layer, view["searched"], view["picture"]))
    here.offer(
        Download(
            "Measured numbers, CSV",
            f"{network}_evolution.csv",
            "text/csv",
            lambda: words.table_csv(history),
        )
    )
    place = history.epochs.index(view["epoch"])
    return Past(cast(tuple[str, ...], task.key), network, history, layer, place, is_dark())


def _draw_nothing(here: Room) -> None:
    """Say that there are no snapshots on this machine, and how to make some."""
    here.answer(
        "No network on this machine has snapshots of its training, so nothing can be shown of how "
        "its filters came to be."
    )
    st.markdown(
        "Training keeps them: `python -m vizcore train zfnet_photos20` writes the network, its "
        "card and its weights as they were at chosen epochs."
    )
    here.code(
        "import vizcore as vc\nfrom vizcore.tasks.evolution import keys_with_snapshots\n\n"
        "print(keys_with_snapshots())"
    )
