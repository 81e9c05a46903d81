"""The frame around every page: title and answer, the three buttons, controls, details, refusals.

A page is one `with room(...)` block: choose, compute, draw. The room reserves the head first, so
the title stands while the page computes; it fills in the answer and the buttons when the page has
them, turns a `ConvScopeError` into a sentence with buttons, and writes the address at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from vizcore.errors import ConvScopeError
from vizcore.ui import address, rooms, sidebar, warmup, weights_view
from vizcore.ui.copying import copy_button


def is_dark() -> bool:
    """Whether the browser shows the dark theme."""
    return bool(st.context.theme.type == "dark")


@dataclass(frozen=True, slots=True)
class Download:
    """One file a view offers. `make` runs only when the button is pressed."""

    label: str
    file_name: str
    mime: str
    make: Callable[[], str | bytes]


@dataclass(slots=True)
class Room:
    """One page in one run. Made by `room`."""

    name: str
    view: address.View
    head: DeltaGenerator
    answer_slot: DeltaGenerator
    buttons: DeltaGenerator
    notices: DeltaGenerator
    body: DeltaGenerator
    downloads: list[Download] = field(default_factory=list)
    snippet: str = ""

    def answer(self, text: str) -> None:
        """Say the page's one-sentence answer, as HTML, with the real numbers."""
        self.answer_slot.html(f'<p class="cs-answer">{text}</p>')

    def offer(self, *downloads: Download) -> None:
        """Add files to the Download button."""
        self.downloads.extend(downloads)

    def code(self, snippet: str) -> None:
        """Set the lines of Python that make this view."""
        self.snippet = snippet.strip()

    @contextmanager
    def controls(self) -> Iterator[None]:
        """The row of controls above the picture."""
        with st.container(
            horizontal=True, vertical_alignment="bottom", key=f"controls-{self.name}", gap="small"
        ):
            yield

    @contextmanager
    def details(self, label: str, *, icon: str | None = None) -> Iterator[bool]:
        """A part that waits until asked for. Yields whether it is open; remembers it.

        Its content is computed only when it is open::

            with room.details("Sources") as is_open:
                if is_open:
                    st.markdown(...)
        """
        key = f"open.{self.name}.{label}"
        kept = f"kept.{key}"

        def remember() -> None:
            st.session_state[kept] = bool(st.session_state[key])

        expander = st.expander(
            label,
            expanded=st.session_state.get(kept, False),
            key=key,
            icon=icon,
            on_change=remember,
        )
        with expander:
            yield bool(expander.open)

    def refuse(self, error: ConvScopeError, *, sets: str | None = None) -> None:
        """Say in place what was wrong, and offer what would be right as buttons.

        Args:
            error: what was refused.
            sets: the choice that the error's suggestions are values of.
        """
        with st.container(border=True, key=f"refusal-{self.name}"):
            words = str(error).replace("[", r"\[")  # names of classes come from anybody: no links
            st.markdown(f":material/error: **{words}**")
            with st.container(horizontal=True):
                if sets is not None:
                    for value in error.suggestions[:5]:
                        st.button(
                            f"Use {value}",
                            key=f"refusal-{self.name}-{value}",
                            on_click=self._set,
                            args=(sets, value),
                        )
                st.button(
                    "Back to this page's defaults",
                    key=f"refusal-{self.name}-defaults",
                    on_click=self._set_defaults,
                    type="tertiary",
                )

    def _set(self, name: str, value: str) -> None:
        self.view[name] = self.view.choices[name].parse(value)

    def _set_defaults(self) -> None:
        for name, choice in self.view.choices.items():
            if not choice.shared:
                self.view[name] = choice.default

    def _finish(self) -> None:
        with self.notices:
            for complaint in self.view.complaints:
                words = complaint.replace("[", r"\[")  # an address comes from anybody: no links
                st.warning(words, icon=":material/link_off:")
        with self.buttons:
            copy_button(key=f"copy-{self.name}")
            if self.downloads:
                with st.popover("Download", icon=":material/download:"):
                    for download in self.downloads:
                        st.download_button(
                            download.label,
                            download.make,
                            file_name=download.file_name,
                            mime=download.mime,
                            key=f"download-{self.name}-{download.file_name}",
                            on_click="ignore",
                            width="stretch",
                        )
            if self.snippet:
                self._offer_code()
        if self.snippet:
            with self.details("The code behind this view") as is_open:
                if is_open:
                    st.code(self.snippet, language="python")
        address.close_view(self.view)

    def _offer_code(self) -> None:
        """The Code button. What colours code weighs 1.5 MB in the browser: only when asked for."""
        popover = st.popover(
            "Code", icon=":material/code:", key=f"show-code-{self.name}", on_change="rerun"
        )
        if popover.open:
            popover.code(self.snippet, language="python")


@contextmanager
def room(name: str, title: str, choices: Sequence[address.Choice]) -> Iterator[Room]:
    """Open a page: read its address, draw its part of the sidebar and its head.

    Args:
        name: the page's name in `vizcore.ui.rooms`, which also says what its sidebar shows.
        title: the page's question in few words.
        choices: what a person can choose here, besides the sidebar's choices.
    """
    entry = rooms.entry(name)
    view = address.open_view(name, [*sidebar.choices(entry), *choices])
    sidebar.draw(entry, view)
    head = st.container(
        horizontal=True, vertical_alignment="center", key="head", horizontal_alignment="distribute"
    )
    with head:
        st.title(title, anchor=False, width="stretch")
        buttons = st.container(
            horizontal=True, horizontal_alignment="right", width="content", gap="small"
        )
    here = Room(
        name=name,
        view=view,
        head=head,
        answer_slot=st.container(key="answer").empty(),  # it keeps its height when drawn anew
        buttons=buttons,
        notices=st.container(),
        body=st.container(),
    )
    try:
        with here.body:
            yield here
    except ConvScopeError as error:
        with here.body:
            if not weights_view.draw_missing(view, error):
                here.refuse(error)
    finally:
        here._finish()
        warmup.page_drawn()
