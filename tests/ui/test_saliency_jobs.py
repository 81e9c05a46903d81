"""Several computations of one page: each in its place, given up, offered again."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def several_page() -> None:
    import time

    import streamlit as st

    from vizcore.errors import NotApplicable
    from vizcore.runtime.jobs import Progress, Task
    from vizcore.ui import saliency_jobs
    from vizcore.ui.saliency_jobs import Cell, gather

    runs, of = st.session_state.setdefault("runs", []), st.session_state.get("of", "first")

    def count(name):
        runs.append(name)
        return name.upper()

    def fails():
        raise NotApplicable("This cannot be honest [here](http://b).")

    def steps():
        for done in range(6):
            time.sleep(0.15)
            yield Progress(done, 6, "counting")
        return "SLOW"

    works = {"quick": lambda: count("quick"), "bad": fails, "slow": steps}
    names = st.session_state.get("names", ["slow", "quick", "bad"])
    if "give_up" in st.session_state:
        st.session_state.setdefault(saliency_jobs._GIVEN_UP, set()).add((of, "slow"))
        del st.session_state["give_up"]
    drawn = []

    def draw(cell, result):
        drawn.append(cell.name)
        st.write(f"{cell.name}: {result}")

    cells = [
        Cell(name, Task(works[name], name.title(), key=(of, name)), st.empty(), st.empty())
        for name in names
    ]
    found = gather(cells, draw)
    st.session_state["found"] = found
    st.session_state["drawn"] = drawn


def test_each_is_drawn_when_it_is_there_and_a_refusal_stands_in_its_place():
    at = AppTest.from_function(several_page, default_timeout=60).run()
    assert not at.exception
    assert at.session_state["drawn"] == ["quick", "slow"], "the quick one did not wait"
    said = [each.value for each in at.markdown]
    assert said == [
        "slow: SLOW",
        "quick: QUICK",
        r":material/block: This cannot be honest \[here](http://b).",
    ]
    assert not at.button, "no Cancel is left"
    at.run()
    assert at.session_state["runs"] == ["quick"], "what is kept is not computed again"


def test_what_was_cancelled_stays_so_until_it_is_asked_for():
    at = AppTest.from_function(several_page, default_timeout=60)
    at.session_state["of"], at.session_state["give_up"] = "second", True
    at.run()
    assert not at.exception
    assert at.session_state["drawn"] == ["quick"]
    assert str(at.session_state["found"]["slow"]) == "Slow was cancelled."
    at.run()
    assert at.session_state["drawn"] == ["quick"]
    next(button for button in at.button if button.label == "Compute it").click().run()
    assert at.session_state["drawn"] == ["quick", "slow"]


def test_a_job_that_no_place_wants_any_more_is_given_up():
    from vizcore.runtime.jobs import Progress, Task
    from vizcore.ui import saliency_jobs, work

    def endless():
        while True:
            yield Progress(0)

    job = work.engine().submit(Task(endless, "Endless", key=("several", "endless")))
    at = AppTest.from_function(several_page, default_timeout=60)
    at.session_state["names"] = ["quick"]
    at.session_state[saliency_jobs._JOBS] = {("several", "endless"): job}
    at.run()
    assert at.session_state["drawn"] == ["quick"]
    assert job.state == "cancelled"
