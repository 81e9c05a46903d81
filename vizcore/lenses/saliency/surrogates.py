"""A linear model of the superpixels, fitted to the scores of pictures with some of them covered."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from torch import Tensor

from vizcore.lenses.saliency.look import Attributed, Look
from vizcore.lenses.saliency.paths import baseline_of, completeness
from vizcore.lenses.saliency.perturbations import Kept, scores_of, spread, superpixels
from vizcore.runtime.jobs import Progress

Steps = Generator[Progress, None, Attributed]
#: The weight of the empty and of the whole picture in Kernel SHAP, as in Captum: the theory's is
#: infinite.
_ENDS_WEIGHT = 1e6


def lime(look: Look) -> Steps:
    """LIME: superpixels are covered by the toss of a coin; a lasso is fitted to the scores.

    A sample counts exp(-d^2 / (2 width^2)), d its cosine distance from the picture.
    """
    from sklearn.linear_model import Lasso, LinearRegression

    segments = superpixels(look)
    parts = int(segments.max()) + 1
    draw = look.noise()
    coins = torch.stack(
        [torch.bernoulli(torch.full((parts,), 0.5), generator=draw)
         for _ in range(look.whole("samples"))]
    )  # fmt: skip
    kept = coins.numpy().astype(bool)
    scores = yield from scores_of(look, segments, kept)
    weights = _likeness(look, segments, kept)
    penalty = look.number("sparsity")
    model = Lasso(alpha=penalty) if penalty else LinearRegression()
    model.fit(coins.numpy(), scores.numpy(), sample_weight=weights)
    values = torch.from_numpy(np.asarray(model.coef_, np.float32))
    note = f"The linear model explains {_explained(model, coins, scores, weights):.0%} of the "
    return Attributed(
        spread(look, segments, values),
        segments_hw=segments,
        notes=(note + "weighted variance of the scores it was fitted to.",),
    )


def kernel_shap(look: Look) -> Steps:
    """Kernel SHAP: coalitions drawn as the Shapley kernel weighs them, then least squares."""
    from sklearn.linear_model import LinearRegression

    segments = superpixels(look)
    kept = coalitions(int(segments.max()) + 1, look.whole("samples"), look.noise())
    scores = yield from scores_of(look, segments, kept)
    sizes = kept.sum(1)
    ends = (sizes == 0) | (sizes == kept.shape[1])
    model = LinearRegression().fit(
        kept.astype(np.float32), scores.numpy(), sample_weight=np.where(ends, _ENDS_WEIGHT, 1.0)
    )
    values = torch.from_numpy(np.asarray(model.coef_, np.float32))
    told = completeness(look, values.sum(), baseline_of(look))
    return Attributed(spread(look, segments, values), told, segments)


def coalitions(parts: int, samples: int, draw: torch.Generator) -> Kept:
    """Which parts stay: all, none, then sets whose size k has odds (M - 1) / (k (M - k)).

    Of one size every set has the same odds, so a set is drawn as the Shapley kernel weighs it
    (Lundberg and Lee 2017, theorem 2).
    """
    rows = [torch.ones(parts, dtype=torch.bool), torch.zeros(parts, dtype=torch.bool)]
    if parts > 1:
        sizes = torch.arange(1, parts, dtype=torch.float64)
        odds = (parts - 1) / (sizes * (parts - sizes))
        for _ in range(samples - 2):
            size = 1 + int(torch.multinomial(odds, 1, generator=draw))
            row = torch.zeros(parts, dtype=torch.bool)
            row[torch.randperm(parts, generator=draw)[:size]] = True
            rows.append(row)
    return torch.stack(rows).numpy()


def _likeness(look: Look, segments: Tensor, kept: Kept) -> np.ndarray:
    """The weight of each sample, of what is left of the picture."""
    image = look.image[0].cpu().double()
    baseline = baseline_of(look)[0].cpu().double()
    count = kept.shape[1]
    sums = torch.zeros(3, count, dtype=torch.float64)
    flat = segments.flatten()
    for row, values in enumerate((image * image, image * baseline, baseline * baseline)):
        sums[row].index_add_(0, flat, values.sum(0).flatten())
    own, cross, other = sums
    stays = torch.from_numpy(kept).double()
    dot = stays @ own + (1 - stays) @ cross
    norm = (stays @ own + (1 - stays) @ other).sqrt()
    cosine = dot / (norm * own.sum().sqrt()).clamp(min=1e-8)
    width = look.number("kernel_width")
    return np.asarray(torch.exp(-((1 - cosine) ** 2) / (2 * width**2)).numpy())


def _explained(model: object, coins: Tensor, scores: Tensor, weights: np.ndarray) -> float:
    found = model.score(coins.numpy(), scores.numpy(), sample_weight=weights)  # type: ignore[attr-defined]
    return max(0.0, float(found))
