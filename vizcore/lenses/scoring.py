"""A network that is only asked for scores, of many pictures: how they go through it fastest."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.prediction import one_picture
from vizcore.lenses.saliency.look import Score, bytes_of_a_pass, laid_out, pictures_at_once
from vizcore.runtime.clone import frozen_copy
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import Sliceable, in_batches
from vizcore.runtime.settings import working_memory_bytes


@dataclass(frozen=True, slots=True)
class Scoring:
    """A private copy of a network and one picture, of which many versions get scores.

    Attributes:
        image: preprocessed, (1, C, H, W), in the memory layout that is fastest.
        batch: pictures at once; the setting CONVSCOPE_MEMORY bounds it.
    """

    network: nn.Module
    image: Tensor
    batch: int

    def scores(
        self, make: Callable[[Any], Tensor], items: Sliceable, note: str
    ) -> Generator[Progress, None, npt.NDArray[np.float64]]:
        """The scores (items, classes) of the pictures that `make` makes of a part of the items.

        Raises:
            OutOfMemory: not even one picture fits.
        """
        layout = torch.channels_last if self._is_last() else torch.contiguous_format

        def step(part: Any) -> npt.NDArray[np.float64]:
            with torch.no_grad():
                pictures = make(part).contiguous(memory_format=layout)
                return np.asarray(self.network(pictures).double().cpu().numpy())

        device = str(self.image.device)
        parts = yield from in_batches(step, items, batch=self.batch, device=device, note=note)
        return np.concatenate(parts)

    def _is_last(self) -> bool:
        return self.image.is_contiguous(memory_format=torch.channels_last)


def scoring(network: nn.Module, image_nchw: Images) -> Scoring:
    """Make a network ready for the scores of versions of one picture (1, C, H, W).

    Raises:
        BadInputSize: the network cannot take this shape.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(4, 1, bias=False))
        >>> _ = net[1].weight.data.fill_(1.0)
        >>> ready = scoring(net, torch.ones(1, 1, 2, 2))
        >>> finish(ready.scores(lambda part: ready.image * part.view(-1, 1, 1, 1),
        ...                     torch.tensor([1.0, 3.0]), "brighter")).tolist()
        [[4.0], [12.0]]
    """
    copy = frozen_copy(network)
    image = as_input(copy, one_picture(image_nchw))
    with torch.no_grad():
        forward(copy, image)
    image, _ = laid_out(copy, image)
    room = bytes_of_a_pass(Score(copy, 0), image)
    batch = pictures_at_once(room, working_memory_bytes(), image.device.type)
    return Scoring(copy, image, batch)
