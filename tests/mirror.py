"""A small file server of this machine that can be slow, cut, wrong or without ranges."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Mirror:
    """What is served, how, and what was asked.

    Attributes:
        files: content by name.
        ranges: whether parts can be asked for.
        etag: of every file; empty sends none.
        cuts: after how many bytes of the body each next answer is cut; None is whole.
        status: refuses everything with this status.
        redirect: status 302 to the same name below /far/, stating this sha256 on the way.
        hold: answers stop at byte `hold_after` of the file until it is set.
        pause_s: between pieces of `piece_bytes`.
        asked: (path, Range header, status) of every GET of a file (not of a hash beside it).
    """

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    etag: str = '"one"'
    cuts: list[int | None] = field(default_factory=list)
    status: int | None = None
    redirect: str = ""
    hold: threading.Event | None = None
    hold_after: int = 0
    pause_s: float = 0.0
    piece_bytes: int = 1 << 16
    asked: list[tuple[str, str | None, int]] = field(default_factory=list)
    address: str = ""

    def __enter__(self) -> Mirror:
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror._answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        if self.hold is not None:
            self.hold.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        name, wanted = request.path.rpartition("/")[2], request.headers.get("Range")
        status = 200
        start = 0
        if self.status is not None:
            status = self.status
        elif name not in self.files:
            status = 404
        elif self.redirect and not request.path.startswith("/far/"):
            status = 302
        elif wanted and self.ranges:
            fresh = request.headers.get("If-Range") in (None, self.etag)
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if fresh else 0
            status = 206 if start else 200
            if start >= len(self.files[name]):
                status = 416
        if not name.endswith(".sha256"):
            self.asked.append((request.path, wanted, status))
        request.send_response(status)
        if status == 302:
            request.send_header("Location", f"/far/{name}")
            request.send_header("X-Linked-ETag", f'"{self.redirect}"')
        if status not in (200, 206):
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        whole = self.files[name]
        request.send_header("Content-Length", str(len(whole) - start))
        if status == 206:
            request.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
        if self.etag:
            request.send_header("ETag", self.etag)
        request.end_headers()
        self._send(request, whole, start)

    def _send(self, request: BaseHTTPRequestHandler, whole: bytes, start: int) -> None:
        cut = self.cuts.pop(0) if self.cuts else None
        body = whole[start:] if cut is None else whole[start : start + cut]
        request.close_connection = True
        try:
            for at in range(0, len(body), self.piece_bytes):
                if self.hold is not None and start + at >= self.hold_after:
                    self.hold.wait(60)
                request.wfile.write(body[at : at + self.piece_bytes])
                request.wfile.flush()
                time.sleep(self.pause_s)
        except OSError:  # whoever asked has gone
            pass
