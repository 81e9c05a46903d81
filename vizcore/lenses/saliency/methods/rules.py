"""Other rules than the gradient's for the way down through a layer."""

from __future__ import annotations

from vizcore.lenses.saliency.methods.options import (
    BASELINE,
    EPSILON,
)
from vizcore.lenses.saliency.methods.papers import (
    DECONV,
    DEEPLIFT,
    GUIDED,
    SHAP,
)
from vizcore.records.saliency import SaliencyMethod

METHODS: tuple[SaliencyMethod, ...] = (
    SaliencyMethod(
        key="deep_lift",
        title="DeepLIFT",
        paper=DEEPLIFT,
        family="backpropagation rule",
        signed=True,
        colours="sum",
        says="the pixel's share of the change of the score from the baseline, by the rescale rule",
        options=(BASELINE,),
        passes="2 forward, 2 backward at once",
        complete=True,
    ),
    SaliencyMethod(
        key="deep_lift_shap",
        title="DeepLIFT SHAP",
        paper=SHAP,
        family="backpropagation rule",
        signed=True,
        colours="sum",
        says="the mean of DeepLIFT against four references (mean colour, blurred, darkest, "
        "lightest)",
        passes="8 forward, 8 backward",
        complete=True,
    ),
    SaliencyMethod(
        key="guided_backprop",
        title="Guided backpropagation",
        paper=GUIDED,
        family="backpropagation rule",
        signed=False,
        colours="largest",
        says="the gradient, with only what is positive let through each ReLU on the way down",
    ),
    SaliencyMethod(
        key="deconvolution",
        title="Deconvolution",
        paper=DECONV,
        family="backpropagation rule",
        signed=False,
        colours="largest",
        says="the gradient, with ReLUs on the way down that look at the signal alone",
    ),
    SaliencyMethod(
        key="lrp",
        title="Layer-wise relevance propagation",
        paper="Bach et al., On Pixel-Wise Explanations, PLOS ONE 2015",
        family="backpropagation rule",
        signed=True,
        colours="sum",
        says="the pixel's share of the score, handed down from layer to layer (epsilon rule)",
        options=(EPSILON,),
        passes="2 forward, 1 backward",
        complete=True,
    ),
)
