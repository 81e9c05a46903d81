"""Work as a page sees it: waiting, cancelling, saying how far it is."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest
from streamlit.testing.v1 import AppTest

from vizcore.runtime.jobs import Progress, Task
from vizcore.ui import work


def slow_page() -> None:
    import time

    import streamlit as st

    from vizcore.errors import ConvScopeError
    from vizcore.runtime.jobs import Progress, Task
    from vizcore.ui import work

    def steps():
        for done in range(1, 10):
            time.sleep(0.15)
            yield Progress(done, 9, "counting")
        return 42

    def fails():
        raise ConvScopeError("This cannot be done.")

    if st.toggle("fail"):
        try:
            work.run(Task(fails, "Failing"), slot="place")
        except ConvScopeError as error:
            st.warning(str(error))
    else:
        st.write(f"result {work.run(Task(steps, 'Counting', key='count'), slot='place')}")


def test_a_page_waits_with_a_bar_and_shows_the_result():
    at = AppTest.from_function(slow_page, default_timeout=60).run()
    assert not at.exception
    assert at.markdown[0].value == "result 42"
    assert not at.button, "the Cancel button goes when the work is over"


def test_an_error_of_the_work_reaches_the_page():
    at = AppTest.from_function(slow_page, default_timeout=60).run()
    at.toggle[0].set_value(True).run()
    assert at.warning[0].value == "This cannot be done."


def cancelled_page() -> None:
    import streamlit as st

    from vizcore.errors import ConvScopeError
    from vizcore.runtime.jobs import Task
    from vizcore.ui import work

    key = st.text_input("key", "one")
    try:
        st.write(f"result {work.run(Task(lambda: 42, 'Counting', key=key), slot='place')}")
    except ConvScopeError as error:
        st.warning(str(error))


def test_what_was_cancelled_is_not_begun_again_unasked():
    at = AppTest.from_function(cancelled_page, default_timeout=60)
    at.session_state["work.given_up"] = {"place": "one"}
    for _ in range(2):
        at.run()
        assert at.warning[0].value == "Cancelled: Counting."
        assert not at.markdown
    at.button[0].click().run()
    assert at.markdown[0].value == "result 42"
    assert not at.button


def test_another_task_is_computed_where_one_was_cancelled():
    at = AppTest.from_function(cancelled_page, default_timeout=60)
    at.session_state["work.given_up"] = {"place": "one"}
    at.run()
    at.text_input[0].set_value("two").run()
    assert at.markdown[0].value == "result 42"
    at.text_input[0].set_value("one").run()  # asked for anew
    assert at.markdown[0].value == "result 42"


def abandoned_page() -> None:
    import time

    import streamlit as st

    from vizcore.runtime.jobs import Progress, Task
    from vizcore.ui import work

    def endless():
        while True:
            time.sleep(0.05)
            yield Progress(0)

    if "old" not in st.session_state:
        task = Task(endless, "Endless")
        st.session_state["old"] = work.engine().submit(task, session=work.session())
        st.session_state["work.jobs"] = {"place": (task.key, st.session_state["old"])}
    st.write(str(work.run(Task(lambda: 7, "Seven", key="seven"), slot="place")))


def test_another_task_in_the_same_place_gives_up_the_one_before():
    at = AppTest.from_function(abandoned_page, default_timeout=60).run()
    assert at.markdown[0].value == "7"
    assert at.session_state["old"].state == "cancelled"


def test_the_jobs_of_somebody_who_left_are_given_up(monkeypatch: pytest.MonkeyPatch):
    stop = threading.Event()

    def endless():
        while not stop.wait(0.02):
            yield Progress(0)

    class Server:
        def is_active_session(self, session_id: str) -> bool:
            return session_id == "present"

    monkeypatch.setattr(work.runtime, "exists", lambda: True)
    monkeypatch.setattr(work.runtime, "get_instance", Server)
    left = work.engine().submit(Task(endless, "Left"), session="absent")
    stays = work.engine().submit(Task(endless, "Stays"), session="present")
    warm = work.engine().submit(Task(endless, "Warm-up"), session=work.WARM_UP)
    work.let_go_of_the_absent()
    try:
        assert left.state == "cancelled"
        assert stays.state in ("queued", "running")
        assert work.engine().sessions() == {"present", work.WARM_UP}
    finally:
        stays.cancel()
        warm.cancel()
        stop.set()


@dataclass
class Standing:
    """A job at one moment."""

    state: str
    progress: Progress | None = None
    eta_s: float | None = None
    place: int = 0
    label: str = "Saliency"


@pytest.mark.parametrize(
    ("job", "share", "words"),
    [
        (Standing("queued", place=3), 0.0, "Saliency: number 3 in the queue"),
        (Standing("running"), 0.0, "Saliency: beginning"),
        (Standing("running", Progress(1, 4, "step 1"), 6.2), 0.25, "step 1, about 6 s left"),
        (Standing("running", Progress(1, 2, "1 MB, 9 s left"), 6.2), 0.5, ": 1 MB, 9 s left"),
        (Standing("running", Progress(9, None)), 0.0, "Saliency: working"),
        (Standing("running", Progress(9, 8, "last")), 1.0, "last"),
        (Standing("running", label="Checking ![a](http://b)"), 0.0, r"!\[a](http://b): beginning"),
    ],
)
def testhow_far_a_job_is_in_words(job: Standing, share: float, words: str):
    done, text = work.how_far(job)
    assert done == share
    assert words in text
