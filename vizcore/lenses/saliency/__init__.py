"""Which pixels decided: every method of Captum's that explains a picture, each one honest.

`METHODS` says what there is (without torch), `applicability` whether a method is honest on a
network, and `saliency` makes the map.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vizcore.lenses.saliency.methods import METHODS

if TYPE_CHECKING:
    from vizcore.lenses.saliency.maps import saliency
    from vizcore.lenses.saliency.trials import applicabilities, applicability
    from vizcore.lenses.saliency.which_layer import layers_to_look_at

__all__ = ["METHODS", "applicabilities", "applicability", "layers_to_look_at", "saliency"]

#: What needs torch, and where it is.
_HOMES = {
    "applicabilities": "vizcore.lenses.saliency.trials",
    "applicability": "vizcore.lenses.saliency.trials",
    "layers_to_look_at": "vizcore.lenses.saliency.which_layer",
    "saliency": "vizcore.lenses.saliency.maps",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'vizcore.lenses.saliency' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
