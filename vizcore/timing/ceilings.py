"""What a machine reaches at best: the two lines of a roofline, measured.

Williams, Waterman, Patterson, "Roofline: An Insightful Visual Performance Model for Multicore
Architectures" (Communications of the ACM 52, 2009).
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack

import torch
from torch.utils.benchmark import Timer

from vizcore.records.bench import Ceiling, NumberFormat, Setup
from vizcore.runtime.jobs import Progress
from vizcore.timing.running import Tf32, require

_TYPES = {
    "fp32": torch.float32,
    "tf32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}
#: Sides of the square matrices that are tried; the fastest counts.
_SIDES = {"cpu": (512, 1024, 2048), "cuda": (4096, 8192), "mps": (2048, 4096)}
#: Larger sides are not tried where a product takes longer, in seconds.
_LONGEST_PRODUCT_S = 2.0
#: Far beyond the caches.
_COPIED_BYTES = {"cpu": 2**28, "cuda": 2**30, "mps": 2**29}


def ceiling(
    device: str, dtype: NumberFormat = "fp32", *, shortest_s: float = 0.3
) -> Generator[Progress, None, Ceiling]:
    """Measure the arithmetic and the memory of a device, one step a measurement.

    Arithmetic: the product of square matrices of the number format, 2 n^3 operations, at the best
    of some sides, or the same as a 1x1 convolution, for which a library may have quicker code.
    Memory: a tensor copied to another, read and written.

    Raises:
        NotApplicable: the device has no such number format.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> found = finish(ceiling("cpu", shortest_s=0.01))
        >>> found.flops_per_s > 1e8 and found.bytes_per_s > 1e8
        True
    """
    require(Setup(dtype=dtype), device)
    kind = device.split(":")[0]
    sides = _SIDES[kind]
    best, at, slowest_s = 0.0, sides[0], 0.0
    for done, side in enumerate(sides):
        for rate_of, what in ((_product_rate, "multiplying"), (_convolution_rate, "convolving")):
            yield Progress(done, len(sides) + 1, f"{what} {dtype} matrices of side {side}")
            rate = rate_of(device, dtype, side, shortest_s)
            slowest_s = max(slowest_s, 2 * side**3 / rate)
            if rate > best:
                best, at = rate, side
        if slowest_s > _LONGEST_PRODUCT_S / 8:  # twice the side is eight times the work
            break
    yield Progress(len(sides), len(sides) + 1, "copying memory")
    copied = _COPIED_BYTES[kind]
    source = torch.ones(copied // 4, device=device)
    target = torch.empty_like(source)
    copy_s = _quickest_s(lambda: target.copy_(source), device, dtype, shortest_s)
    return Ceiling(dtype, best, at, 2 * copied / copy_s, copied)


def _product_rate(device: str, dtype: NumberFormat, side: int, shortest_s: float) -> float:
    first, second = (_drawn((side, side), device, dtype) for _ in range(2))
    took_s = _quickest_s(lambda: first @ second, device, dtype, shortest_s)
    return 2 * side**3 / took_s


def _convolution_rate(device: str, dtype: NumberFormat, side: int, shortest_s: float) -> float:
    """The same product as a 1x1 convolution: n channels to n, over n places."""
    wide = max(1, int(side**0.5))
    images = _drawn((1, side, wide, wide), device, dtype)
    weights = _drawn((side, side, 1, 1), device, dtype)
    convolve = torch.nn.functional.conv2d
    took_s = _quickest_s(lambda: convolve(images, weights), device, dtype, shortest_s)
    return 2 * side * side * wide * wide / took_s


def _drawn(shape: tuple[int, ...], device: str, dtype: NumberFormat) -> torch.Tensor:
    return torch.randn(shape, device=device).to(_TYPES[dtype])


def _quickest_s(
    call: Callable[[], object], device: str, dtype: NumberFormat, shortest_s: float
) -> float:
    """Seconds of the quickest block of calls: a ceiling is what is reached at best."""
    with ExitStack() as stack:
        if device.startswith("cuda"):  # a timer waits for the current device only
            stack.enter_context(torch.cuda.device(device))
        stack.enter_context(Tf32(dtype == "tf32"))
        stack.enter_context(torch.inference_mode())
        timer = Timer("call()", globals={"call": call}, num_threads=torch.get_num_threads())
        return min(timer.blocked_autorange(min_run_time=shortest_s).times)
