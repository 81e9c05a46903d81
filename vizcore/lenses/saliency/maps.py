"""The map: checks the question, runs the method, joins the colours and says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn
from torch.nn import functional as F

from vizcore.errors import BadChoice, NotApplicable, OutOfMemory, UnknownClass
from vizcore.lenses.capture import Images, as_input
from vizcore.lenses.prediction import class_names, one_picture
from vizcore.lenses.saliency import (
    gradients,
    layers,
    paths,
    perturbations,
    relevance,
    rules,
    surrogates,
    units,
)
from vizcore.lenses.saliency.causes import why_not_finite, why_zero
from vizcore.lenses.saliency.fitting import Fitting, Judged, need_of, rule_fails
from vizcore.lenses.saliency.look import Attributed, Look, Score, laid_out
from vizcore.lenses.saliency.methods import method_of, settled
from vizcore.lenses.saliency.rewriting import Need
from vizcore.lenses.saliency.which_layer import ways_beside
from vizcore.records.saliency import (
    COLOURS_SAID,
    Colours,
    Completeness,
    MethodFit,
    SaliencyMap,
    SaliencyMethod,
    Value,
)
from vizcore.runtime.clone import frozen_copy
from vizcore.runtime.jobs import Progress
from vizcore.runtime.memory import is_out_of_memory, no_room
from vizcore.runtime.settings import working_memory_bytes

Work = Callable[[Look], Generator[Progress, None, Attributed]]
#: Each method's work, by its key in `METHODS`; a unit's form runs its base's.
_WORK: dict[str, Work] = {
    each.__name__: each
    for each in (
        gradients.gradient,
        gradients.input_x_gradient,
        gradients.smoothgrad,
        gradients.smoothgrad_sq,
        gradients.vargrad,
        paths.integrated_gradients,
        paths.gradient_shap,
        rules.deep_lift,
        rules.deep_lift_shap,
        rules.guided_backprop,
        rules.deconvolution,
        relevance.lrp,
        perturbations.occlusion,
        perturbations.feature_ablation,
        perturbations.layer_feature_ablation,
        perturbations.shapley_value_sampling,
        surrogates.lime,
        surrogates.kernel_shap,
        layers.grad_cam,
        layers.guided_grad_cam,
        layers.cam,
        layers.layer_activation,
        layers.layer_gradient_x_activation,
        layers.layer_conductance,
        layers.internal_influence,
        layers.layer_integrated_gradients,
        layers.layer_gradient_shap,
        layers.layer_deep_lift,
        layers.layer_deep_lift_shap,
        layers.layer_lrp,
        units.conductance,
    )
}
#: How torch says that the input is not among what the scores were computed from.
_NO_PATH = ("does not require grad", "not have been used in the graph")


def saliency(
    network: nn.Module,
    image_nchw: Images,
    *,
    image_hwc: npt.NDArray[np.uint8],
    target: int | None = None,
    against: int | None = None,
    classes: Sequence[str] | None = None,
    method: str = "gradient",
    layer: str | None = None,
    seed: int = 0,
    options: Mapping[str, Value] | None = None,
    memory_bytes: int | None = None,
) -> Generator[Progress, None, SaliencyMap]:
    """How much each pixel of one preprocessed picture (1, C, H, W) moves a class score.

    Computed with Captum, with respect to the preprocessed input. The score is the network's output
    for the class, before any softmax.

    Args:
        image_hwc: what the network looks at, as a picture of the same height and width.
        target: output number of the class; None takes the most probable one.
        against: a second class, whose score is subtracted.
        classes: the names of the outputs; numbers as text where there are none.
        method: a key of `vizcore.lenses.saliency.METHODS`.
        layer: for the methods that look at one; None takes the last that gives maps.
        seed: decides what is drawn, where the method draws.
        options: of the method; see its `options`.
        memory_bytes: what a batch may take; None takes the setting CONVSCOPE_MEMORY.

    Raises:
        UnknownClass: the network has no such output.
        UnknownLayer: with the nearest names.
        BadChoice: an unknown method or option, a picture of another size, or `against` where no
            class is explained.
        BadInputSize: the network cannot take this shape.
        NotApplicable: the method cannot be honest here, or gives no numbers; says why.
        OutOfMemory: not even one picture fits.

    Example:
        >>> import torch
        >>> from vizcore.runtime.jobs import finish
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(3, 2, bias=False))
        >>> _ = net[1].weight.data.copy_(torch.tensor([[1.0, 0, 0], [0, -2.0, 1]]))
        >>> x, photo = np.ones((1, 3, 1, 1), np.float32), np.zeros((1, 1, 3), np.uint8)
        >>> finish(saliency(net, x, image_hwc=photo, target=1)).values_hw.item()
        2.0
    """
    chosen = method_of(method)
    given = settled(chosen, options)
    if against is not None and not chosen.of_class:
        raise BadChoice(
            f"against = {against} cannot be subtracted: {chosen.title} explains what a layer or "
            "a unit gives, not a class. Allowed: None."
        )
    copy = frozen_copy(network)
    images = as_input(copy, one_picture(image_nchw))
    if image_hwc.shape[:2] != tuple(images.shape[2:]):
        raise BadChoice(
            f"image_hwc is {image_hwc.shape[0]} x {image_hwc.shape[1]}, the input "
            f"{images.shape[2]} x {images.shape[3]}; they must be the same picture."
        )
    images, scores = laid_out(copy, images)
    names = class_names(len(scores), classes)
    target = int(scores.argmax()) if target is None else _output(target, len(scores))
    score = float(scores[target])
    if against is not None:
        if against == target:
            raise BadChoice(
                f"against = {against} is the class that is explained: the difference is 0 for "
                "every picture. Allowed: another class, or None.",
                received=str(against),
            )
        score -= float(scores[_output(against, len(scores))])
    if not np.isfinite(score):
        raise NotApplicable(f"The score is not finite: {why_not_finite(copy, images, scores)}")
    ready = Fitting(copy, images).judged(chosen.key, given)
    if ready.verdict == "refused":
        raise NotApplicable(" ".join(ready.reasons), received=chosen.key)
    look = Look(
        ready.network,
        copy,
        Score(ready.network, target, against),
        images,
        given,
        ready.nodes,
        layer=layer if "layer" in chosen.needs else None,
        seed=seed,
        memory_bytes=working_memory_bytes() if memory_bytes is None else memory_bytes,
    )
    if "unit" in chosen.needs:
        units.ask_about_unit(look)
    need = need_of(chosen.key, given)
    found = yield from _run(_WORK[chosen.key.removeprefix("neuron_")], look, need)
    values = found.values.detach().float()[0]
    notes = list(found.notes)
    if not bool(values.isfinite().all()):
        raise NotApplicable(f"{chosen.title}: {why_not_finite(copy, images, values)}")
    if not bool(values.any()):
        notes.append(why_zero(copy, look))
    joined = _joined(values, chosen.colours)
    of_layer = _array(joined) if chosen.colours == "layer" else None
    if of_layer is not None:
        joined = F.interpolate(
            joined[None, None], images.shape[2:], mode="bilinear", align_corners=False
        )[0, 0]
    return SaliencyMap(
        values_hw=_array(joined),
        signed=chosen.signed,
        method=f"{chosen.title}: {chosen.says}; {_joining(chosen)}",
        target=target,
        target_class=names[target],
        score=score,
        image_hwc=image_hwc,
        method_key=chosen.key,
        options=tuple(sorted(given.items())),
        seed=seed if chosen.random else None,
        against=against,
        against_class=None if against is None else names[against],
        layer=look.layer,
        unit=look.unit,
        layer_values_hw=of_layer,
        attributions_chw=None if of_layer is not None else _array(values),
        segments_hw=None if found.segments_hw is None else found.segments_hw.cpu().numpy(),
        completeness=_told(found.completeness, copy, look),
        fit=_fit(ready, look, chosen.key),
        notes=tuple(notes),
    )


def _run(work: Work, look: Look, need: Need | None) -> Generator[Progress, None, Attributed]:
    """Take the method's steps.

    Raises:
        NotApplicable: the score does not depend on the picture by any gradient, or a rule fails.
        OutOfMemory: a step that cannot be made smaller does not fit.
    """
    try:
        return (yield from work(look))
    except (RuntimeError, TypeError, AssertionError, MemoryError) as error:
        if is_out_of_memory(error):
            no_memory = no_room(look.device)
        elif any(words in str(error) for words in _NO_PATH):
            raise NotApplicable(
                "No gradient leads from this network's scores back to the picture."
            ) from error
        elif need is not None:  # a rule of Captum's, on the network's operations
            raise NotApplicable(rule_fails(need)) from error
        else:
            raise
    raise OutOfMemory(no_memory)


def _told(told: Completeness | None, network: nn.Module, look: Look) -> Completeness | None:
    """A sum that misses what it should be, with the ways that do not pass the layer."""
    if told is None or told.holds or look.layer is None or look.unit is not None:
        return told
    return replace(told, beside=ways_beside(network, look.image, look.layer))


def _fit(ready: Judged, look: Look, method: str) -> MethodFit:
    """How the method fits, with what was made of the network for the layer."""
    fit = ready.fit(method)
    if not look.changes:
        return fit
    apart = max(fit.largest_difference or 0.0, look.difference)
    changes = (*fit.changes, *look.changes)
    return replace(fit, verdict="rewritten", changes=changes, largest_difference=apart)


def _array(values: Tensor) -> npt.NDArray[np.float32]:
    return np.ascontiguousarray(values.cpu().numpy())


def _joined(values_chw: Tensor, colours: Colours) -> Tensor:
    """One value a pixel."""
    if colours == "largest":
        return values_chw.abs().amax(0)
    return values_chw[0] if colours == "one" else values_chw.sum(0)


def _joining(method: SaliencyMethod) -> str:
    said = COLOURS_SAID[method.colours]
    return f"{said}, spread over the picture" if method.colours == "layer" else said


def _output(number: int, outputs: int) -> int:
    """The number of an output.

    Raises:
        UnknownClass: there is none of this number.
    """
    if not 0 <= number < outputs:
        raise UnknownClass(
            f"There is no class number {number}. Allowed: 0 to {outputs - 1}.",
            received=str(number),
        )
    return number
