"""Open a page through Streamlit's AppTest, as the frame runs it."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

FRAME = Path(__file__).resolve().parents[2] / "vizcore" / "ui" / "frame.py"


def open_page(name: str, **query: str) -> AppTest:
    """Run a page by its name in the navigation, with the address's parameters."""
    at = AppTest.from_file(str(FRAME), default_timeout=120)
    at.run()
    at.switch_page(f"../../pages/{name.replace('-', '_')}.py")
    at.query_params.clear()  # a browser goes to another page without the last one's parameters
    for parameter, value in query.items():
        at.query_params[parameter] = value
    at.run()
    assert not at.exception
    return at


def code_of(at: AppTest, name: str) -> str:
    """The code behind a page, with its part opened as a person would."""
    at.session_state[f"kept.open.{name}.The code behind this view"] = True
    at.run()
    assert len(at.code) == 1
    return str(at.code[0].value)


def texts(at: AppTest) -> str:
    """All Markdown, captions and HTML of a page in one text."""
    pages = [each.proto.body for each in at.get("html")]
    return "\n".join([*(each.value for each in (*at.markdown, *at.caption)), *pages])
