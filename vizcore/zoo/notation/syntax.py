"""What a network in the notation of lecture slides is made of: frozen records, no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vizcore.records import Pair


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text: offsets from 0, line and column from 1."""

    start: int
    end: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Conv:
    """`conv3-64`: a convolution and its ReLU. `padding` None keeps the size at stride 1."""

    kernel: Pair
    channels: int
    stride: Pair = (1, 1)
    padding: Pair | None = None
    groups: int = 1
    dilation: int = 1
    relu: bool = True
    bias: bool = True
    at: Span | None = field(default=None, compare=False, repr=False)

    @property
    def usual_padding(self) -> Pair:
        """The padding that keeps the size at stride 1 (for odd kernels)."""
        height, width = self.kernel
        return (height - 1) * self.dilation // 2, (width - 1) * self.dilation // 2

    @property
    def pad(self) -> Pair:
        """The padding in pixels."""
        return self.usual_padding if self.padding is None else self.padding


@dataclass(frozen=True, slots=True)
class Pool:
    """`maxpool`, `avgpool3/2`: the largest value or the mean of a window."""

    mode: Literal["max", "avg"]
    kernel: Pair = (2, 2)
    stride: Pair = (2, 2)
    padding: Pair = (0, 0)
    ceil: bool = False
    at: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Dense:
    """`fc-4096`: a fully connected layer and its ReLU."""

    features: int
    relu: bool = True
    bias: bool = True
    at: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Dropout:
    """`dropout`, `dropout0.4`: zeroes this share of the values, in training only."""

    rate: float = 0.5
    at: Span | None = field(default=None, compare=False, repr=False)


Word = Literal["gap", "lrn", "bn", "relu", "tanh", "sigmoid", "softmax", "id"]


@dataclass(frozen=True, slots=True)
class Plain:
    """A layer without numbers: `gap`, `lrn`, `bn`, `relu`, `tanh`, `sigmoid`, `softmax`, `id`."""

    word: Word
    at: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Repeat:
    """`[conv3-64 bn] x2`, or `conv3-64 x2`: the same layers again, with weights of their own."""

    body: tuple[Layer, ...]
    times: int
    at: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Block:
    """`res(body)`, `res(body | shortcut)`: a sum. `inc(a | b | c)`: a concatenation."""

    join: Literal["res", "inc"]
    branches: tuple[tuple[Layer, ...], ...]
    at: Span | None = field(default=None, compare=False, repr=False)


Layer = Conv | Pool | Dense | Dropout | Plain | Repeat | Block

#: The picture of a network that names none: colour, 224 pixels a side.
USUAL_INPUT = (3, 224, 224)


@dataclass(frozen=True, slots=True)
class Network:
    """A whole network: the picture it takes, (channels, height, width), and its layers."""

    input_shape: tuple[int, int, int]
    layers: tuple[Layer, ...]
    at: Span | None = field(default=None, compare=False, repr=False)
