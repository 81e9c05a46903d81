"""One picture's way through a network: one map for each layer, from the input to the end."""

from __future__ import annotations

import torch
from torch import nn

from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.places import Found, watched_places
from vizcore.lenses.prediction import one_picture
from vizcore.records.maps import DepthStrip, StripPicture
from vizcore.runtime.clone import private_copy


def depth_strip(network: nn.Module, image_nchw: Images) -> DepthStrip:
    """Of every layer with maps the strongest channel, and the mean of all, in one pass.

    Modules made of others are left out: their last layer has the same maps.

    Raises:
        BadInputSize: the network cannot take this shape.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.Flatten())
        >>> [each.layer.name for each in depth_strip(net, torch.ones(1, 1, 4, 4)).pictures]
        ['0', '1']
    """
    pictures: list[StripPicture] = []

    def see(place: Found) -> None:
        maps = place.maps_nchw[0].float()
        if not place.leaf or maps[0].numel() < 2:
            return
        greatest = maps.amax(dim=(1, 2))
        channel = int(greatest.argmax())
        pictures.append(
            StripPicture(
                place.listed(),
                channel,
                float(greatest[channel]),
                maps[channel].cpu().numpy().copy(),
                maps.mean(dim=0).cpu().numpy(),
            )
        )

    copy = private_copy(network)
    images = as_input(copy, one_picture(image_nchw))
    with watched_places(copy, see), torch.no_grad():
        forward(copy, images)
    return DepthStrip(tuple(pictures))
