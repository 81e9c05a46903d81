"""What a layer still knows of a photograph: the image that gives it the same activations.

Mahendran and Vedaldi, "Understanding Deep Image Representations by Inverting Them" (CVPR 2015,
arXiv 1412.0035): the squared distance of the activations over the squared norm of the
photograph's, plus a norm that keeps values in bounds and the total variation, made as small as it
gets by gradient descent from noise. The paper descends with momentum and lowers the step size by
hand; here it is Adam.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice
from vizcore.lenses.capture import Images, as_input
from vizcore.lenses.class_images.film import Film
from vizcore.lenses.class_images.measures import Reading, reading
from vizcore.lenses.class_images.saying import said_of
from vizcore.lenses.class_images.updates import update_of
from vizcore.lenses.prediction import one_picture
from vizcore.records import Prediction
from vizcore.records_class_images import MOST_IMAGES, InversionOptions, Inversions, as_pictures
from vizcore.runtime.clone import frozen_copy
from vizcore.runtime.jobs import Progress

#: Standard deviation of the noise at the start, in the network's units.
_NOISE = 0.1


def invert(
    network: nn.Module,
    photo_nchw: Images,
    layers: Sequence[str],
    *,
    photo_hwc: npt.NDArray[np.uint8],
    mean: tuple[float, ...],
    std: tuple[float, ...],
    options: InversionOptions | None = None,
    classes: Sequence[str] | None = None,
) -> Generator[Progress, None, Inversions]:
    """Find for each layer an image whose activations there are those of a photo (1, C, H, W).

    All start from the same noise; every `Progress` carries the images so far.

    Args:
        photo_hwc: what the network looks at, as a picture.
        mean, std: what the photograph was standardised by.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: a layer gives nothing with channels.
        BadChoice: no layer or too many.
        BadInputSize: the network cannot take this shape.

    Example:
        >>> from vizcore.runtime.jobs import finish
        >>> net = nn.Sequential(nn.Conv2d(3, 3, 1, bias=False), nn.Flatten())
        >>> photo = torch.ones(1, 3, 4, 4)
        >>> view = np.zeros((4, 4, 3), np.uint8)
        >>> plain = {"photo_hwc": view, "mean": (0.0,) * 3, "std": (1.0,) * 3}
        >>> found = finish(invert(net, photo, ["0"], **plain))
        >>> bool(found.errors_sn[-1, 0] < 0.01 * found.errors_sn[0, 0])
        True
    """
    options = options or InversionOptions()
    if not 1 <= len(layers) <= MOST_IMAGES:
        raise BadChoice(f"{len(layers)} layers were asked for. Allowed: 1 to {MOST_IMAGES}.")
    copy = frozen_copy(network)
    photo = as_input(copy, one_picture(photo_nchw))
    seen = said_of(copy, photo, classes)
    targets: list[tuple[Reading, Tensor]] = []
    for layer in layers:
        read = reading(copy, layer, photo)
        with torch.no_grad():
            targets.append((read, read(photo)))
    draw = torch.Generator().manual_seed(options.seed)
    noise = as_input(copy, _NOISE * torch.randn(*photo.shape, generator=draw))
    images = noise.expand(len(layers), -1, -1, -1).contiguous()
    update = update_of("adam", options.step_size)
    film = Film(
        options.steps,
        len(layers),
        (int(photo.shape[2]), int(photo.shape[3])),
        ("error", "bound", "variation"),
    )

    def so_far(step: int, predictions: tuple[Prediction, ...] = ()) -> Inversions:
        pixels = images.detach().float().cpu().numpy()
        if film.wants(step):
            film.keep(step, as_pictures(pixels, mean, std))
        return Inversions(
            layers=tuple(layers),
            options=options,
            step=step,
            photo_hwc=photo_hwc,
            images_nchw=pixels,
            mean=mean,
            std=std,
            errors_sn=film.curve("error", step),
            bounds_sn=film.curve("bound", step),
            variations_sn=film.curve("variation", step),
            frames=film.frames,
            photo_prediction=seen[0] if seen else None,
            predictions=predictions,
            notes=("",) * len(layers),
        )

    for step in range(options.steps + 1):
        terms, gradient = _terms(targets, images, options)
        film.write(step, error=terms[0], bound=terms[1], variation=terms[2])
        yield Progress(step, options.steps, "steps", so_far(step))
        if step < options.steps:
            images = update(images, -gradient)
    return so_far(options.steps, said_of(copy, images, classes))


def _terms(
    targets: list[tuple[Reading, Tensor]], images: Tensor, options: InversionOptions
) -> tuple[npt.NDArray[np.float32], Tensor]:
    """Error, bound and variation (3, n) of the images, and the gradient of their sum."""
    terms, gradients = [], []
    for (read, wanted), image in zip(targets, images, strict=True):
        with torch.enable_grad():
            leaf = image[None].detach().requires_grad_(True)
            error = (read(leaf) - wanted).square().sum() / wanted.square().sum()
            bound = options.alpha_weight * leaf.abs().pow(options.alpha).mean()
            variation = options.beta_weight * total_variation(leaf, options.beta).mean()
            (gradient,) = torch.autograd.grad(error + bound + variation, leaf)
        terms.append(torch.stack([error, bound, variation]).detach())
        gradients.append(gradient)
    return torch.stack(terms, 1).float().cpu().numpy(), torch.cat(gradients)


def total_variation(images: Tensor, beta: float = 2.0) -> Tensor:
    """(squared difference to the right + squared difference below) ** (beta / 2), per value.

    At the right and lower edge there is no neighbour, and that difference is 0.
    """
    right = torch.nn.functional.pad(images.diff(dim=3), (0, 1)).square()
    below = torch.nn.functional.pad(images.diff(dim=2), (0, 0, 0, 1)).square()
    both = right + below
    return both if beta == 2.0 else (both + 1e-12).pow(beta / 2)
