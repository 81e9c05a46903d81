"""The tests are cut off from other machines, and still reach this one."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

#: An address that is reserved for examples and belongs to nobody (RFC 5737).
NOBODY = "192.0.2.1"


def write_a_datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as speaker:
        speaker.sendto(b"anybody?", (NOBODY, 9))


def connect_in_an_event_loop() -> None:
    with ThreadPoolExecutor(1) as thread:  # in this one a browser's loop may be running
        thread.submit(asyncio.run, asyncio.open_connection(NOBODY, 9)).result()


def connect_without_waiting() -> None:
    with socket.socket() as caller:
        caller.connect_ex((NOBODY, 9))


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.create_connection((NOBODY, 9), timeout=1),
        lambda: socket.getaddrinfo("example.com", 443),
        lambda: socket.gethostbyname("example.com"),
        connect_in_an_event_loop,
        connect_without_waiting,
        write_a_datagram,
    ],
    ids=["connect", "getaddrinfo", "gethostbyname", "asyncio", "connect_ex", "sendto"],
)
def test_another_machine_is_refused(reach: Callable[[], object]) -> None:
    with pytest.raises(ConnectionRefusedError, match="No test may reach another machine"):
        reach()


def test_so_is_an_address_of_the_web() -> None:
    with pytest.raises(urllib.error.URLError) as caught:
        urllib.request.urlopen("https://example.com", timeout=1)
    assert isinstance(caught.value.reason, ConnectionRefusedError)


def test_a_python_that_a_test_starts_is_cut_off_too() -> None:
    code = f"import socket; socket.create_connection(('{NOBODY}', 9), timeout=1)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert child.returncode == 1
    assert f"refused to reach {NOBODY}" in child.stderr
    assert "ConnectionRefusedError" in child.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_reached(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection((host, port), timeout=10) as caller:
            assert caller.getpeername() == ("127.0.0.1", port)
