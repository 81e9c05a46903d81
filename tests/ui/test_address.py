"""A page's choices and its address, run as a page would run them."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from vizcore.ui.address import number, one_of, whole, yes_no


def small_page() -> None:
    import streamlit as st

    from vizcore.ui.address import Choice, close_view, one_of, open_view, whole

    choices = [
        Choice("arch", "vgg_d", one_of("vgg_d", "alexnet"), always=True, shared=True),
        Choice("batch", 1, whole(1, 64)),
    ]
    view = open_view("small", choices)
    st.selectbox("arch", ["vgg_d", "alexnet"], **view.bind("arch"))
    st.number_input("batch", 1, 64, **view.bind("batch"))
    for complaint in view.complaints:
        st.warning(complaint)
    close_view(view)


def start(**query: str) -> AppTest:
    at = AppTest.from_function(small_page)
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def address(at: AppTest) -> dict[str, str]:
    """The address as one text a name; AppTest gives a list where it was set by a page."""
    return {k: v if isinstance(v, str) else v[0] for k, v in at.query_params.items()}


def test_the_plain_address_gives_the_defaults_and_names_the_shared_choice():
    at = start()
    assert at.selectbox[0].value == "vgg_d"
    assert at.number_input[0].value == 1
    assert address(at) == {"arch": "vgg_d"}


def test_an_address_sets_the_choices():
    at = start(arch="alexnet", batch="8")
    assert at.selectbox[0].value == "alexnet"
    assert at.number_input[0].value == 8
    assert address(at) == {"arch": "alexnet", "batch": "8"}


def test_a_widget_changes_the_address_and_a_default_leaves_it():
    at = start(batch="8")
    at.number_input[0].set_value(16).run()
    assert address(at)["batch"] == "16"
    at.number_input[0].set_value(1).run()
    assert "batch" not in address(at)


@pytest.mark.parametrize("value", ["0", "65", "eight", "", "1e3"])
def test_nonsense_is_named_and_the_default_stands_in(value: str):
    at = start(batch=value)
    assert at.number_input[0].value == 1
    assert len(at.warning) == 1
    assert f"batch = '{value}'" in at.warning[0].value
    assert "from 1 to 64" in at.warning[0].value
    assert not at.exception


def test_an_unknown_name_in_the_address_is_named():
    at = start(colour="red")
    assert "'colour'" in at.warning[0].value
    assert "arch, batch" in at.warning[0].value


def test_a_complaint_stays_until_something_is_changed():
    at = start(batch="99")
    at.run()
    assert len(at.warning) == 1
    at.number_input[0].set_value(2).run()
    assert not at.warning


def test_a_new_address_on_the_same_page_is_followed():
    at = start(batch="8")
    at.query_params["batch"] = "4"
    at.run()
    assert at.number_input[0].value == 4


def test_a_late_address_does_not_undo_a_widget():
    """The browser may still send the old address with the next change of a widget."""
    at = start(batch="8")
    at.number_input[0].set_value(16).run()
    at.query_params["batch"] = "8"
    at.number_input[0].set_value(32).run()
    assert at.number_input[0].value == 32
    assert address(at)["batch"] == "32"


def two_things() -> None:
    """A page whose choices depend on what is chosen."""
    import streamlit as st

    from vizcore.ui.address import Choice, close_view, one_of, open_view, peek, whole

    kind = Choice("kind", "dog", one_of("dog", "bird"), always=True, shared=True)
    now = peek("zoo", kind)
    most = {"dog": 4, "bird": 2}[now]
    view = open_view("zoo", [kind, Choice("legs", most, whole(0, most), of=now)])
    st.selectbox("kind", ["dog", "bird"], **view.bind("kind"))
    st.number_input("legs", 0, most, **view.bind("legs"))
    for complaint in view.complaints:
        st.warning(complaint)
    close_view(view)


def see(at: AppTest) -> tuple[str, int]:
    assert not at.exception
    return at.selectbox[0].value, at.number_input[0].value


def test_choices_may_depend_on_a_choice():
    at = AppTest.from_function(two_things)
    at.query_params["kind"] = "bird"
    at.query_params["legs"] = "1"
    assert see(at.run()) == ("bird", 1)
    at.selectbox[0].set_value("dog")
    assert see(at.run()) == ("dog", 4)
    at.number_input[0].set_value(3)
    assert see(at.run()) == ("dog", 3)
    assert address(at) == {"kind": "dog", "legs": "3"}
    at.selectbox[0].set_value("bird")
    assert see(at.run()) == ("bird", 1), "each thing keeps its own"


def test_a_late_address_does_not_bring_back_what_was_left():
    at = AppTest.from_function(two_things).run()
    at.selectbox[0].set_value("bird").run()
    at.query_params["kind"] = "dog"
    at.number_input[0].set_value(0)
    assert see(at.run()) == ("bird", 0)
    at.query_params.clear()
    at.query_params["kind"] = "dog"
    assert see(at.run()) == ("dog", 4), "with no widget moved, a new address is followed"


def test_nonsense_in_what_the_others_depend_on_is_named():
    at = AppTest.from_function(two_things)
    at.query_params["kind"] = "fish"
    assert see(at.run()) == ("dog", 4)
    assert "kind = 'fish'" in at.warning[0].value


def kinds_with_a_shared_colour() -> None:
    """A page with a choice that belongs to another, kept for every page."""
    import streamlit as st

    from vizcore.ui.address import Choice, close_view, one_of, open_view, peek

    kind = Choice("kind", "dog", one_of("dog", "bird"), always=True, shared=True)
    now = peek("zoo", kind)
    colours = {"dog": ("brown", "white"), "bird": ("blue", "white")}[now]
    colour = Choice("colour", colours[0], one_of(*colours), always=True, shared=True, of=now)
    view = open_view("zoo", [kind, colour])
    st.selectbox("kind", ["dog", "bird"], **view.bind("kind"))
    st.selectbox("colour", colours, **view.bind("colour"))
    close_view(view)


def test_an_address_without_a_choice_that_belongs_to_another_means_its_default():
    at = AppTest.from_function(kinds_with_a_shared_colour)
    at.query_params["kind"] = "bird"
    at.run().selectbox[1].set_value("white").run()
    assert address(at) == {"kind": "bird", "colour": "white"}
    at.selectbox[0].set_value("dog").run()
    assert at.selectbox[1].value == "brown"
    at.selectbox[0].set_value("bird").run()
    assert at.selectbox[1].value == "white", "each thing keeps its own"
    at.query_params.clear()
    at.query_params["kind"] = "bird"
    assert address(at.run())["colour"] == "blue", "a link without it means the default"
    at.selectbox[1].set_value("white").run()
    at.query_params.clear()
    assert address(at.run())["colour"] == "white", "the navigation keeps it"


def test_parsers_say_what_is_allowed():
    for parse, bad, said in [
        (one_of("a", "b"), "c", "a, b"),
        (whole(1, 3), "9", "from 1 to 3"),
        (number(0, 1), "nan", "from 0 to 1"),
        (yes_no, "true", "0, 1"),
    ]:
        with pytest.raises(ValueError, match=said):
            parse(bad)
    assert whole(1, 3)("2") == 2
    assert number(0, 1)("0.5") == 0.5
    assert yes_no("1") is True
