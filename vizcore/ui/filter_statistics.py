"""All layers' filters in numbers."""

from __future__ import annotations

import numpy as np
import streamlit as st

from vizcore.figures import filter_words as words
from vizcore.figures.numbers import percent, short
from vizcore.records.filters import (
    NetworkFilters,
)
from vizcore.tasks import filters as filter_tasks
from vizcore.ui import picture_views as views
from vizcore.ui import work
from vizcore.ui.room import Download, Room
from vizcore.zoo.weights import Weights


def draw_statistics(here: Room, weights: Weights) -> None:
    """All layers in numbers."""
    task = filter_tasks.filter_statistics_task(weights.architecture, weights=weights)
    found = work.run(task, slot="filters.statistics")
    views.caption(weights, words.network_answer(found))
    st.dataframe(_frame(found), hide_index=True, width="stretch")
    st.markdown(words.DEFINITIONS)
    stem = views.stem(weights, "filters")
    here.offer(
        Download("All layers, CSV", f"{stem}.csv", "text/csv", lambda: words.network_csv(found))
    )


def _frame(found: NetworkFilters) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for each in found.layers:
        layer, numbers = each.layer, each.statistics
        silent = each.silent_f
        rows.append(
            {
                "layer": layer.name,
                "filters": layer.filters,
                "kernel": f"{layer.kernel[0]} × {layer.kernel[1]} × {layer.inputs}",
                "groups": layer.groups,
                "median norm": short(float(np.median(numbers.norms_f))),
                "dead": int(numbers.dead_f.sum()),
                "silent": "not measured" if silent is None else str(int(silent.sum())),
                "nearly the same": len(numbers.twins),
                "nearly zero": percent(numbers.sparsity),
            }
        )
    return rows
