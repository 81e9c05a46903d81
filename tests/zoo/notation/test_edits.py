"""Quick edits: what they leave, and that nothing else changes."""

from __future__ import annotations

import pytest

import vizcore as vc
from vizcore.errors import BadChoice, NotApplicable
from vizcore.zoo.notation import parse, plan, write
from vizcore.zoo.notation.edits import parts, pooled_head, removed, stacked, without
from vizcore.zoo.notation.originals import ORIGINALS, original


def of(key: str):
    return parse(original(key).notation)


def test_zfnets_ablations_count_by_hand():
    assert write(removed(of("zfnet"), (3, 4, 6, 7))) == (
        "input 3x224x224 conv7-96/2 p1 maxpool3/2 p1 lrn conv5-256/2 p0 maxpool3/2 p1 lrn "
        "conv3-256 maxpool3/2 fc-1000"
    )
    first = 7 * 7 * 3 * 96 + 96 + 5 * 5 * 96 * 256 + 256
    assert plan(removed(of("zfnet"), (3, 4, 6, 7))).params == (
        first + 9 * 256 * 256 + 256 + 9216 * 1000 + 1000
    )
    whole = plan(of("zfnet")).params
    assert whole - plan(removed(of("zfnet"), (7,))).params == 4096 * 4096 + 4096


def test_layers_are_numbered_as_papers_do():
    assert [part.number for part in parts(of("vgg_d")) if part.number] == list(range(1, 17))
    labels = [part.label for part in parts(parse("conv3-8 x2 res(conv3-8 conv3-8) gap fc-2"))]
    assert labels == ["1 conv3-8", "2 conv3-8", "3 to 4 res(conv3-8 conv3-8)", "5 fc-2"]


def test_what_belongs_to_a_layer_leaves_with_it_and_pooling_stays():
    network = parse("conv3-8 bn lrn maxpool conv3-16 norelu tanh fc-9 dropout fc-2")
    assert write(without(network, [0])) == (
        "input 3x224x224 maxpool conv3-16 norelu tanh fc-9 dropout fc-2"
    )
    assert write(removed(network, [2, 3])) == "input 3x224x224 conv3-8 bn lrn maxpool fc-2"
    assert "maxpool" not in write(without(network, [3]))


def test_a_layer_that_is_not_there_and_the_last_one_are_refused():
    with pytest.raises(BadChoice, match=r"layer cannot be '9'\. Allowed: 1, 2, 3"):
        removed(of("zfnet"), [9])
    with pytest.raises(NotApplicable, match="No layer with weights"):
        removed(parse("conv3-8 maxpool"), [1])


@pytest.mark.parametrize("key", ["zfnet", "alexnet_2012", "googlenet_2014", "lenet5_modern"])
def test_two_3x3_keep_every_later_map_and_the_window(key: str):
    before, after = plan(of(key)), plan(stacked(of(key)))
    assert after.out_shape == before.out_shape
    tables = [
        vc.layers(vc.design(write(network), weights=False), input_size=before.input_shape)
        for network in (of(key), stacked(of(key)))
    ]
    fields = [
        [row.receptive_field for row in table if row.op == "MaxPool2d" or row.op == "AvgPool2d"]
        for table in tables
    ]
    assert fields[0] == fields[1]
    assert "conv5" not in write(stacked(of(key)))


def test_two_3x3_of_one_width_have_18_weights_where_5x5_has_25():
    before, after = parse("input 8x9x9 conv5-8 nobias gap"), parse("input 8x9x9 conv5-8 nobias gap")
    assert plan(before).params == 25 * 64
    assert plan(stacked(after)).params == 18 * 64
    with pytest.raises(NotApplicable, match="no 5x5 convolution"):
        stacked(of("vgg_d"))
    inside = write(stacked(parse("[conv5-8 bn] x2 res(conv5-8 g2 norelu)")))
    assert inside == (
        "input 3x224x224 [conv3-8 bn conv3-8 bn] x2 res(conv3-8 g2 conv3-8 g2 norelu)"
    )


def test_pooling_the_head_leaves_one_layer_to_the_classes():
    network = pooled_head(of("vgg_d"))
    assert write(network).endswith("conv3-512 maxpool gap fc-1000")
    assert plan(network).params == 14_714_688 + 512 * 1000 + 1000
    assert write(pooled_head(of("alexnet_2012"))).endswith("maxpool3/2 gap fc-1000")
    assert write(pooled_head(parse("[conv3-8] x2 gap fc-9 fc-2"))).endswith("conv3-8 x2 gap fc-2")


@pytest.mark.parametrize(("text", "why"), [("conv3-8 gap", "no fully"), ("gap fc-2", "already")])
def test_a_head_that_is_pooled_or_not_there_is_refused(text: str, why: str):
    with pytest.raises(NotApplicable, match=why):
        pooled_head(parse(text))


#: Sequential, ending in fully connected layers; without groups, which no picture can be cut into.
SEQUENTIAL = [
    key
    for key, each in ORIGINALS.items()
    if "fc" in each.notation and "(" not in each.notation and " g2" not in each.notation
]


@pytest.mark.parametrize("key", SEQUENTIAL)
def test_any_single_layer_of_a_sequential_network_can_leave(key: str):
    network = of(key)
    whole = plan(network).params
    for part in parts(network)[:-1]:
        left = plan(without(network, [part.place]))
        assert left.out_shape == plan(network).out_shape
        assert left.params != whole or part.number == 0
