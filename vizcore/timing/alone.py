"""One measurement on a machine at a time, whoever asks: two at once would measure each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

from filelock import FileLock, Timeout

from vizcore.errors import QueueFull
from vizcore.runtime.jobs import Progress
from vizcore.runtime.store import cache_folder

#: Measurements of this process that may wait for their turn.
MAX_WAITING = 3
#: Seconds between two looks; others' work on the device takes its turns in between.
_LOOK_S = 0.02

_waiting: set[int] = set()


class Alone:
    """The right to measure on this machine, across processes that share a cache folder.

    Example:
        >>> import tempfile; from vizcore.runtime.jobs import finish
        >>> place = Path(tempfile.mkdtemp()) / "turn.lock"
        >>> first, second = Alone(place), Alone(place)
        >>> finish(first.wait()); next(second.wait()).note
        'waiting until another measurement on this machine is over'
        >>> first.close(); finish(second.wait()); second.close()
    """

    def __init__(self, place: Path | None = None) -> None:
        self._place = place or cache_folder() / "measuring.lock"
        # Whoever closes it may be another thread: a compiler that nobody waits for any more.
        self._lock = FileLock(self._place, thread_local=False)

    def wait(self) -> Generator[Progress, None, None]:
        """Take steps until nobody else measures.

        Raises:
            QueueFull: as many measurements wait as may.
        """
        try:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            if self._try():
                return
            if len(_waiting) >= MAX_WAITING:
                raise QueueFull(
                    f"{len(_waiting)} measurements wait for this machine already, which is as many "
                    "as may. Try again when one is over."
                )
            _waiting.add(id(self))
            while not self._try():
                yield Progress(0, None, "waiting until another measurement on this machine is over")
                time.sleep(_LOOK_S)
        except OSError:
            return  # nowhere to leave a mark that others see: measuring still works
        finally:
            _waiting.discard(id(self))

    def _try(self) -> bool:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def close(
        self, before: Callable[[], object] | None = None, unless: threading.Thread | None = None
    ) -> None:
        """Let the next one measure.

        Args:
            before: what is to be done first.
            unless: a thread that still works; all this is done when it has ended, by another.
        """
        if unless is not None and unless.is_alive():
            threading.Thread(
                target=self._when_over, args=(unless, before), name="convscope-tidy", daemon=True
            ).start()
            return
        try:
            if before is not None:
                before()
        finally:
            self._lock.release()

    def _when_over(self, thread: threading.Thread, before: Callable[[], object] | None) -> None:
        thread.join()
        self.close(before)
