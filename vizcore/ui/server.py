"""The server around the frame: warm-up at start, /healthz, /metrics, /atlas and the error page."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Route
from streamlit import config, net_util
from streamlit.web.server import server_util

from vizcore.ui import warmup
from vizcore.ui.rooms import ROOMS

log = logging.getLogger("convscope")

FRAME = Path(__file__).resolve().parent / "frame.py"

# Streamlit would ask a web service for this machine's outer address: before it imports the app, to
# print it (`hideWelcomeMessage` in the settings stops that), and for every visit from a foreign
# page. In a room without internet everybody would wait until that has failed.
net_util.get_external_ip = lambda: None


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Begin the warm-up when the server starts, and say where it is."""
    warmup.begin()
    if config._server_mode == "starlette-app":  # other servers have a port of their own
        print(f"\n  ConvScope is at {' and '.join(addresses())}\n", flush=True)
    yield {}


def addresses() -> list[str]:
    """Where browsers find this server, on this machine and, where it has one, on its network."""
    named = config.get_option("server.address")
    if config.is_manually_set("browser.serverAddress"):
        named = config.get_option("browser.serverAddress")
    if named not in (None, "0.0.0.0", "::"):
        return [server_util.get_url(named)]
    inner = net_util.get_internal_ip()
    hosts = ["localhost"] if inner in (None, "127.0.0.1") else ["localhost", inner]
    return [server_util.get_url(host) for host in hosts]


async def healthz(request: Request) -> JSONResponse:
    """Whether the server answers, and whether torch and the bundled networks are loaded."""
    return JSONResponse({"status": "ok", "warm": warmup.is_warm()})


async def metrics(request: Request) -> PlainTextResponse:
    """The job engine's numbers, in Prometheus' text form."""
    lines = [f"convscope_warm {int(warmup.is_warm())}"]
    lines += [f"convscope_{name} {value:g}" for name, value in warmup.engine_metrics().items()]
    return PlainTextResponse("\n".join(lines) + "\n")


async def home(request: Request) -> RedirectResponse:
    """The first page by its name: Streamlit knows it only as the root, and says so in a dialog."""
    return RedirectResponse(f"./?{request.url.query}" if request.url.query else "./")


def on_error(error: Exception) -> bool:
    """Show a page's unexpected error as one sentence; the traceback goes to the log only."""
    log.exception("A page failed", exc_info=error)
    st.error(
        f"This view failed unexpectedly ({type(error).__name__}). Your choices are kept: change "
        "one of them, or reload the page. The server's log has the details.",
        icon=":material/error:",
    )
    return True


ROUTES = [Route("/healthz", healthz), Route("/metrics", metrics), Route(f"/{ROOMS[0].name}", home)]
