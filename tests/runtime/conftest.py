"""What tests of the engine share: engines that are closed afterwards, and a clock by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from vizcore.runtime.engine import LocalEngine
from vizcore.runtime.runs import Limits


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def make() -> Iterator[Callable[..., LocalEngine]]:
    engines: list[LocalEngine] = []

    def build(clock: Callable[[], float] | None = None, **limits: Any) -> LocalEngine:
        options = {} if clock is None else {"clock": clock}
        engines.append(LocalEngine("cpu", limits=Limits(**limits), **options))
        return engines[-1]

    yield build
    for engine in engines:
        engine.close()
