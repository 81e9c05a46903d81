"""ConvScope's package without a user interface: explore convolutional networks from Python.

    >>> import vizcore as vc
    >>> table = vc.layers("vgg16")
    >>> table.totals.params
    138357544

Nothing heavy is imported until it is used: `import vizcore` loads neither torch nor streamlit.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

#: Public name -> the module that defines it.
_HOMES: dict[str, str] = {
    "AscentOptions": "vizcore.records.ascent_options",
    "BadChoice": "vizcore.errors",
    "BadImage": "vizcore.errors",
    "BadInputSize": "vizcore.errors",
    "BadNotation": "vizcore.errors",
    "ConvScopeError": "vizcore.errors",
    "InversionOptions": "vizcore.records.ascent_options",
    "LocalisationSettings": "vizcore.records.localisation",
    "NotApplicable": "vizcore.errors",
    "UnknownArchitecture": "vizcore.errors",
    "UnknownClass": "vizcore.errors",
    "UnknownLayer": "vizcore.errors",
    "WeightsError": "vizcore.errors",
    "ablation": "vizcore.ablation_study",
    "accuracy_points": "vizcore.accuracy",
    "activation_images": "vizcore.api.made_images",
    "bench": "vizcore.api.measuring",
    "block": "vizcore.api.tables",
    "card": "vizcore.trained",
    "class_images": "vizcore.api.made_images",
    "confusion": "vizcore.trained",
    "convolve": "vizcore.byhand",
    "deconvnet": "vizcore.api.looking",
    "contribution": "vizcore.api.looking",
    "depth_strip": "vizcore.api.looking",
    "worked_value": "vizcore.api.looking",
    "design": "vizcore.zoo.notation",
    "disagreement": "vizcore.trained",
    "evolution": "vizcore.api.histories",
    "evolution_patches": "vizcore.api.histories",
    "evolution_saliency": "vizcore.api.histories",
    "feature_maps": "vizcore.api.looking",
    "fetch": "vizcore.api.looking",
    "find_kernel": "vizcore.byhand",
    "filter_slices": "vizcore.api.kernels",
    "filter_statistics": "vizcore.api.kernels",
    "filters": "vizcore.api.kernels",
    "fleet": "vizcore.trained",
    "invariance": "vizcore.api.robustness",
    "invert": "vizcore.api.made_images",
    "layers": "vizcore.api.tables",
    "localisation_set": "vizcore.data.localisation",
    "localisation_study": "vizcore.api.localising",
    "localise": "vizcore.api.localising",
    "map_metrics": "vizcore.api.trust",
    "models": "vizcore.api.tables",
    "pool": "vizcore.byhand",
    "predict": "vizcore.api.looking",
    "saliency": "vizcore.api.decisions",
    "saliency_methods": "vizcore.api.decisions",
    "sanity_check": "vizcore.api.trust",
    "scene_baselines": "vizcore.api.localising",
    "share": "vizcore.byhand",
    "sample_pictures": "vizcore.data.samples",
    "textbook_filters": "vizcore.api.kernels",
    "top_patches": "vizcore.api.looking",
    "weights_of": "vizcore.networks.offers",
}

__all__ = [
    "AscentOptions",
    "BadChoice",
    "BadImage",
    "BadInputSize",
    "BadNotation",
    "ConvScopeError",
    "InversionOptions",
    "LocalisationSettings",
    "NotApplicable",
    "UnknownArchitecture",
    "UnknownClass",
    "UnknownLayer",
    "WeightsError",
    "ablation",
    "accuracy_points",
    "activation_images",
    "bench",
    "block",
    "card",
    "class_images",
    "confusion",
    "contribution",
    "convolve",
    "deconvnet",
    "depth_strip",
    "design",
    "disagreement",
    "evolution",
    "evolution_patches",
    "evolution_saliency",
    "feature_maps",
    "fetch",
    "filter_slices",
    "filter_statistics",
    "filters",
    "find_kernel",
    "fleet",
    "invariance",
    "invert",
    "layers",
    "localisation_set",
    "localisation_study",
    "localise",
    "map_metrics",
    "models",
    "pool",
    "predict",
    "saliency",
    "saliency_methods",
    "sample_pictures",
    "sanity_check",
    "scene_baselines",
    "share",
    "textbook_filters",
    "top_patches",
    "weights_of",
    "worked_value",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'vizcore' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
