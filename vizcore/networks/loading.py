"""Networks built and filled with weights, at once or by an engine on its device."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from vizcore.errors import WeightsError, WeightsNotHere
from vizcore.networks.offers import SEED, weights
from vizcore.networks.presence import not_here
from vizcore.runtime import store
from vizcore.runtime.jobs import NetworkSource
from vizcore.runtime.own_weights import shelf
from vizcore.runtime.weights_cache import held
from vizcore.zoo import Architecture
from vizcore.zoo.weights import Weights

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class LoadedNetwork:
    """A network on a device, with what is needed to use it.

    Attributes:
        module: in evaluation mode, in-place activations off.
        weights: what it is filled with, with the names of the classes and the preprocessing.
    """

    module: nn.Module = field(repr=False)
    weights: Weights


def load_network(
    architecture: str | Architecture, name: str | None = None, device: str = "cpu"
) -> LoadedNetwork:
    """Build a network and fill it with weights.

    Raises:
        UnknownArchitecture, UnknownWeights: there is nothing of this name.
        WeightsError: the weights are damaged, or not on this machine.
    """
    found = weights(architecture, name)
    return LoadedNetwork(source_of(found).load(device), found)


def source_of(weights: Weights) -> NetworkSource:
    """How an engine loads the network on its device; equal weights are loaded once."""
    return NetworkSource(f"{weights.architecture}@{weights.identity}", partial(_load, weights))


def _load(weights: Weights, device: str) -> nn.Module:
    from vizcore.runtime.weights import load_into, ready_to_look
    from vizcore.zoo import build, build_meta

    if weights.is_random:
        return ready_to_look(build(weights.architecture, seed=SEED)).to(device)
    if weights.file is not None:
        from vizcore.zoo.filling import filled

        try:
            found = store.verified(weights.file)
        except WeightsError as error:
            again = f"python -m vizcore fetch {weights.architecture}:{weights.name}"
            raise WeightsNotHere(
                f"{error} Fetch it again: {again}.", received=weights.name
            ) from error
        if found is None:
            raise not_here(weights)
        try:
            with held(found.path) as keep:
                network = ready_to_look(filled(weights, found.path)).to(device)
                keep(network)
                return network
        except FileNotFoundError as error:  # it has just made room for another
            raise not_here(weights) from error
    if weights.origin == "own":
        from vizcore.zoo.own import own_network

        shelf().used(weights.path)
        return ready_to_look(own_network(weights)).to(device)
    assert weights.card is not None
    network = build_meta(weights.architecture, **weights.options)
    load_into(network, weights.card)
    return network.to(device)
