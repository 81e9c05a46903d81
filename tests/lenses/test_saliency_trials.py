"""Which methods are honest on a network, all judged in one go."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.lenses.saliency_networks import draw, found, small
from tests.lenses.test_saliency_honesty import quick
from vizcore.errors import NotApplicable
from vizcore.lenses.saliency import METHODS, applicabilities
from vizcore.lenses.saliency.methods import method_of
from vizcore.runtime.jobs import finish

BIG = draw(1, 3, 16, 16, seed=9)


def test_all_methods_are_judged_in_one_go():
    fits = finish(applicabilities(small(calls=True), BIG))
    assert [fit.method for fit in fits] == [each.key for each in METHODS]
    verdicts = {fit.method: fit.verdict for fit in fits}
    assert verdicts["gradient"] == verdicts["cam"] == "applies"
    assert verdicts["guided_backprop"] == verdicts["layer_deep_lift"] == "rewritten"


class Cut(nn.Module):
    """Hands on what it is given, and no gradient back."""

    def forward(self, x: Tensor) -> Tensor:
        return x.detach()


def cut(place: int) -> nn.Module:
    parts = [nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    parts.insert(place, Cut())
    torch.manual_seed(0)
    return nn.Sequential(*parts).eval()


@pytest.mark.parametrize("place", [0, 2])
def test_a_method_is_refused_where_the_gradient_it_takes_ends_and_nowhere_else(place):
    """Before the picture's first layer or after the last one: the verdict is kept."""
    network = cut(place)
    for fit in finish(applicabilities(network, BIG)):
        method = method_of(fit.method)
        # Of a layer's forms those that hang on rules hand the signal on to the picture.
        of_layer = method.key == "grad_cam" or (
            method.family == "layer" and not {"lift", "lrp"} & set(method.key.split("_"))
        )
        applies = not method.by_gradient or (
            of_layer if place == 0 else "unit" in method.needs and not method.of_class
        )
        if "guided" in method.key or "deconvolution" in method.key or "lift" in method.key:
            continue  # their rules have other reasons here
        assert (fit.verdict != "refused") == applies, fit
        if applies:
            found(network, method.key, BIG, options=quick(method.key))
        else:
            assert "No gradient leads from" in fit.reasons[0]
            with pytest.raises(NotApplicable):
                found(network, method.key, BIG, options=quick(method.key))


def test_whether_a_method_takes_gradients_is_in_its_passes():
    for each in METHODS:
        assert each.by_gradient == ("backward" in each.passes), each.key
