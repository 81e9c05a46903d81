"""Load torch and the bundled networks behind the first page, without holding it up.

Importing torch holds Python's lock for most of two seconds. So the warm-up waits until the first
page has been drawn, or a few seconds where nobody has come yet.
"""

from __future__ import annotations

import logging
import threading

log = logging.getLogger("convscope")

_WAIT_S = 4.0
_drawn = threading.Event()
_warm = threading.Event()
_begun = threading.Lock()
_thread: threading.Thread | None = None


def begin() -> None:
    """Start the warm-up, once a process."""
    global _thread
    with _begun:
        if _thread is None:
            _thread = threading.Thread(target=_run, name="warm-up", daemon=True)
            _thread.start()


def page_drawn() -> None:
    """Tell the warm-up that a page has been drawn: it may take the processor now."""
    _drawn.set()


def is_warm() -> bool:
    """Whether everything a first prediction needs is loaded."""
    return _warm.is_set()


def engine_metrics() -> dict[str, float]:
    """The job engine's numbers; none before it is loaded."""
    if not _warm.is_set():
        return {}
    from vizcore.ui import work

    return work.engine().metrics()


def _run() -> None:
    _drawn.wait(_WAIT_S)
    try:
        from vizcore.ui import work

        work.prepare()
    except Exception:
        log.exception("The warm-up failed; pages load what they need themselves")
    finally:
        _warm.set()
