"""One filter beside the others: its kernel, what it makes of the photo, its numbers."""

from __future__ import annotations

import numpy as np
import streamlit as st

from vizcore.figures.numbers import percent
from vizcore.records.filters import (
    FilterBank,
    FilterSlices,
)
from vizcore.ui import picture_views as views
from vizcore.ui.filter_pictures import kernel_picture, map_picture
from vizcore.ui.pictures import Chosen
from vizcore.ui.unit_links import draw_link
from vizcore.zoo.weights import Weights


def draw_panel(
    weights: Weights, chosen: Chosen, bank: FilterBank, found: FilterSlices, is_bank: bool
) -> None:
    number, statistics = found.number, bank.statistics
    draw_link(weights, found.layer, number, picture=chosen.name)
    if is_bank:
        kernel = kernel_picture((weights.architecture, weights.identity, found.layer), number, bank)
        st.image(kernel, alt=f"Filter {number} of {found.layer}, large")
        views.caption(weights, f"Filter {number}")
    else:
        views.draw_seen(weights, chosen)
    drawn, limit = map_picture(
        (weights.architecture, weights.identity, found.layer, str(number)),
        chosen.picture.sha256,
        found,
    )
    st.image(drawn, alt=f"What filter {number} of {found.layer} makes of {chosen.title}")
    with st.container(key="filters-scale"):
        views.draw_scale(limit, signed=True)
    views.caption(weights, f"What filter {number} makes of the photo")
    median = float(np.median(statistics.norms_f))
    twins = [a if b == number else b for a, b, _ in statistics.twins if number in (a, b)]
    rows = [
        ("Norm", f"{statistics.norms_f[number]:.3g}"),
        ("Median of the layer", f"{median:.3g}"),
        ("Weights nearly zero", percent(float(statistics.small_f[number]))),
    ]
    if bank.colour_f is not None:
        rows.append(("Colour", percent(float(bank.colour_f[number]))))
    if twins:
        rows.append(("Nearly the same as", ", ".join(map(str, twins[:6]))))
    cells = "".join(f'<tr><td>{name}</td><td class="n">{value}</td></tr>' for name, value in rows)
    st.html(
        f'<table class="cs-table"><thead><tr><th>Filter {number}</th><td></td></tr></thead>'
        f"<tbody>{cells}</tbody></table>"
    )
