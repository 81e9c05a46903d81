"""Where the channels are in what a module gives: (N, C, H, W) or, in parts of some networks,
(N, H, W, C).

ConvNeXt and Swin compute parts of their blocks with the channels last. Drawing such an output as
if they came first would give a picture that means nothing, so the axis is followed through the
pass.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class Layouts:
    """Follows the channels' axis through one forward pass.

    Give it every module's first input and output as they come. Linear and LayerNorm work on the
    last axis, convolutions and the rest on the second, a Permute says so itself; a module that
    keeps the shape keeps the axis of its input, or of the last module that ran inside it.
    """

    def __init__(self) -> None:
        # The tensors are kept with their answers, so that no id is used twice.
        self._known: dict[int, tuple[Tensor, bool]] = {}
        self._latest: tuple[Tensor, bool] | None = None

    def channels_last(self, module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> bool:
        """Whether the four-axis `output` of `module` has its channels last."""
        last = self._decide(module, inputs, output)
        self._latest = self._known[id(output)] = (output, last)
        return last

    def _decide(self, module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> bool:
        if isinstance(module, nn.Linear):
            return True
        if isinstance(module, nn.LayerNorm):
            width = module.normalized_shape[-1]
            return type(module) is nn.LayerNorm or output.shape[1] != width
        if type(module).__name__ == "Permute":
            return list(getattr(module, "dims", ())) == [0, 2, 3, 1]
        if inputs and isinstance(inputs[0], Tensor) and inputs[0].shape == output.shape:
            known = self._known.get(id(inputs[0]))
            if known is not None:
                return known[1]
        has_children = next(module.children(), None) is not None
        if has_children and self._latest is not None and self._latest[0].shape == output.shape:
            return self._latest[1]
        return False
