"""Parts that the pages about one picture share: what the network sees, its top five, the code."""

from __future__ import annotations

import html
import io

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from vizcore import tasks, zoo
from vizcore.figures.numbers import percent
from vizcore.figures.palette import DIVERGING_SCALE, SEQUENTIAL_SCALE
from vizcore.networks import card_of, preprocessing_of
from vizcore.records import Prediction
from vizcore.ui import cache, pictures, work
from vizcore.ui.pictures import Chosen


def png(rgb_hwc: npt.NDArray[np.uint8]) -> bytes:
    """A picture as PNG."""
    file = io.BytesIO()
    Image.fromarray(rgb_hwc).save(file, "PNG", compress_level=4)
    return file.getvalue()


def npy(values: npt.NDArray[np.generic]) -> bytes:
    """An array as a `.npy` file."""
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def prediction(network: str, chosen: Chosen, slot: str) -> Prediction:
    """The network's top five for the picture, through the engine."""
    return work.run(tasks.prediction_task(network, chosen.picture), slot=f"{slot}.prediction")


@st.cache_resource(max_entries=64, show_spinner=False)
def _seen(network: str, sha256: str, _chosen: Chosen) -> bytes:
    """What the network gets to see: the crop, enlarged without smoothing."""
    crop = preprocessing_of(card_of(network)).view(_chosen.picture.rgb_hwc)
    times = max(1, cache.PICTURE_PX // max(crop.shape[:2]))
    return png(crop.repeat(times, axis=0).repeat(times, axis=1))


def draw_seen_and_said(network: str, chosen: Chosen, said: Prediction) -> None:
    """The network's view of the picture, and its five most probable classes as bars."""
    side = card_of(network).preprocessing["crop_px"]
    seen = _seen(network, chosen.picture.sha256, chosen)
    st.image(seen, alt=f"{chosen.title}, as the network sees it")
    st.caption(f"What the network sees: {side} × {side} pixels")
    rows = "".join(
        f'<tr><td>{html.escape(name)}</td><td class="n">{percent(share)}</td>'
        f'<td class="bar"><div style="width:{100 * share:.1f}%"></div></td></tr>'
        for name, share in zip(said.classes, said.probabilities, strict=True)
    )
    st.html(
        f'<table class="cs-table cs-bars"><thead><tr><th>class</th><th class="n">probability</th>'
        f"<th></th></tr></thead><tbody>{rows}</tbody></table>"
    )


def draw_scale(limit: float, *, signed: bool) -> None:
    """The colours of a map from end to end, with their values."""
    scale = DIVERGING_SCALE if signed else SEQUENTIAL_SCALE
    colours = ", ".join(f"{colour} {100 * float(place):.1f}%" for place, colour in scale)
    values = (-limit, 0.0, limit) if signed else (0.0, limit)
    ends = "".join(f"<span>{value:.3g}</span>" for value in values)
    st.html(
        f'<div class="cs-scale" role="img" aria-label="colour scale from {values[0]:.3g} to '
        f'{values[-1]:.3g}"><div style="background:linear-gradient(to right, {colours})"></div>'
        f"<p>{ends}</p></div>"
    )


def picture_code(name: str) -> str:
    """The expression that gives the picture in a script."""
    if name.startswith("upload-"):
        return '"your-picture.jpg"'
    return f"sample({name!r}).read()"


def picture_imports(name: str) -> str:
    """The imports that the expression needs."""
    lines = "import vizcore as vc\n"
    return (
        lines
        if name.startswith("upload-")
        else lines + ("from vizcore.data.samples import sample\n")
    )


def accuracy_note(network: str) -> str:
    """One sentence of the network's card: what it was trained on and how well it does."""
    card = card_of(network)
    shares = card.accuracy
    return (
        f"{zoo.get(network).name} knows {len(card.classes)} photographs. It names "
        f"{percent(shares['validation'])} of the validation patches and {percent(shares['test'])} "
        "of the test patches rightly; of any other picture it names the one of its classes that is "
        "least unlike it."
    )


def draw_about(network: str, name: str) -> None:
    """The card, for the details of a page."""
    card = card_of(network)
    st.markdown(accuracy_note(network))
    about, split = card.data["what"], card.data["split"]
    st.markdown(f"Trained on {card.data['name']}: {about}; {split}.")
    st.markdown(f"Classes: {', '.join(card.classes)}.")
    st.markdown(f"Weights: `{card.path.name}`, sha256 `{card.sha256[:16]}…`, {card.licence}")
    found = pictures.origin(name)
    if found:
        st.markdown(f"Picture: {found}")
