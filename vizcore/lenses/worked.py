"""One value of a convolution's map, worked out: the patch, the kernel, the products, the bias."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.places import Found, Seen, explain_absence, watched_places
from vizcore.lenses.prediction import one_picture
from vizcore.records.maps import WorkedValue
from vizcore.runtime.clone import private_copy


def worked_value(
    network: nn.Module, image_nchw: Images, layer: str, channel: int, row: int, column: int
) -> WorkedValue:
    """How the convolution `layer` computes one value for one preprocessed picture (1, C, H, W).

    The products are made again in double precision; their sum and the bias are the map's value
    but for rounding, or the layer is refused.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer is no convolution, or does something besides.
        BadChoice: a channel or place outside the map.
        BadInputSize: the network cannot take this shape.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 1, 2, bias=False), nn.Flatten())
        >>> _ = net[0].weight.data.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
        >>> made = worked_value(net, torch.ones(1, 1, 3, 3), "0", 0, 1, 0)
        >>> made.products_khw.tolist(), made.total, made.value
        ([[[1.0, 2.0], [3.0, 4.0]]], 10.0, 10.0)
    """
    found = place_of(network, image_nchw, layer)
    module = None if found.module is None else network.get_submodule(found.module)
    if not isinstance(module, nn.Conv2d):
        raise _no_convolution(network, layer, found.op)
    input_chw, maps_chw = found.given[0][0], found.maps_nchw[0]
    check_place(maps_chw, channel, row, column)
    left, right, top, bottom = module._reversed_padding_repeated_twice
    mode = "constant" if module.padding_mode == "zeros" else module.padding_mode
    padded = F.pad(input_chw[None].double(), (left, right, top, bottom), mode=mode)[0]
    inside = F.pad(torch.ones_like(input_chw[0], dtype=torch.bool), (left, right, top, bottom))
    rows, columns = (
        torch.arange(size, device=padded.device) * dilation + place * stride
        for size, dilation, place, stride in zip(
            module.kernel_size, module.dilation, (row, column), module.stride, strict=True
        )
    )
    seen = module.in_channels // module.groups
    first = channel // (module.out_channels // module.groups) * seen
    made = WorkedValue(
        layer=layer,
        channel=channel,
        row=row,
        column=column,
        patch_khw=padded[first : first + seen][:, rows][:, :, columns].cpu().numpy(),
        inside_hw=inside[rows][:, columns].cpu().numpy(),
        kernel_khw=module.weight[channel].detach().double().cpu().numpy(),
        bias=0.0 if module.bias is None else float(module.bias[channel].detach()),
        value=float(maps_chw[channel, row, column]),
        first_input=first,
        corner=(int(rows[0]) - top, int(columns[0]) - left),
        dilation=(module.dilation[0], module.dilation[1]),
        input_shape=(input_chw.shape[0], input_chw.shape[1], input_chw.shape[2]),
    )
    reach = float(np.abs(made.products_khw).sum()) + abs(made.bias)
    if not abs(made.total - made.value) <= 1e-4 * reach + 1e-12:
        raise NotApplicable(
            f"Layer '{layer}' ({type(module).__name__}) does more than multiply and add: its value "
            f"is {made.value:.6g}, the products and the bias make {made.total:.6g}.",
            received=layer,
        )
    return made


def place_of(network: nn.Module, image_nchw: Images, layer: str) -> Found:
    """What a place gives for a picture, and what it reads. The pass ends there."""
    copy = private_copy(network)
    images = as_input(copy, one_picture(image_nchw))
    kept: list[Found] = []

    def see(found: Found) -> None:
        if found.name == layer:
            kept.append(found)
            raise Seen

    try:
        with watched_places(copy, see, given=True), torch.no_grad():
            forward(copy, images)
    except Seen:
        return kept[0]
    raise explain_absence(network, images, layer)


def check_place(maps_chw: Tensor, channel: int, row: int, column: int) -> None:
    """Refuse a channel or place outside the maps.

    Raises:
        BadChoice: with what is allowed.
    """
    for name, value, count in zip(
        ("channel", "row", "column"), (channel, row, column), maps_chw.shape, strict=True
    ):
        if not 0 <= value < count:
            raise BadChoice.among(name, value, [f"0 to {count - 1}"])


def _no_convolution(network: nn.Module, layer: str, op: str) -> NotApplicable:
    modules = dict(network.named_modules())
    order = list(modules)
    scope = next((name for name in _scopes(layer) if name in order), order[0])
    at = order.index(scope)
    convolutions = [name for name in order if isinstance(modules[name], nn.Conv2d)]
    near = sorted(convolutions, key=lambda name: abs(order.index(name) - at))[:3]
    return NotApplicable(
        f"Layer '{layer}' is a {op}: only a convolution multiplies a patch by "
        f"a kernel. The nearest: {', '.join(sorted(near, key=order.index)) or 'there is none'}.",
        received=layer,
        suggestions=near,
    )


def _scopes(layer: str) -> list[str]:
    """A place's name, and the names of the modules it may lie in, the nearest first."""
    parts = layer.split(".")
    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]
