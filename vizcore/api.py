"""The facade: everything by an architecture's name.

What looks at a picture runs here and now; `vizcore.tasks` has the same as tasks for an engine.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from vizcore import networks, zoo
from vizcore.deconvnet_tasks import deconvnet_task
from vizcore.errors import BadChoice, BadInputSize
from vizcore.evolution_tasks import (
    Searched,
    evolution_patches_task,
    evolution_saliency_task,
    evolution_task,
)
from vizcore.filter_tasks import (
    filter_slices_task,
    filter_statistics_task,
    filters_task,
    resemblances_task,
)
from vizcore.map_tasks import contribution_task, depth_strip_task, worked_value_task
from vizcore.patch_tasks import top_patches_task
from vizcore.records import (
    BlockStudy,
    Conventions,
    FeatureMaps,
    LayerTable,
    Pair,
    Prediction,
    SaliencyMap,
    Sorting,
)
from vizcore.records_deconvnet import Projections
from vizcore.records_evolution import FilterHistory, PatchHistory, SaliencyHistory
from vizcore.records_filters import FilterBank, FilterSlices, NetworkFilters, Resemblance
from vizcore.records_maps import Contribution, DepthStrip, WorkedValue
from vizcore.records_patches import TopPatches
from vizcore.runtime import store
from vizcore.runtime.device import choose
from vizcore.runtime.jobs import Progress, run_here
from vizcore.tasks import (
    AnyPicture,
    AnyWeights,
    feature_maps_task,
    fetch_task,
    map_layers_task,
    prediction_task,
    saliency_task,
    warm_task,
)

if TYPE_CHECKING:
    from torch import nn

    from vizcore.lenses.saliency import Method

__all__ = [
    "block",
    "contribution",
    "contribution_task",
    "deconvnet",
    "deconvnet_task",
    "depth_strip",
    "depth_strip_task",
    "evolution",
    "evolution_patches",
    "evolution_saliency",
    "feature_maps",
    "feature_maps_task",
    "fetch",
    "fetch_task",
    "filter_slices",
    "filter_statistics",
    "filters",
    "layers",
    "map_layers_task",
    "models",
    "predict",
    "prediction_task",
    "saliency",
    "saliency_task",
    "textbook_filters",
    "top_patches",
    "top_patches_task",
    "warm_task",
    "worked_value",
    "worked_value_task",
]


def layers(
    network: str | zoo.Architecture | nn.Module,
    *,
    input_size: int | Pair | tuple[int, int, int] | None = None,
    batch: int = 1,
    bias: bool = True,
    ops: Literal["macs", "flops"] = "macs",
    dtype: str = "float32",
    memory: Literal["forward", "training"] = "forward",
) -> LayerTable:
    """Every layer of a network in numbers; no weight is allocated.

    Args:
        network: an architecture's name or record, or any module that takes one tensor.
        input_size: side of a square picture, (height, width), or (channels, height, width);
            by default the architecture's own.
        batch, bias, ops, dtype, memory: how to count; see `vizcore.records.Conventions`.

    Raises:
        UnknownArchitecture: no architecture has this name.
        BadInputSize: the network cannot take this input; suggests the smallest that works.
        BadChoice: a convention outside its allowed values.

    Example:
        >>> layers("vgg16").totals.macs
        15470264320
    """
    from vizcore.anatomy import trace

    conventions = Conventions(bias=bias, ops=ops, batch=batch, dtype=dtype, memory=memory)
    if not isinstance(network, (str, zoo.Architecture)):
        from torch import nn

        if not isinstance(network, nn.Module):
            raise BadChoice(
                f"network cannot be {network!r}. "
                "Give an architecture's name or record, or a torch.nn.Module.",
                received=repr(network),
            )
        if input_size is None:
            raise BadChoice(
                "input_size cannot be None for a network from outside the zoo. "
                "Give the side of a square picture, or (channels, height, width).",
                received="None",
                suggestions=("224",),
            )
        return trace(network, _picture_shape(input_size, (3, 0, 0)), conventions=conventions)
    entry = zoo.get(network) if isinstance(network, str) else network
    shape = _picture_shape(input_size, entry.input_shape)
    with _collector_at_rest():
        return trace(
            zoo.build_meta(entry), shape, key=entry.key, conventions=conventions, mine=True
        )


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Put off the cycle collector: thousands of short-lived modules would wake it for nothing.

    Torch's own objects make each of its rounds take a quarter of a second.
    """
    awake = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if awake:
            gc.enable()


def models() -> tuple[zoo.Architecture, ...]:
    """Every registered architecture, oldest first; loads neither torch nor a model library.

    Example:
        >>> [entry.key for entry in models() if entry.family == "AlexNet"]
        ['alexnet_2012', 'alexnet_photos20', 'alexnet_torchvision']
    """
    return zoo.architectures()


def block(name: str, **knobs: int) -> BlockStudy:
    """What an architectural idea costs against what it replaces; no weight is allocated.

    Args:
        name: one of `vizcore.blocks.names()`: "inception", "depthwise", "residual", ...
        knobs: the block's numbers, by default those of the lecture or paper.

    Raises:
        UnknownName: there is no such study; the message lists the nearest names.
        BadChoice: an unknown knob or a value outside its range.

    Example:
        >>> block("sharing").variant("shared").table.totals.params
        735
    """
    from vizcore.blocks import study

    return study(name, **knobs)


def _picture_shape(
    size: int | Pair | tuple[int, int, int] | None, own: tuple[int, int, int]
) -> tuple[int, int, int]:
    if size is None:
        return own
    if isinstance(size, int) and not isinstance(size, bool):
        return own[0], size, size
    if not isinstance(size, (tuple, list)):
        raise BadInputSize(
            f"input_size cannot be {size!r}. Allowed: the side of a square picture, "
            "(height, width), or (channels, height, width), in whole numbers.",
            received=repr(size),
        )
    return (own[0], size[0], size[1]) if len(size) == 2 else size


def fetch(
    name: str, weights: str | None = None, *, report: Callable[[Progress], None] | None = None
) -> Path:
    """Bring pretrained weights to this machine, verified; nothing is fetched where they are here.

    Args:
        weights: their name; None takes the architecture's default.
        report: called with the bytes so far, and a note with the rate and the time left.

    Raises:
        UnknownArchitecture, UnknownWeights: there is nothing of this name.
        BadChoice: these weights are not fetched from anywhere (bundled, random).
        FetchError: no connection, a wrong hash, no room; says what to do.
    """
    found = networks.weights(name, weights)
    for progress in cast("Generator[Progress]", fetch_task(found).work()):
        if report is not None:
            report(progress)
    there = None if found.file is None else store.verified(found.file)
    assert there is not None
    return there.path


def predict(
    name: str,
    image: AnyPicture,
    *,
    top: int = 5,
    weights: AnyWeights = None,
    device: str | None = None,
) -> Prediction:
    """The `top` most probable classes of a picture (a path, bytes, or a uint8 RGB array).

    Args:
        weights: one of `vizcore.networks.weights_of(name)` or its name; by default the first.

    Raises:
        UnknownArchitecture, UnknownWeights: there is nothing of this name.
        WeightsError: the weights are not on this machine (says how to fetch them), or damaged.
        BadImage: not a picture.
    """
    return run_here(prediction_task(name, image, top, weights=weights), choose(device))


def feature_maps(
    name: str,
    image: AnyPicture,
    layer: str,
    *,
    sorted_by: Sorting = "maximum",
    target: str | int | None = None,
    weights: AnyWeights = None,
    device: str | None = None,
) -> FeatureMaps:
    """What every channel of a layer computes for a picture.

    Args:
        sorted_by: "maximum", "mean", "sparsity" (Hoyer's), what a channel contributes to a class
            by "gradient" times activation or by "ablation", or "channel".
        target: the class, by name or number; None takes the most probable one.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer gives no maps; says which do.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.
    """
    return run_here(
        feature_maps_task(name, image, layer, sorted_by, target=target, weights=weights),
        choose(device),
    )


def contribution(
    name: str,
    image: AnyPicture,
    layer: str,
    target: str | int | None = None,
    *,
    ablate: bool = True,
    weights: AnyWeights = None,
    device: str | None = None,
) -> Contribution:
    """What each channel of a layer contributes to the score of a class (None: the likeliest).

    Args:
        target: a class by name or number.
        ablate: measure it by setting each channel to zero, besides the gradient's estimate.

    Raises:
        UnknownLayer, UnknownClass: with the nearest names.
        NotApplicable: the layer gives no maps; says which do.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.
    """
    task = contribution_task(name, image, layer, target, ablate=ablate, weights=weights)
    return run_here(task, choose(device))


def worked_value(
    name: str,
    image: AnyPicture,
    layer: str,
    channel: int,
    row: int,
    column: int,
    *,
    weights: AnyWeights = None,
    device: str | None = None,
) -> WorkedValue:
    """How a convolution comes to one value of a map: the patch, the kernel, the products, the bias.

    Raises:
        UnknownLayer: with the nearest names.
        NotApplicable: the layer is no convolution.
        BadChoice: a channel or place outside the map.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.
    """
    task = worked_value_task(name, image, layer, channel, row, column, weights=weights)
    return run_here(task, choose(device))


def depth_strip(
    name: str, image: AnyPicture, *, weights: AnyWeights = None, device: str | None = None
) -> DepthStrip:
    """One map for each layer, from the first to the last.

    Raises:
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.
    """
    return run_here(depth_strip_task(name, image, weights=weights), choose(device))


def saliency(
    name: str,
    image: AnyPicture,
    target: str | int | None = None,
    *,
    method: Method = "gradient",
    weights: AnyWeights = None,
    device: str | None = None,
) -> SaliencyMap:
    """Which pixels of a picture move the score of a class (None: of the most probable one).

    Args:
        target: a class by name or number.
        method: "gradient" (magnitudes) or "gradient x input" (signed).

    Raises:
        UnknownClass: with the nearest names.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.
    """
    return run_here(saliency_task(name, image, target, method, weights=weights), choose(device))


def deconvnet(
    name: str,
    images: AnyPicture | Sequence[AnyPicture],
    layer: str,
    channel: int,
    places: Pair | Sequence[Pair | None] | None = None,
    *,
    weights: AnyWeights = None,
    device: str | None = None,
) -> Projections:
    """What in a picture (or in each of several) excited a unit, projected back to the pixels.

    Args:
        places: row and column in the layer's map, for all pictures or for each; None takes the
            place where the channel is greatest.

    Raises:
        NotApplicable: the layer gives no maps, or an operation below it has no way down.
        BadChoice: no such channel or place.
        UnknownLayer: with the nearest names.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.
    """
    task = deconvnet_task(name, images, layer, channel, places, weights=weights)
    return run_here(task, choose(device))


def filters(
    name: str, layer: str | None = None, *, weights: AnyWeights = None, device: str | None = None
) -> FilterBank:
    """A layer's filters and their statistics; by default of the layer that reads the picture.

    Raises:
        UnknownLayer: no convolution has this name; with the nearest names.
        NotApplicable: the network has no convolution, or none that reads the picture.
        UnknownArchitecture, UnknownWeights, WeightsError: as for `predict`.
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
    """
    return run_here(filter_statistics_task(name, weights=weights), choose(device))


def textbook_filters(
    name: str, image: AnyPicture, *, weights: AnyWeights = None, device: str | None = None
) -> tuple[Resemblance, ...]:
    """Sobel, Gabor, Gaussian and Laplacian filters, and the first layer's nearest, on a picture.

    Raises:
        NotApplicable: no convolution reads the picture, or its kernels are below 3 x 3.
        UnknownArchitecture, UnknownWeights, WeightsError, BadImage: as for `predict`.
    """
    return run_here(resemblances_task(name, image, weights=weights), choose(device))


def evolution(name: str, *, weights: str | None = None, device: str | None = None) -> FilterHistory:
    """How far every layer's filters were at every snapshot of the network's training.

    Raises:
        WeightsError: no snapshots of it were kept; says of which networks there are some.
        UnknownArchitecture, UnknownWeights: there is nothing of this name.
    """
    return run_here(evolution_task(name, weights=weights), choose(device))


def evolution_patches(
    name: str,
    searched: Searched = "training",
    *,
    weights: str | None = None,
    device: str | None = None,
) -> PatchHistory:
    """The strongest patches of every convolution's channels at every snapshot.

    Args:
        searched: "training" or "validation" patches of Photos-20.

    Raises:
        BadChoice: other patches are asked for.
        WeightsError, UnknownArchitecture, UnknownWeights: as for `evolution`.
    """
    return run_here(evolution_patches_task(name, searched, weights=weights), choose(device))


def evolution_saliency(
    name: str, image: AnyPicture, *, weights: str | None = None, device: str | None = None
) -> SaliencyHistory:
    """What the network said of a picture at every snapshot, and which pixels moved the score.

    Raises:
        BadImage: not a picture.
        WeightsError, UnknownArchitecture, UnknownWeights: as for `evolution`.
    """
    return run_here(evolution_saliency_task(name, image, weights=weights), choose(device))


def top_patches(
    name: str,
    pictures: Any,
    layers: Sequence[str] | None = None,
    *,
    top: int = 9,
    weights: AnyWeights = None,
    device: str | None = None,
) -> TopPatches:
    """The places in a set of pictures that excite every channel of a network's layers most.

    What was found is kept in the cache folder: the same scan is not done twice, and one that was
    stopped goes on.

    Args:
        pictures: "photos20", "photographs" or "digits10", a folder, a zip archive, uint8 arrays,
            or a data set that gives pictures by number, such as torchvision's.
        layers: torch's dotted names; None takes every convolution that runs.
        top: how many places of each channel, at most one a picture.

    Raises:
        BadImage: no pictures, or none that can be read.
        BadChoice: `top` outside 1 to 100, or no layers.
        UnknownLayer, NotApplicable: no layer of this name, or one without maps.
        UnknownArchitecture, UnknownWeights, WeightsError: as for `predict`.
    """
    return run_here(
        top_patches_task(name, pictures, layers, top=top, weights=weights), choose(device)
    )
