"""Eight-layer networks with layers left out, as in the ablation of AlexNet.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014), section 5.1:
layers leave with what belongs to them (normalisation, ReLU, dropout), the poolings stay, and the
layer after the gap is widened or narrowed to what now reaches it.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from vizcore.errors import NotApplicable
from vizcore.zoo.notation import Network, design, parse
from vizcore.zoo.notation.edits import removed as removed_from
from vizcore.zoo.notation.originals import ORIGINALS, original

#: The layers that the study leaves out, counted from 1: convolutions 1 to 5, fully connected 6
#: to 8.
STUDY: tuple[tuple[int, ...], ...] = ((7,), (6, 7), (3, 4), (3, 4, 6, 7))

_SMALL_HEAD = "conv3-128 conv3-128 conv3-128 maxpool3/2 p1\nfc-256 dropout fc-128 dropout fc-20"
#: The bundled networks in the notation; the tests hold each against its builder.
_BUNDLED = {
    "alexnet_photos20": "input 3x64x64\nconv11-64/4 lrn maxpool3/2 p1\n"
    f"conv5-96 lrn maxpool3/2 p1\n{_SMALL_HEAD}",
    "zfnet_photos20": f"input 3x64x64\nconv7-64/2 maxpool3/2 p1\nconv5-96 maxpool3/2 p1\n"
    f"{_SMALL_HEAD}",
}
#: The 2012 network on one tower, without its groups: what the 2014 replication trained.
ONE_TOWER = "alexnet_one_tower"

#: The networks of the study: the published one on two towers and on one, and the bundled ones.
BUNDLED = tuple(_BUNDLED)
ABLATED = ("alexnet_2012", ONE_TOWER, *BUNDLED)


def whole(key: str) -> Network:
    """Return one of the study's networks in the notation, nothing left out.

    Raises:
        NotApplicable: it is none of them; the message lists them.

    Example:
        >>> whole("zfnet_photos20").input_shape
        (3, 64, 64)
    """
    if key in _BUNDLED:
        return parse(_BUNDLED[key])
    if key == ONE_TOWER:
        return parse(original("alexnet_2012").notation.replace(" g2", ""))
    if key in ABLATED and key in ORIGINALS:
        return parse(original(key).notation)
    raise NotApplicable(
        f"The ablation leaves layers out of a chain of eight, and '{key}' is not one that it "
        f"knows. Networks: {', '.join(ABLATED)}."
    )


def without(key: str, layers: Iterable[int]) -> Network:
    """Return a network of the study in the notation, without some layers.

    Args:
        layers: numbers from 1; none for the whole network.

    Raises:
        NotApplicable: another network, or no layer would be left.
        BadChoice: there is no layer of that number.

    Example:
        >>> from vizcore.zoo.notation import write
        >>> write(without("zfnet_photos20", (3, 4, 6, 7))).rpartition("maxpool3/2 p1 ")[0]
        'input 3x64x64 conv7-64/2 maxpool3/2 p1 conv5-96 maxpool3/2 p1 conv3-128 '
    """
    return removed_from(whole(key), tuple(layers))


def build_without(key: str, layers: Iterable[int], *, weights: bool = True) -> nn.Module:
    """Build a network of the study without some layers, untrained, in eval mode.

    Args:
        weights: random weights; False builds shapes only.

    Raises:
        NotApplicable, BadChoice: as `without`.

    Example:
        >>> sum(p.numel() for p in build_without("zfnet_photos20", (7,)).parameters())
        1098740
    """
    return design(without(key, layers), weights=weights)
