"""A trained network's filters."""

from __future__ import annotations

from vizcore.records.filters import FilterBank, FilterSlices, NetworkFilters, Resemblance
from vizcore.runtime.device import choose
from vizcore.runtime.jobs import run_here
from vizcore.tasks.filters import (
    filter_slices_task,
    filter_statistics_task,
    filters_task,
    resemblances_task,
)
from vizcore.tasks.sight import AnyPicture, AnyWeights


def filters(
    name: str, layer: str | None = None, *, weights: AnyWeights = None, device: str | None = None
) -> FilterBank:
    """A layer's filters and their statistics; by default of the layer that reads the picture.

    Raises:
        UnknownLayer: no convolution has this name; with the nearest names.
        NotApplicable: the network has no convolution, or none that reads the picture.
        UnknownArchitecture, UnknownWeights, WeightsError: as for `predict`.

    Example:
        >>> filters("zfnet_photos20").weights_fihw.shape
        (64, 3, 7, 7)
    """
    return run_here(filters_task(name, layer, weights=weights), choose(device))


def filter_slices(
    name: str,
    image: AnyPicture | None,
    layer: str,
    number: int,
    *,
    weights: AnyWeights = None,
    device: str | None = None,
) -> FilterSlices:
    """One filter by the channels it reads, and what each of them holds for a picture, if given.

    Raises:
        BadChoice: the layer has no such filter.
        UnknownLayer, NotApplicable: no convolution of this name; says which are.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> filter_slices("zfnet_photos20", None, "conv2", 7).kernels_ihw.shape
        (64, 5, 5)
    """
    task = filter_slices_task(name, image, layer, number, weights=weights)
    return run_here(task, choose(device))


def filter_statistics(
    name: str, *, weights: AnyWeights = None, device: str | None = None
) -> NetworkFilters:
    """Every convolution's filters in numbers, and how high each rose on the sample pictures.

    Raises:
        NotApplicable: the network has no convolution.
        UnknownArchitecture, UnknownWeights, WeightsError: as for `predict`.

    Example:
        >>> [each.layer.name for each in filter_statistics("lenet5_modern").layers]
        ['c1', 'c3', 'c5']
    """
    return run_here(filter_statistics_task(name, weights=weights), choose(device))


def textbook_filters(
    name: str, image: AnyPicture, *, weights: AnyWeights = None, device: str | None = None
) -> tuple[Resemblance, ...]:
    """Sobel, Gabor, Gaussian and Laplacian filters, and the first layer's nearest, on a picture.

    Raises:
        NotApplicable: no convolution reads the picture, or its kernels are below 3 x 3.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.

    Example:
        >>> from vizcore.data.samples import sample
        >>> photo = sample("coffee").read()
        >>> textbook_filters("zfnet_photos20", photo)[0].name
        'Sobel x'
    """
    return run_here(resemblances_task(name, image, weights=weights), choose(device))
