"""Networks filled with the pretrained weights of a library, from a file on this machine."""

from __future__ import annotations

import pickle
import re
import zipfile
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from vizcore.errors import WeightsError
from vizcore.zoo.networks import build_meta
from vizcore.zoo.pretrained_timm import timm_name
from vizcore.zoo.registry import get
from vizcore.zoo.weights import Weights

#: Names in torchvision's DenseNet files that modules can no longer have, as torchvision mends them.
_OLD_DENSE_LAYER = re.compile(
    r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.(?:weight|bias|running_mean|running_var))$"
)
#: What reading a file of another content or another network ends with.
_UNREADABLE = (
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SafetensorError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
)


def filled(weights: Weights, path: Path) -> nn.Module:
    """Build the network of pretrained weights on the CPU and fill it from their file.

    Files are read as tensors and nothing else (`weights_only=True`, or safetensors).

    Raises:
        WeightsError: the file cannot be read, or does not hold this network's tensors.
    """
    load = _timm_network if weights.origin == "timm" else _torchvision_network
    try:
        network = load(weights, path)
    except _UNREADABLE as error:
        raise _unusable(weights, path, error) from error
    if any(tensor.is_meta for tensor in (*network.parameters(), *network.buffers())):
        raise WeightsError(f"{path.name} does not fill the whole of '{weights.architecture}'.")
    return network


def _torchvision_network(weights: Weights, path: Path) -> nn.Module:
    tensors: dict[str, Tensor] = torch.load(
        path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
    )
    for name in list(tensors):
        old = _OLD_DENSE_LAYER.match(name)
        if name.startswith(weights.left_out):
            del tensors[name]
        elif old:
            tensors[old.group(1) + old.group(2)] = tensors.pop(name)
    network = build_meta(weights.architecture, **weights.options)
    network.load_state_dict(tensors, assign=True)
    return network.float()  # as torchvision, which copies whatever precision a file has


def _timm_network(weights: Weights, path: Path) -> nn.Module:
    """timm reads its own file: it knows how each of its models' files came about."""
    import timm

    model, _ = timm_name(get(weights.architecture))
    there = {"file": str(path), "custom_load": False, "url": "", "hf_hub_id": None}
    network: nn.Module = timm.create_model(
        f"{model}.{weights.name}", pretrained=True, pretrained_cfg_overlay=there
    )
    return network


def _unusable(weights: Weights, path: Path, error: Exception) -> WeightsError:
    reason = next((line.strip() for line in reversed(str(error).splitlines()) if line.strip()), "")
    return WeightsError(
        f"{path.name} cannot be used as the weights {weights.name} of '{weights.architecture}': "
        f"{reason[:300] or type(error).__name__}"
    )
