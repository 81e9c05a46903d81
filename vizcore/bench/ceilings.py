"""What a machine reaches at best: the two lines of a roofline, measured.

Williams, Waterman, Patterson, "Roofline: An Insightful Visual Performance Model for Multicore
Architectures" (Communications of the ACM 52, 2009).
"""

from __future__ import annotations

from collections.abc import Generator

import torch
from torch.utils.benchmark import Timer

from vizcore.bench.running import require
from vizcore.records_bench import Ceiling, NumberFormat, Setup
from vizcore.runtime.jobs import Progress

_TYPES = {
    "fp32": torch.float32,
    "tf32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}
#: Sides of the square matrices that are tried; the fastest counts.
_SIDES = {"cpu": (512, 1024, 2048), "cuda": (4096, 8192), "mps": (2048, 4096)}
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
    best, at = 0.0, sides[0]
    for done, side in enumerate(sides):
        yield Progress(done, len(sides) + 1, f"multiplying matrices of side {side}")
        for rate_of in (_product_rate, _convolution_rate):
            rate = rate_of(device, dtype, side, shortest_s)
            if rate > best:
                best, at = rate, side
    yield Progress(len(sides), len(sides) + 1, "copying memory")
    copied = _COPIED_BYTES[kind]
    source = torch.ones(copied // 4, device=device)
    target = torch.empty_like(source)
    took = Timer(
        "target.copy_(source)",
        globals={"target": target, "source": source},
        num_threads=torch.get_num_threads(),
    ).blocked_autorange(min_run_time=shortest_s)
    return Ceiling(dtype, best, at, 2 * copied / min(took.times), copied)


def _product_rate(device: str, dtype: NumberFormat, side: int, shortest_s: float) -> float:
    first = torch.randn((side, side), device=device).to(_TYPES.get(dtype, torch.float32))
    second = torch.randn((side, side), device=device).to(_TYPES.get(dtype, torch.float32))
    matmul = torch.backends.cuda.matmul
    before = matmul.allow_tf32
    matmul.allow_tf32 = dtype == "tf32"
    try:
        took = Timer(
            "first @ second",
            globals={"first": first, "second": second},
            num_threads=torch.get_num_threads(),
        ).blocked_autorange(min_run_time=shortest_s)
    finally:
        matmul.allow_tf32 = before
    return 2 * side**3 / min(took.times)


def _convolution_rate(device: str, dtype: NumberFormat, side: int, shortest_s: float) -> float:
    """The same product as a 1x1 convolution: n channels to n, over n places."""
    wide = max(1, int(side**0.5))
    kind = _TYPES.get(dtype, torch.float32)
    images = torch.randn((1, side, wide, wide), device=device).to(kind)
    weights = torch.randn((side, side, 1, 1), device=device).to(kind)
    cudnn = torch.backends.cudnn
    before = cudnn.allow_tf32
    cudnn.allow_tf32 = dtype == "tf32"
    try:
        took = Timer(
            "conv(images, weights)",
            globals={"conv": torch.nn.functional.conv2d, "images": images, "weights": weights},
            num_threads=torch.get_num_threads(),
        ).blocked_autorange(min_run_time=shortest_s)
    finally:
        cudnn.allow_tf32 = before
    return 2 * side * side * wide * wide / min(took.times)
