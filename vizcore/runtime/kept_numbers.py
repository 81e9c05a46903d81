"""The channels of a network in numbers over a set of pictures, kept on disk beside the scans."""

from __future__ import annotations

from typing import Any

import numpy as np

from vizcore.records.unit import ChannelNumbers, NetworkNumbers
from vizcore.runtime.kept import Arrays, Kept

_PARTS = ("mean_c", "maximum_c", "zeros_c")


class KeptNumbers(Kept):
    """The numbers in a folder of results, by `vizcore.runtime.scans.scan_key`."""

    def load(self, key: str) -> NetworkNumbers | None:
        """What is kept; None where there is nothing, or nothing whole."""
        return self.read(key, _numbers)

    def save(self, key: str, numbers: NetworkNumbers) -> bool:
        """Keep them; False where that cannot be."""
        layers = numbers.layers.values()
        about = {
            "title": numbers.title,
            "pictures": numbers.pictures,
            "layers": [[each.layer, len(each.mean_c), each.after_relu] for each in layers],
        }
        none = np.empty(0)
        arrays = {
            part: np.concatenate([none, *(getattr(each, part) for each in layers)])
            for part in _PARTS
        }
        return self.write(key, about, arrays)


def _numbers(about: dict[str, Any], arrays: Arrays) -> NetworkNumbers:
    """What a file holds.

    Raises:
        ValueError: its parts do not fit together.
    """
    layers, first = {}, 0
    for layer, channels, after_relu in about["layers"]:
        mean, maximum, zeros = (arrays[part][first : first + channels] for part in _PARTS)
        if not len(mean) == len(maximum) == len(zeros) == channels:
            raise ValueError("a part of the numbers is missing")
        layers[layer] = ChannelNumbers(layer, mean, maximum, zeros, bool(after_relu))
        first += channels
    return NetworkNumbers(str(about["title"]), int(about["pictures"]), layers)
