"""Feature maps: every channel of a layer for one picture."""

import html

import streamlit as st

from vizcore import tasks
from vizcore.errors import ConvScopeError
from vizcore.figures.numbers import percent, short
from vizcore.ui import cache, pictures, weights_view, work
from vizcore.ui import picture_views as views
from vizcore.ui.address import Choice, any_text, flag, one_of, yes_no
from vizcore.ui.room import Download, is_dark, room

SORTINGS = {
    "maximum": "Strongest value",
    "mean": "Mean",
    "sparsity": "Sparsity",
    "channel": "Channel number",
}
SCALINGS = {"map": "Each map", "layer": "All maps"}
COLOURS = {"viridis": "Colour", "grey": "Grey", "signed": "Signed"}
CHOICES = [
    Choice("layer", "", any_text),
    Choice("sort", "maximum", one_of(*SORTINGS)),
    Choice("scale", "map", one_of(*SCALINGS)),
    Choice("colours", "viridis", one_of(*COLOURS)),
    Choice("numbers", False, yes_no, write=flag),
]

with room("feature-maps", "What does each channel respond to?", CHOICES) as here:
    view = here.view
    weights, chosen = weights_view.ready(view), pictures.chosen(view)
    network = weights.architecture
    said = views.prediction(weights, chosen, "maps") if weights.classes else None
    found = work.run(
        tasks.map_layers_task(network, chosen.picture, weights=weights), slot="maps.layers"
    )
    layers = {
        each.name: f"{each.name} · {each.channels} maps of {each.height} × {each.width}"
        for each in found
        if each.leaf
    }
    if not view["layer"]:
        view["layer"] = next(iter(layers))
    layers.setdefault(view["layer"], view["layer"])  # an unknown one is refused below
    with here.controls():
        st.selectbox(
            "Layer",
            list(layers),
            format_func=layers.__getitem__,
            width=225,
            **view.bind("layer"),
        )
        st.selectbox(
            "Sort by",
            list(SORTINGS),
            format_func=SORTINGS.__getitem__,
            width=155,
            **view.bind("sort"),
        )
        st.segmented_control(
            "Scale",
            list(SCALINGS),
            format_func=SCALINGS.__getitem__,
            help="Each map: every map uses the whole colour range, so faint maps show. "
            "All maps: one range for the layer, so maps can be compared.",
            required=True,
            **view.bind("scale"),
        )
        st.segmented_control(
            "Colours",
            list(COLOURS),
            format_func=COLOURS.__getitem__,
            help="Signed: red is positive, blue negative, white zero.",
            required=True,
            **view.bind("colours"),
        )
        st.toggle("Numbers", help="Write each channel's number on its map", **view.bind("numbers"))
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=cache.PICTURE_PX):
        views.draw_seen_and_said(weights, chosen, said)
    with row.container(width="stretch"):
        try:
            maps = work.run(
                tasks.feature_maps_task(
                    network, chosen.picture, view["layer"], view["sort"], weights=weights
                ),
                slot="maps.maps",
            )
        except ConvScopeError as error:
            here.refuse(error, sets="layer")
        else:
            mosaic = cache.mosaic(
                (network, weights.identity, chosen.picture.sha256, view["layer"], view["sort"]),
                maps,
                view["scale"],
                view["colours"],
                view["numbers"],
                is_dark(),
                views.mark(weights),
            )
            first = maps.order[0]
            silent = float((maps.maps_chw.max(axis=(1, 2)) <= 0).mean())
            quiet = f" ({percent(silent)} nowhere above zero)" if silent else ""
            says = (
                f"The network says <b>{html.escape(said.classes[0])}</b> "
                f"({percent(said.probabilities[0])}). "
                if said
                else ""
            )
            text = (
                f"{says}Of the <b>{len(maps.order)} channels</b> "
                f"of <code>{maps.layer}</code>{quiet}, channel <b>{first}</b> comes first by "
                f"{SORTINGS[view['sort']].lower()} ({short(float(maps.strength_c[first]))})."
            )
            here.answer(views.answer(weights, text))
            st.image(
                mosaic.png,
                alt=f"All {len(maps.order)} channels of {maps.layer}, channel {first} first",
            )
            views.caption(weights, mosaic.caption)
            stem = views.stem(weights, view["layer"], chosen.name)
            imports, argument = views.weights_code(weights)
            here.offer(
                Download("Mosaic, PNG", f"{stem}.png", "image/png", lambda: mosaic.png),
                Download(
                    "Maps, NumPy",
                    f"{stem}.npy",
                    "application/octet-stream",
                    lambda: views.npy(maps.maps_chw),
                ),
            )
            here.code(
                views.picture_imports(chosen.name)
                + imports
                + f"\nmaps = vc.feature_maps({network!r}, {views.picture_code(chosen.name)}, "
                f"{view['layer']!r}, sorted_by={view['sort']!r}{argument})\n"
                "print(maps.maps_chw.shape, maps.order[:9])"
            )
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(
                "Each tile is one channel: the value the layer computes at each place of the "
                "picture. Early layers answer to edges and colours at their place; deep layers "
                "have few places, each answering to a large piece of the picture."
            )
    with here.details("About this network and this picture") as is_open:
        if is_open:
            views.draw_about(weights, chosen.name)
    with here.details("Weights on this machine") as is_open:
        if is_open:
            weights_view.draw_files()
