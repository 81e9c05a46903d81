"""Load what pages need behind their backs, without holding up the first one.

Two steps. What every page draws with (plotly, pandas, the registry) is loaded as soon as the
server starts, while the browser is on its way. Torch and the bundled networks hold Python's lock
for some seconds, so they wait until the first page has been drawn and the browser has fetched
what it needs, or for a few seconds where nobody comes.
"""

from __future__ import annotations

import gc
import logging
import threading
import time

log = logging.getLogger("convscope")

#: Seconds to wait for a first visitor, and to leave a browser after its page was sent.
_WAIT_S = 4.0
_PAUSE_S = 2.0

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
    """Tell the warm-up that a page has been sent to a browser."""
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
    try:
        _load_for_drawing()
        if _drawn.wait(_WAIT_S):
            time.sleep(_PAUSE_S)
        from vizcore.ui import work

        work.prepare()
        gc.collect()
        gc.freeze()  # what is loaded now stays: the collector need not look through it again
    except Exception:
        log.exception("The warm-up failed; pages load what they need themselves")
    finally:
        _warm.set()


def _load_for_drawing() -> None:
    """Import what the first page draws with, and draw it once; none of it needs torch."""
    import pandas  # noqa: F401

    from vizcore.figures.timeline import draw_timeline
    from vizcore.ui import room  # noqa: F401
    from vizcore.ui.atlas_entries import timeline_entries

    draw_timeline(timeline_entries(), quantity="params").to_json()
