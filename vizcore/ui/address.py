"""A page's choices and its address: what is chosen is in the address, and the address reopens it.

Streamlit can bind a widget to the address, but writes the label instead of the key, drops a bad
value without a word, and forgets the choices on a page change (seen with 1.67). So the choices
live in the session's state under `page.name`, and this module alone reads and writes the address.

The rule: a new address (a link, a reload, the browser's Back) sets the page's choices; after that
the widgets do, and the address follows. A value the address may not have is named in `complaints`
and the default stands in for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

Number = TypeVar("Number", int, float)

_SEEN = "address.seen"  # {"view", "written", "values"} at the end of the last run
_STRAY = "address.stray"  # (page, query): the address that the page before it wrote last


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a person can choose on a page.

    Attributes:
        name: its name in the address.
        default: its value when the address does not say.
        parse: turns the address's text into a value; raises ValueError with a sentence that says
            what is allowed.
        write: turns a value into the address's text.
        always: write it even when it is the default.
        shared: kept in the session for every page, not for this page alone.
        of: what the choice belongs to, where a page has one of this name for several things. An
            address that says something, but not this, means the default.
    """

    name: str
    default: Any
    parse: Callable[[str], Any]
    write: Callable[[Any], str] = str
    always: bool = False
    shared: bool = False
    of: str = ""


def one_of(*allowed: str) -> Callable[[str], str]:
    """A parser for a choice among `allowed`."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"Allowed: {', '.join(allowed)}.")
        return text

    return parse


def whole(low: int, high: int) -> Callable[[str], int]:
    """A parser for a whole number from `low` to `high`."""
    return _between(int, low, high, "a whole number")


def number(low: float, high: float) -> Callable[[str], float]:
    """A parser for a number from `low` to `high`."""
    return _between(float, low, high, "a number")


def _between(
    convert: Callable[[str], Number], low: Number, high: Number, what: str
) -> Callable[[str], Number]:
    def parse(text: str) -> Number:
        message = f"Allowed: {what} from {low:g} to {high:g}."
        try:
            value = convert(text)
        except ValueError:
            raise ValueError(message) from None
        if not low <= value <= high:
            raise ValueError(message)
        return value

    return parse


def yes_no(text: str) -> bool:
    """A parser for a switch: 1 or 0."""
    if text not in ("0", "1"):
        raise ValueError("Allowed: 0, 1.")
    return text == "1"


def flag(value: bool) -> str:
    """Write a switch as 1 or 0."""
    return "1" if value else "0"


def any_text(text: str) -> str:
    """A parser that takes any text of a sensible length; the page checks what it means."""
    if len(text) > 200:
        raise ValueError("Allowed: at most 200 characters.")
    return text


def _key(page: str, choice: Choice) -> str:
    parts = ("" if choice.shared else page, choice.of, choice.name)
    return ".".join(filter(None, parts))


@dataclass(slots=True)
class View:
    """One page's choices in one run. Read with `view["batch"]`, bind with `**view.bind("batch")`.

    Attributes:
        complaints: one sentence for each value of the address that was not allowed.
        arrived: the page was opened in this run.
    """

    page: str
    choices: dict[str, Choice]
    complaints: list[str] = field(default_factory=list)
    arrived: bool = False

    def key(self, name: str) -> str:
        """The session-state key of a choice."""
        return _key(self.page, self.choices[name])

    def __getitem__(self, name: str) -> Any:
        value = st.session_state.get(self.key(name))
        return self.choices[name].default if value is None else value

    def __setitem__(self, name: str, value: Any) -> None:
        """Set a choice before its widget is drawn."""
        st.session_state[self.key(name)] = value

    def bind(self, name: str) -> dict[str, Any]:
        """The arguments that tie a widget to a choice."""
        return {"key": self.key(name), "persist_state": "session"}

    def values(self) -> dict[str, Any]:
        """All choices by name."""
        return {name: self[name] for name in self.choices}

    def query(self) -> dict[str, str]:
        """The address's parameters: every choice that is not at its default."""
        return {
            name: choice.write(self[name])
            for name, choice in self.choices.items()
            if self[name] is not None and (choice.always or self[name] != choice.default)
        }


def open_view(page: str, choices: Iterable[Choice]) -> View:
    """Read the address into the session's state, and return the page's choices."""
    view = View(page, {choice.name: choice for choice in choices})
    query = st.query_params.to_dict()
    seen = st.session_state.get(_SEEN)
    if _is_new(page, query):
        _adopt(view, query)
    elif seen is not None and seen["view"].page == page and seen["values"] == view.values():
        view.complaints += seen["view"].complaints  # still to be read: nothing was changed since
    view.arrived = seen is None or seen["view"].page != page
    _mind_stray(view, query, seen["written"] if seen is not None and view.arrived else query)
    for name in view.choices:
        # A page's widgets are its own: on arrival, a choice shared with the last page is given to
        # this page's widget anew, or the widget would begin with its first option.
        if view.arrived or st.session_state.get(view.key(name)) is None:
            view[name] = view[name]
    return view


def _mind_stray(view: View, query: dict[str, str], before: dict[str, str]) -> None:
    """Remember which address would be the last page's, put behind the name of this one.

    A page's address is on its way to the browser when a link in it can already be followed. The
    browser then puts it behind the new page's name, and sends it with the next change of a widget.
    This page tells the browser its own at its end; until then, and where the browser's Back leads
    to it later, the stray one says nothing about this page.
    """
    stray = st.session_state.get(_STRAY)
    if view.arrived and before != query:
        st.session_state[_STRAY] = (view.page, before)
    elif (
        stray is not None and stray != (view.page, query) and stray[1].keys() <= view.choices.keys()
    ):
        del st.session_state[_STRAY]  # the browser has heard; it can be this page's from now on


def peek(page: str, choice: Choice) -> Any:
    """The value a choice will have in this run, where a page's other choices depend on it."""
    query = st.query_params.to_dict()
    if not _is_new(page, query) or (choice.shared and choice.name not in query):
        return View(page, {choice.name: choice})[choice.name]
    try:
        return choice.parse(query[choice.name])
    except (KeyError, ValueError):
        return choice.default


def _is_new(page: str, query: dict[str, str]) -> bool:
    """Whether the address came from outside, and not from our own last writing of it."""
    seen = st.session_state.get(_SEEN)
    if st.session_state.get(_STRAY) == (page, query):
        return False
    if seen is None or seen["view"].page != page:
        return bool(query) or seen is None
    if query == seen["written"]:
        return False
    # The browser may still send the address it had before our last change. Where a widget has
    # just been moved, the widget is right and the address is late.
    return bool(seen["view"].values() == seen["values"])


def _adopt(view: View, query: dict[str, str]) -> None:
    for name, choice in view.choices.items():
        if name not in query:
            if not choice.shared or (choice.of and query):
                st.session_state[view.key(name)] = choice.default
            continue
        try:
            st.session_state[view.key(name)] = choice.parse(query[name])
        except ValueError as error:
            st.session_state[view.key(name)] = choice.default
            view.complaints.append(
                f"The address says {name} = '{query[name]}'. {error} "
                f"This view uses '{choice.write(choice.default)}' instead."
            )
    for name in query:
        if name not in view.choices:
            view.complaints.append(
                f"The address has '{name}', which this page does not know. "
                f"It knows: {', '.join(view.choices)}."
            )


def close_view(view: View) -> None:
    """Write the choices into the address."""
    query = view.query()
    if view.arrived or st.query_params.to_dict() != query:  # the browser may have another one
        st.query_params.from_dict(query)
    st.session_state[_SEEN] = {"view": view, "written": query, "values": view.values()}
