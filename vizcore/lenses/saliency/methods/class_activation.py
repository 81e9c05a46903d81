"""A layer's maps, each weighted by what it means to the class."""

from __future__ import annotations

from vizcore.lenses.saliency.methods.papers import (
    GRAD_CAM,
)
from vizcore.records.saliency import SaliencyMethod

METHODS: tuple[SaliencyMethod, ...] = (
    SaliencyMethod(
        key="grad_cam",
        title="Grad-CAM",
        paper=GRAD_CAM,
        family="class activation map",
        signed=False,
        colours="layer",
        says="the layer's channels, each by the mean of its gradient; what is negative left out",
        needs=("layer",),
    ),
    SaliencyMethod(
        key="guided_grad_cam",
        title="Guided Grad-CAM",
        paper=GRAD_CAM,
        family="class activation map",
        signed=False,
        colours="largest",
        says="guided backpropagation times Grad-CAM",
        needs=("layer",),
        passes="2 forward, 2 backward",
    ),
    SaliencyMethod(
        key="cam",
        title="Class activation map",
        paper="Zhou et al., Learning Deep Features for Discriminative Localization, CVPR 2016",
        family="class activation map",
        signed=True,
        colours="layer",
        says="the last maps, each by its weight in the class's score",
        passes="1 forward",
        by_gradient=False,
        complete=True,
    ),
)
