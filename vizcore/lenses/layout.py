"""Where the channels are in what a module gives: (N, C, H, W) or, in parts of some networks,
(N, H, W, C).

ConvNeXt and Swin compute parts of their blocks with the channels last. Drawing such an output as
if they came first would give a picture that means nothing, so the axis is followed through the
pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

#: Functions after which nothing is known about the axes.
_RESHAPING = frozenset(
    (
        "view", "reshape", "transpose", "flatten", "unflatten", "swapaxes", "matmul", "bmm",
        "einsum", "scaled_dot_product_attention", "unsqueeze", "stack", "expand",
    )
)  # fmt: skip
#: Modules that compute on values of any meaning.
_HANDING_ON = (nn.Identity, nn.Dropout, nn.Softmax)


class Layouts:
    """Follows the channels' axis through one forward pass.

    Give it every module's first input and output as they come, and every function's result where
    functions are watched. Linear and LayerNorm work on the last axis, convolutions and the rest on
    the second, a Permute says so itself; a module that keeps the shape keeps the axis of its
    input, or of the last module that ran inside it. Of what was reshaped to four axes (the heads
    of attention) nothing is known.
    """

    def __init__(self) -> None:
        # Where the channels are last (True) or unknown (None). The tensors are kept, so that no
        # id is used twice; those with the channels second are the rule, and are let go.
        self._told: dict[int, tuple[Tensor, bool | None]] = {}
        self._latest: tuple[Tensor, bool | None] | None = None

    def channels_last(
        self, module: nn.Module, inputs: tuple[Any, ...], output: Tensor
    ) -> bool | None:
        """Whether the four-axis `output` of `module` has its channels last; None: not known."""
        return self._keep(output, self._decide(module, inputs, output))

    def of_function(
        self, op: str, given: Sequence[Tensor], args: Sequence[Any], result: Tensor
    ) -> bool | None:
        """The same for a function's result; `given` are the tensors among its arguments `args`."""
        if result.ndim != 4:
            return None
        if op == "permute":
            turn = args[1] if isinstance(args[1], (list, tuple)) else args[1:]
            return self._keep(result, {(0, 2, 3, 1): True, (0, 3, 1, 2): False}.get(tuple(turn)))
        if op in _RESHAPING or all(each.ndim != 4 for each in given):
            return self._keep(result, None)
        told = [self._told[id(each)][1] for each in given if id(each) in self._told]
        return self._keep(result, None if None in told else bool(told))

    def _keep(self, output: Tensor, last: bool | None) -> bool | None:
        self._latest = (output, last)
        if last is False:
            self._told.pop(id(output), None)
        else:
            self._told[id(output)] = (output, last)
        return last

    def _decide(self, module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> bool | None:
        if isinstance(module, nn.Linear):
            return True
        if isinstance(module, nn.LayerNorm):
            width = module.normalized_shape[-1]
            return type(module) is nn.LayerNorm or output.shape[1] != width
        if type(module).__name__ == "Permute":
            return list(getattr(module, "dims", ())) == [0, 2, 3, 1]
        if inputs and isinstance(inputs[0], Tensor) and inputs[0].shape == output.shape:
            told = self._told.get(id(inputs[0]), (None, False))[1]
            if told or (told is None and isinstance(module, _HANDING_ON)):
                return told
        has_children = next(module.children(), None) is not None
        if has_children and self._latest is not None and self._latest[0].shape == output.shape:
            return bool(self._latest[1])
        return False
