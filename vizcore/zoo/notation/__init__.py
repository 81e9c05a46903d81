"""Networks in the short notation of lecture slides: `conv3-64 conv3-64 maxpool ... fc-1000`.

`conv3-64`     a 3x3 convolution with 64 channels, padding that keeps the size, and its ReLU
`conv7-64/2`   stride 2; `conv1x7-64` height x width
`p0 g2 d2`     after a convolution: padding, groups, dilation; `norelu`, `nobias` leave those out
`maxpool`      2x2 with stride 2; `maxpool3/2`, `avgpool7`, options `p1`, `ceil`
`gap`          global average pooling
`lrn bn`       local response normalisation (AlexNet's), batch normalisation (before the ReLU)
`dropout0.4`   0.5 where no share is given
`fc-4096`      fully connected, flattening before it, ReLU after it
`relu tanh sigmoid softmax id`
`conv3-64 x2`  twice; `[conv3-64 bn] x2` a group
`res(...)`     residual block; its last ReLU comes after the sum; `res(... | shortcut)`, where the
               shortcut is the identity, or a 1x1 convolution where the shape changes
`inc(a | b)`   branches side by side, concatenated
`input 3x224x224`  the picture, at the beginning

The layer that ends the network has no implied ReLU. `# ...` is a comment.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vizcore.zoo.notation.parser import parse
from vizcore.zoo.notation.printer import from_address, to_address, write, write_layer
from vizcore.zoo.notation.shapes import MOST_PARAMETERS, Plan, Step, plan
from vizcore.zoo.notation.syntax import Network

if TYPE_CHECKING:
    from vizcore.zoo.notation.builder import design

__all__ = [
    "MOST_PARAMETERS",
    "Network",
    "Plan",
    "Step",
    "design",
    "from_address",
    "parse",
    "plan",
    "to_address",
    "write",
    "write_layer",
]


def __getattr__(name: str) -> Any:
    if name == "design":
        return import_module("vizcore.zoo.notation.builder").design
    raise AttributeError(f"module 'vizcore.zoo.notation' has no attribute '{name}'")
