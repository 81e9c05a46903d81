"""Saliency: which pixels move the score of a class."""

import html

import numpy as np
import streamlit as st

from vizcore import saliency_tasks
from vizcore.errors import ConvScopeError
from vizcore.figures.numbers import percent
from vizcore.ui import cache, pictures, weights_view, work
from vizcore.ui import picture_views as views
from vizcore.ui.address import Choice, any_text, one_of, whole
from vizcore.ui.room import Download, is_dark, room

METHODS = {"gradient": "Gradient", "input_x_gradient": "Input × gradient"}
CHOICES = [
    Choice("class", "", any_text),
    Choice("method", "gradient", one_of(*METHODS)),
    Choice("strength", 85, whole(0, 100)),
    Choice("clip", 99, whole(50, 100)),
]

with room("saliency", "Which pixels decided?", CHOICES) as here:
    view = here.view
    weights, chosen = weights_view.ready(view), pictures.chosen(view)
    network, classes = weights.architecture, weights.classes
    said = views.prediction(weights, chosen, "saliency")
    with here.controls():
        st.selectbox(
            "Class",
            ["", *classes] if view["class"] in ("", *classes) else ["", view["class"], *classes],
            format_func=lambda name: name or "the most probable",
            **view.bind("class"),
        )
        st.segmented_control(
            "Method",
            list(METHODS),
            format_func=METHODS.__getitem__,
            help="Gradient: how much the class score moves with each pixel, the largest of the "
            "three colours (Simonyan and others, 2014). Gradient × input: the same times the "
            "pixel's value, with its sign.",
            required=True,
            **view.bind("method"),
        )
        st.slider("Overlay, %", 0, 100, width=180, **view.bind("strength"))
        st.slider(
            "Full colour from percentile",
            50,
            100,
            width=220,
            help="Values above this percentile all get the last colour.",
            **view.bind("clip"),
        )
    try:
        found = work.run(
            saliency_tasks.saliency_task(
                network, chosen.picture, view["class"] or None, view["method"], weights=weights
            ),
            slot="saliency.map",
        )
    except ConvScopeError as error:
        here.refuse(error, sets="class")
    else:
        drawn = cache.saliency_picture(
            (network, weights.identity, chosen.picture.sha256, found.target, view["method"]),
            found,
            view["strength"] / 100,
            view["clip"],
            is_dark(),
            views.mark(weights),
        )
        sizes = np.sort(np.abs(found.values_hw).ravel())[::-1]
        half = int(np.searchsorted(np.cumsum(sizes), sizes.sum() / 2)) + 1
        rank = (
            said.classes.index(found.target_class) if found.target_class in said.classes else None
        )
        sure = (
            f"{percent(said.probabilities[rank])} probable"
            if rank is not None
            else "not among the five most probable"
        )
        text = (
            f"For <b>{html.escape(found.target_class)}</b> ({sure}), half of all influence is in "
            f"<b>{percent(half / sizes.size)}</b> of the pixels."
        )
        here.answer(views.answer(weights, text))
        photo, over, alone = st.columns(3, gap="small")
        with photo:
            views.draw_seen_and_said(weights, chosen, said)
        with over:
            st.image(drawn.over, alt=f"Saliency of {found.target_class} over the photo")
            st.caption("Over the photo, in grey")
        with alone:
            st.image(drawn.map, alt=f"Saliency of {found.target_class} alone")
            views.draw_scale(drawn.limit, signed=found.signed)
        views.caption(weights, drawn.caption)
        stem = views.stem(weights, found.target_class, chosen.name)
        imports, argument = views.weights_code(weights)
        here.offer(
            Download("Over the photo, PNG", f"{stem}_over.png", "image/png", lambda: drawn.over),
            Download("Map alone, PNG", f"{stem}_map.png", "image/png", lambda: drawn.map),
            Download(
                "Values, NumPy",
                f"{stem}.npy",
                "application/octet-stream",
                lambda: views.npy(found.values_hw),
            ),
        )
        here.code(
            views.picture_imports(chosen.name)
            + imports
            + f"\nfound = vc.saliency({network!r}, {views.picture_code(chosen.name)}, "
            f"{found.target_class!r}, method={view['method']!r}{argument})\n"
            "print(found.target_class, found.score, found.values_hw.shape)"
        )
    with here.details("How to read this") as is_open:
        if is_open:
            st.markdown(
                "The map says how much the class's score, before the softmax, would move if one "
                "pixel moved a little. It does not say which pixels show the object: a pixel the "
                "network would mind can lie beside it. Single gradients are noisy."
            )
    with here.details("About this network and this picture") as is_open:
        if is_open:
            views.draw_about(weights, chosen.name)
    with here.details("Weights on this machine") as is_open:
        if is_open:
            weights_view.draw_files()
