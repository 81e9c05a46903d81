"""The pictures, and the places in them, that excite each channel of a layer most.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014), section 4,
look at the nine greatest activations of a feature map over a set of pictures.

All channels of all layers are searched in one pass. Of a batch, one maximum over each map is
taken where the map is made, before anything can overwrite it; where in a map its maximum is, is
asked only of maps that beat the worst held. After the pass all layers are merged at once.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import torch
from torch import nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.best_places import Best, Peaks, bar_of, begin, look, merge, told
from vizcore.lenses.capture import Images, as_input, forward
from vizcore.lenses.places import Found, Seen
from vizcore.lenses.runs import Run, runs_asked, watched_runs
from vizcore.records.patches import StrongestPatches
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import Sliceable, in_batches


class Search:
    """The strongest places so far: feed it batches, read it at any time.

    Of each picture only its greatest place counts, as in the paper's grids of nine: otherwise
    neighbouring places of one picture would fill them. Of equal values the earlier picture, and in
    it the upper left place, comes first. Only the best so far are kept, so memory does not grow
    with the number of pictures.

    Args:
        layers: which to search, by the names of `vizcore.lenses.places.places`: of a module that
            runs several times, `relu` is the first run and `relu_1` the second. None takes every
            run of every convolution.
        top: how many places of each channel to keep.
        begun: what an earlier search had found; it goes on from there.

    Raises:
        BadChoice: no layers, or `top` below 1.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.Flatten())
        >>> _ = net[0].weight.data.fill_(2.0)
        >>> search = Search(net)
        >>> search.feed([7, 8], torch.tensor([[0.0, 1.0], [5.0, 3.0]]).reshape(2, 1, 1, 2))
        >>> found = search.found()["0"]
        >>> found.values_ck.tolist(), found.pictures_ck.tolist(), found.places_ckp.tolist()
        ([[10.0, 2.0]], [[8, 7]], [[[0, 0], [0, 1]]])
    """

    def __init__(
        self,
        network: nn.Module,
        layers: Sequence[str] | None = None,
        *,
        top: int = 9,
        begun: Mapping[str, StrongestPatches] | None = None,
    ) -> None:
        if top < 1:
            raise BadChoice.among("top", top, ["1 and more"])
        if layers is not None and not layers:
            raise BadChoice("0 layers came; allowed is 1 and more.")
        self._network = private_copy(network)
        self._layers = None if layers is None else tuple(dict.fromkeys(layers))
        self._top = top
        self.device = str(next(self._network.parameters(), torch.empty(0)).device)
        self._runs: dict[str, Run] = {}
        self._begun = dict(begun or {})
        self._best: Best | None = None
        #: The number of the last picture that counts.
        self.last = -1

    def feed(self, numbers: Sequence[int], images_nchw: Images) -> None:
        """Look at a batch of preprocessed pictures (N, C, H, W) and their numbers, rising.

        A batch counts wholly or, where this raises, not at all.

        Raises:
            UnknownLayer: with the nearest names.
            NotApplicable: a layer gives no maps, does not run for each picture, or gives values
                that are not finite.
            BadInputSize: the network cannot take this shape.
        """
        images = as_input(self._network, images_nchw)
        if not self._runs:
            self._runs = runs_asked(self._network, images[:1], self._layers)
        best = self._best or begin(self._runs, self._begun, self.device)
        bar = bar_of(best, self._top)
        channels = [run.channels for run in self._runs.values()]
        bars = dict(zip(self._runs, bar.split(channels), strict=True))
        seen: dict[str, Peaks] = {}

        def see(found: Found) -> None:
            seen[found.name] = look(found.maps_nchw.detach(), bars[found.name])
            if len(seen) == len(bars):
                raise Seen

        with watched_runs(self._network, self._runs, see), torch.no_grad(), suppress(Seen):
            forward(self._network, images)
        with torch.no_grad():
            counted = torch.as_tensor(list(numbers), device=images.device)
            _check(self._runs, seen)
            self.last = int(counted[-1])  # before: who is interrupted here sees that it may count
            in_order = [seen[layer] for layer in self._runs]
            self._best = merge(best, in_order, counted, bar, self._top)

    def found(self) -> dict[str, StrongestPatches]:
        """The strongest places of the pictures fed so far, in the order the layers run."""
        return self._begun if self._best is None else told(self._runs, self._best)


def strongest(
    network: nn.Module,
    pictures: Sliceable,
    layers: Sequence[str] | None = None,
    *,
    top: int = 9,
    batch: int = 64,
) -> Generator[Progress, None, dict[str, StrongestPatches]]:
    """The `top` pictures of each channel of each layer, and where in each the channel is greatest.

    Args:
        pictures: anything whose slices are preprocessed pictures (n, C, H, W); it may read them
            when it is sliced.
        layers: which to search; None takes every run of every convolution. See `Search`.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: a layer gives no maps, or values that are not finite.
        BadChoice: no pictures, no layers, or `top` below 1.
        BadInputSize: the network cannot take this shape.
        OutOfMemory: not even one picture fits.
    """
    if not len(pictures):
        raise BadChoice("0 pictures came; allowed is 1 and more.")
    search = Search(network, layers, top=top)
    seen = 0

    def step(images: Any) -> None:
        nonlocal seen
        search.feed(range(seen, seen + len(images)), images)
        seen += len(images)

    yield from in_batches(step, pictures, batch=batch, device=search.device, note="patches")
    return search.found()


def _check(runs: Mapping[str, Run], seen: Mapping[str, Peaks]) -> None:
    for layer in runs:
        if layer not in seen:
            raise NotApplicable(f"Layer '{layer}' runs for some of the pictures only.")
    if bool(torch.cat([each.values for each in seen.values()], 1).isfinite().all()):
        return
    layer = next(name for name, each in seen.items() if not bool(each.values.isfinite().all()))
    raise NotApplicable(f"Layer '{layer}' gives values that are not finite.")
