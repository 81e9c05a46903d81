"""What stands around the frame: health, metrics, the error page, the warm-up."""

from __future__ import annotations

import threading

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit import config
from streamlit.testing.v1 import AppTest

from tests.offline.sitecustomize import REFUSED
from vizcore.ui import server, warmup, work


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=server.ROUTES))


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process in which nothing has been warmed up."""
    monkeypatch.setattr(warmup, "_drawn", threading.Event())
    monkeypatch.setattr(warmup, "_warm", threading.Event())
    monkeypatch.setattr(warmup, "_PAUSE_S", 0.0)
    monkeypatch.setattr(warmup, "_WAIT_S", 5.0)


def test_health_says_whether_it_is_warm(client: TestClient, cold: None):
    assert client.get("/healthz").json() == {"status": "ok", "warm": False}
    assert client.get("/metrics").text == "convscope_warm 0\n"


def test_the_warm_up_waits_for_the_first_page_and_then_loads(
    client: TestClient, cold: None, monkeypatch: pytest.MonkeyPatch
):
    loaded = threading.Event()
    monkeypatch.setattr(work, "prepare", loaded.set)
    thread = threading.Thread(target=warmup._run)
    thread.start()
    assert not loaded.wait(0.3)
    warmup.page_drawn()
    thread.join(timeout=30)
    assert loaded.is_set()
    assert client.get("/healthz").json()["warm"] is True
    metrics = dict(line.split() for line in client.get("/metrics").text.splitlines())
    assert metrics["convscope_warm"] == "1"
    assert float(metrics["convscope_jobs_unfinished"]) == 0


def test_a_warm_up_that_fails_is_logged_and_holds_nothing_up(
    cold: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def fail() -> None:
        raise RuntimeError("no weights")

    monkeypatch.setattr(work, "prepare", fail)
    warmup.page_drawn()
    warmup._run()
    assert warmup.is_warm()
    assert "no weights" in caplog.text


def test_preparing_loads_the_bundled_networks():
    work.prepare()
    assert work.engine().metrics()["networks_loaded"] >= len(work.network_keys())


def failing_page() -> None:
    from vizcore.ui.server import on_error

    assert on_error(KeyError("a secret path"))


def test_an_unexpected_error_is_one_sentence_without_a_traceback():
    at = AppTest.from_function(failing_page).run()
    assert not at.exception
    assert "KeyError" in at.error[0].value
    assert "choices are kept" in at.error[0].value
    assert "secret" not in at.error[0].value


def test_where_the_server_is(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(server.net_util, "get_internal_ip", lambda: "10.0.0.5")
    assert server.addresses() == ["http://localhost:8501", "http://10.0.0.5:8501"]
    monkeypatch.setattr(server.net_util, "get_internal_ip", lambda: "127.0.0.1")
    assert server.addresses() == ["http://localhost:8501"]


@pytest.mark.parametrize("option", ["server.address", "browser.serverAddress"])
def test_an_address_from_the_settings_is_the_only_one(option: str):
    before = config.get_option(option), config.get_where_defined(option)
    config.set_option(option, "127.0.0.1")
    try:
        assert server.addresses() == ["http://127.0.0.1:8501"]
    finally:
        config.set_option(option, *before)


def test_a_visit_from_a_foreign_page_is_refused_without_asking_anybody(
    capfd: pytest.CaptureFixture[str],
):
    assert not server.server_util.is_url_from_allowed_origins("https://elsewhere.example")
    assert REFUSED not in capfd.readouterr().err


@pytest.mark.parametrize("query", ["", "?arch=vgg_d&view=list"])
def test_the_first_page_is_found_by_its_name_too(client: TestClient, query: str):
    answer = client.get(f"/atlas{query}", follow_redirects=False)
    assert answer.is_redirect
    assert answer.headers["location"] == f"./{query}"
