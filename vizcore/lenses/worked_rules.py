"""One value of a layer without kernels, worked out: pooling, normalisation, activation, sum."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.errors import NotApplicable
from vizcore.lenses.capture import Images
from vizcore.lenses.places import Found
from vizcore.lenses.worked import check_place, place_of, worked_value
from vizcore.records import Pair
from vizcore.records.maps import WorkedRule, WorkedValue

#: Activations that make one value of one value.
_POINTWISE = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish,
    nn.Sigmoid, nn.Tanh, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish, nn.Softplus, nn.Softsign,
)  # fmt: skip
#: The same as functions.
_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "relu6": nn.functional.relu6,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "silu": nn.functional.silu,
    "gelu": nn.functional.gelu,
    "hardswish": nn.functional.hardswish,
    "hardsigmoid": nn.functional.hardsigmoid,
}


def worked(
    network: nn.Module, image_nchw: Images, layer: str, channel: int, row: int, column: int
) -> WorkedValue | WorkedRule:
    """`worked_value` of a convolution, `worked_rule` of another layer; raises as they do."""
    found = place_of(network, image_nchw, layer)
    module = None if found.module is None else network.get_submodule(found.module)
    work = worked_value if isinstance(module, nn.Conv2d) else worked_rule
    return work(network, image_nchw, layer, channel, row, column)


def worked_rule(
    network: nn.Module, image_nchw: Images, layer: str, channel: int, row: int, column: int
) -> WorkedRule:
    """How a layer without kernels makes one value for one preprocessed picture (1, C, H, W).

    Poolings, batch normalisation in evaluation mode, activations, sums, products and concatenations
    are made again in double precision and are the map's value but for rounding, or the layer is
    refused.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer is none of these.
        BadChoice: a channel or place outside the map.
        BadInputSize: the network cannot take this shape.

    Example:
        >>> net = nn.Sequential(nn.MaxPool2d(2), nn.Flatten())
        >>> made = worked_rule(net, torch.arange(4.0).reshape(1, 1, 2, 2), "0", 0, 0, 0)
        >>> made.rule, made.patch_hw.tolist(), made.total
        ('largest', [[0.0, 1.0], [2.0, 3.0]], 3.0)
    """
    found = place_of(network, image_nchw, layer)
    maps_chw = found.maps_nchw[0]
    check_place(maps_chw, channel, row, column)
    made = _made(network, found, channel, row, column, float(maps_chw[channel, row, column]))
    if made is None:
        raise NotApplicable(
            f"Layer '{layer}' is a {found.op}: how it makes a value is shown for convolutions, "
            "poolings, batch normalisation, activations, sums, products and concatenations.",
            received=layer,
        )
    reach = float(np.abs(made.patch_hw[made.inside_hw]).sum()) + abs(made.value)
    reach += sum(abs(value) for _, value in made.terms)
    if not abs(made.total - made.value) <= 1e-4 * reach + 1e-12:
        raise NotApplicable(
            f"Layer '{layer}' ({found.op}) does more than its name says: its value is "
            f"{made.value:.6g}, worked out it is {made.total:.6g}.",
            received=layer,
        )
    return made


def _made(
    network: nn.Module, found: Found, channel: int, row: int, column: int, value: float
) -> WorkedRule | None:
    module = None if found.module is None else network.get_submodule(found.module)
    size = found.maps_nchw.shape
    given = [each for each in found.given if each.ndim == 4]
    if found.last or not given:
        return None
    place = channel, row, column

    def made(
        rule: str,
        patch: npt.NDArray[np.float64],
        total: float,
        *,
        inside: npt.NDArray[np.bool_] | None = None,
        corner: Pair = (row, column),
        terms: tuple[tuple[str, float], ...] = (),
    ) -> WorkedRule:
        within = np.ones(patch.shape, bool) if inside is None else inside
        about = (found.name, found.op, *place, rule)
        return WorkedRule(*about, patch, within, corner, terms, total, value)

    if found.op == "cat":
        first = 0
        for number, each in enumerate(given):
            if channel < first + each.shape[1] and each.shape[2:] == size[2:]:
                held = _at(each, (channel - first, row, column))
                joined = (("input", float(number)), ("channel", float(channel - first)))
                return made("joined", np.array([[held]]), held, terms=joined)
            first += each.shape[1]
        return None
    if found.op in ("add", "mul") and found.module is None:
        if len(given) != 2:
            return None
        both = [_at(each.expand(size), place) for each in given]
        total = sum(both) if found.op == "add" else both[0] * both[1]
        return made("sum" if found.op == "add" else "product", np.array([both]), total)
    if given[0].shape[1] != size[1]:
        return None
    maps = given[0][0, channel].double().cpu().numpy()
    one = maps[row : row + 1, column : column + 1]
    if isinstance(module, (nn.MaxPool2d, nn.AvgPool2d)):
        patch, inside, corner, padded = _window(module, maps.shape, row, column, maps)
        seen = patch[inside]
        if isinstance(module, nn.MaxPool2d):
            return made("largest", patch, float(seen.max()), inside=inside, corner=corner)
        count = module.divisor_override or (padded if module.count_include_pad else seen.size)
        terms = (("values", float(count)),)
        total = float(seen.sum()) / count
        return made("mean", patch, total, inside=inside, corner=corner, terms=terms)
    if isinstance(module, (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)):
        rows, columns = (
            slice(at * given // out, -(-(at + 1) * given // out))
            for at, given, out in zip((row, column), maps.shape, size[2:], strict=True)
        )
        patch, corner = maps[rows, columns], (rows.start, columns.start)
        if isinstance(module, nn.AdaptiveMaxPool2d):
            return made("largest", patch, float(patch.max()), corner=corner)
        terms = (("values", float(patch.size)),)
        return made("mean", patch, float(patch.mean()), corner=corner, terms=terms)
    if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None:
        assert module.running_var is not None
        scale = 1.0 if module.weight is None else float(module.weight[channel].detach())
        shift = 0.0 if module.bias is None else float(module.bias[channel].detach())
        mean, variance = float(module.running_mean[channel]), float(module.running_var[channel])
        total = (float(one[0, 0]) - mean) / sqrt(variance + module.eps) * scale + shift
        numbers = {"mean": mean, "variance": variance, "epsilon": module.eps}
        numbers |= {"scale": scale, "shift": shift}
        return made("normalised", one, total, terms=tuple(numbers.items()))
    act: Callable[[Tensor], Tensor] | None = module if isinstance(module, _POINTWISE) else None
    if module is None:
        act = _FUNCTIONS.get(found.op)
    if act is not None:
        return made("activation", one, float(act(torch.from_numpy(one.copy()))))
    return None


def _at(maps_nchw: Tensor, place: tuple[int, int, int]) -> float:
    channel, row, column = place
    return float(maps_nchw[0, channel, row, column].double())


def _window(
    module: nn.MaxPool2d | nn.AvgPool2d, size: Pair, row: int, column: int, maps: np.ndarray
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], Pair, int]:
    """What a window of a pooling lies on, what of it is inside, its corner, and how many values
    with the padding it holds (which ends with the padding, where the window sticks out)."""
    places, within, padded = [], [], 1
    for at, axis, length in ((row, 0, size[0]), (column, 1, size[1])):
        kernel, stride, padding, dilation = (
            each[axis] if isinstance(each, tuple) else each
            for each in (
                module.kernel_size,
                module.stride,
                module.padding,
                getattr(module, "dilation", 1),
            )
        )
        lies = at * stride - padding + dilation * np.arange(kernel)
        places.append(lies)
        within.append((lies >= 0) & (lies < length))
        padded *= int((lies < length + padding).sum())
    inside = within[0][:, None] & within[1][None]
    clipped = [np.clip(each, 0, count - 1) for each, count in zip(places, size, strict=True)]
    patch = np.where(inside, maps[clipped[0]][:, clipped[1]], 0.0)
    return patch, inside, (int(places[0][0]), int(places[1][0])), padded
