"""NASNet-A, AmoebaNet-A and ENAS against the reference facts, and their parts by brute force."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vizcore as vc
from vizcore import zoo
from vizcore.reference import architecture_facts
from vizcore.zoo.parts.auxiliary import TrainingScores
from vizcore.zoo.parts.drop_path import DropPath
from vizcore.zoo.parts.searched_cell import FactorisedReduction, SameAvgPool2d, SamePad2d
from vizcore.zoo.searched_cells import VARIANTS

FACTS = {facts.key: facts for facts in architecture_facts()}
#: The giants' siblings from the same rows: one cell a stack, few filters, the same input.
SMALL = {"filters": 16, "repeats": 1, "auxiliary_after": "stack2_cell1", "num_classes": 10}
RUNS = {
    "nasnet_a_mobile": {},
    "enas_micro_cifar": {},
    "amoebanet_a_n6_f190": SMALL,
    "amoebanet_a_n6_f448": SMALL,
}


@pytest.mark.parametrize("key", VARIANTS)
def test_parameters_and_multiply_adds_are_those_of_the_facts(key: str) -> None:
    totals = vc.layers(key).totals
    assert (totals.params, totals.macs) == (FACTS[key].params, FACTS[key].macs)


def test_what_the_common_port_of_nasnet_mobile_computes_in_vain() -> None:
    """It pads a row and a column too many and crops after the separable convolution.

    In each cell that halves an even side to m, five separable convolutions of F filters and sides
    5, 7, 7, 5 and 3 so give (m + 1)^2 values a channel instead of m^2.
    """
    vain = sum(
        ((m + 1) ** 2 - m**2) * sum(k * k * f + f * f for k in (5, 7, 7, 5, 3))
        for m, f in ((28, 22), (14, 88), (7, 176))
    )
    macs = vc.layers("nasnet_a_mobile").totals.macs
    assert macs == 563_638_816  # the paper: 564M
    assert macs + vain == 568_234_858


@pytest.mark.parametrize("key", VARIANTS)
def test_depth_is_the_longest_chain_of_convolutions(key: str) -> None:
    table = vc.layers(key)
    longest = {-1: 0}
    for row in table.rows:
        before = max((longest[index] for index in row.inputs), default=0)
        longest[row.index] = before + (row.kind in ("conv", "linear"))
    assert max(longest.values()) == FACTS[key].depth == zoo.get(key).depth


@pytest.mark.parametrize("key", VARIANTS)
def test_names_say_filters_of_the_last_maps(key: str) -> None:
    """NASNet-A (4 @ 1056) counts the last maps; six, four or five states are concatenated."""
    channels = {
        "nasnet_a_mobile": 6 * 4 * 44,
        "amoebanet_a_n6_f190": 4 * 4 * 190,
        "amoebanet_a_n6_f448": 4 * 4 * 448,
        "enas_micro_cifar": 5 * 4 * 36,
    }
    network = zoo.build_meta(key)
    assert network.fc.in_features == channels[key]
    assert all(parameter.is_meta for parameter in network.parameters())
    normal = [name for name in network.cells if name.startswith("stack")]
    assert len(normal) == 3 * VARIANTS[key].repeats


@pytest.mark.parametrize("key", RUNS)
def test_forward_and_backward_in_train_mode_reach_every_weight(key: str) -> None:
    torch.manual_seed(0)
    side = VARIANTS[key].input_px
    network = zoo.build(key, seed=0, drop_path=0.0, **RUNS[key]).train()
    classes = network.fc.out_features
    out = network(torch.randn(2, 3, side, side))
    assert isinstance(out, TrainingScores)
    assert out.scores.shape == out.auxiliary[0].shape == (2, classes)
    target = torch.tensor([0, 1])
    loss = F.cross_entropy(out.scores, target) + 0.4 * F.cross_entropy(out.auxiliary[0], target)
    loss.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


@pytest.mark.parametrize("key", RUNS)
def test_drop_path_is_random_in_train_mode_and_absent_in_eval(key: str) -> None:
    changes = {"filters": 8, "repeats": 1, "auxiliary_after": "", "num_classes": 10}
    network = zoo.build(key, seed=0, drop_path=0.5, **changes)
    twin = zoo.build(key, seed=0, drop_path=0.0, **changes)
    picture = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        scores = network(picture)
        assert torch.equal(scores, network(picture))
        assert torch.equal(scores, twin(picture))  # the same seed, and no drop-path in eval
        torch.manual_seed(0)
        first, second = network.train()(picture), network(picture)
    assert not torch.allclose(first, second)


def test_the_training_classifier_vanishes_in_eval() -> None:
    network = zoo.build("enas_micro_cifar", seed=0, filters=4, repeats=1)
    picture = torch.randn(2, 3, 32, 32)
    assert isinstance(network(picture), torch.Tensor)
    assert isinstance(network.train()(picture), TrainingScores)
    bare = zoo.build("enas_micro_cifar", filters=4, repeats=1, auxiliary_after="")
    assert isinstance(bare.train()(picture), torch.Tensor)


def test_training_classifier_of_enas_has_the_size_the_facts_tell() -> None:
    everything = sum(p.numel() for p in zoo.build_meta("enas_micro_cifar").parameters())
    assert everything == 4_389_220  # "~4.39M with the train-only aux head"
    without = zoo.build_meta("enas_micro_cifar", auxiliary_after="")
    assert sum(p.numel() for p in without.parameters()) == 3_894_372


def test_drop_path_grows_with_depth_where_the_release_says_so() -> None:
    def chances(key: str) -> list[float]:
        network = zoo.build_meta(key)
        return [m.probability for m in network.modules() if isinstance(m, DropPath)]

    enas = chances("enas_micro_cifar")
    assert enas == sorted(enas)
    assert enas[0] == pytest.approx(0.4 / 17)
    assert enas[-1] == pytest.approx(0.4)
    assert set(chances("amoebanet_a_n6_f190")) == {0.3}
    assert chances("nasnet_a_mobile") == []


def test_identities_are_never_dropped() -> None:
    network = zoo.build_meta("nasnet_a_mobile", drop_path=0.3)
    node = network.cells["stack1_cell1"].nodes[4]  # sep3(0) + none(0)
    assert isinstance(node.right, nn.Identity)
    assert isinstance(node.left[-1], DropPath)


def test_drop_path_keeps_the_expected_value_and_drops_whole_pictures() -> None:
    torch.manual_seed(0)
    drop = DropPath(0.25).train()
    out = drop(torch.ones(20_000, 2, 1, 1))
    values = out.flatten(1)
    assert torch.equal(values[:, 0], values[:, 1])
    assert values.unique().tolist() == pytest.approx([0, 1 / 0.75])
    assert values.mean().item() == pytest.approx(1, abs=0.02)  # 5 standard deviations
    with pytest.raises(ValueError, match="probability 0 to below 1: 1"):
        DropPath(1)


@pytest.mark.parametrize("kernel", [3, 5, 7])
def test_same_padding_of_an_even_side_is_a_shift_of_the_symmetrical_one(kernel: int) -> None:
    """TensorFlow's rule, against padding one more before and leaving out the first value."""
    x, weight = torch.randn(1, 1, 8, 8), torch.randn(1, 1, kernel, kernel)
    ours = F.conv2d(SamePad2d((kernel, kernel), (2, 2))(x), weight, stride=2)
    shifted = F.conv2d(F.pad(x, (1, 0, 1, 0)), weight, stride=2, padding=kernel // 2)
    torch.testing.assert_close(ours, shifted[:, :, 1:, 1:])
    odd = torch.randn(1, 1, 9, 9)
    ours = F.conv2d(SamePad2d((kernel, kernel), (2, 2))(odd), weight, stride=2)
    torch.testing.assert_close(ours, F.conv2d(odd, weight, stride=2, padding=kernel // 2))


@pytest.mark.parametrize(("height", "width"), [(8, 8), (9, 9), (8, 9)])
def test_same_pooling_looks_only_at_values_that_are_there(height: int, width: int) -> None:
    x = torch.randn(1, 1, height, width) - 5
    largest = F.max_pool2d(SamePad2d((3, 3), (2, 2), "replicate")(x), 3, 2)
    mean = SameAvgPool2d()(x)

    def span(place: int, side: int) -> slice:
        start = 2 * place - side % 2
        return slice(max(start, 0), start + 3)

    for i in range(-(-height // 2)):
        for j in range(-(-width // 2)):
            window = x[0, 0, span(i, height), span(j, width)]
            assert largest[0, 0, i, j] == window.max()
            assert mean[0, 0, i, j].item() == pytest.approx(window.mean().item(), rel=1e-5)
    assert largest.shape == mean.shape == (1, 1, -(-height // 2), -(-width // 2))


def test_factorised_reduction_reads_the_even_and_the_odd_places() -> None:
    reduction = FactorisedReduction(1, 3, relu=False).eval()
    for conv in (reduction.even.conv, reduction.odd.conv):
        nn.init.ones_(conv.weight)
    x = torch.arange(25.0).reshape(1, 1, 5, 5)
    first, second, third = reduction(x)[0]
    scale = (1 + reduction.norm.eps) ** -0.5
    torch.testing.assert_close(first, x[0, 0, ::2, ::2] * scale)
    assert torch.equal(second, third)
    shifted = F.pad(x[0, 0, 1::2, 1::2], (0, 1, 0, 1))
    torch.testing.assert_close(second, shifted * scale)


def test_the_same_seed_gives_the_same_weights() -> None:
    first, again = (zoo.build("enas_micro_cifar", seed=2).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_a_classifier_after_a_cell_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no cell 'stack2_cell6', only stem_1, stem_2"):
        zoo.build_meta("amoebanet_a_n6_f190", repeats=1)
