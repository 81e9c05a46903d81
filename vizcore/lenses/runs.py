"""Chosen places of a network, watched at the least cost: known from one pass, then hooked alone.

Following a whole pass (`vizcore.lenses.places`) names every place, and costs a few microseconds
for each of torch's calls. Where the places wanted are modules' runs, what was learned in one pass
of one picture lets the next ones do with a hook on each.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from vizcore.errors import NotApplicable
from vizcore.lenses.capture import forward
from vizcore.lenses.places import Found, See, explain_absence, watched_places


@dataclass(frozen=True, slots=True)
class Run:
    """One place of a pass, and how to find it again.

    Attributes:
        name, op, leaf: as in `vizcore.records.maps.MapLayer`.
        module: the name of the module that runs here; None for a function.
        number: how often that module has run before.
        last: whether its channels come last.
        channels, height, width: of its maps.
    """

    name: str
    op: str
    leaf: bool
    module: str | None
    number: int
    last: bool
    channels: int
    height: int
    width: int


def runs_of(network: nn.Module, image: Tensor) -> dict[str, Run]:
    """Every place of a pass of one picture, in the order they come.

    Args:
        network: a private copy.

    Raises:
        BadInputSize: the network cannot take this shape.
    """
    runs: dict[str, Run] = {}

    def see(found: Found) -> None:
        _, channels, height, width = found.maps_nchw.shape
        size = channels, height, width
        runs[found.name] = Run(
            found.name, found.op, found.leaf, found.module, found.run, found.last, *size
        )

    with watched_places(network, see), torch.no_grad():
        forward(network, image)
    return runs


def runs_asked(
    network: nn.Module,
    image: Tensor,
    layers: Sequence[str] | None,
    besides: Collection[str] = (),
) -> dict[str, Run]:
    """The places of these names, in the order they come; None takes every run of a convolution.

    Args:
        besides: others, where they give maps.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: one gives no maps, or does not run; or there is no convolution.
        BadInputSize: the network cannot take this shape.
    """
    runs = runs_of(network, image)
    if layers is None:
        convolutions = {n for n, each in network.named_modules() if isinstance(each, nn.Conv2d)}
        layers = [name for name, run in runs.items() if run.module in convolutions]
        if not layers:
            raise NotApplicable("This network has no convolution, so it has no strongest patches.")
    for layer in layers:
        if layer not in runs:
            raise explain_absence(network, image, layer)
    wanted = {*layers, *besides}
    return {name: run for name, run in runs.items() if name in wanted}


@contextmanager
def watched_runs(network: nn.Module, runs: Mapping[str, Run], see: See) -> Iterator[None]:
    """Call `see` for each of these places of one pass, in the order they come.

    The network is changed meanwhile (hooks): give a private copy.
    """
    by_module: dict[str, dict[int, Run]] = {}
    for run in runs.values():
        if run.module is None:
            with watched_places(network, _only(runs, see)):
                yield
            return
        by_module.setdefault(run.module, {})[run.number] = run
    handles = [
        network.get_submodule(module).register_forward_hook(_hook(each, see))
        for module, each in by_module.items()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _only(names: Collection[str], see: See) -> See:
    return lambda found: see(found) if found.name in names else None


def _hook(runs: Mapping[int, Run], see: See) -> Callable[[nn.Module, Any, Any], Tensor | None]:
    times = 0

    def hook(_module: nn.Module, _inputs: Any, output: Any) -> Tensor | None:
        nonlocal times
        run = runs.get(times)
        times += 1
        if run is None or not isinstance(output, Tensor) or output.ndim != 4:
            return None
        return see(Found(run.name, run.op, run.leaf, output, run.last, run.module, run.number))

    return hook
