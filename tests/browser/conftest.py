"""A real server and a real Chromium for the journeys."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).resolve().parents[2]
expect.set_options(timeout=60_000)


@dataclass
class Server:
    """A running ConvScope: its address, and the process."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path


def start_server(folder: Path, address: str | None = "127.0.0.1") -> Server:
    """Start ConvScope on a free port, bound to one address or to all, and wait for its answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    log = folder / f"server-{port}.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.address", address] if address else []
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--server.port", str(port)], cwd=ROOT, stdout=out, stderr=out
        )
    visited = f"http://127.0.0.1:{port}"
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended: {log.read_text()}")
        try:
            urllib.request.urlopen(f"{visited}/healthz", timeout=1).read()
            return Server(visited, process, log)
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"the server does not answer: {log.read_text()}")


def stop_server(server: Server) -> None:
    """End the process."""
    server.process.terminate()
    try:
        server.process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the journeys that do not need a cold one."""
    running = start_server(tmp_path_factory.mktemp("server"))
    yield running
    stop_server(running)


@pytest.fixture
def cold_server(tmp_path: Path) -> Iterator[Server]:
    """A server that nobody has visited."""
    running = start_server(tmp_path)
    yield running
    stop_server(running)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh person: no cookies, no cache, projector-sized window."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800},
        accept_downloads=True,
        permissions=["clipboard-read", "clipboard-write"],
    )
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    yield opened
    context.close()
