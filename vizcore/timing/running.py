"""A network made ready to be timed: its number format, its memory layout, compiled or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from vizcore.errors import NotApplicable
from vizcore.records.bench import Setup
from vizcore.runtime.clone import private_copy
from vizcore.timing.compiling import compiled, require_compiler

_AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


def require(setup: Setup, device: str) -> None:
    """Refuse what a device cannot do.

    Raises:
        NotApplicable: TF32 off a GPU that has it, bf16 on one that has not, or compiling where
            there is no compiler.

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
    if setup.dtype == "bf16" and kind == "cuda" and not _has_bf16(device):
        raise NotApplicable(f"'{device}' has no bf16. Choose fp16 or fp32.", received="bf16")
    if setup.dtype in _AUTOCAST and kind == "mps":
        raise NotApplicable("Autocast is measured on CPUs and CUDA only.", received=setup.dtype)
    if setup.compiled:
        require_compiler(device)


def _has_bf16(device: str) -> bool:
    """In the hardware; torch computes it on older GPUs too, by way of fp32."""
    with torch.cuda.device(device):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))


class Prepared:
    """A network on a device, ready to be timed in one setup.

    The given network stays as it is. Several setups with the same layout share their weights.
    Values of the pictures are drawn from a normal distribution with seed 0: how long a network
    takes does not depend on what it sees, but for values near zero, which a CPU is slow at.

    Args:
        like: another one of the same network on the same device, whose weights are used where
            they are laid out as this setup asks.

    Example:
        >>> ready = Prepared(nn.Conv2d(3, 4, 3), (3, 8, 8), Setup(batch=2), "cpu")
        >>> tuple(ready().shape)
        (2, 4, 6, 6)
    """

    def __init__(
        self,
        network: nn.Module,
        input_shape: tuple[int, int, int],
        setup: Setup,
        device: str,
        *,
        like: Prepared | None = None,
    ) -> None:
        require(setup, device)
        self.setup, self.device = setup, device
        shared = like is not None and like.setup.channels_last == setup.channels_last
        source = like.network if like is not None and shared else network
        copy: nn.Module = private_copy(source)
        for own, twin in zip(network.modules(), copy.modules(), strict=True):
            if getattr(own, "inplace", None) is True:  # as it is built: what nobody looks into
                twin.inplace = True  # type: ignore[assignment]
        drawn = torch.randn((setup.batch, *input_shape), generator=torch.Generator().manual_seed(0))
        self.images = drawn.to(device)
        if setup.channels_last:
            if not shared:
                self._lay_out(copy)
            self.images = self.images.to(memory_format=torch.channels_last)
        self.network: nn.Module = copy
        self._call: Callable[[Tensor], Any] = compiled(copy) if setup.compiled else copy

    @staticmethod
    def _lay_out(copy: nn.Module) -> None:
        """Channels last, in tensors of the copy's own: those it came with are shared."""
        for module in copy.modules():
            for name, parameter in module._parameters.items():
                if parameter is not None and parameter.dim() == 4:
                    laid = parameter.detach().contiguous(memory_format=torch.channels_last)
                    module._parameters[name] = nn.Parameter(laid, parameter.requires_grad)

    @contextmanager
    def context(self) -> Iterator[None]:
        """What holds while the network runs: its device, its number format."""
        with ExitStack() as stack:
            if self.device.startswith("cuda"):
                # A timer waits for the device that is current, and for no other.
                stack.enter_context(torch.cuda.device(self.device))
                stack.enter_context(Tf32(self.setup.dtype == "tf32"))
            if self.setup.dtype in _AUTOCAST:
                kind = self.device.split(":")[0]
                stack.enter_context(torch.autocast(kind, dtype=_AUTOCAST[self.setup.dtype]))
            yield

    @torch.inference_mode()
    def __call__(self) -> Any:
        """One pass."""
        return self._call(self.images)

    @torch.inference_mode()
    def first_picture(self) -> Any:
        """A pass of one of the pictures, not compiled: how long all of them may take."""
        return self.network(self.images[:1])


class Tf32(AbstractContextManager[None]):
    """TF32 in products of matrices and convolutions, or fp32 throughout; as it was, afterwards.

    Torch has an older and a newer way to say so, and refuses to read the older where the newer was
    used: the newer is read, both are written.

    Example:
        >>> with Tf32(True):
        ...     torch.backends.cuda.matmul.fp32_precision
        'tf32'
    """

    def __init__(self, allowed: bool) -> None:
        self._allowed = allowed

    def __enter__(self) -> None:
        cudnn: Any = torch.backends.cudnn
        self._products = torch.backends.cuda.matmul.fp32_precision
        self._layers = (cudnn.conv.fp32_precision, cudnn.rnn.fp32_precision)
        torch.backends.cuda.matmul.allow_tf32 = cudnn.allow_tf32 = self._allowed
        # The older way leaves it to a setting above, where it does not allow it.
        cudnn.conv.fp32_precision = cudnn.rnn.fp32_precision = "tf32" if self._allowed else "ieee"

    def __exit__(self, *_: object) -> None:
        matmul = torch.backends.cuda.matmul
        cudnn: Any = torch.backends.cudnn
        matmul.allow_tf32 = self._products == "tf32"
        matmul.fp32_precision = self._products
        cudnn.allow_tf32 = self._layers[0] == "tf32"
        cudnn.conv.fp32_precision, cudnn.rnn.fp32_precision = self._layers
