"""Every layer's shape and parameters, by arithmetic alone: what cannot be built is refused here.

The implied layers are written out: a ReLU after a convolution or fully connected layer (behind the
`bn` that follows it, behind the sum where it ends a residual block, and nowhere after the layer
that ends the network), and the flattening before the first fully connected layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from vizcore.records import Shape
from vizcore.zoo.notation.blocks import START, ending_lifted, joined, projection
from vizcore.zoo.notation.lexer import refuse
from vizcore.zoo.notation.printer import write_layer
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

#: More parameters than this are refused: 8 GB of weights as float32.
MOST_PARAMETERS = 2_000_000_000
#: The ReLU that nobody wrote. It alone reads what it is given, so it may overwrite it.
IMPLIED_RELU = Plain("relu")


@dataclass(frozen=True, slots=True)
class Step:
    """One module of the network.

    Attributes:
        name: torch's name, numbered as papers number layers: `conv3`, `pool2`, `fc6`.
        layer: what it is; "flatten" for the view before a fully connected layer.
        in_shape, out_shape: of one picture, without the batch.
        params: of a block, its branches' sum.
        branches: of a block.
        relu: of a block, whether a ReLU follows the sum; of a ReLU, whether it is implied.
    """

    name: str
    layer: Layer | Literal["flatten"]
    in_shape: Shape
    out_shape: Shape
    params: int
    branches: tuple[tuple[Step, ...], ...] = ()
    relu: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A network ready to be built."""

    input_shape: tuple[int, int, int]
    steps: tuple[Step, ...]

    @property
    def params(self) -> int:
        """All parameters."""
        return sum(step.params for step in self.steps)

    @property
    def out_shape(self) -> Shape:
        """What comes out, without the batch."""
        return self.steps[-1].out_shape


def plan(network: Network) -> Plan:
    """Work out every shape and count the parameters.

    Raises:
        BadNotation: a map that shrinks below one pixel, more than `MOST_PARAMETERS`, layers that
            do not fit: the layer's place and the arithmetic.

    Example:
        >>> from vizcore.zoo.notation import parse
        >>> plan(parse("input 1x28x28 conv5-6 maxpool fc-10")).params
        11926
    """
    found = unrolled(network.layers)
    ending = [layer for layer in found if layer != Plain("softmax")]
    last = ending[-1] if ending else found[-1]
    if isinstance(last, (Conv, Dense)):
        quiet = replace(last, relu=False)
        found = [quiet if layer is last else layer for layer in found]
    steps = _Planner().run(_with_relus(found), network.input_shape)
    return Plan(network.input_shape, steps)


def unrolled(layers: Iterable[Layer]) -> list[Layer]:
    """The layers with their repetitions written out; blocks stay."""
    found: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Repeat):
            for _ in range(layer.times):
                found += [replace(inner) for inner in unrolled(layer.body)]
        else:
            found.append(layer)
    return found


def _with_relus(layers: list[Layer]) -> list[Layer]:
    """The implied ReLUs written out."""
    found: list[Layer] = []
    for place, layer in enumerate(layers):
        found.append(layer)
        following = layers[place + 1] if place + 1 < len(layers) else None
        if isinstance(layer, (Conv, Dense)) and layer.relu and following != Plain("bn"):
            found.append(IMPLIED_RELU)
        elif layer == Plain("bn") and place:
            before = layers[place - 1]
            if isinstance(before, (Conv, Dense)) and before.relu:
                found.append(IMPLIED_RELU)
    return found


class _Planner:
    def __init__(self) -> None:
        self.weighted = 0
        self.total = 0

    def run(self, layers: list[Layer], shape: Shape) -> tuple[Step, ...]:
        steps: list[Step] = []
        names: Counter[str] = Counter()
        for layer in layers:
            if isinstance(layer, Dense) and len(shape) == 3:
                flat = (shape[0] * shape[1] * shape[2],)
                steps.append(Step("flatten", "flatten", shape, flat, 0))
                shape = flat
            step = self.step(layer, shape)
            names[step.name] += 1
            if names[step.name] > 1:
                step = replace(step, name=f"{step.name}_{names[step.name]}")
            steps.append(step)
            shape = step.out_shape
        return tuple(steps)

    def step(self, layer: Layer, shape: Shape) -> Step:
        if isinstance(layer, Block):
            return self.block(layer, shape)
        if isinstance(layer, Conv):
            return self.conv(layer, shape)
        if isinstance(layer, Pool):
            _needs_map(layer, shape)
            out = (shape[0], *_window_sizes(layer, shape))
            return Step(f"pool{self.weighted}", layer, shape, out, 0)
        if isinstance(layer, Dense):
            return self.dense(layer, shape)
        if isinstance(layer, Dropout):
            return Step(f"drop{self.weighted}", layer, shape, shape, 0)
        assert isinstance(layer, Plain)
        return self.plain(layer, shape)

    def plain(self, layer: Plain, shape: Shape) -> Step:
        name = {"gap": "pool", "lrn": "norm"}.get(layer.word, layer.word)
        out, params = shape, 0
        if layer.word in ("gap", "lrn"):
            _needs_map(layer, shape)
        if layer.word == "gap":
            out = (shape[0], 1, 1)
        if layer.word == "bn":
            params = self.count(layer, 2 * shape[0], f"2·{shape[0]:,}")
        implied = layer is IMPLIED_RELU
        return Step(f"{name}{self.weighted}", layer, shape, out, params, relu=implied)

    def conv(self, layer: Conv, shape: Shape) -> Step:
        _needs_map(layer, shape)
        channels, groups = shape[0], layer.groups
        for what, number in (("input", channels), ("output", layer.channels)):
            if number % groups:
                allowed = [d for d in range(1, 65) if not channels % d and not layer.channels % d]
                raise refuse(
                    layer.at or START,
                    f"{_said(layer)} cannot divide {number:,} {what} channels into {groups} "
                    f"groups. Allowed: {', '.join(map(str, allowed))}.",
                    received=f"g{groups}",
                )
        out = (layer.channels, *_window_sizes(layer, shape))
        height, width = layer.kernel
        weights = height * width * (channels // groups) * layer.channels
        sum_text = f"{height}·{width}·{channels // groups:,}·{layer.channels:,}"
        self.weighted += 1
        biases = layer.channels if layer.bias else 0
        params = self.count(layer, weights + biases, _with_bias(sum_text, biases))
        return Step(f"conv{self.weighted}", layer, shape, out, params)

    def dense(self, layer: Dense, shape: Shape) -> Step:
        biases = layer.features if layer.bias else 0
        self.weighted += 1
        text = _with_bias(f"{shape[0]:,}·{layer.features:,}", biases)
        params = self.count(layer, shape[0] * layer.features + biases, text)
        return Step(f"fc{self.weighted}", layer, shape, (layer.features,), params)

    def count(self, layer: Layer, params: int, arithmetic: str) -> int:
        before = self.total
        self.total += params
        if self.total > MOST_PARAMETERS:
            with_those = f"; with the {before:,} before it that is {self.total:,}" if before else ""
            raise refuse(
                layer.at or START,
                f"{_said(layer)} has {arithmetic} = {params:,} parameters{with_those}. "
                f"Allowed are {MOST_PARAMETERS:,} in all.",
                received=_said(layer),
            )
        return params

    def block(self, layer: Block, shape: Shape) -> Step:
        _needs_map(layer, shape)
        first = self.weighted + 1
        start = self.total
        bodies = [unrolled(branch) for branch in layer.branches]
        relu = False
        if layer.join == "res":
            bodies[0], relu = ending_lifted(bodies[0])
            if len(bodies) == 2:
                bodies[1], _ = ending_lifted(bodies[1])
        branches = [self.run(_with_relus(body), shape) for body in bodies]
        outs = [branch[-1].out_shape for branch in branches]
        if layer.join == "res" and len(branches) == 1:
            shortcut = projection(layer, bodies[0], shape, outs[0])
            branches.append(self.run(_with_relus(shortcut), shape))
            outs.append(branches[-1][-1].out_shape)
        out = joined(layer, outs)
        name = f"{layer.join}{first}"
        return Step(name, layer, shape, out, self.total - start, tuple(branches), relu)


def _said(layer: Layer) -> str:
    """A layer in a sentence: without its switches, which no arithmetic here depends on."""
    if isinstance(layer, (Conv, Dense)):
        layer = replace(layer, relu=True, bias=True)
    return write_layer(layer)


def _with_bias(text: str, biases: int) -> str:
    return f"{text} + {biases:,}" if biases else text


def _needs_map(layer: Layer, shape: Shape) -> None:
    if len(shape) != 3:
        raise refuse(
            layer.at or START,
            f"{_said(layer)} needs a map of height and width, and receives the {shape[0]:,} "
            "values of a fully connected layer. It must stand before the first fc.",
            received=_said(layer),
        )


def _window_sizes(layer: Conv | Pool, shape: Shape) -> tuple[int, int]:
    sizes = []
    for axis, side in enumerate(shape[1:]):
        kernel, stride = layer.kernel[axis], layer.stride[axis]
        if isinstance(layer, Conv):
            pad, reach, ceil = layer.pad[axis], layer.dilation * (kernel - 1) + 1, False
        else:
            pad, reach, ceil = layer.padding[axis], kernel, layer.ceil
        room = side + 2 * pad - reach
        out = (-(-room // stride) if ceil else room // stride) + 1
        if ceil and (out - 1) * stride >= side + pad:
            out -= 1  # torch's rule: a window begins on the picture or its first padding
        if out < 1:
            left, right = ("⌈", "⌉") if ceil else ("⌊", "⌋")
            padding = f" + 2·{pad}" if pad else ""
            raise refuse(
                layer.at or START,
                f"{_said(layer)} shrinks a map of {shape[1]}x{shape[2]} below one pixel: "
                f"{left}({side}{padding} - {reach})/{stride}{right} + 1 = {out}. "
                f"Give it a larger picture or leave a pooling out.",
                received=_said(layer),
            )
        sizes.append(out)
    return sizes[0], sizes[1]
