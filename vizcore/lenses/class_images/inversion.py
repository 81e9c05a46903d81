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

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.capture import Images, as_input
from vizcore.lenses.class_images.film import Film
from vizcore.lenses.class_images.measures import reading
from vizcore.lenses.class_images.measuring import reproducible
from vizcore.lenses.class_images.saying import said_of
from vizcore.lenses.class_images.updates import update_of
from vizcore.lenses.prediction import one_picture
from vizcore.records.ascent_options import MOST_IMAGES, InversionOptions
from vizcore.records.class_images import Inversions, as_pictures
from vizcore.records.maps import Prediction
from vizcore.runtime.clone import frozen_copy
from vizcore.runtime.jobs import Progress, finish
from vizcore.runtime.memory import in_batches

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
        NotApplicable: a layer gives nothing with channels, or only zeros for this photo.
        BadChoice: no layer or too many.
        BadInputSize: the network cannot take this shape.
        OutOfMemory: not even one image fits.

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
    wanted = [_Wanted(copy, layer, photo, options) for layer in layers]
    draw = torch.Generator().manual_seed(options.seed)
    noise = as_input(copy, _NOISE * torch.randn(*photo.shape, generator=draw))
    images = before = noise.expand(len(layers), -1, -1, -1).contiguous()
    update = update_of("adam", options.step_size)
    sides = (int(photo.shape[2]), int(photo.shape[3]))
    film = Film(options.steps, len(layers), sides, ("error", "bound", "variation"))
    notes = [""] * len(layers)

    def so_far(step: int, predictions: tuple[Prediction, ...] = ()) -> Inversions:
        pixels = images.float().cpu().numpy()
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
            notes=tuple(notes),
        )

    for step in range(options.steps + 1):
        terms, gradient = _measured(wanted, images)
        film.write(step, terms.float().cpu().numpy())
        for number in torch.nonzero(~gradient.flatten(1).isfinite().all(1)).flatten().tolist():
            images[number] = before[number]
            notes[number] = notes[number] or (
                f"The gradient of '{layers[number]}' stopped being finite at step {step}: the "
                f"step size {options.step_size:g} may be too large. The image is the one before."
            )
        yield Progress(step, options.steps, "steps", so_far(step))
        if step < options.steps:
            before, images = images, update(images, -gradient)
            stopped = [number for number, note in enumerate(notes) if note]
            if stopped:
                images[stopped] = before[stopped]
    return so_far(options.steps, said_of(copy, images, classes))


class _Wanted:
    """One layer's activations for the photograph, and how far an image's are from them."""

    def __init__(
        self, network: nn.Module, layer: str, photo: Tensor, options: InversionOptions
    ) -> None:
        self._options = options
        with torch.no_grad():
            self._read = reading(network, layer, photo)
            self._values = self._read(photo)
        self._norm = self._values.square().sum()
        if not 0 < float(self._norm) < float("inf"):
            what = "only zeros" if float(self._norm) == 0 else "values that are not finite"
            raise NotApplicable(
                f"Layer '{layer}' gives {what} for this photograph: there is nothing to invert.",
                received=layer,
            )

    def terms(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Error, bound and variation (3,) of an image (1, C, H, W), and their sum's gradient."""
        how = self._options
        with torch.enable_grad(), reproducible(image.device):
            leaf = image.detach().requires_grad_(True)
            seen = self._read(leaf.clone())  # an operation in place may come first
            error = (seen - self._values).square().sum() / self._norm
            bound = how.alpha_weight * leaf.abs().pow(how.alpha).mean()
            varied = how.beta_weight * total_variation(leaf, how.beta).mean()
            (gradient,) = torch.autograd.grad(error + bound + varied, leaf)
        return torch.stack([error, bound, varied]).detach(), gradient


def _measured(wanted: Sequence[_Wanted], images: Tensor) -> tuple[Tensor, Tensor]:
    """The terms (3, n) and the gradients of all images, one at a time.

    Raises:
        OutOfMemory: not even one fits.
    """

    def step(numbers: range) -> tuple[Tensor, Tensor]:
        number = numbers[0]
        return wanted[number].terms(images[number : number + 1])

    found = finish(in_batches(step, range(len(wanted)), batch=1, device=str(images.device)))
    return torch.stack([terms for terms, _ in found], 1), torch.cat([each for _, each in found])


def total_variation(images: Tensor, beta: float = 2.0) -> Tensor:
    """(squared difference to the right + squared difference below) ** (beta / 2), per value.

    At the right and lower edge there is no neighbour, and that difference is 0.
    """
    right = torch.nn.functional.pad(images.diff(dim=3), (0, 1)).square()
    below = torch.nn.functional.pad(images.diff(dim=2), (0, 0, 0, 1)).square()
    both = right + below
    return both if beta == 2.0 else (both + 1e-12).pow(beta / 2)
