"""The blocks of a design: what their branches come to, and how they are joined."""

from __future__ import annotations

from dataclasses import replace

from vizcore.records import Shape
from vizcore.zoo.notation.lexer import refuse
from vizcore.zoo.notation.syntax import Block, Conv, Dense, Layer, Plain, Span

#: Where a network begins: of what nobody has written.
START = Span(0, 0, 1, 1)


def ending_lifted(body: list[Layer]) -> tuple[list[Layer], bool]:
    """A residual body whose last ReLU goes behind the sum, and whether it had one."""
    place = len(body) - 1
    if place > 0 and body[place] == Plain("bn"):
        place -= 1
    last = body[place]
    if isinstance(last, (Conv, Dense)) and last.relu:
        return [*body[:place], replace(last, relu=False), *body[place + 1 :]], True
    return body, False


def projection(block: Block, body: list[Layer], shape: Shape, out: Shape) -> list[Layer]:
    """The shortcut that nobody wrote: nothing, or a 1x1 convolution where the shape changes."""
    if shape == out or len(out) != 3:
        return [Plain("id", at=block.at)]
    convs = [layer for layer in body if isinstance(layer, Conv)]
    stride = (-(-shape[1] // out[1]), -(-shape[2] // out[2]))
    bias = convs[-1].bias if convs else True
    conv = Conv((1, 1), out[0], stride=stride, relu=False, bias=bias, at=block.at)
    return [conv, Plain("bn", at=block.at)] if Plain("bn") in body else [conv]


def joined(block: Block, outs: list[Shape]) -> Shape:
    """The shape that a block's branches give together."""
    same = outs if block.join == "res" else [out[1:] for out in outs]
    if len(set(same)) > 1 or any(len(out) != 3 for out in outs):
        shapes = " and ".join("x".join(map(str, out)) for out in outs)
        what = "adds maps of one shape" if block.join == "res" else "joins maps of one size"
        raise refuse(
            block.at or START,
            f"{block.join}( ) {what}, and its branches give {shapes}.",
            received=block.join,
        )
    return outs[0] if block.join == "res" else (sum(out[0] for out in outs), *outs[0][1:])
