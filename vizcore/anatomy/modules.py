"""Closed forms of torch's own layers: a `forward` that computes shapes and counts, nothing else.

`closed_form(ledger, name, module)` returns such a function for the layers it knows, by exact type:
a subclass may do something else, so it runs its own code and its functions are counted instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from vizcore.anatomy.attention import attend
from vizcore.anatomy.closed_forms import linear, same_shape
from vizcore.anatomy.ledger import DoesNotFit, Ledger, source_of
from vizcore.anatomy.windows import (
    Window,
    convolve,
    convolve_transposed,
    pool,
    pool_to_size,
    spread,
)

Forward = Callable[..., Any]
Maker = Callable[[Ledger, str, Any], Forward | None]


def _convolution(ledger: Ledger, name: str, module: Any) -> Forward:
    op = type(module).__name__
    weight, bias = module.weight, module.bias
    out_channels, per_group, *kernel = weight.shape
    channels, params, groups = (out_channels, per_group), (weight, bias), module.groups
    window = Window(tuple(kernel), module.stride, module.padding, module.dilation)

    def forward(input: Tensor) -> Tensor:
        return convolve(ledger, name, op, source_of(input), window, channels, groups, params)

    return forward


def _transposed(ledger: Ledger, name: str, module: Any) -> Forward:
    weight_shape = tuple(module.weight.shape)

    def forward(input: Tensor, output_size: Any = None) -> Tensor:
        origin = source_of(input)
        extra = module.output_padding
        if output_size is not None:
            rank = len(module.kernel_size)
            extra = module._output_padding(
                input,
                output_size,
                module.stride,
                module.padding,
                module.kernel_size,
                rank,
                module.dilation,
            )
        return convolve_transposed(
            ledger,
            name,
            type(module).__name__,
            origin,
            weight_shape,
            module.stride,
            module.padding,
            tuple(extra),
            module.dilation,
            module.groups,
            (module.weight, module.bias),
        )

    return forward


def _linear(ledger: Ledger, name: str, module: nn.Linear) -> Forward:
    op = type(module).__name__
    weight_shape = tuple(module.weight.shape)
    params = (module.weight, module.bias)

    def forward(input: Tensor) -> Tensor:
        return linear(ledger, name, op, source_of(input), weight_shape, params)

    return forward


def _activation(ledger: Ledger, name: str, module: Any) -> Forward:
    op = type(module).__name__
    in_place = bool(getattr(module, "inplace", False))

    def forward(input: Tensor) -> Tensor:
        return same_shape(ledger, name, "activation", op, input, in_place=in_place)

    return forward


def _softmax(ledger: Ledger, name: str, module: Any) -> Forward:
    def forward(input: Tensor) -> Tensor:
        dim = 1 if module.dim is None else module.dim
        return same_shape(ledger, name, "activation", type(module).__name__, input, over=(dim,))

    return forward


def _prelu(ledger: Ledger, name: str, module: nn.PReLU) -> Forward:
    def forward(input: Tensor) -> Tensor:
        return same_shape(ledger, name, "activation", "PReLU", input, params=(module.weight,))

    return forward


def _batch_norm(ledger: Ledger, name: str, module: Any) -> Forward | None:
    if module.running_mean is None:
        return None
    op = type(module).__name__
    params = (module.weight, module.bias)
    channels = module.num_features

    def forward(input: Tensor) -> Tensor:
        shape = source_of(input).shape
        if len(shape) < 2 or shape[1] != channels:
            raise DoesNotFit(name, shape, f"it needs {channels} channels")
        return same_shape(ledger, name, "norm", op, input, params=params)

    return forward


def _layer_norm(ledger: Ledger, name: str, module: Any) -> Forward:
    op = type(module).__name__
    wanted = tuple(module.normalized_shape)
    over = tuple(range(-len(wanted), 0))
    params = (module.weight, getattr(module, "bias", None))

    def forward(input: Tensor) -> Tensor:
        shape = source_of(input).shape
        if shape[-len(wanted) :] != wanted:
            raise DoesNotFit(name, shape, f"it normalises over {wanted}")
        return same_shape(ledger, name, "norm", op, input, params=params, over=over)

    return forward


def _group_norm(ledger: Ledger, name: str, module: Any) -> Forward:
    params = (module.weight, module.bias)

    def forward(input: Tensor) -> Tensor:
        rank = len(source_of(input).shape)
        over = tuple(range(2, rank))
        op = type(module).__name__
        return same_shape(ledger, name, "norm", op, input, params=params, over=over)

    return forward


def _instance_norm(ledger: Ledger, name: str, module: Any) -> Forward | None:
    return None if module.track_running_stats else _group_norm(ledger, name, module)


def _response_norm(ledger: Ledger, name: str, module: Any) -> Forward:
    def forward(input: Tensor) -> Tensor:
        return same_shape(ledger, name, "norm", type(module).__name__, input)

    return forward


def _pooling(rank: int) -> Maker:
    def make(ledger: Ledger, name: str, module: Any) -> Forward | None:
        if getattr(module, "return_indices", False):
            return None
        op = type(module).__name__
        window = Window(
            spread(module.kernel_size, rank),
            spread(module.stride, rank),
            spread(module.padding, rank),
            spread(getattr(module, "dilation", 1), rank),
            ceil=module.ceil_mode,
        )

        def forward(input: Tensor) -> Tensor:
            return pool(ledger, name, op, source_of(input), window)

        return forward

    return make


def _adaptive(rank: int) -> Maker:
    def make(ledger: Ledger, name: str, module: Any) -> Forward | None:
        if getattr(module, "return_indices", False):
            return None
        op = type(module).__name__
        size = module.output_size
        sides = (size,) * rank if size is None or isinstance(size, int) else tuple(size)

        def forward(input: Tensor) -> Tensor:
            return pool_to_size(ledger, name, op, source_of(input), sides)

        return forward

    return make


def nothing(ledger: Ledger, name: str, module: Any) -> Forward:
    """A layer that hands on its input: Identity, and Dropout in eval mode."""
    op = type(module).__name__

    def forward(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        origin = source_of(input)
        _, made = ledger.enter(
            name, "other", op, (origin,), origin.shape, origin.axes, origin.field
        )
        input._origin = made  # type: ignore[attr-defined]
        return input

    return forward


_ACTIVATIONS: tuple[type[nn.Module], ...] = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.ELU,
    nn.SELU,
    nn.CELU,
    nn.GELU,
    nn.SiLU,
    nn.Mish,
    nn.Sigmoid,
    nn.LogSigmoid,
    nn.Tanh,
    nn.Hardtanh,
    nn.Hardsigmoid,
    nn.Hardswish,
    nn.Softplus,
    nn.Softsign,
    nn.Threshold,
)
_MAKERS: dict[type[nn.Module], Maker] = {
    **dict.fromkeys(_ACTIVATIONS, _activation),
    **dict.fromkeys((nn.Conv1d, nn.Conv2d, nn.Conv3d), _convolution),
    **dict.fromkeys((nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d), _transposed),
    nn.Linear: _linear,
    nn.modules.linear.NonDynamicallyQuantizableLinear: _linear,
    **dict.fromkeys((nn.Softmax, nn.LogSoftmax), _softmax),
    nn.PReLU: _prelu,
    **dict.fromkeys((nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d), _batch_norm),
    **dict.fromkeys((nn.LayerNorm, nn.RMSNorm), _layer_norm),
    nn.GroupNorm: _group_norm,
    **dict.fromkeys((nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d), _instance_norm),
    nn.LocalResponseNorm: _response_norm,
    **dict.fromkeys((nn.MaxPool1d, nn.AvgPool1d), _pooling(1)),
    **dict.fromkeys((nn.MaxPool2d, nn.AvgPool2d), _pooling(2)),
    **dict.fromkeys((nn.MaxPool3d, nn.AvgPool3d), _pooling(3)),
    **dict.fromkeys((nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool1d), _adaptive(1)),
    **dict.fromkeys((nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d), _adaptive(2)),
    **dict.fromkeys((nn.AdaptiveAvgPool3d, nn.AdaptiveMaxPool3d), _adaptive(3)),
    **dict.fromkeys(
        (nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout),
        nothing,
    ),
    nn.MultiheadAttention: attend,
}


def closed_form(ledger: Ledger, name: str, module: nn.Module) -> Forward | None:
    """Return the closed form of a layer's `forward`, or None where there is none."""
    make = _MAKERS.get(type(module))
    return make(ledger, name, module) if make else None
