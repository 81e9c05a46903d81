"""A network made ready to be timed: its number format, its memory layout, compiled or not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from vizcore.errors import NotApplicable
from vizcore.records_bench import Setup
from vizcore.runtime.clone import private_copy

_AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


def require(setup: Setup, device: str) -> None:
    """Refuse what a device cannot do.

    Raises:
        NotApplicable: TF32 off a GPU that has it, bf16 on one that has not, or compiling where
            no compiler is.

    Example:
        >>> require(Setup(dtype="bf16"), "cpu")
    """
    kind = device.split(":")[0]
    if setup.dtype == "tf32" and not (
        kind == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
    ):
        raise NotApplicable(
            f"TF32 is a number format of NVIDIA GPUs from Ampere on; the device is '{device}'. "
            "Choose fp32 or bf16.",
            received="tf32",
        )
    if setup.dtype == "bf16" and kind == "cuda" and not torch.cuda.is_bf16_supported():
        raise NotApplicable(f"'{device}' has no bf16. Choose fp16 or fp32.", received="bf16")
    if setup.dtype in _AUTOCAST and kind == "mps":
        raise NotApplicable("Autocast is measured on CPUs and CUDA only.", received=setup.dtype)
    if setup.compiled and kind == "cpu" and not shutil.which("g++") and not shutil.which("clang++"):
        raise NotApplicable(
            "torch.compile needs a C++ compiler (g++ or clang++), and this machine has none in "
            "its path. Measure without it.",
            received="compiled",
        )


class Prepared:
    """A network on a device, ready to be timed in one setup.

    The copy shares nothing with the given network once its layout changes; the given one stays as
    it is. Values of the pictures are drawn from a normal distribution with seed 0: how long a
    network takes does not depend on what it sees, but for values near zero, which a CPU is slow at.

    Example:
        >>> ready = Prepared(nn.Conv2d(3, 4, 3), (3, 8, 8), Setup(batch=2), "cpu")
        >>> tuple(ready().shape)
        (2, 4, 6, 6)
    """

    def __init__(
        self, network: nn.Module, input_shape: tuple[int, int, int], setup: Setup, device: str
    ) -> None:
        require(setup, device)
        self.setup, self.device = setup, device
        copy = private_copy(network)
        for own, twin in zip(network.modules(), copy.modules(), strict=True):
            if getattr(own, "inplace", None) is True:  # as it is built: what nobody looks into
                twin.inplace = True  # type: ignore[assignment]
        drawn = torch.randn((setup.batch, *input_shape), generator=torch.Generator().manual_seed(0))
        self.images = drawn.to(device)
        if setup.channels_last:
            self._lay_out(copy)
            self.images = self.images.to(memory_format=torch.channels_last)
        self.network = copy
        self._call: Callable[[Tensor], Any] = torch.compile(copy) if setup.compiled else copy

    @staticmethod
    def _lay_out(copy: nn.Module) -> None:
        """Channels last, in tensors of the copy's own: those it came with are shared."""
        for module in copy.modules():
            for name, parameter in module._parameters.items():
                if parameter is not None and parameter.dim() == 4:
                    laid = parameter.detach().contiguous(memory_format=torch.channels_last)
                    module._parameters[name] = nn.Parameter(laid, requires_grad=False)

    def context(self) -> AbstractContextManager[Any]:
        """What holds while the network runs: its number format."""
        if self.setup.dtype in _AUTOCAST:
            return torch.autocast(self.device.split(":")[0], dtype=_AUTOCAST[self.setup.dtype])
        if self.device.startswith("cuda"):
            return _Tf32(self.setup.dtype == "tf32")
        return nullcontext()

    @torch.inference_mode()
    def __call__(self) -> Any:
        """One pass."""
        return self._call(self.images)


class _Tf32(AbstractContextManager[None]):
    """TF32 in products of matrices and convolutions, or fp32 throughout; as it was, afterwards."""

    def __init__(self, allowed: bool) -> None:
        self._allowed = allowed

    def __enter__(self) -> None:
        backends = torch.backends
        self._before = (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32)
        backends.cuda.matmul.allow_tf32 = backends.cudnn.allow_tf32 = self._allowed

    def __exit__(self, *_: object) -> None:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = self._before
