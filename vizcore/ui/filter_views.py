"""Parts of the Filters page: its choices, its pictures, the panel of one filter."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from vizcore.errors import BadChoice, ConvScopeError
from vizcore.figures import filter_words as words
from vizcore.formats.data import npy
from vizcore.records.filters import (
    FilterBank,
    FilterLayer,
    FilterSlices,
)
from vizcore.tasks import filters as filter_tasks
from vizcore.ui import address, cache, work
from vizcore.ui import picture_views as views
from vizcore.ui.address import Choice, any_text, flag, one_of, whole, yes_no
from vizcore.ui.cells import draw_cells
from vizcore.ui.filter_panel import draw_panel
from vizcore.ui.filter_pictures import bank_picture, slices_picture, textbook_picture
from vizcore.ui.pictures import Chosen
from vizcore.ui.room import Download, Room, is_dark
from vizcore.zoo.weights import Weights

PAGE = "filters"
SHOWS = {"kernels": "Kernels", "textbook": "Textbook filters"}
SCALES = {"filter": "Each filter", "layer": "All filters", "stretch": "Stretched"}
#: Empty is the first layer: the one that reads the picture.
LAYER = Choice("layer", "", any_text)
_STRONGEST = -1


def choices() -> list[Choice]:
    """What can be chosen on the page; a filter belongs to its layer."""
    layer = address.peek(PAGE, LAYER)
    return [
        Choice("show", "kernels", one_of(*SHOWS)),
        LAYER,
        Choice("filter", _STRONGEST, whole(_STRONGEST, 1_000_000), of=layer),
        Choice("scale", "filter", one_of(*SCALES)),
        Choice("numbers", False, yes_no, write=flag),
    ]


def open_layers(weights: Weights) -> dict[str, FilterLayer]:
    """The convolutions by what the address calls them: the first one needs no name."""
    task = filter_tasks.filter_layers_task(weights.architecture, weights=weights)
    found = work.run(task, slot="filters.layers")
    first = next((each for each in found if each.reads_picture), found[0])
    return {"": first} | {each.name: each for each in found if each is not first}


def draw_kernels(
    here: Room, weights: Weights, chosen: Chosen, layers: dict[str, FilterLayer]
) -> None:
    """A layer's kernels where each is a picture, else one filter by what it reads."""
    from vizcore.figures.filters import has_bank

    view = here.view
    offered = dict(layers)
    if view["layer"] == layers[""].name:  # an address that names the first layer
        offered = {layers[""].name: layers[""]} | {k: v for k, v in layers.items() if k}
    layer = offered.get(view["layer"])
    name = view["layer"] if layer is None else layer.name
    try:
        task = filter_tasks.filters_task(weights.architecture, name, weights=weights)
        bank = work.run(task, slot="filters.bank")
        number = _number(here, bank)
    except ConvScopeError as error:
        with here.controls():
            _draw_show(here)
            _draw_layers(here, {**offered, view["layer"]: layer})
        here.refuse(error, sets="filter" if isinstance(error, BadChoice) else "layer")
        return
    with here.controls():
        _draw_show(here)
        _draw_layers(here, offered)
        st.number_input("Filter", 0, bank.layer.filters - 1, width=90, **view.bind("filter"))
        _draw_scale(here, has_bank(bank))
    task_one = filter_tasks.filter_slices_task(
        weights.architecture, chosen.picture, name, number, weights=weights
    )
    found = work.run(task_one, slot="filters.slices")
    row = st.container(horizontal=True, gap="medium")
    with row.container(width="stretch"):
        if has_bank(bank):
            _draw_bank(here, weights, bank)
        else:
            _draw_slices(here, weights, chosen, bank, found)
    with row.container(width=cache.PICTURE_PX):
        draw_panel(weights, chosen, bank, found, has_bank(bank))
    _offer_bank(here, weights, bank)
    imports, argument = views.weights_code(weights)
    here.code(
        f"import vizcore as vc\n{imports}\n"
        f"bank = vc.filters({weights.architecture!r}, {name!r}{argument})\n"
        "print(bank.weights_fihw.shape, bank.by_norm()[:9])\n"
        "print(bank.statistics.norms_f, bank.statistics.twins)"
    )


def draw_textbook(
    here: Room, weights: Weights, chosen: Chosen, layers: dict[str, FilterLayer]
) -> None:
    """Textbook filters on the photo beside the learned ones that are nearest to them."""
    with here.controls():
        _draw_show(here)
    key, name = weights.architecture, layers[""].name
    try:
        bank = work.run(filter_tasks.filters_task(key, weights=weights), slot="filters.bank")
        task = filter_tasks.resemblances_task(key, chosen.picture, weights=weights)
        found = work.run(task, slot="filters.textbook")
    except ConvScopeError as error:
        here.refuse(error)
        return
    here.answer(views.answer(weights, words.textbook_answer(name, found)))
    drawn = textbook_picture(
        (key, weights.identity, chosen.picture.sha256), is_dark(), views.mark(weights), found, bank
    )
    row = st.container(horizontal=True, gap="medium")
    with row.container(width="stretch"):
        with st.container(key="filters-sheet"):
            st.image(
                drawn.png, alt=f"{len(found)} textbook filters, each beside the nearest learned"
            )
        views.caption(weights, drawn.caption)
    with row.container(width=cache.PICTURE_PX):
        views.draw_seen(weights, chosen)
    stem = views.stem(weights, name, "textbook", chosen.name)
    here.offer(Download("Picture, PNG", f"{stem}.png", "image/png", lambda: drawn.png))
    imports, argument = views.weights_code(weights)
    here.code(
        views.picture_imports(chosen.name)
        + imports
        + f"\nfor each in vc.textbook_filters({key!r}, {views.picture_code(chosen.name)}"
        f"{argument}):\n"
        '    print(f"{each.name}: filter {each.number}, cosine {each.cosine:.2f}, '
        'chance {each.chance:.2f}")'
    )


EXPLANATION = """
**Scale.** *Each filter* and *All filters* keep zero in its place: mid-grey (white where there is
one colour), with equal steps up and down. *All filters* uses one range, so a weak filter looks
weak; *Each filter* gives each its whole range, so that a weak one shows its shape, and strengths
no longer compare. *Stretched* is how first layers are usually printed: each filter's smallest
weight is black and its largest white, so that grey is no longer zero and a filter that only adds
looks like one that subtracts.

**Colour or light.** A filter looks for colour where more than half of its squared weights differ
between red, green and blue. Of weights drawn at random two thirds do.

**Deeper layers** have one kernel for each channel they read, and no colours of their own: what a
kernel means depends on what its channel shows, so that is beside it, on your photo.

**Textbook filters** are Sobel's two operators, Gabor functions (a wave in a window; the angle is
the direction in which it varies, *odd* is an edge, *even* a line), a Gaussian and the Laplacian of
one. Each is tried at every size from 3 × 3 (Gabor from 5 × 5) and at every place inside the
kernel, the same for each colour; the learned filter with the greatest cosine similarity, in
magnitude, stands beside it. Both are applied to the photo with the layer's stride and padding.
*Chance* is the greatest that 20 layers of random filters of the same shape reached.
"""


def _number(here: Room, bank: FilterBank) -> int:
    """The chosen filter; the one with the greatest norm to begin with."""
    view, count = here.view, bank.layer.filters
    if view["filter"] == _STRONGEST:
        view["filter"] = bank.by_norm()[0]
    if view["filter"] >= count:
        raise BadChoice(
            f"'{bank.layer.name}' has no filter {view['filter']}. Allowed: 0 to {count - 1}.",
            received=str(view["filter"]),
            suggestions=map(str, bank.by_norm()[:3]),
        )
    return int(view["filter"])


def _draw_show(here: Room) -> None:
    st.segmented_control(
        "Show", list(SHOWS), format_func=SHOWS.__getitem__, required=True, **here.view.bind("show")
    )


def _draw_layers(here: Room, offered: Mapping[str, FilterLayer | None]) -> None:
    def label(name: str) -> str:
        each = offered[name]
        if each is None:
            return name
        height, width = each.kernel
        return f"{each.name} · {each.filters} of {height} × {width} × {each.inputs}"

    st.selectbox("Layer", list(offered), format_func=label, width=190, **here.view.bind("layer"))


def _draw_scale(here: Room, is_bank: bool) -> None:
    scales = SCALES if is_bank else {"filter": "Each kernel", "layer": "All kernels"}
    if here.view["scale"] not in scales:
        here.view["scale"] = "filter"
    st.segmented_control(
        "Scale",
        list(scales),
        format_func=scales.__getitem__,
        help="How weights become colours. The first two keep zero in its place; stretched does "
        "not. See below.",
        required=True,
        **here.view.bind("scale"),
    )
    if is_bank:
        st.toggle("Numbers", help="Write each filter's number on it", **here.view.bind("numbers"))


def _draw_bank(here: Room, weights: Weights, bank: FilterBank) -> None:
    view = here.view
    here.answer(views.answer(weights, words.bank_answer(bank)))
    cells, caption, order = bank_picture(
        (weights.architecture, weights.identity, bank.layer.name),
        view["scale"],
        view["numbers"],
        is_dark(),
        views.mark(weights),
        bank,
    )

    def pick(place: int) -> None:
        view["filter"] = order[place]

    draw_cells(cells, key="filters-bank", on_pick=pick, selected=order.index(view["filter"]))
    views.caption(weights, caption + _own_kind(bank))
    stem = views.stem(weights, bank.layer.name, "filters", view["scale"])
    here.offer(Download("Filters, PNG", f"{stem}.png", "image/png", lambda: cells.png))


def _draw_slices(
    here: Room, weights: Weights, chosen: Chosen, bank: FilterBank, found: FilterSlices
) -> None:
    view = here.view
    here.answer(views.answer(weights, words.slices_answer(bank, found)))
    drawn = slices_picture(
        (weights.architecture, weights.identity, found.layer, str(found.number)),
        chosen.picture.sha256,
        view["scale"],
        is_dark(),
        views.mark(weights),
        found,
    )
    with st.container(key="filters-sheet"):
        st.image(drawn.png, alt=f"Kernels of filter {found.number} of {found.layer}, largest first")
    views.caption(weights, drawn.caption + _own_kind(bank))
    stem = views.stem(weights, found.layer, f"filter-{found.number}", chosen.name)
    here.offer(Download("Kernels, PNG", f"{stem}.png", "image/png", lambda: drawn.png))


def _own_kind(bank: FilterBank) -> str:
    """Said where a layer may not use its weights as they are stored."""
    if bank.layer.op in ("Conv2d", "Conv2dSame"):
        return ""
    return f" {bank.layer.op} may change its weights as it runs; they are shown as stored."


def _offer_bank(here: Room, weights: Weights, bank: FilterBank) -> None:
    stem = views.stem(weights, bank.layer.name, "filters")
    here.offer(
        Download("Statistics, CSV", f"{stem}.csv", "text/csv", lambda: words.bank_csv(bank)),
        Download(
            "Weights, NumPy",
            f"{stem}.npy",
            "application/octet-stream",
            lambda: npy(bank.weights_fihw),
        ),
    )
