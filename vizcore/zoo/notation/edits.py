"""What a lecturer changes in a network: leave layers out, swap kernels, replace the head."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vizcore.errors import BadChoice, NotApplicable
from vizcore.zoo.notation.printer import write_layer
from vizcore.zoo.notation.shapes import unrolled
from vizcore.zoo.notation.syntax import (
    Block,
    Conv,
    Dense,
    Dropout,
    Layer,
    Network,
    Plain,
    Repeat,
)

#: What belongs to the weighted layer before it and leaves with it.
_BELONGS = (Plain("bn"), Plain("lrn"), Plain("relu"), Plain("tanh"), Plain("sigmoid"))


@dataclass(frozen=True, slots=True)
class Part:
    """A part that can be left out.

    Attributes:
        place: among the network's layers, repetitions written out.
        number: its place among the layers with weights, as papers number layers from 1; 0 for
            pooling. A block has its first layer's.
        label: "7 fc-4096", "maxpool after 5".
    """

    place: int
    number: int
    label: str


def parts(network: Network) -> tuple[Part, ...]:
    """The convolutions, fully connected layers, blocks and poolings, in order.

    Example:
        >>> from vizcore.zoo.notation import parse
        >>> [part.label for part in parts(parse("conv3-64 maxpool fc-10"))]
        ['1 conv3-64', 'maxpool after 1', '2 fc-10']
    """
    found, number = [], 0
    for place, layer in enumerate(unrolled(network.layers)):
        weighted = _weighted(layer)
        if weighted:
            last = number + weighted
            numbers = str(last) if weighted == 1 else f"{number + 1} to {last}"
            found.append(Part(place, number + 1, f"{numbers} {write_layer(layer)}"))
            number = last
        elif not isinstance(layer, (Plain, Dropout)):
            found.append(Part(place, 0, f"{write_layer(layer)} after {number}"))
    return tuple(found)


def _weighted(layer: Layer) -> int:
    if isinstance(layer, (Conv, Dense)):
        return 1
    if isinstance(layer, Block):
        return sum(_weighted(each) for branch in layer.branches for each in unrolled(branch))
    return 0


def without(network: Network, places: Iterable[int]) -> Network:
    """Leave parts out, with the normalisation, activation and dropout that belong to them.

    Args:
        places: `Part.place` of each.

    Raises:
        NotApplicable: nothing would be left.

    Example:
        >>> from vizcore.zoo.notation import parse, write
        >>> write(without(parse("conv3-64 bn conv3-64 bn maxpool fc-10"), [2]))
        'input 3x224x224 conv3-64 bn maxpool fc-10'
    """
    layers, gone = unrolled(network.layers), set(places)
    for place in tuple(gone):
        if not isinstance(layers[place], (Conv, Dense)):
            continue
        following = place + 1
        while following < len(layers) and (
            layers[following] in _BELONGS or isinstance(layers[following], Dropout)
        ):
            gone.add(following)
            following += 1
    left = tuple(layer for place, layer in enumerate(layers) if place not in gone)
    if not any(map(_weighted, left)):
        raise NotApplicable("No layer with weights would be left. Leave at least one.")
    return replace(network, layers=left)


def removed(network: Network, numbers: Iterable[int]) -> Network:
    """Leave layers out by the numbers that papers give them: "remove layers 3, 4, 6, 7".

    Raises:
        BadChoice: there is no layer of this number; a block counts by its first layer's.
        NotApplicable: nothing would be left.

    Example:
        >>> from vizcore.zoo.notation import parse, write
        >>> write(removed(parse("conv3-8 maxpool conv3-16 fc-10"), [2]))
        'input 3x224x224 conv3-8 maxpool fc-10'
    """
    places = {part.number: part.place for part in parts(network) if part.number}
    for number in (numbers := tuple(numbers)):
        if number not in places:
            raise BadChoice.among("layer", number, places)
    return without(network, [places[number] for number in numbers])


def stacked(network: Network, kernel: int = 5) -> Network:
    """Swap every kernel x kernel convolution for a stack of 3x3: the same size of map and window.

    The paddings of the stack add up to the original's and its last layer takes the stride, so that
    every later map keeps its size.

    Raises:
        NotApplicable: there is no such convolution.

    Example:
        >>> from vizcore.zoo.notation import parse, write
        >>> write(stacked(parse("conv5-64/2 bn maxpool")))
        'input 3x224x224 conv3-64 bn conv3-64/2 bn maxpool'
    """
    layers = _stacked(network.layers, kernel)
    if layers == network.layers:
        raise NotApplicable(f"This network has no {kernel}x{kernel} convolution.")
    return replace(network, layers=layers)


def _stacked(layers: tuple[Layer, ...], kernel: int) -> tuple[Layer, ...]:
    found: list[Layer] = []
    for place, layer in enumerate(layers):
        following = layers[place + 1] if place + 1 < len(layers) else None
        if isinstance(layer, Repeat):
            found.append(replace(layer, body=_stacked(layer.body, kernel)))
        elif isinstance(layer, Block):
            branches = tuple(_stacked(branch, kernel) for branch in layer.branches)
            found.append(replace(layer, branches=branches))
        elif isinstance(layer, Conv) and layer.kernel == (kernel, kernel) and layer.dilation == 1:
            found += _stack_of(layer, with_norm=following == Plain("bn"))
        else:
            found.append(layer)
    return tuple(found)


def _stack_of(conv: Conv, *, with_norm: bool) -> list[Layer]:
    count = (conv.kernel[0] - 1) // 2
    found: list[Layer] = []
    for place in range(count):
        height, width = (
            total * (place + 1) // count - total * place // count for total in conv.pad
        )
        pad = (height, width)
        last = place == count - 1
        found.append(
            replace(
                conv,
                kernel=(3, 3),
                padding=None if pad == (1, 1) else pad,
                stride=conv.stride if last else (1, 1),
                relu=conv.relu if last else True,
            )
        )
        if with_norm and not last:
            found.append(Plain("bn"))
    return found


def pooled_head(network: Network) -> Network:
    """Replace the fully connected layers by global average pooling and one layer to the classes.

    Raises:
        NotApplicable: there is no fully connected layer, or the head is pooled already.

    Example:
        >>> from vizcore.zoo.notation import parse, write
        >>> write(pooled_head(parse("conv3-64 maxpool fc-4096 dropout fc-10")))
        'input 3x224x224 conv3-64 maxpool gap fc-10'
    """
    layers = unrolled(network.layers)
    dense = [place for place, layer in enumerate(layers) if isinstance(layer, Dense)]
    if not dense:
        raise NotApplicable("This network has no fully connected layer to replace.")
    body = layers[: dense[0]]
    while body and isinstance(body[-1], Dropout):
        body.pop()
    pooled = bool(body) and body[-1] == Plain("gap")
    if pooled and len(dense) == 1:
        raise NotApplicable("This network's head is global pooling and one layer already.")
    gap = () if pooled else (Plain("gap"),)
    kept = _kept_repeats(network, body)
    return replace(network, layers=(*kept, *gap, *layers[dense[-1] :]))


def _kept_repeats(network: Network, body: list[Layer]) -> tuple[Layer, ...]:
    """The body as it was written, where its repetitions end before the head."""
    written: list[Layer] = []
    reached = 0
    for layer in network.layers:
        width = len(unrolled([layer]))
        if reached + width > len(body):
            break
        written.append(layer)
        reached += width
    return (*written, *body[reached:])
