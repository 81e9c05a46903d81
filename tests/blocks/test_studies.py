"""Every study at many settings: the trace against closed forms, torch's counter and lectures."""

import random
import re
from importlib import import_module
from itertools import accumulate, product

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from vizcore.blocks import names, study, titles
from vizcore.blocks.idea import settle
from vizcore.blocks.resnext import path_width
from vizcore.blocks.sharing import LocallyConnected
from vizcore.errors import BadChoice, UnknownName


def idea_of(name):
    return import_module(f"vizcore.blocks.{name.replace('-', '_')}").IDEA


def settings(name, count=6):
    """The defaults and some random settings of a study, kept small enough to count quickly."""
    dice, idea = random.Random(name), idea_of(name)
    found = [{}]
    while len(found) < count:
        given = {}
        for knob in idea.card.knobs:
            top = min(knob.maximum, knob.minimum + 40 * knob.step)
            allowed = knob.choices or range(knob.minimum, top + 1, knob.step)
            given[knob.name] = dice.choice(list(allowed))
        try:
            settle(idea, given)
        except BadChoice:
            continue
        found.append(given)
    return found


CASES = [(name, given) for name in names() for given in settings(name)]


@pytest.mark.parametrize(
    ("name", "given"), CASES, ids=[f"{n}-{i}" for i, (n, _) in enumerate(CASES)]
)
def test_the_trace_equals_the_closed_form_and_torchs_counter(name, given):
    idea, result = idea_of(name), study(name, **given)
    for draft, variant in zip(idea.drafts(settle(idea, given)), result.variants, strict=True):
        totals = variant.table.totals
        assert getattr(totals, result.quantity) == variant.formula_value
        with torch.device("meta"):
            module, picture = draft.build(), torch.empty(draft.input_shape)
        with FlopCounterMode(display=False) as counter:
            out = module(picture)
        assert totals.macs == counter.get_total_flops() // 2
        assert totals.params == sum(p.numel() for p in module.parameters())
        assert variant.out_shape == tuple(out.shape)
        for column in ("macs", "params", "activations"):
            assert sum(getattr(row, column) for row in variant.table.rows) == getattr(
                totals, column
            )


@pytest.mark.parametrize("name", names())
def test_a_study_says_everything_a_page_needs(name):
    result = study(name)
    assert result.title == titles()[name]
    assert result.question.endswith("?")
    assert result.answer.endswith(".")
    assert result.sources
    assert result.formula
    assert result.notes
    assert result.lecture, "each of these ideas is in a lecture"
    assert set(result.compared) <= {variant.name for variant in result.variants}
    assert "None" not in result.answer
    for knob in result.knobs:
        assert knob.help
        assert knob.value == knob.default


@pytest.mark.parametrize("name", names())
def test_no_weight_is_allocated(name):
    idea = idea_of(name)
    for draft in idea.drafts(settle(idea, {})):
        with torch.device("meta"):
            module = draft.build()
        assert {p.device.type for p in module.parameters()} == {"meta"}


def numbers_in(text):
    return [float(n) for n in re.findall(r"\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize("name", names())
def test_lecture_numbers_are_read_off_the_trace(name):
    for check in study(name).lecture:
        assert check.traced
        if check.claim.kind == "computable":
            expected = numbers_in(check.claim.computed)[: len(check.traced)]
            if len(expected) == 1:
                expected *= len(check.traced)
            assert check.traced == pytest.approx(expected, rel=1e-3), check.claim.id
        if check.claim.verdict == "slip" and check.claim.stated_value is not None:
            assert check.proof, "where a lecture slips, the proof is shown"
        if check.parts:
            assert sum(part.value for part in check.parts if part.belongs) == check.traced[0]
            sums = accumulate(part.value for part in check.parts)
            assert check.claim.stated_value in [pytest.approx(one, rel=5e-3) for one in sums]


def test_lecture_numbers_do_not_follow_the_knobs():
    turned = study("inception", channels=64, size=7)
    assert [c.traced for c in turned.lecture] == [c.traced for c in study("inception").lecture]


def test_inception_adds_up_as_the_issue_says():
    result = study("inception")
    naive, reduced = result.variant("naive").table, result.variant("reduced").table
    assert naive.totals.macs == 854_196_224
    assert reduced.totals.macs == 271_351_808
    assert [r.macs for r in reduced.rows if r.macs] == [
        25_690_112,
        12_845_056,
        86_704_128,
        12_845_056,
        120_422_400,
        12_845_056,
    ]
    assert result.ratio == pytest.approx(3.148, abs=5e-4)
    assert result.variant("naive").out_shape == (1, 672, 28, 28)
    assert result.variant("reduced").out_shape == (1, 480, 28, 28)


def test_every_way_to_reach_358m_counts_the_3x3_twice():
    rows = {r.name: r.macs for r in study("inception").variant("reduced").table.rows if r.macs}
    # The three 1x1 convolutions to 64 channels cost the same: count them together.
    ones = rows["reduce_3x3"]
    assert ones == rows["reduce_5x5"] == rows["project_pool"]
    found = [
        twice
        for small, one, twice, five in product(range(7), range(3), range(3), range(3))
        if round(
            (
                small * ones
                + one * rows["conv_1x1"]
                + twice * rows["conv_3x3"]
                + five * rows["conv_5x5"]
            )
            / 1e6
        )
        == 358
    ]
    assert found
    assert set(found) == {2}
    proof = next(c.proof for c in study("inception").lecture if c.claim.id == "incep_red_total")
    assert "358,055,936" in proof


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_stacks_see_what_one_large_kernel_sees(depth):
    result = study("stacked-3x3", depth=depth, channels=8)
    fields = {v.name: v.receptive_field for v in result.variants}
    assert fields == dict.fromkeys(("single", "stack", "asymmetric"), 2 * depth + 1)


def test_three_3x3_against_one_7x7():
    result = study("stacked-3x3", channels=10)
    params = {v.name: v.table.totals.params for v in result.variants}
    assert params == {"single": 4900, "stack": 2700, "asymmetric": 1400}


def test_depthwise_is_9chw_and_c2hw():
    result = study("depthwise", channels=64, filters=64, size=10)
    assert result.variant("standard").table.totals.macs == 9 * 64**2 * 100
    assert result.variant("separable").table.totals.macs == 9 * 64 * 100 + 64**2 * 100


def test_residual_blocks_have_the_papers_weights():
    result = study("residual")
    params = {v.name: v.table.totals.params for v in result.variants}
    assert params == {"basic": 1_179_648, "bottleneck": 69_632, "narrow": 73_728}
    strided = study("residual", stride=2, channels=64)
    assert strided.variant("basic").out_shape == (1, 64, 28, 28)
    assert strided.variant("basic").table.totals.params == 18 * 64**2 + 64**2


@pytest.mark.parametrize(("paths", "width"), [(1, 64), (2, 40), (4, 24), (8, 14), (32, 4)])
def test_resnext_finds_the_widths_of_table_2(paths, width):
    assert path_width(256, 64, paths) == width
    result = study("resnext", cardinality=paths)
    assert result.ratio == pytest.approx(1, abs=0.03)


def test_a_grouped_bottleneck_is_the_sum_of_separate_paths():
    torch.manual_seed(0)
    paths, each, channels = 4, 3, 10
    reduce = torch.randn(paths * each, channels, 1, 1)
    conv = torch.randn(paths * each, each, 3, 3)
    expand = torch.randn(channels, paths * each, 1, 1)
    x = torch.randn(1, channels, 6, 6)
    f = torch.nn.functional.conv2d
    grouped = f(f(f(x, reduce), conv, padding=1, groups=paths), expand)
    separate = sum(
        f(f(f(x, reduce[s]), conv[s], padding=1), expand[:, s])
        for s in (slice(i * each, (i + 1) * each) for i in range(paths))
    )
    assert torch.allclose(grouped, separate, atol=1e-4)


def test_squeeze_and_excitation_adds_2c2_over_r():
    result = study("squeeze-excite", channels=128, reduction=8)
    plain, se = (v.table.totals for v in result.variants)
    assert se.params - plain.params == se.macs - plain.macs == 2 * 128**2 // 8


def test_dense_layers_read_everything_before_them():
    rows = study("dense", channels=16, layers=5, growth=12).variant("dense").table.rows
    convs = [row for row in rows if row.kind == "conv"]
    assert [row.in_shape[1] for row in convs] == [16, 28, 40, 52, 64]
    assert sum(row.params for row in convs) == 9 * 12 * (16 + 28 + 40 + 52 + 64)


def test_sharing_gives_the_lectures_three_numbers():
    totals = {v.name: v.table.totals for v in study("sharing").variants}
    assert totals["full"].params == 7_776_000
    assert totals["local"].params == 423_360
    assert totals["shared"].params == 735
    assert totals["shared"].macs == totals["local"].macs == 423_360
    fields = {v.name: v.receptive_field for v in study("sharing").variants}
    assert fields == {"full": None, "local": 7, "shared": 7}


def test_the_locally_connected_layer_computes_what_its_name_says():
    torch.manual_seed(0)
    channels, filters, kernel, stride, size = 2, 3, 3, 2, 7
    side = (size - kernel) // stride + 1
    layer = LocallyConnected(channels, filters, kernel, stride, side)
    x = torch.randn(2, channels, size, size)
    out = layer(x)
    own = layer.own.weight.reshape(side, side, filters, channels, kernel, kernel)
    for row in range(side):
        for col in range(side):
            top, left = row * stride, col * stride
            patch = x[:, :, top : top + kernel, left : left + kernel]
            by_hand = torch.einsum("nchw,fchw->nf", patch, own[row, col])
            assert torch.allclose(out[:, :, row, col], by_hand, atol=1e-5)


def test_the_linear_bottleneck_breaks_even_at_half():
    assert study("linear-bottleneck", features=100, width=50).ratio == 1
    assert study("linear-bottleneck", features=100, width=51).ratio < 1


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("inception", {"chanels": 3}, "cannot be 'chanels'. Allowed: channels, size"),
        ("inception", {"channels": 0}, "channels cannot be '0'. Allowed: whole numbers from 1 to"),
        ("inception", {"channels": 2.5}, "channels cannot be '2.5'"),
        ("inception", {"channels": True}, "channels cannot be 'True'"),
        ("depthwise", {"kernel": 4}, "in steps of 2"),
        ("resnext", {"cardinality": 3}, "Allowed: 1, 2, 4, 8, 16, 32, 64"),
        ("residual", {"channels": 30}, "Allowed: multiples of 4"),
        ("squeeze-excite", {"channels": 8}, "Allowed: multiples of 16"),
        ("sharing", {"size": 5}, "kernel cannot be '7' on an image of 5 px"),
    ],
)
def test_a_bad_knob_says_what_came_in_and_what_is_allowed(name, given, message):
    with pytest.raises(BadChoice, match=re.escape(message)):
        study(name, **given)


def test_unknown_names_list_the_nearest():
    with pytest.raises(UnknownName, match="inception"):
        study("incepton")
    with pytest.raises(UnknownName, match="reduced"):
        study("inception").variant("reduce")
