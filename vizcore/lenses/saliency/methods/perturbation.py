"""Parts of the picture covered, and what the score makes of that; no gradient is taken."""

from __future__ import annotations

from vizcore.lenses.saliency.methods.options import (
    BASELINE,
    COMPACTNESS,
    LIME_SAMPLES,
    ORDERS,
    SPARSITY,
    STRIDE,
    SUPERPIXELS,
    WIDTH,
    WINDOW,
)
from vizcore.lenses.saliency.methods.papers import (
    DECONV,
    SHAP,
)
from vizcore.records.saliency import SaliencyMethod

METHODS: tuple[SaliencyMethod, ...] = (
    SaliencyMethod(
        key="occlusion",
        title="Occlusion",
        paper=DECONV,
        family="perturbation",
        signed=True,
        colours="one",
        says="what the score loses when a window over the pixel is covered, the mean of all "
        "windows",
        options=(WINDOW, STRIDE, BASELINE),
        passes="1 forward for each window",
        by_gradient=False,
    ),
    SaliencyMethod(
        key="feature_ablation",
        title="Feature ablation",
        paper="Kokhlikyan et al., Captum, 2020",
        family="perturbation",
        signed=True,
        colours="one",
        says="what the score loses without the pixel's superpixel",
        options=(SUPERPIXELS, COMPACTNESS, BASELINE),
        passes="1 forward for each superpixel",
        by_gradient=False,
    ),
    SaliencyMethod(
        key="shapley_value_sampling",
        title="Shapley value sampling",
        paper="Castro, Gómez and Tejada, Polynomial Calculation of the Shapley Value, 2009",
        family="perturbation",
        signed=True,
        colours="one",
        says="what the pixel's superpixel adds when superpixels come in one by one, over random "
        "orders",
        options=(SUPERPIXELS, COMPACTNESS, ORDERS, BASELINE),
        passes="1 forward for each superpixel and order",
        by_gradient=False,
        complete=True,
        random=True,
    ),
    SaliencyMethod(
        key="lime",
        title="LIME",
        paper="Ribeiro, Singh and Guestrin, Why Should I Trust You?, KDD 2016",
        family="surrogate model",
        signed=True,
        colours="one",
        says="the weight of the pixel's superpixel in a sparse linear model of the score nearby",
        options=(SUPERPIXELS, COMPACTNESS, LIME_SAMPLES, WIDTH, SPARSITY, BASELINE),
        passes="1 forward for each sample",
        by_gradient=False,
        random=True,
    ),
    SaliencyMethod(
        key="kernel_shap",
        title="Kernel SHAP",
        paper=SHAP,
        family="surrogate model",
        signed=True,
        colours="one",
        says="the Shapley value of the pixel's superpixel, by weighted least squares",
        options=(SUPERPIXELS, COMPACTNESS, LIME_SAMPLES, BASELINE),
        passes="1 forward for each sample",
        by_gradient=False,
        complete=True,
        random=True,
    ),
)
