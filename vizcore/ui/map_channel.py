"""One channel of a layer: its map over the photo, its values, one of them worked out."""

from __future__ import annotations

import numpy as np
import streamlit as st

from vizcore.errors import NotApplicable
from vizcore.figures.map_values import (
    contribution_words,
    draw_values,
)
from vizcore.figures.numbers import short
from vizcore.records.maps import Contribution, FeatureMaps
from vizcore.records.saliency import SaliencyMap
from vizcore.tasks import maps as map_tasks
from vizcore.ui import cache, work
from vizcore.ui import picture_views as views
from vizcore.ui.charts import draw_chart
from vizcore.ui.map_views import NO_CHANNEL, pick
from vizcore.ui.map_worked import worked_html
from vizcore.ui.pictures import Chosen
from vizcore.ui.room import Room, is_dark
from vizcore.zoo.weights import Weights


def draw_channel(
    here: Room, weights: Weights, chosen: Chosen, maps: FeatureMaps, found: Contribution | None
) -> None:
    """One channel: its map over the photo, its values, one value worked out, its contribution."""
    view, channel = here.view, here.view["channel"]
    map_hw = maps.maps_chw[channel]
    with st.container(horizontal=True, horizontal_alignment="distribute", key="channel-head"):
        st.header(f"Channel {channel} of {maps.layer}", anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            place = maps.order.index(channel)
            steps = (("Previous", place - 1), ("Next", place + 1))
            for label, at in steps:
                st.button(
                    label,
                    key=f"channel-{label}",
                    disabled=not 0 <= at < len(maps.order),
                    on_click=pick,
                    args=(view, maps.order[at % len(maps.order)]),
                )
            st.button("Close", key="channel-close", on_click=pick, args=(view, NO_CHANNEL))
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=cache.PICTURE_PX):
        over = map_over_photo(weights, chosen, maps, channel)
        st.image(over, alt=f"Channel {channel} of {maps.layer} over {chosen.title}")
        st.caption(
            f"The map stretched over what the network sees: red above zero, blue below, none at "
            f"zero; the darkest colour is {short(float(np.abs(map_hw).max()))}"
        )
    with row.container(width="stretch"):
        figure = draw_values(map_hw, f"Channel {channel}", dark=is_dark())
        draw_chart(figure, key="channel-values")
        if found is not None:
            st.markdown(f"{views.plain(contribution_words(found, channel))}.")
    draw_worked(here, weights, chosen, maps)


def map_over_photo(weights: Weights, chosen: Chosen, maps: FeatureMaps, channel: int) -> bytes:
    """A channel's map, stretched without smoothing, over what the network sees."""
    from vizcore.figures.overlay import draw_saliency

    photo = weights.preprocessing.view(chosen.picture.rgb_hwc)
    if photo.ndim == 2 or photo.shape[2] == 1:
        photo = np.repeat(photo.reshape(*photo.shape[:2], 1), 3, axis=2)
    map_hw = maps.maps_chw[channel]
    rows, columns = (
        np.arange(size) * count // size
        for size, count in zip(photo.shape[:2], map_hw.shape, strict=True)
    )
    stretched = map_hw[rows][:, columns]
    drawn = draw_saliency(
        SaliencyMap(stretched, True, "", 0, "", 0.0, photo),
        percentile=100.0,
        zoom=max(1, cache.PICTURE_PX // max(photo.shape[:2])),
        dark=is_dark(),
    )
    return drawn.png()


def draw_worked(here: Room, weights: Weights, chosen: Chosen, maps: FeatureMaps) -> None:
    """One value of the map, worked out; the strongest where nothing else is chosen."""
    view, channel = here.view, here.view["channel"]
    map_hw = maps.maps_chw[channel]
    height, width = map_hw.shape
    best = divmod(int(map_hw.argmax()), width)
    if not 0 <= view["row"] < height or not 0 <= view["column"] < width:
        view["row"], view["column"] = best
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown("**One value worked out**", width="content")
        st.number_input("Row", 0, height - 1, width=110, **view.bind("row"))
        st.number_input("Column", 0, width - 1, width=110, **view.bind("column"))
    try:
        made = work.run(
            map_tasks.worked_value_task(
                weights.architecture,
                chosen.picture,
                maps.layer,
                channel,
                view["row"],
                view["column"],
                weights=weights,
            ),
            slot="maps.worked",
        )
    except NotApplicable as error:
        value = float(map_hw[view["row"], view["column"]])
        st.markdown(f"The value there is **{value:.6g}**. {views.plain(str(error))}")
        return
    st.html(worked_html(made))
