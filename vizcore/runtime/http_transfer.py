"""One HTTP request for a file, or for the rest of one, with errors in words a person reads."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from vizcore.errors import FetchError

#: Seconds without a byte after which a connection counts as cut.
TIMEOUT_S = 20.0
_AGENT = "ConvScope"


class ConnectionCut(Exception):
    """There is no connection, or it ended early; trying again may help."""


@dataclass(slots=True)
class Response:
    """What a server answers.

    Attributes:
        start: the offset of the first byte that comes.
        total: bytes of the whole file, None where the server does not say.
        validator: names this version of the file (a strong ETag, else the date).
        stated_sha256: that the server states for the file; empty where it states none.
    """

    start: int
    total: int | None
    validator: str
    stated_sha256: str
    _body: Any
    _host: str

    def close(self) -> None:
        """Let the connection go."""
        self._body.close()

    def read(self, most_bytes: int) -> bytes:
        """What has come, at most so many bytes; waits for one byte at least. Empty at the end.

        Raises:
            ConnectionCut: it ended early.
        """
        try:
            piece: bytes = self._body.read1(most_bytes)
            return piece
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionCut(
                f"The connection to {self._host} was cut ({_reason(error)})."
            ) from error


def open_url(url: str, start: int, validator: str, name: str) -> Response:
    """Ask for a file from byte `start` on; the server may begin at 0 all the same.

    Args:
        validator: of the version that has come so far: a newer one is sent from the beginning.
        name: of the file, for messages.

    Raises:
        ConnectionCut: nobody answers, or the server cannot just now.
        FetchError: the server refuses.
    """
    host = urlsplit(url).netloc
    headers = {"User-Agent": _AGENT, "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if validator:
            headers["If-Range"] = validator
    redirects = _Redirects()
    opener = urllib.request.build_opener(redirects)
    try:
        body = opener.open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S)
        return _response(body, start, redirects.stated_sha256, host)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and start:  # it has no such part: begin again
            return open_url(url, 0, "", name)
        if error.code >= 500 or error.code == 429:
            raise ConnectionCut(f"{host} answers {error.code} ({error.reason}).") from error
        hint = "there is no such file" if error.code == 404 else "it refuses"
        raise FetchError(
            f"{host} answers {error.code} ({error.reason}) for {name}: {hint}."
        ) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ConnectionCut(f"No connection to {host}: {_reason(error)}.") from error


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, never from https to http, and hears what Hugging Face says on the way."""

    stated_sha256 = ""

    def redirect_request(  # type: ignore[no-untyped-def]
        self, req, fp, code, msg, headers, newurl
    ) -> urllib.request.Request | None:
        self.stated_sha256 = self.stated_sha256 or _sha256_in(headers)
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise FetchError(
                f"{urlsplit(req.full_url).netloc} sends on to an address without https."
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _response(body: Any, start: int, stated_sha256: str, host: str) -> Response:
    length = body.headers.get("Content-Length", "")
    total = int(length) if length.isascii() and length.isdigit() else None
    begins = 0
    if body.status == 206:
        told = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", body.headers.get("Content-Range", ""))
        if told is None or int(told.group(1)) != start:
            body.close()
            raise FetchError(f"{host} sent another part of the file than was asked for.")
        begins = start
        total = int(told.group(2)) if told.group(2) != "*" else None
    tag = body.headers.get("ETag", "")
    strong = tag if tag.startswith('"') else ""
    return Response(
        begins,
        total,
        strong or body.headers.get("Last-Modified", ""),
        stated_sha256 or _sha256_in(body.headers),
        body,
        host,
    )


def _sha256_in(headers: Any) -> str:
    """The sha256 of the content, where a server gives it as the (linked) ETag, as the hub does."""
    for name in ("X-Linked-ETag", "ETag"):
        value = headers.get(name, "").strip().strip('"')
        if re.fullmatch(r"[0-9a-f]{64}", value):
            return str(value)
    return ""


def _reason(error: BaseException) -> str:
    """Why there is no connection, in a few words."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, (TimeoutError, socket.timeout)):
        return f"nothing came for {TIMEOUT_S:g} s"
    if isinstance(cause, ConnectionRefusedError):
        return "it was refused"
    if isinstance(cause, socket.gaierror):
        return "the name is not known here"
    if isinstance(cause, ssl.SSLError):
        return f"its certificate or encryption is not accepted ({cause})"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) or type(cause).__name__
