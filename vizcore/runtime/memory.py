"""The rule when a device runs out of memory: halve the batch, then say so clearly."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol, TypeVar

from vizcore.errors import OutOfMemory
from vizcore.runtime.device import memory, release_unused
from vizcore.runtime.jobs import Progress

Result = TypeVar("Result")


class Sliceable(Protocol):
    """A list, an array, a tensor."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Any: ...


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a device (or the host) had no memory left.

    Example:
        >>> is_out_of_memory(MemoryError()), is_out_of_memory(RuntimeError("bad shape"))
        (True, False)
    """
    import torch

    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "not enough memory" in text or "can't allocate memory" in text or "out of memory" in text
    )


def in_batches(
    step: Callable[[Any], Result],
    items: Sliceable,
    *,
    batch: int,
    device: str = "cpu",
    note: str = "",
) -> Generator[Progress, None, list[Result]]:
    """Run `step` on slices of `items`; a slice the device has no memory for is halved and rerun.

    Args:
        step: computes one slice.
        items: anything that slices: an array, a tensor, a list.
        batch: items in a slice to begin with.

    Returns:
        (of the generator) the results of the slices, in order.

    Raises:
        OutOfMemory: not even one item fits.
    """
    results: list[Result] = []
    done = 0
    while done < len(items):
        part = items[done : done + batch]
        size = len(part)
        try:
            results.append(step(part))
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            failed = True
        else:
            failed = False
        # Outside `except`: the error's traceback holds the tensors of the failed step.
        if failed:
            release_unused(device)
            if size == 1:
                raise OutOfMemory(no_room(device))
            batch = size // 2
            continue
        done += size
        yield Progress(done, len(items), note)
    return results


def no_room(device: str) -> str:
    """The sentence for a person whose work does not fit."""
    free_bytes = memory(device).free_bytes
    left = "" if free_bytes is None else f" ({free_bytes / 2**20:,.0f} MB are free)"
    return (
        f"The device '{device}' has not enough memory for this, even one picture at a time{left}. "
        "Choose a smaller network or picture, or another device."
    )
