"""Feature maps: every channel of a layer for one picture."""

import streamlit as st

from vizcore.errors import ConvScopeError
from vizcore.formats.data import npy
from vizcore.ui import cache, map_channel, pictures, weights_view
from vizcore.ui import map_company as company
from vizcore.ui import map_views as maps_of
from vizcore.ui import picture_views as views
from vizcore.ui.room import Download, is_dark, room

with room(maps_of.PAGE, "What does each channel respond to?", maps_of.CHOICES) as here:
    view = here.view
    weights, chosen = weights_view.ready(view), pictures.chosen(view)
    network = weights.architecture
    said = views.prediction(weights, chosen, "maps") if weights.classes else None
    maps_of.draw_controls(here, weights, chosen, maps_of.listed_layers(weights, chosen))
    row = st.container(horizontal=True, gap="medium")
    if not view["beside"]:
        with row.container(width=cache.PICTURE_PX):
            views.draw_seen_and_said(weights, chosen, said)
    with row.container(width="stretch"):
        maps = None
        try:
            maps, found = maps_of.sorted_maps(view, weights, chosen, "maps.maps", view["layer"])
        except ConvScopeError as error:
            here.refuse(error, sets="layer")
        else:
            here.answer(views.answer(weights, maps_of.answer_text(view, said, maps, found)))
            if view["beside"]:
                st.markdown(f"**{views.plain(chosen.title)}, {network}, {maps.layer}**")
            maps_of.draw_mosaic_of(
                view, weights, chosen, maps, key="maps-mosaic", narrow=bool(view["beside"])
            )
    if maps is not None and view["beside"]:
        with row.container(width="stretch"):
            company.draw_beside(here, weights, chosen, maps)
    if maps is not None:
        if view["channel"] >= len(maps.order):
            view["channel"] = maps_of.NO_CHANNEL
        if view["channel"] != maps_of.NO_CHANNEL:
            with st.container(border=True, key="one-channel"):
                map_channel.draw_channel(here, weights, chosen, maps, found)
        mosaic = cache.mosaic(
            (network, weights.identity, chosen.picture.sha256, view["layer"], view["sort"]),
            maps,
            view["scale"],
            view["colours"],
            view["numbers"],
            is_dark(),
            views.mark(weights),
        )
        values = maps.maps_chw
        stem = views.stem(weights, view["layer"], chosen.name)
        here.offer(
            Download("Mosaic, PNG", f"{stem}.png", "image/png", lambda: mosaic.png),
            Download(
                "Maps, NumPy",
                f"{stem}.npy",
                "application/octet-stream",
                lambda: npy(values),
            ),
        )
        imports, argument = views.weights_code(weights)
        picture = views.picture_code(chosen.name)
        target = f", target={view['class']!r}" if view["class"] and found is not None else ""
        here.code(
            views.picture_imports(chosen.name)
            + imports
            + f"\nmaps = vc.feature_maps({network!r}, {picture}, "
            f"{view['layer']!r}, sorted_by={view['sort']!r}{target}{argument})\n"
            "print(maps.maps_chw.shape, maps.order[:9])"
        )
    with here.details("The way through the network: one picture a layer") as is_open:
        if is_open:
            company.draw_strip(here, weights, chosen)
    if maps is not None and weights.classes:
        with here.details("What each channel contributes, by gradient and by ablation") as is_open:
            if is_open:
                company.draw_contributions(here, weights, chosen)
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(maps_of.EXPLANATION)
    with here.details("About this network and this picture") as is_open:
        if is_open:
            views.draw_about(weights, chosen.name)
    with here.details("Weights on this machine") as is_open:
        if is_open:
            weights_view.draw_files()
