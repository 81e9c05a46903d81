"""timm's classifiers by name. timm is imported on the first call, not before."""

from __future__ import annotations

from vizcore.errors import UnknownArchitecture
from vizcore.zoo.architecture import Architecture
from vizcore.zoo.libraries import TimmBuilder


def timm_architecture(name: str) -> Architecture:
    """Describe `timm:NAME` from what timm itself knows about it.

    Raises:
        UnknownArchitecture: timm has no model of this name.
    """
    import timm

    model = name.partition(":")[2]
    if not timm.is_model(model):
        known = [f"timm:{known}" for known in timm.list_models()]
        raise UnknownArchitecture.among("architecture", name, known)
    try:
        defaults = timm.get_pretrained_cfg(model)
    except RuntimeError as error:  # the model is there, the tag after the point is not
        plain = model.partition(".")[0]
        tagged = [f"timm:{known}" for known in timm.list_pretrained(f"{plain}.*")]
        raise UnknownArchitecture.among("architecture", name, [f"timm:{plain}", *tagged]) from error
    module: str = timm.models.model_entrypoint(model).__module__
    size = defaults.input_size if defaults is not None else (3, 224, 224)
    return Architecture(
        key=f"timm:{model}",
        name=f"{model} (timm)",
        family=module.rpartition(".")[2],
        year=None,
        paper=None,
        input_shape=(int(size[0]), int(size[1]), int(size[2])),
        num_classes=int(defaults.num_classes) if defaults is not None else 1000,
        depth=None,
        depth_note="",
        source=f"timm:{model}",
        builder=TimmBuilder(model),
    )
