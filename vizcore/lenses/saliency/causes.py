"""Why a map came out empty or not finite: the first layer where it shows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vizcore.lenses.places import Found, watched_places
from vizcore.lenses.saliency.look import Look


def why_not_finite(network: nn.Module, image: Tensor, values: Tensor) -> str:
    """What is likely to have made values that are not numbers."""
    what = "not a number" if bool(values.isnan().any()) else "infinite"
    share = float((~values.isfinite()).float().mean())
    for name, parameter in network.named_parameters():
        if not bool(parameter.isfinite().all()):
            return f"{share:.0%} of the values are {what}: the weights '{name}' are not finite."
    bad = _first(network, image, lambda maps: not bool(maps.isfinite().all()))
    if bad is not None:
        return f"{share:.0%} of the values are {what}: layer '{bad}' gives values that are not."
    return (
        f"{share:.0%} of the values are {what}, though every layer's are finite: on the way down "
        "something is divided by zero (a square root or a norm at zero)."
    )


def why_zero(network: nn.Module, look: Look) -> str:
    """What is likely to have made every value zero; `network` is the one that was looked at."""
    dead = _first(network, look.image, lambda maps: not bool(maps.any()))
    if dead is not None:
        return f"Every value is 0: layer '{dead}' gives 0 everywhere for this picture."
    with torch.no_grad():
        brighter = look.image + 0.1 * look.image.std()
        apart = float((look.score(look.image) - look.score(brighter)).abs())
    if apart == 0:
        return "Every value is 0: the score is the same when the whole picture is made brighter."
    return (
        "Every value is 0 though the score depends on the picture: on the way down every signal "
        "meets a unit that is saturated or off."
    )


def _first(network: nn.Module, image: Tensor, is_so: object) -> str | None:
    """The first layer of a pass of which something is so."""
    names: list[str] = []

    def see(place: Found) -> None:
        if not names and is_so(place.values):  # type: ignore[operator]
            names.append(place.name)

    with torch.no_grad(), watched_places(network, see):
        network(image)
    return names[0] if names else None
