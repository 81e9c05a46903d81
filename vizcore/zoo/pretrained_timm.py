"""What timm itself says about its weights: every tag that has a classifier."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from vizcore.data.preprocessing import Preprocessing
from vizcore.runtime.store import RemoteFile
from vizcore.zoo.architecture import Architecture
from vizcore.zoo.catalogue import counts_of
from vizcore.zoo.pretrained import imagenet_classes, notes_on, numbered_classes
from vizcore.zoo.pretrained_torchvision import HASH_IN_NAME
from vizcore.zoo.weights import Weights

_HUB = "https://huggingface.co"


def timm_name(architecture: Architecture) -> tuple[str, str]:
    """The model and the tag of `timm:MODEL.TAG`; the tag may be empty.

    Example:
        >>> from vizcore.zoo import get
        >>> timm_name(get("mobilenet_v1"))
        ('mobilenetv1_100', '')
    """
    model, _, tag = architecture.source.partition(":")[2].partition(".")
    return model, tag


@lru_cache(maxsize=64)
def timm_weights(architecture: Architecture) -> tuple[Weights, ...]:
    """The pretrained tags of a model, timm's default first; one where the name has a tag.

    Left out are tags without a classifier (CLIP, DINO), those in foreign formats, and those whose
    evaluation the zoo's preprocessing cannot follow exactly (borders, non-square inputs).
    """
    import timm

    model, wanted = timm_name(architecture)
    tags = [each.partition(".")[2] for each in timm.list_pretrained(f"{model}.*")]
    default = timm.get_pretrained_cfg(model)
    first = default.tag if default is not None else None
    found = []
    for tag in sorted(tags, key=lambda each: each != first):
        config = timm.get_pretrained_cfg(f"{model}.{tag}")
        if (not wanted or tag == wanted) and _can_be_used(config):
            found.append(_weights(architecture.key, f"{model}.{tag}", tag, config))
    return tuple(found)


def _can_be_used(config: Any) -> bool:
    channels, height, width = config.input_size
    return bool(
        config.num_classes
        and (config.hf_hub_id or (config.url and not config.custom_load))
        and config.crop_mode in ("center", "squash", "")
        and config.interpolation in ("bilinear", "bicubic")
        and height == width
        and channels == 3
    )


def _weights(key: str, full_name: str, tag: str, config: Any) -> Weights:
    side = config.input_size[1]
    counts = counts_of(key)
    file = _file(full_name, config, None if counts is None else 4 * counts.params)
    classes = _classes(config) or numbered_classes(config.num_classes)
    return Weights(
        architecture=key,
        name=tag,
        origin="timm",
        title=f"{tag} (timm)",
        classes=classes,
        preprocessing=Preprocessing(
            math.floor(side / (config.crop_pct or 0.875)),
            side,
            tuple(config.mean),
            tuple(config.std),
            config.interpolation,
            config.crop_mode == "squash",
        ),
        identity=f"timm:{file.name}",
        licence=config.license or "",
        source=f"{_HUB}/{config.hf_hub_id}" if config.hf_hub_id else config.url,
        notes=notes_on(file, (), classes),
        file=file,
    )


def _file(full_name: str, config: Any, about_bytes: int | None) -> RemoteFile:
    """The hub's safetensors file where there is one, as timm prefers it; else the address."""
    if config.hf_hub_id:
        hub_file = config.hf_hub_filename or "model.safetensors"
        return RemoteFile(
            f"{full_name}.{hub_file.rpartition('.')[2]}",
            f"{_HUB}/{config.hf_hub_id}/resolve/main/{hub_file}",
            "",
            about_bytes,
        )
    name = config.url.rpartition("/")[2]
    stated = HASH_IN_NAME.search(name)
    return RemoteFile(name, config.url, stated.group(1) if stated else "", about_bytes)


def _classes(config: Any) -> tuple[str, ...] | None:
    """The names of the outputs: ImageNet's, by their number; None where timm knows none."""
    from timm.data import infer_imagenet_subset

    if config.num_classes == len(imagenet_classes()):
        return imagenet_classes()
    subset = infer_imagenet_subset(config.to_dict())
    return None if subset is None else _subset(subset, config.num_classes)


@lru_cache(maxsize=8)
def _subset(name: str, number: int) -> tuple[str, ...]:
    from timm.data import ImageNetInfo

    info = ImageNetInfo(name)
    return tuple(info.index_to_description(each) for each in range(number))
