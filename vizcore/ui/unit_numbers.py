"""The classes that a unit feeds, and its numbers over all pictures."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from vizcore.errors import (
    BadImage,
    JobCancelled,
    JobError,
    NotApplicable,
)
from vizcore.figures import unit_words as words
from vizcore.formats.words import counted
from vizcore.tasks import units as unit_tasks
from vizcore.ui import picture_views as views
from vizcore.ui import work
from vizcore.ui.unit_seen import Seen
from vizcore.ui.unit_strongest import STOPPED, stop


def draw_fed(seen: Seen) -> None:
    """The classes whose scores the unit raises most, over its nine pictures."""
    unit, weights = seen.unit, seen.weights
    assert seen.pictures is not None
    try:
        task = unit_tasks.classes_fed_task(
            weights.architecture,
            [seen.pictures.read(each.number) for each in seen.nine],
            unit.layer,
            unit.channel,
            weights=weights,
        )
        seen.fed = work.run(task, slot="unit.classes")
    except (NotApplicable, JobError) as error:
        st.markdown(str(error))
        return
    mean = seen.fed.mean_k
    best = [int(each) for each in np.argsort(-mean, kind="stable")[: words.LISTED]]
    order = [number for number in best if mean[number] > 0]
    if not order:
        st.markdown("It raises the score of no class on these pictures.")
        views.caption(weights, words.fed_caption(seen.fed, unit.layer))
        return
    largest = float(mean[order[0]])
    rows = "".join(
        f"<tr><td>{html.escape(seen.fed.classes[number])}</td>"
        f'<td class="n">{float(mean[number]):+.3g}</td><td class="bar">'
        f'<div style="width:{100 * float(mean[number]) / largest:.1f}%"></div></td></tr>'
        for number in order
    )
    st.html(
        '<table class="cs-table cs-bars"><thead><tr><th>feeds class</th><th class="n">score</th>'
        f"<td></td></tr></thead><tbody>{rows}</tbody></table>"
    )
    views.caption(weights, words.fed_caption(seen.fed, unit.layer))


def draw_numbers(seen: Seen, *, whole_network: bool) -> None:
    """The unit over all pictures, in numbers."""
    unit, weights = seen.unit, seen.weights
    missing = ""
    try:
        task = unit_tasks.activity_task(
            weights.architecture,
            seen.pictures,
            None if whole_network else unit.layer,
            weights=weights,
        )
        if st.session_state.get(STOPPED) == task.key:
            raise JobCancelled("The numbers over all pictures were stopped.")
        found = work.run(
            task,
            slot="unit.numbers",
            on_cancel=stop(task.key),
        )
        seen.numbers = found.layers.get(unit.layer)
    except (JobError, BadImage) as error:
        missing = str(error)
    cells = "".join(
        f'<tr><td>{name}</td><td class="n">{value}</td></tr>'
        for name, value in words.numbers_rows(unit, seen.numbers)
    )
    st.html(
        f'<table class="cs-table"><thead><tr><th>Unit {unit.channel}</th><td></td></tr></thead>'
        f"<tbody>{cells}</tbody></table>"
    )
    if missing:
        st.caption(missing)
        st.button(
            "Measure them",
            key="unit-measure",
            on_click=lambda: st.session_state.pop(STOPPED, None),
        )
        return
    assert seen.found is not None
    st.caption(
        f"Over all places of {counted(seen.found.looked_at, 'picture')} ({seen.found.pictures})."
    )
