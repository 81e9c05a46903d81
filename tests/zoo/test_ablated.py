"""The study's networks: equal to the bundled ones, and counted against lectures and papers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from vizcore.anatomy import trace
from vizcore.errors import BadChoice, NotApplicable
from vizcore.reference import lecture_claim
from vizcore.reference.ablation import published_drop, published_errors
from vizcore.zoo import get
from vizcore.zoo.ablated import ABLATED, ONE_TOWER, STUDY, build_without, whole

BUNDLED = ("alexnet_photos20", "zfnet_photos20")


def params(key: str, removed: tuple[int, ...] = ()) -> int:
    network = build_without(key, removed, weights=False)
    return trace(network, whole(key).input_shape, key=key).totals.params


@pytest.mark.parametrize("key", BUNDLED)
def test_nothing_left_out_is_the_bundled_network(key):
    own, ours = get(key).builder().eval(), build_without(key, ())
    for mine, theirs in zip(ours.parameters(), own.parameters(), strict=True):
        mine.data.copy_(theirs.data)
    picture = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(ours(picture), own(picture))
    dropouts = [
        [module.p for module in network.modules() if isinstance(module, nn.Dropout)]
        for network in (ours, own)
    ]
    assert dropouts[0] == dropouts[1] == [0.5, 0.5]


@pytest.mark.parametrize("key", BUNDLED)
@pytest.mark.parametrize("removed", STUDY)
def test_layers_leave_with_their_activations_and_the_rest_keeps_its_shape(key, removed):
    network = build_without(key, removed)
    kinds = [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    assert len(kinds) == 8 - len(removed)
    assert sum(isinstance(module, nn.ReLU) for module in network.modules()) == 7 - len(removed)
    dropped = sum(number in (6, 7) for number in removed)
    assert sum(isinstance(module, nn.Dropout) for module in network.modules()) == 2 - dropped
    assert sum(isinstance(module, nn.MaxPool2d) for module in network.modules()) == 3
    assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 20)
    assert sum(p.numel() for p in network.parameters()) == params(key, removed)


@pytest.mark.parametrize("removed", STUDY)
def test_the_published_networks_savings_are_what_the_claims_compute(removed):
    saved = params("alexnet_2012") - params("alexnet_2012", removed)
    claim = lecture_claim(f"alexnet_remove{''.join(map(str, removed))}_params")
    assert saved == int(claim.computed)


def test_one_tower_saves_more_where_groups_were():
    saved = {removed: params(ONE_TOWER) - params(ONE_TOWER, removed) for removed in STUDY}
    assert saved[3, 4] == 2_507_520
    assert saved[7,] == 16_781_312
    assert saved[6, 7] == 49_414_144
    assert saved[3, 4, 6, 7] == 2_507_520 + 49_414_144
    assert params(ONE_TOWER) == 62_378_344


@pytest.mark.parametrize("removed", STUDY)
def test_table_3_is_what_the_claims_notes_say_of_it(removed):
    top1, top5 = published_drop(removed)
    note = lecture_claim(f"alexnet_remove{''.join(map(str, removed))}_drop").note
    assert f"{top1:+}" in note
    assert f"{top5:+}" in note
    assert published_errors()[removed].source.startswith("Zeiler and Fergus 2014")


def test_refusals():
    with pytest.raises(NotApplicable, match="zfnet_photos20"):
        whole("resnet18")
    with pytest.raises(BadChoice, match="layer cannot be '9'"):
        build_without("zfnet_photos20", (9,))
    with pytest.raises(BadChoice, match="removed"):
        published_drop((1,))
    assert set(BUNDLED) < set(ABLATED)
