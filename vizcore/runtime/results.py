"""Results that were computed once and are kept, up to a number of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

#: What a kept result is taken to weigh besides its arrays.
_RECORD_BYTES = 1024


class ResultCache:
    """The most recently used results, never more than `limit_bytes` of them. Thread-safe.

    Arrays inside a kept record become read-only: everybody gets the same ones.

    Example:
        >>> kept = ResultCache(limit_bytes=10_000)
        >>> kept.put("a", np.zeros(1000, np.uint8))
        >>> kept.get("a").shape, kept.get("b") is None
        ((1000,), True)
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.held_bytes = 0
        self.hits = 0
        self.misses = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> Any | None:
        """The result of `key`, which becomes the most recently used, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                self.misses += 1
                return None
            self.hits += 1
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, result: Any) -> None:
        """Keep a result, dropping the least recently used; one that is too large is not kept."""
        size = _RECORD_BYTES
        for part in _heavy(result):
            size += len(part) if isinstance(part, bytes) else part.nbytes
            if isinstance(part, np.ndarray):
                part.flags.writeable = False
        if size > self.limit_bytes:
            return
        with self._lock:
            if key in self._kept:
                self.held_bytes -= self._kept.pop(key)[1]
            self._kept[key] = (result, size)
            self.held_bytes += size
            while self.held_bytes > self.limit_bytes:
                self.held_bytes -= self._kept.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self.held_bytes = 0


def _heavy(value: Any) -> Iterator[np.ndarray | bytes]:
    """Every array and file inside a record, however deep."""
    if isinstance(value, (np.ndarray, bytes)):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _heavy(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _heavy(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _heavy(item)
