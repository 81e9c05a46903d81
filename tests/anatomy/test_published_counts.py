"""Every torchvision classification weight's published size and operations, recomputed."""

from __future__ import annotations

import pytest
import torchvision
from torchvision.models import get_model_weights, list_models

from vizcore.anatomy import trace
from vizcore.records.layers import LayerTable
from vizcore.zoo import build_meta, get

WEIGHTS = [
    pytest.param(name, weights, id=f"{name}-{weights.name}")
    for name in list_models(module=torchvision.models)
    for weights in get_model_weights(name)
]

#: The one known exception: Inception v3's published parameters count the auxiliary head that only
#: training uses. Its published operations leave the head out, as ours do.
WITH_AUXILIARY_HEAD = {"inception_v3": 27_161_264}


def table_of(name: str, weights) -> LayerTable:
    """The table at the picture size that the weights are evaluated with."""
    side = weights.transforms.keywords["crop_size"]
    options = {"image_size": side} if name.startswith("vit_") else {}
    return trace(build_meta(name, **options), (3, side, side), mine=True)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "weights"), WEIGHTS)
def test_published_parameters_and_operations(name: str, weights) -> None:
    table = table_of(name, weights)
    if name in WITH_AUXILIARY_HEAD:
        assert weights.meta["num_params"] == WITH_AUXILIARY_HEAD[name]
        whole = build_meta(name, aux_logits=True)
        assert sum(p.numel() for p in whole.parameters()) == WITH_AUXILIARY_HEAD[name]
        assert table.totals.params == 23_834_568
    else:
        assert table.totals.params == weights.meta["num_params"]
    published = weights.meta["_ops"]
    rounding = 0.0005  # three digits after the point are printed
    assert table.totals.macs / 1e9 == pytest.approx(published, rel=0.01, abs=rounding)


def test_efficientnet_b2_is_published_at_two_sizes() -> None:
    """The paper's picture has 260 pixels; torchvision's operations are for its own 288."""
    weights = get_model_weights("efficientnet_b2").DEFAULT
    assert get("efficientnet_b2").input_shape == (3, 260, 260)
    assert weights.transforms.keywords["crop_size"] == 288
    assert weights.meta["_ops"] == 1.088
