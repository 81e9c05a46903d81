"""`torch.compile`, so that compiling is timed apart from running and holds nobody up."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from vizcore.errors import JobError, NotApplicable

#: Seconds between two looks at a compiler.
_LOOK_S = 0.05


def require_compiler(device: str) -> None:
    """Refuse where `torch.compile` has no compiler to call.

    Raises:
        NotApplicable: no C++ compiler for a CPU; no Triton, or no C compiler for it, for CUDA.
    """
    kind = device.split(":")[0]
    if kind == "cuda":
        from torch.utils._triton import has_triton

        if not has_triton():
            raise NotApplicable(
                "torch.compile needs Triton and a GPU from Volta on, and one of them is missing "
                "here. Measure without it.",
                received="compiled",
            )
        named = [os.environ.get("CC", "")]
        if not any(shutil.which(name) for name in (*filter(None, named), "gcc", "clang", "cc")):
            raise NotApplicable(
                "Triton, which torch.compile uses, needs a C compiler (gcc or clang), and this "
                "machine has none in its path. Measure without it.",
                received="compiled",
            )
    elif cpp_compiler() is None:
        raise NotApplicable(
            "torch.compile needs a C++ compiler (g++, or the one that CXX names), and this machine "
            "has none in its path. Measure without it.",
            received="compiled",
        )


def cpp_compiler() -> str | None:
    """The C++ compiler that torch finds by its own rules, None where it finds none."""
    from torch._inductor.cpp_builder import get_cpp_compiler
    from torch._inductor.exc import InvalidCxxCompiler

    try:
        return str(get_cpp_compiler())
    except (InvalidCxxCompiler, RuntimeError):
        return None


def compiled(network: nn.Module) -> Callable[..., Any]:
    """The network through `torch.compile`, for the one shape that it is called with.

    By default a second batch size is compiled for any size, which is slower, and after eight
    networks of one class torch compiles none of them any more and says so in a warning only.
    """
    compile_: Callable[..., Any] = torch.compile  # its types do not know `isolate_recompiles` yet
    made: Callable[..., Any] = compile_(network, dynamic=False, isolate_recompiles=True)
    return made


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Compile with nothing kept from before, and keep nothing afterwards.

    The compilers' files lie in a folder of their own meanwhile, in the one that
    `TORCHINDUCTOR_CACHE_DIR` names or the system's for such files, which is removed at the end.
    """
    from torch._inductor.utils import fresh_cache

    named = os.environ.get("TORCHINDUCTOR_CACHE_DIR")
    if named:
        os.makedirs(named, exist_ok=True)
    try:
        with fresh_cache(dir=named):
            yield
    finally:
        torch.compiler.reset()


def try_compiler(device: str) -> Generator[str, None, float]:
    """Compile a sum of two numbers: what is done once in each folder is done, and it works.

    Raises:
        JobError: not even that can be compiled; says how.
    """
    numbers = torch.ones(8, device=device)
    add = compiled(_Sum())
    return (yield from Compiler(lambda: add(numbers)).wait("trying the compiler"))


class _Sum(nn.Module):
    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        return numbers.sin() + numbers


class Compiler:
    """A first call, which compiles, in a thread of its own: it takes minutes and cannot be stopped.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> finish(Compiler(lambda: time.sleep(0.1)).wait("waiting")) > 0.09
        True
    """

    #: The last one that was begun.
    thread: threading.Thread | None = None

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call
        self._error: BaseException | None = None
        self._took_s = 0.0
        self._threads = torch.get_num_threads()  # each thread has a number of its own

    def wait(self, note: str) -> Generator[str, None, float]:
        """Take steps until it has returned; gives the seconds it took.

        Raises:
            JobError: it raised something; says what.
        """
        thread = threading.Thread(target=self._run, name="convscope-compile", daemon=True)
        Compiler.thread = thread
        thread.start()
        while thread.is_alive():
            yield note
            thread.join(_LOOK_S)
        if self._error is not None:
            if isinstance(self._error, (torch.OutOfMemoryError, MemoryError)):
                raise self._error
            words = str(self._error).strip().splitlines() or [type(self._error).__name__]
            raise JobError(f"torch.compile failed: {words[0][:200]}") from self._error
        return self._took_s

    def _run(self) -> None:
        torch.set_num_threads(self._threads)
        begun = time.perf_counter()
        try:
            self._call()
        except BaseException as error:
            self._error = error
        self._took_s = time.perf_counter() - begun
