"""What leaves the Saliency room: its answer in words, its files, its lines of Python."""

from __future__ import annotations

import html
import io
import zipfile
from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from vizcore.figures.numbers import percent
from vizcore.figures.overlay import SaliencyPicture
from vizcore.figures.saliency_plate import Plate, draw_plate, draw_sheet
from vizcore.figures.saliency_words import (
    agreements,
    completeness_words,
    fit_words,
    half_share,
    subject,
)
from vizcore.figures.trust_words import plain
from vizcore.formats.data import npy
from vizcore.records.saliency import SaliencyMap
from vizcore.ui import picture_views as views
from vizcore.ui.address import View
from vizcore.ui.pictures import Chosen
from vizcore.ui.room import Download
from vizcore.ui.saliency_views import options_of
from vizcore.ui.saliency_views_asked import Asked
from vizcore.ui.saliency_views_grid import picture, shared_limit
from vizcore.zoo.weights import Weights

#: Maps of one page that are there, beside what was asked for.
Made = Sequence[tuple[Asked, SaliencyMap]]


def made_of(asked: Sequence[Asked], found: Mapping[str, Any]) -> list[tuple[Asked, SaliencyMap]]:
    """The maps that are there."""
    pairs = ((each, found.get(each.name)) for each in asked)
    return [(each, its) for each, its in pairs if isinstance(its, SaliencyMap)]


def answer_text(made: Made, *, refused: bool = False) -> str:
    """How concentrated the maps are, and how far two of them agree, as HTML.

    Args:
        refused: whether none is to come, where there is none.
    """
    if refused and not made:
        return "No map can be made of this."
    return _answer(tuple((each.task.key, each.of) for each, _ in made), made)


@st.cache_data(max_entries=256, show_spinner=False)
def _answer(key: Hashable, _made: Made) -> str:
    made = _made
    usable = [(a, m) for a, m in made if m.values_hw.any() and _finite(m)]
    of_classes = [(a, m) for a, m in usable if a.method.of_class]
    usable = of_classes or usable
    if not usable:
        empty = bool(made) and all(_finite(m) for _, m in made)
        return "No pixel moves this score." if empty else "There is no map yet."
    shares = [half_share(found.values_hw) for _, found in usable]
    classes = list(dict.fromkeys(_class_words(each, found) for each, found in usable))
    methods = list(dict.fromkeys(each.method.title for each, _ in usable))
    if len(usable) == 1:
        by = "" if usable[0][0].method.key == "gradient" else f" by {methods[0]}"
        return (
            f"For {classes[0]}, half of all influence is in <b>{percent(shares[0])}</b> of the "
            f"pixels{by}."
        )
    if len(classes) == 1:
        start, names = f"For {classes[0]}, half", [each.method.title for each, _ in usable]
    elif len(methods) == 1:
        start = f"By {methods[0]}, half"
        names = [f"<b>{html.escape(subject(its))}</b>" for _, its in usable]
    else:
        start = "Half"
        names = [f"{a.method.title} of {html.escape(subject(its))}" for a, its in usable]
    least, most = shares.index(min(shares)), shares.index(max(shares))
    return (
        f"{start} of all influence is in {_share(shares[least])} ({names[least]}) to "
        f"{_share(shares[most])} ({names[most]}) of the pixels"
        f"{_agreement_words([its for _, its in usable], names)}."
    )


def _share(share: float) -> str:
    return f"<b>{percent(share)}</b>"


def _agreement_words(maps: Sequence[SaliencyMap], names: Sequence[str]) -> str:
    found = agreements([each.values_hw for each in maps])
    if not found:
        return ""
    i, j = min(found, key=found.__getitem__)
    if len(maps) == 2:
        return f"; their pixels rank with correlation <b>{plain(found[i, j])}</b>"
    return f"; {names[i]} and {names[j]} agree least, rank correlation <b>{plain(found[i, j])}</b>"


def _class_words(asked: Asked, found: SaliencyMap) -> str:
    name = f"<b>{html.escape(subject(found))}</b>"
    if not asked.method.of_class:
        return name
    if asked.sure is None:
        return f"{name} (not among the five most probable)"
    return f"{name} ({percent(asked.sure)} probable)"


def _finite(found: SaliencyMap) -> bool:
    import numpy as np

    return bool(np.isfinite(found.values_hw).all())


def plate(
    view: View,
    weights: Weights,
    chosen: Chosen,
    pair: tuple[Asked, SaliencyMap],
    drawn: SaliencyPicture,
    which: str,
) -> Plate:
    """A map with all that has to stand on it when it is passed on."""
    asked, found = pair
    is_class = asked.sure is not None and asked.method.of_class
    sure = f", {percent(asked.sure or 0)} probable" if is_class else ""
    words = [drawn.caption]
    if found.completeness is not None:
        words.append(completeness_words(found.completeness) + ".")
    words += [f"{text}." for text in (fit_words(found),) if text]
    words += found.notes
    given = ", ".join(f"{key} {value}" for key, value in found.options)
    seed = "" if found.seed is None else f"seed {found.seed}"
    layer = "" if found.layer is None else f"layer {found.layer}"
    words.append(
        "; ".join(
            filter(None, (f"{weights.architecture}, weights {weights.name}", layer, given, seed))
        )
    )
    if views.mark(weights):
        words.append(views.mark(weights))
    heads = (asked.method.title, subject(found) + sure)
    pixels = drawn.over_hwc if which == "over" else drawn.map_hwc
    return Plate(pixels, heads, drawn.limit, drawn.signed, tuple(words))


def downloads(
    view: View, weights: Weights, chosen: Chosen, made: Made, found: Mapping[str, Any], dark: bool
) -> list[Download]:
    """The files of the maps that can be drawn; values of all."""

    def png(pair: tuple[Asked, SaliencyMap], which: str) -> bytes:
        limit = shared_limit(view, pair[0], dict(found))
        drawn = picture(view, *pair, limit)
        return views.png(draw_plate(plate(view, weights, chosen, pair, drawn, which), dark=dark))

    def sheet() -> bytes:
        rows: dict[str, list[Plate]] = {}
        for pair in drawable:
            limit = shared_limit(view, pair[0], dict(found))
            drawn = picture(view, *pair, limit)
            made_plate = plate(view, weights, chosen, pair, drawn, view["show"])
            rows.setdefault(pair[0].method.key, []).append(made_plate)
        return views.png(draw_sheet(_arranged(list(rows.values())), dark=dark))

    def archive() -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as into:
            for pair in made:
                stem = f"{pair[0].method.key}_{pair[1].target}"
                into.writestr(f"{stem}.npy", npy(pair[1].values_hw))
                if pair in drawable:
                    into.writestr(f"{stem}.png", png(pair, view["show"]))
        return file.getvalue()

    drawable = [pair for pair in made if _finite(pair[1])]
    if not made:
        return []
    asked, its = made[0]
    stem = views.stem(weights, asked.class_name, chosen.name)
    if len(made) > 1:
        stem = views.stem(weights, "saliency", chosen.name)
        zipped = Download(
            "Values of all maps, .npy in a zip", f"{stem}.zip", "application/zip", archive
        )
        if not drawable:
            return [zipped]
        return [Download("All maps on a sheet, PNG", f"{stem}.png", "image/png", sheet), zipped]
    pictures = [
        Download("Over the photo, PNG", f"{stem}_over.png", "image/png", lambda: png(one, "over")),
        Download("Map alone, PNG", f"{stem}_map.png", "image/png", lambda: png(one, "map")),
    ]
    one = made[0]
    raw = "application/octet-stream"
    values = [Download("Values, NumPy", f"{stem}.npy", raw, lambda: npy(its.values_hw))]
    more = (
        ("Values of each colour, NumPy", "chw", its.attributions_chw),
        ("Values at the layer's own size, NumPy", "layer", its.layer_values_hw),
        ("Superpixels, NumPy", "segments", its.segments_hw),
    )
    values += [
        Download(label, f"{stem}_{name}.npy", raw, partial(npy, array))
        for label, name, array in more
        if array is not None
    ]
    return [*(pictures if drawable else []), *values]


def _arranged(rows: list[list[Plate]]) -> list[list[Plate]]:
    """A row a method; methods of one class go side by side, four in a row."""
    if max(map(len, rows)) > 1:
        return rows
    plates = [row[0] for row in rows]
    return [plates[at : at + 4] for at in range(0, len(plates), 4)]


def code(view: View, weights: Weights, chosen: Chosen, asked: Sequence[Asked]) -> str:
    """The lines of Python that make these maps."""
    imports, argument = views.weights_code(weights)
    picture_text = views.picture_code(chosen.name)
    key = repr(weights.architecture)
    lines = []
    for each in asked:
        parts = [f"vc.saliency({key}, picture, {each.class_name!r}", f"method={each.method.key!r}"]
        if view["minus"] and each.method.of_class:
            parts.append(f"against={view['minus']!r}")
        if view["layer"] and "layer" in each.method.needs:
            parts.append(f"layer={view['layer']!r}")
        if each.method.random and view["seed"]:
            parts.append(f"seed={view['seed']}")
        given = options_of(view, each.method)
        if given:
            parts.append(f"options={given!r}")
        lines.append("    " + ", ".join(parts) + f"{argument}),")
    listed = "\n".join(lines)
    return (
        f"{views.picture_imports(chosen.name)}{imports}\npicture = {picture_text}\n"
        f"maps = [\n{listed}\n]\n"
        "for found in maps:\n"
        "    print(found.method, found.target_class, found.score, found.values_hw.shape)"
    )
