"""Out of memory: the batch is halved, then a person is told."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vizcore.errors import OutOfMemory
from vizcore.runtime.jobs import Task, finish, run_here
from vizcore.runtime.memory import in_batches, is_out_of_memory


@pytest.mark.parametrize("room", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("batch", [1, 5, 8, 64])
def test_slices_that_do_not_fit_are_halved_and_rerun(room, batch):
    items, tried = np.arange(23), []

    def step(part: np.ndarray) -> np.ndarray:
        tried.append(len(part))
        if len(part) > room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return part * 2

    results = finish(in_batches(step, items, batch=batch))
    np.testing.assert_array_equal(np.concatenate(results), items * 2)
    failed = [size for size in tried if size > room]
    assert failed == sorted(failed, reverse=True)
    assert len(failed) == len(set(failed))  # a size that failed is not tried again


def test_progress_counts_the_items():
    seen = [(p.done, p.total) for p in in_batches(list, list(range(5)), batch=2)]
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_not_even_one_item_fits():
    def step(part: list[int]) -> None:
        raise MemoryError

    with pytest.raises(OutOfMemory, match="not enough memory for this, even one picture"):
        finish(in_batches(step, [1, 2, 3], batch=2))


def test_other_errors_pass():
    def step(part: list[int]) -> None:
        raise ValueError("something else")

    with pytest.raises(ValueError, match="something else"):
        finish(in_batches(step, [1], batch=1))


def test_torchs_own_error_is_recognised():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**52, dtype=torch.float32)
    assert is_out_of_memory(caught.value)
    with pytest.raises(RuntimeError) as caught:
        torch.ones(2, 3) @ torch.ones(2, 3)
    assert not is_out_of_memory(caught.value)


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory")])
def test_without_an_engine_it_is_said_as_clearly(error: Exception):
    def work() -> None:
        raise error

    with pytest.raises(OutOfMemory, match="'cpu' has not enough memory"):
        run_here(Task(work, "too much"))
    with pytest.raises(RuntimeError, match="bad shape"):
        run_here(Task(lambda: fail(RuntimeError("bad shape")), "wrong"))


def fail(error: Exception) -> None:
    raise error
