"""Single views of the Invariance page: the words under their row, and one of them close up."""

from __future__ import annotations

import html

import numpy as np
import streamlit as st

from vizcore.figures import invariance_words as words
from vizcore.figures.invariance_png import chosen_views
from vizcore.figures.numbers import percent
from vizcore.records.invariance import Invariance
from vizcore.ui import picture_views as views
from vizcore.ui.address import View

CLOSE_PX = 256


def words_under(found: Invariance, width_px: int) -> str:
    """What stands under the row of views: the amount, the most probable class, its probability."""
    cells = ""
    for n in chosen_views(found):
        name = html.escape(found.said_n[n])
        name = name if found.said_n[n] == found.said else f"<b>{name}</b>"
        sure = percent(float(found.shifts.probabilities_nc[n].max()))
        cells += f"<div>{words.amount(found, found.amounts[n])}<br>{name}<br>{sure}</div>"
    return f'<div class="cs-views" style="width:{width_px}px">{cells}</div>'


def draw_view(view: View, found: Invariance) -> None:
    """One of the views, enlarged, and its five most probable classes."""
    places = {
        "" if found.amounts[n] == found.neutral else f"{found.amounts[n]:g}": int(n)
        for n in np.argsort(found.amounts, kind="stable")
    }
    if view["at"] not in places:
        view["at"] = next(iter(places)) if "" not in places else ""
    at = st.select_slider(
        found.label,
        list(places),
        format_func=lambda name: words.amount(found, found.amounts[places[name]]),
        **view.bind("at"),
    )
    n = places[at]
    picture, told = st.columns([1, 2], gap="medium")
    side = found.views_nhwc.shape[1]
    times = max(1, CLOSE_PX // side)
    large = found.views_nhwc[n].repeat(times, axis=0).repeat(times, axis=1)
    picture.image(views.png(large), alt=f"{found.label} {words.amount(found, found.amounts[n])}")
    shares = found.shifts.probabilities_nc[n]
    rows = "".join(
        f'<tr><td>{html.escape(found.classes[k])}</td><td class="n">{percent(float(shares[k]))}'
        f'</td><td class="bar"><div style="width:{100 * shares[k]:.1f}%"></div></td></tr>'
        for k in np.argsort(-shares, kind="stable")[:5]
    )
    told.html(
        '<table class="cs-table cs-bars"><thead><tr><th>class</th><th class="n">probability</th>'
        f"<td></td></tr></thead><tbody>{rows}</tbody></table>"
    )
    told.caption(f"{percent(float(found.beyond_n[n]))} of it lies beyond the photograph's edge.")
