"""The most memory that the tensors of one pass hold at one time."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from vizcore.timing.running import Prepared


def peak_bytes(ready: Prepared) -> int | None:
    """Bytes of weights, pictures and everything a pass holds at its widest; None where untold.

    On CUDA, the highest that torch's allocator had handed out during one pass. Elsewhere, the
    highest sum of the tensors that were alive after any operation of one pass: what an operation
    takes for itself while it runs is not seen, nor anything inside a compiled network.

    Example:
        >>> from torch import nn
        >>> from vizcore.records.bench import Setup
        >>> ready = Prepared(nn.ReLU(), (1, 8, 8), Setup(), "cpu")
        >>> peak_bytes(ready) == 8 * 8 * 4 * 2  # the picture and the output
        True
    """
    tensors = [*ready.network.parameters(), *ready.network.buffers(), ready.images]
    storages = {each.untyped_storage().data_ptr(): each.untyped_storage() for each in tensors}
    held = sum(storage.nbytes() for storage in storages.values())
    if ready.device.startswith("cuda"):
        torch.cuda.synchronize(ready.device)
        before = torch.cuda.memory_allocated(ready.device)
        torch.cuda.reset_peak_memory_stats(ready.device)
        with ready.context():
            ready()
        torch.cuda.synchronize(ready.device)
        return held + torch.cuda.max_memory_allocated(ready.device) - before
    if ready.setup.compiled:
        return None
    with ready.context(), _Alive(storages) as alive:
        ready()
    return held + alive.most_bytes


class _Alive(TorchDispatchMode):
    """Counts the bytes of the tensors that operations have made and that are still there."""

    def __init__(self, known: dict[int, Any]) -> None:
        super().__init__()
        self._known = set(known)
        self._alive: weakref.WeakSet[Any] = weakref.WeakSet()
        self.now_bytes = self.most_bytes = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for made in tree_leaves(result):
            if isinstance(made, Tensor):
                self._count(made.untyped_storage())
        self.most_bytes = max(self.most_bytes, self.now_bytes)
        return result

    def _count(self, storage: Any) -> None:
        if storage in self._alive or storage.data_ptr() in self._known:
            return
        self._alive.add(storage)
        self.now_bytes += storage.nbytes()
        weakref.finalize(storage, self._let_go, storage.nbytes())

    def _let_go(self, size: int) -> None:
        self.now_bytes -= size
