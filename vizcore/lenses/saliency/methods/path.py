"""Gradients gathered on the way from something to compare with."""

from __future__ import annotations

from vizcore.lenses.saliency.methods.options import (
    BASELINE,
    PER_SAMPLE,
    PER_STEP,
    RULE,
    SAMPLES,
    SHAP_NOISE,
    STEPS,
)
from vizcore.lenses.saliency.methods.papers import (
    IG,
    SHAP,
)
from vizcore.records.saliency import SaliencyMethod

METHODS: tuple[SaliencyMethod, ...] = (
    SaliencyMethod(
        key="integrated_gradients",
        title="Integrated Gradients",
        paper=IG,
        family="path",
        signed=True,
        colours="sum",
        says="the pixel's share of the score, gathered on the straight way from the baseline",
        options=(STEPS, BASELINE, RULE),
        passes=PER_STEP,
        complete=True,
    ),
    SaliencyMethod(
        key="gradient_shap",
        title="GradientSHAP",
        paper=SHAP,
        family="path",
        signed=True,
        colours="sum",
        says="the gradient at random points between the picture and four references (mean colour, "
        "blurred, darkest, lightest), times the way",
        options=(SAMPLES, SHAP_NOISE),
        passes=PER_SAMPLE,
        complete=True,
        random=True,
    ),
)
