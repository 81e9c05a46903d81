"""A network back in the notation; and the same in letters that an address may have."""

from __future__ import annotations

import re

from vizcore.records import Pair
from vizcore.zoo.notation.syntax import (
    Block,
    Conv,
    Dense,
    Dropout,
    Layer,
    Network,
    Plain,
    Pool,
    Repeat,
)

_WIDTH = 48
#: What stays on the line of the pooling before it.
_BELONGS = (Plain("lrn"), Plain("bn"), Plain("relu"))
#: Every character of the notation that an address would write as a percent code.
_ADDRESS = {" ": "_", "/": "~", "[": ".l", "]": ".r", "(": ".o", ")": ".c", "|": ".i"}


def write(network: Network, *, lines: bool = False) -> str:
    """Write a network; reading it again gives the same network.

    Args:
        lines: begin a new line after every pooling, as slides do.

    Example:
        >>> from vizcore.zoo.notation import parse
        >>> write(parse("CONV3-64 s2 p1, conv3-64 x1 maxpool2/2 FC-10"))
        'input 3x224x224 conv3-64/2 conv3-64 x1 maxpool fc-10'
    """
    head = "input " + "x".join(map(str, network.input_shape))
    words = [write_layer(layer) for layer in network.layers]
    return _in_lines(head, network.layers, words) if lines else " ".join([head, *words])


def _in_lines(head: str, layers: tuple[Layer, ...], words: list[str]) -> str:
    done, line, ended = [head], "", False
    for layer, word in zip(layers, words, strict=True):
        belongs = layer in _BELONGS
        if line and (len(line) + 1 + len(word) > _WIDTH or (ended and not belongs)):
            done.append(line)
            line = ""
        line = f"{line} {word}" if line else word
        ended = _ends_line(layer) or (ended and belongs)
    return "\n".join([*done, line] if line else done)


def _ends_line(layer: Layer) -> bool:
    if isinstance(layer, Repeat):
        return any(map(_ends_line, layer.body))
    return isinstance(layer, (Pool, Block))


def write_layer(layer: Layer) -> str:
    """Write one layer with its options.

    Example:
        >>> write_layer(Conv((7, 7), 64, stride=(2, 2), padding=(1, 1), bias=False))
        'conv7-64/2 p1 nobias'
    """
    if isinstance(layer, Repeat):
        body = " ".join(map(write_layer, layer.body))
        bare = len(layer.body) == 1 and not isinstance(layer.body[0], Repeat)
        return f"{body} x{layer.times}" if bare else f"[{body}] x{layer.times}"
    if isinstance(layer, Block):
        branches = (" ".join(map(write_layer, branch)) for branch in layer.branches)
        return f"{layer.join}({' | '.join(branches)})"
    if isinstance(layer, Conv):
        return " ".join([_conv(layer), *_switches(layer)])
    if isinstance(layer, Dense):
        return " ".join([f"fc-{layer.features}", *_switches(layer)])
    if isinstance(layer, Pool):
        return _pool(layer)
    if isinstance(layer, Dropout):
        return "dropout" if layer.rate == 0.5 else f"dropout{layer.rate:.4f}".rstrip("0")
    return layer.word


def _pair(pair: Pair) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


def _conv(layer: Conv) -> str:
    words = [f"conv{_pair(layer.kernel)}-{layer.channels}"]
    if layer.stride != (1, 1):
        words[0] += f"/{_pair(layer.stride)}"
    if layer.pad != layer.usual_padding:
        words.append(f"p{_pair(layer.pad)}")
    if layer.groups != 1:
        words.append(f"g{layer.groups}")
    if layer.dilation != 1:
        words.append(f"d{layer.dilation}")
    return " ".join(words)


def _switches(layer: Conv | Dense) -> list[str]:
    return [word for word, on in (("norelu", not layer.relu), ("nobias", not layer.bias)) if on]


def _pool(layer: Pool) -> str:
    word = f"{layer.mode}pool"
    if layer.stride != layer.kernel:
        word += f"{_pair(layer.kernel)}/{_pair(layer.stride)}"
    elif layer.kernel != (2, 2):
        word += _pair(layer.kernel)
    if layer.padding != (0, 0):
        word += f" p{_pair(layer.padding)}"
    return f"{word} ceil" if layer.ceil else word


def to_address(text: str) -> str:
    """Write notation for an address: short, readable there, and without its comments.

    Example:
        >>> to_address("[conv3-64/2 bn] x2")
        '.lconv3-64~2_bn.r_x2'
    """
    bare = re.sub(r"#[^\n]*", "", text)
    return "".join(_ADDRESS.get(letter, letter) for letter in " ".join(bare.split()))


def from_address(text: str) -> str:
    """Read what `to_address` wrote; plain notation is taken as it is.

    Example:
        >>> from_address(".lconv3-64~2_bn.r_x2")
        '[conv3-64/2 bn] x2'
    """
    for letter, code in _ADDRESS.items():
        text = text.replace(code, letter)
    return text
