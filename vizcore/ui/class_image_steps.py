"""What of class images is looked at: the step that is gone back to, and whose curves are drawn.

Both are in the address. They are moved in a fragment of the page, which writes them there itself.
"""

from __future__ import annotations

import streamlit as st

from vizcore.records.ascent_options import MOST_IMAGES, MOST_STEPS
from vizcore.records.class_images import Inversions
from vizcore.ui import address
from vizcore.ui.address import Choice, View, whole
from vizcore.ui.class_image_files import Found
from vizcore.ui.watching import Watched

#: The job for which the step was moved, and to where: the step of another job is its last.
_MOVED = "class-images.moved"


def choices() -> list[Choice]:
    """The step and the image in the address. No step means the last."""
    return [
        Choice("step", None, whole(0, MOST_STEPS)),
        Choice("curves", 0, whole(0, MOST_IMAGES - 1)),
    ]


def draw_steps(view: View, watched: Watched[Found], found: Found) -> int:
    """Draw the steps to go back to; says which is shown: of those that were kept, the nearest."""
    steps = sorted({*(frame.step for frame in found.frames), found.step})
    if len(steps) == 1:
        return steps[0]
    moved_for, moved_to = st.session_state.get(_MOVED, (None, None))
    if moved_for is not None and moved_for != watched.job.id and moved_to == view["step"]:
        view["step"] = None
        del st.session_state[_MOVED]
    wanted, key = view["step"], f"{watched.slot}.step"
    st.session_state[key] = (
        steps[-1] if wanted is None else min(steps, key=lambda step: abs(step - wanted))
    )

    def move() -> None:
        step = st.session_state[key]
        view["step"] = None if step == steps[-1] else step
        st.session_state[_MOVED] = (watched.job.id, view["step"])
        address.close_view(view)

    chosen: int = st.select_slider("Step", steps, key=key, on_change=move)
    return chosen


def draw_follow(view: View, found: Found) -> int | None:
    """Draw the choice of the image whose curves are drawn; None where all have theirs."""
    if isinstance(found, Inversions):
        return None
    names = [goal.name for goal in found.goals]
    if view["curves"] >= len(names):
        view["curves"] = 0
    if len(names) == 1:
        return 0
    followed: int = st.selectbox(
        "Curves of",
        range(len(names)),
        format_func=lambda number: names[number],
        on_change=address.close_view,
        args=(view,),
        **view.bind("curves"),
    )
    return followed
