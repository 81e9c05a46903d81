"""What the four views of By hand share: choices, presets, edited grids, pictures, tables."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from vizcore.byhand import grids as texts
from vizcore.byhand.grids import number_text
from vizcore.errors import BadChoice
from vizcore.figures.hand import Panel
from vizcore.records.byhand import Cell, Grid
from vizcore.reference import lecture_claim, lecture_decks
from vizcore.ui import grids
from vizcore.ui.address import Choice, View, one_of
from vizcore.ui.room import Download, Room

SHOWN = {
    "convolution": "Convolution",
    "pooling": "Pooling",
    "sharing": "Weight sharing",
    "table": "An impossible table",
}
SHOW = Choice("show", "convolution", one_of(*SHOWN))
_OWN = "My own"
_COMPLAINT = "byhand.complaint"


def grid_choice(name: str, default: str, what: str, of: str) -> Choice:
    """A choice that is a grid, in the address's writing."""
    return Choice(name, default, lambda text: texts.write(texts.read(text, what)), of=of)


def cell_choice(of: str) -> Choice:
    """A choice that is a cell: row and column from 1, as in `2-3`."""

    def parse(text: str) -> Cell:
        row, dash, column = text.partition("-")
        if not (dash and row.isdecimal() and column.isdecimal() and int(row) and int(column)):
            raise ValueError("Allowed: a row and a column from 1, such as 2-3.")
        return int(row), int(column)

    return Choice("cell", (1, 1), parse, write=lambda cell: f"{cell[0]}-{cell[1]}", of=of)


def padding_choice(default: str, of: str) -> Choice:
    """A choice of padding: by name, or a number of cells."""
    return Choice("padding", default, one_of(*PADDING_NAMES), of=of)


PADDING_NAMES = {
    "valid": "valid: none",
    "same": "same size",
    "full": "full",
    **{str(n): f"{n} each side" for n in range(1, 4)},
}


def draw_show(view: View) -> None:
    """The four views."""
    st.segmented_control(
        "Show", list(SHOWN), format_func=SHOWN.__getitem__, required=True, **view.bind("show")
    )


def draw_preset(view: View, label: str, name: str, presets: Mapping[str, str]) -> None:
    """A list of grids to begin with; a grid that was edited is the person's own."""
    key = f"{view.key(name)}.preset"
    current = next((title for title, text in presets.items() if text == view[name]), _OWN)
    st.session_state[key] = current

    def take() -> None:
        if st.session_state[key] in presets:
            view[name] = presets[st.session_state[key]]

    options = [*presets, *([_OWN] if current == _OWN else [])]
    st.selectbox(label, options, key=key, on_change=take, width=175)


def draw_padding(view: View) -> None:
    """Padding by name or number."""
    st.selectbox(
        "Padding",
        list(PADDING_NAMES),
        format_func=PADDING_NAMES.__getitem__,
        width=150,
        help="Cells of zeros around the input. valid: none. same: as many as keep the size at "
        "stride 1. full: as many as let the kernel touch every cell with each of its own.",
        **view.bind("padding"),
    )


def draw_step(view: View, label: str, name: str, most: int, **options: Any) -> None:
    """A whole number from 1."""
    st.number_input(label, 1, most, width=110, **options, **view.bind(name))


def selected(view: View, output: Cell) -> Cell:
    """The picked output cell from 0, within the output."""
    row, column = view["cell"]
    view["cell"] = min(row, output[0]), min(column, output[1])
    return view["cell"][0] - 1, view["cell"][1] - 1


def picker(view: View, columns: int) -> Callable[[int], None]:
    """What a pick does: the cell is a choice of the page."""

    def pick(place: int) -> None:
        view["cell"] = place // columns + 1, place % columns + 1

    return pick


def editor(
    view: View, names: Mapping[str, str], current: Mapping[str, Grid], *, turned: bool = False
) -> Callable[[dict[str, Any]], None]:
    """What an edit does: the grid is a choice of the page, or a sentence says why not.

    Args:
        names: what each grid is called; a grid's id is its choice's name.
        current: the grids as they are shown.
        turned: the kernel is shown turned by 180 degrees.
    """

    def edit(message: dict[str, Any]) -> None:
        name = message["grid"]
        try:
            new = _edited(current[name], names[name], message)
            view[name] = texts.write(new[::-1, ::-1] if turned and name == "kernel" else new)
        except BadChoice as error:
            st.session_state[_COMPLAINT] = str(error)

    return edit


def _edited(grid: Grid, name: str, message: dict[str, Any]) -> Grid:
    if "rows" in message or "columns" in message:
        rows, columns = (message.get(side) for side in ("rows", "columns"))
        return texts.resized(
            grid,
            int(grid.shape[0] if rows is None else rows),
            int(grid.shape[1] if columns is None else columns),
            name,
        )
    row, column = int(message["row"]), int(message["column"])
    new = grid.copy()
    if "pasted" in message:
        given = texts.read(str(message["pasted"]), name, runs=False)
        if given.shape[0] + row > grid.shape[0] or given.shape[1] + column > grid.shape[1]:
            return given
        new[row : row + given.shape[0], column : column + given.shape[1]] = given
    else:
        new[row, column] = texts.number(str(message["text"]), texts.place(name, row, column))
    return new


def draw_refused(here: Room, names: Mapping[str, str], *, dark: bool) -> None:
    """The grids alone, where nothing can be computed from them: to be written until it can.

    Args:
        names: the choices that are grids, with their titles.
    """
    current = {name: texts.read(here.view[name]) for name in names}
    if not current:
        return
    is_refused = draw_complaint()
    grids.draw(
        [
            [
                grids.grid(name, title, current[name], edits=True, sizes=True)
                for name, title in names.items()
            ]
        ],
        [],
        0,
        kind="conv",
        dark=dark,
        play="",
        is_refused=is_refused,
        key="byhand-refused",
        on_pick=lambda place: None,
        on_edit=editor(here.view, {name: name for name in names}, current),
    )


def draw_complaint() -> bool:
    """Say once why an edit was not taken; returns whether there was one."""
    complaint = st.session_state.pop(_COMPLAINT, None)
    if complaint:
        st.warning(f"{complaint} The grid is as it was.", icon=":material/error:")
    return bool(complaint)


def panel(
    title: str,
    values: Grid,
    tones: Mapping[Cell, str] | None = None,
    corners: Mapping[Cell, str] | None = None,
) -> Panel:
    """A grid for the picture that is downloaded."""
    return Panel(
        f"{title}, {values.shape[0]} × {values.shape[1]}",
        tuple(tuple(number_text(float(value)) for value in row) for row in values),
        tones or {},
        corners or {},
    )


def grid_html(values: Grid, marked: Iterable[Cell] = ()) -> str:
    """A grid as a small table; `marked` cells are in bold."""
    bold = set(marked)
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{'<b>' if (r, c) in bold else ''}{number_text(float(value))}"
            f"{'</b>' if (r, c) in bold else ''}</td>"
            for c, value in enumerate(row)
        )
        + "</tr>"
        for r, row in enumerate(values)
    )
    return f'<table class="cs-hand-grid">{rows}</table>'


def grids_html(titled: Mapping[str, Grid]) -> str:
    """Several grids side by side, each under its title."""
    figures = "".join(
        f"<figure><figcaption>{html.escape(title)}</figcaption>{grid_html(values)}</figure>"
        for title, values in titled.items()
    )
    return f'<div class="cs-hand-grids">{figures}</div>'


def lecture_html(claims: Sequence[str]) -> str:
    """What a deck prints beside what arithmetic gives, with the verdict."""
    decks = {deck.deck: deck for deck in lecture_decks()}
    rows = []
    for claim in map(lecture_claim, claims):
        deck = decks[claim.deck]
        rows.append(
            f'<tr><td>{html.escape(claim.claim)} <span class="cs-quiet">({html.escape(deck.title)})'
            f"</span></td><td>{html.escape(claim.stated)}</td><td>{html.escape(claim.computed)}"
            f"</td><td>{claim.verdict}</td><td>{html.escape(claim.note)}</td></tr>"
        )
    return (
        '<div class="cs-wide"><table class="cs-table"><thead><tr><th>what</th><th>printed</th>'
        "<th>computed</th><th>verdict</th><th>why</th></tr></thead><tbody>"
        f"{''.join(rows)}</tbody></table></div>"
    )


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def grid_csv(values: Grid) -> str:
    """A grid as CSV, one line a row."""
    return csv_text([f"{value:.12g}" for value in row] for row in values)


def offer(here: Room, stem: str, tables: Mapping[str, Callable[[], str]], png: Any) -> None:
    """The Download button: tables as CSV, the picture as PNG."""
    here.offer(Download("Picture, PNG", f"by-hand_{stem}.png", "image/png", png))
    for title, make in tables.items():
        name = f"by-hand_{stem}_{title.lower().replace(' ', '-')}.csv"
        here.offer(Download(f"{title}, CSV", name, "text/csv", make))


def literal(values: Grid) -> str:
    """A grid as Python writes it, numbers as short as they are."""
    rows = ", ".join("[" + ", ".join(map(_number, row)) + "]" for row in values.tolist())
    return f"[{rows}]"


def _number(value: float) -> str:
    text = number_text(value).replace("−", "-")
    try:
        exact = eval_fraction(text) == value
    except ValueError:
        exact = False
    return text if exact else repr(value)


def eval_fraction(text: str) -> float:
    """The number that Python makes of `1/9` or `0.5`."""
    top, _, bottom = text.partition("/")
    return float(top) / float(bottom or 1)
