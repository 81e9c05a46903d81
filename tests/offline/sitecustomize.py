"""No test may reach another machine: this process refuses to name, call or write to one.

`tests/conftest.py` loads this and puts this folder on PYTHONPATH, so that every Python that a test
starts (a server, a command) finds this file as its `sitecustomize` and refuses too. A refusal is
also a line on standard error, for those who swallow the error.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any

REFUSED = "refused to reach"

#: For every audited call, which of its arguments is the other end.
_OTHER_END = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}


def refuse_others(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise ConnectionRefusedError for a call that is meant for another machine."""
    if event not in _OTHER_END:
        return
    if event == "socket.connect" and arguments[0].type == socket.SOCK_DGRAM:
        return  # only writes down where to send: Streamlit learns its own address by it
    end = arguments[_OTHER_END[event]]
    if event.startswith("socket.get"):
        end = (end,)
    if isinstance(end, tuple) and not is_this_machine(end[0]):
        print(f"{REFUSED} {end[0]}", file=sys.__stderr__, flush=True)
        raise ConnectionRefusedError(f"No test may reach another machine: {event} {end}")


def is_this_machine(host: str | bytes | None) -> bool:
    """Whether a host is no host, the name of this machine, or one of its loopback addresses."""
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


sys.addaudithook(refuse_others)
