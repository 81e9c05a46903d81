"""What torchvision itself says about its weights: every version of each enum."""

from __future__ import annotations

import math
import re
from typing import Any

from vizcore.data.preprocessing import Preprocessing
from vizcore.runtime.store import RemoteFile
from vizcore.zoo.architecture import Architecture
from vizcore.zoo.libraries import torchvision_name
from vizcore.zoo.light_import import torchvision_models
from vizcore.zoo.pretrained import DATASET, notes_on
from vizcore.zoo.weights import Weights

#: The hash that torch.hub finds in a file's name and checks.
HASH_IN_NAME = re.compile(r"-([a-f0-9]{8,64})\.")
#: Parts of the files that the zoo's builds, which have no training-time heads, do not have.
_LEFT_OUT = {"googlenet": ("aux1.", "aux2."), "inception_v3": ("AuxLogits.",)}


def torchvision_classes() -> list[str]:
    """The names of ImageNet-1k's classes in torchvision's metadata."""
    names: list[str] = (
        torchvision_models().get_weight("ResNet50_Weights.DEFAULT").meta["categories"]
    )
    return names


def torchvision_weights(architecture: Architecture) -> tuple[Weights, ...]:
    """The members of an architecture's enum, its DEFAULT first."""
    name = torchvision_name(architecture.source)
    enum = torchvision_models().get_model_weights(name)
    members = sorted(enum, key=lambda member: member is not enum.DEFAULT)
    return tuple(_weights(architecture.key, name, member) for member in members)


def _weights(key: str, name: str, member: Any) -> Weights:
    meta, how = member.meta, member.transforms()
    file_name = member.url.rpartition("/")[2]
    stated = HASH_IN_NAME.search(file_name)
    file = RemoteFile(
        file_name,
        member.url,
        stated.group(1) if stated else "",
        round(meta["_file_size"] * 2**20),  # stated in MiB, to a thousandth
    )
    measured = meta["_metrics"]["ImageNet-1K"]
    known = not math.isnan(measured["acc@1"])
    classes = tuple(meta["categories"] or ())  # None for VGG-16's features alone
    left_out = _LEFT_OUT.get(name, ())
    return Weights(
        architecture=key,
        name=member.name,
        origin="torchvision",
        title=f"{member.name} (torchvision)",
        classes=classes,
        preprocessing=Preprocessing(
            how.resize_size[0],
            how.crop_size[0],
            tuple(how.mean),
            tuple(how.std),
            how.interpolation.value,
        ),
        identity=f"torchvision:{file_name}",
        accuracy={
            "top1": round(measured["acc@1"] / 100, 6),
            "top5": round(measured["acc@5"] / 100, 6),
            "dataset": DATASET,
        }
        if known
        else {},
        licence=meta.get("license", ""),
        source=meta.get("recipe", "") or member.url,
        notes=notes_on(file, left_out, classes),
        options=_options(name, meta),
        left_out=left_out,
        file=file,
    )


def _options(name: str, meta: dict[str, Any]) -> dict[str, Any]:
    """What torchvision's own builders pass on when they are asked for these weights."""
    if name in _LEFT_OUT:
        return {"transform_input": True}
    if name.startswith("vit_"):
        return {"image_size": meta["min_size"][0]}
    if name.startswith("maxvit"):
        return {"input_size": list(meta["min_size"])}
    return {}
