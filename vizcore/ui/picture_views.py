"""Parts that the pages about one picture share: what the network sees, its top five, the code."""

from __future__ import annotations

import html
import re

import streamlit as st

from vizcore import zoo
from vizcore.data.preprocessing import Preprocessing
from vizcore.figures.marking import RANDOM_WEIGHTS
from vizcore.figures.numbers import percent
from vizcore.figures.palette import DIVERGING_SCALE, SEQUENTIAL_SCALE
from vizcore.figures.patches import png
from vizcore.formats.words import counted
from vizcore.networks import offers
from vizcore.records.maps import Prediction
from vizcore.tasks.prediction import prediction_task
from vizcore.ui import cache, pictures, work
from vizcore.ui.pictures import Chosen
from vizcore.zoo.weights import Weights

#: Class names that are listed; the rest is in the lists of the controls.
_NAMED = 30


def mark(weights: Weights) -> str:
    """What has to stand on everything made with these weights; empty where nothing has to."""
    return RANDOM_WEIGHTS if weights.is_random else ""


def answer(weights: Weights, text: str) -> str:
    """A page's answer as HTML, which says so where the weights are random."""
    return f"<b>{RANDOM_WEIGHTS}.</b> {text}" if weights.is_random else text


def plain(text: str) -> str:
    """Text in which Markdown finds nothing: names of classes and files come from anybody.

    Example:
        >>> plain("![a](b) *c*")
        '\\\\!\\\\[a\\\\](b) \\\\*c\\\\*'
    """
    return re.sub(r"([\\`*_\[\]<>$#!~|:])", r"\\\1", text)


def caption(weights: Weights, text: str) -> None:
    """A caption under a picture, which says so where the weights are random."""
    mark = f"**{RANDOM_WEIGHTS}.** " if weights.is_random else ""
    st.caption(mark + plain(text))


def stem(weights: Weights, *parts: str) -> str:
    """How a file made with these weights is called, without its ending.

    Example:
        >>> from vizcore.networks.offers import weights
        >>> stem(weights("resnet18", "random"), "conv1", "coffee")
        'resnet18_random-weights-not-trained_conv1_coffee'
    """
    name = RANDOM_WEIGHTS.replace(",", "").replace(" ", "-").lower()
    words = [weights.architecture, name if weights.is_random else weights.name, *parts]
    return re.sub(r"[^\w.-]+", "-", "_".join(words))


def prediction(weights: Weights, chosen: Chosen, slot: str) -> Prediction:
    """The network's top five for the picture, through the engine."""
    task = prediction_task(weights.architecture, chosen.picture, weights=weights)
    return work.run(task, slot=f"{slot}.prediction")


@st.cache_resource(max_entries=64, show_spinner=False)
def _seen(preprocessing: Preprocessing, sha256: str, _chosen: Chosen) -> bytes:
    """What the network gets to see: the crop, enlarged without smoothing."""
    crop = preprocessing.view(_chosen.picture.rgb_hwc)
    times = max(1, cache.PICTURE_PX // max(crop.shape[:2]))
    return png(crop.repeat(times, axis=0).repeat(times, axis=1))


def draw_seen(weights: Weights, chosen: Chosen, *, captioned: bool = True) -> None:
    """The network's view of the picture."""
    how = weights.preprocessing
    seen = _seen(how, chosen.picture.sha256, chosen)
    st.image(seen, alt=f"{chosen.title}, as the network sees it")
    if captioned:
        grey = ", grey" if how.channels == 1 else ""
        st.caption(f"What the network sees: {how.crop_px} × {how.crop_px} pixels{grey}")
    height, width = chosen.picture.rgb_hwc.shape[:2]
    if min(height, width) < how.resize_px:
        st.caption(
            f"Enlarged: the picture has {width} × {height} pixels, and the network takes "
            f"{how.resize_px} on the shorter side"
        )


def draw_seen_and_said(weights: Weights, chosen: Chosen, said: Prediction | None) -> None:
    """The network's view of the picture, and its five most probable classes as bars.

    Args:
        said: None where the outputs are no class scores.
    """
    draw_seen(weights, chosen)
    if said is None:
        st.caption("Its outputs are no class scores with these weights, so it names no class")
        return
    rows = "".join(
        f'<tr><td>{html.escape(name)}</td><td class="n">{percent(share)}</td>'
        f'<td class="bar"><div style="width:{100 * share:.1f}%"></div></td></tr>'
        for name, share in zip(said.classes, said.probabilities, strict=True)
    )
    st.html(
        f'<table class="cs-table cs-bars"><thead><tr><th>class</th><th class="n">probability</th>'
        f"<td></td></tr></thead><tbody>{rows}</tbody></table>"
    )
    if weights.is_random:
        st.caption(f"**{RANDOM_WEIGHTS}**: these probabilities mean nothing")


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


def weights_code(weights: Weights) -> tuple[str, str]:
    """Lines that a script needs before it uses the weights, and the argument that names them."""
    if weights.origin == "own":
        how = weights.preprocessing
        lines = (
            "from vizcore.data.preprocessing import Preprocessing\n"
            "from vizcore.networks.own import own_weights\n\n"
            f"mine = own_weights({weights.architecture!r}, "
            f"{weights.title.removesuffix(' (own)')!r},\n    preprocessing={how!r},\n)"
            '  # labels="names.txt" where you have names\n'
        )
        return lines, ", weights=mine"
    if weights == offers.weights(weights.architecture):
        return "", ""
    return "", f", weights={weights.name!r}"


def accuracy_note(weights: Weights) -> str:
    """What the network knows and how well it does, in a sentence or two."""
    name, shares = zoo.get(weights.architecture).name, weights.accuracy
    count = f"{counted(len(weights.classes), 'class', 'classes')}"
    if weights.origin == "bundled":
        return (
            f"{name} knows {count}. It names {percent(shares['validation'])} of the validation "
            f"pictures and {percent(shares['test'])} of the test pictures rightly, measured here; "
            "of any other picture it names the one of its classes that is least unlike it."
        )
    if weights.is_random:
        return f"{name} with random weights: {weights.notes[0]}"
    if not weights.classes:
        return f"{name} tells no classes apart with these weights."
    if weights.origin == "own":
        return f"{name} with your own weights for {count}; how good they are is not known here."
    if shares.get("top1") is None:
        return f"{name} knows {count}; no accuracy is published for these weights."
    top5 = f", and among its first five in {percent(shares['top5'])}" if shares.get("top5") else ""
    return (
        f"{name} knows {count}. Published, not measured here: its first guess is right for "
        f"{percent(shares['top1'])} of {shares['dataset']}{top5}."
    )


def draw_about(weights: Weights, name: str) -> None:
    """The weights and the picture, for the details of a page."""
    st.markdown(accuracy_note(weights))
    if weights.card is not None:
        data = weights.card.data
        told = "; ".join(data[part] for part in ("what", "split") if part in data)
        st.markdown(f"Trained on {data['name']}: {told}.")
    classes = weights.classes
    some = ", ".join(classes[:_NAMED]) + (", ..." if len(classes) > _NAMED else "")
    if classes:
        st.markdown(f"Classes: {plain(some)}.")
    how = weights.preprocessing
    sides = "both sides" if how.squash else "shorter side"
    numbers = " and ".join(", ".join(f"{v:.4g}" for v in each) for each in (how.mean, how.std))
    st.markdown(
        f"The picture is resized ({how.interpolation}, {sides} to {how.resize_px} pixels), cut to "
        f"{how.crop_px} × {how.crop_px}, and standardised with mean and deviation {numbers}."
    )
    source = weights.source if weights.origin != "own" else plain(weights.source)
    facts = [f"Weights `{weights.name}` from {source}"]
    if weights.sha256:
        facts.append(f"sha256 `{weights.sha256[:16]}…`")
    facts.append(weights.licence or "licence not stated")
    st.markdown(", ".join(facts) + ".")
    if weights.notes and not weights.is_random:
        st.markdown(" ".join(_sentence(note) for note in weights.notes))
    found = pictures.origin(name)
    if found:
        st.markdown(f"Picture: {found}")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
