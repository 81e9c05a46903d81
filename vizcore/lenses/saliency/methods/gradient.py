"""Gradients of the score, once or over noisy copies of the picture."""

from __future__ import annotations

from vizcore.lenses.saliency.methods.options import (
    BASE,
    NOISE,
    PER_SAMPLE,
    SAMPLES,
)
from vizcore.lenses.saliency.methods.papers import (
    ADEBAYO,
    INPUT_X,
    SIMONYAN,
    SMOOTH,
)
from vizcore.records.saliency import SaliencyMethod

METHODS: tuple[SaliencyMethod, ...] = (
    SaliencyMethod(
        key="gradient",
        title="Gradient",
        paper=SIMONYAN,
        family="gradient",
        signed=False,
        colours="largest",
        says="how much the score moves when the pixel moves a little, in whichever colour moves it "
        "most",
    ),
    SaliencyMethod(
        key="input_x_gradient",
        title="Input × gradient",
        paper=INPUT_X,
        family="gradient",
        signed=True,
        colours="sum",
        says="the gradient times the pixel's value",
    ),
    *(
        SaliencyMethod(
            key=key,
            title=title,
            paper=paper,
            family="gradient",
            signed=False,
            colours="largest",
            says=f"the {gathered} of the maps of noisy copies of the picture",
            options=(SAMPLES, NOISE, BASE),
            passes=PER_SAMPLE,
            random=True,
        )
        for key, title, paper, gathered in (
            ("smoothgrad", "SmoothGrad", SMOOTH, "mean"),
            ("smoothgrad_sq", "SmoothGrad squared", ADEBAYO, "mean square"),
            ("vargrad", "VarGrad", ADEBAYO, "variance"),
        )
    ),
)
