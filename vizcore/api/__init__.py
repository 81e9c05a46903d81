"""The facade: everything by an architecture's name, one module a topic.

What looks at a picture runs here and now; `vizcore.tasks` has the same for an engine.
"""

from vizcore.api.decisions import saliency, saliency_methods
from vizcore.api.histories import evolution, evolution_patches, evolution_saliency
from vizcore.api.kernels import filter_slices, filter_statistics, filters, textbook_filters
from vizcore.api.localising import localisation_study, localise, scene_baselines
from vizcore.api.looking import (
    contribution,
    deconvnet,
    depth_strip,
    feature_maps,
    fetch,
    predict,
    top_patches,
    worked_value,
)
from vizcore.api.made_images import activation_images, class_images, invert
from vizcore.api.measuring import bench
from vizcore.api.robustness import invariance
from vizcore.api.tables import block, layers, models
from vizcore.api.trust import map_metrics, sanity_check

__all__ = [
    "activation_images",
    "bench",
    "block",
    "class_images",
    "contribution",
    "deconvnet",
    "depth_strip",
    "evolution",
    "evolution_patches",
    "evolution_saliency",
    "feature_maps",
    "fetch",
    "filter_slices",
    "filter_statistics",
    "filters",
    "invariance",
    "invert",
    "layers",
    "localisation_study",
    "localise",
    "map_metrics",
    "models",
    "predict",
    "saliency",
    "saliency_methods",
    "sanity_check",
    "scene_baselines",
    "textbook_filters",
    "top_patches",
    "worked_value",
]
