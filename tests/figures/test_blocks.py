"""Block diagrams: every operation has a box, no two overlap, arrows follow the data."""

from itertools import combinations, pairwise

import pytest

from vizcore.blocks import names, study
from vizcore.errors import BadChoice, UnknownName
from vizcore.figures.block_boxes import INPUT
from vizcore.figures.block_layout import lay_out
from vizcore.figures.block_lecture import draw_lecture_sum, printed_text
from vizcore.figures.blocks import draw_block, draw_costs
from vizcore.figures.palette import FONT_SIZE, KIND_COLOURS, theme

DRAWN = [(name, variant.name) for name in names() for variant in study(name).variants]


@pytest.mark.parametrize(("name", "variant"), DRAWN)
def test_boxes_do_not_overlap_and_keep_the_order_of_the_data(name, variant):
    layout = lay_out(study(name).variant(variant))
    for one, two in combinations(layout.boxes, 2):
        apart_x = abs(one.x - two.x) >= (one.width + two.width) / 2 - 1e-9
        assert apart_x or one.bottom <= two.top or two.bottom <= one.top
    place = {box.key: box for box in layout.boxes}
    for box in layout.boxes:
        for source in box.inputs:
            assert place[source].bottom < box.top
        assert layout.left <= box.x - box.width / 2
        assert box.x + box.width / 2 <= layout.right


@pytest.mark.parametrize(("name", "variant"), DRAWN)
def test_every_operation_is_drawn_and_no_multiply_add_is_lost(name, variant):
    chosen = study(name).variant(variant)
    boxes = lay_out(chosen).boxes
    assert sum(box.macs for box in boxes) == chosen.table.totals.macs
    written = " ".join(line for box in boxes for line in box.lines)
    folded = {index for box in boxes for index in box.folds}
    drawn = [row for row in chosen.table.rows if row.index not in folded]
    activations = [row for row in drawn if row.kind == "activation"]
    assert written.count("ReLU") + written.count("sigmoid") == len(activations)
    working = {r.index for r in drawn if r.kind != "activation" and r.activations}
    assert working == {box.key for box in boxes if not box.folds} - {INPUT}


@pytest.mark.parametrize(
    ("name", "variant", "knobs", "more"),
    [
        ("stacked-3x3", "stack", {"depth": 10}, "8 more layers"),
        ("dense", "dense", {"layers": 16}, "14 more layers"),
        ("dense", "compressed", {"layers": 16}, "14 more layers"),
        ("dense", "plain", {"layers": 16}, "14 more layers"),
    ],
)
def test_a_long_chain_shows_its_ends_and_says_what_is_between(name, variant, knobs, more):
    chosen = study(name, **knobs).variant(variant)
    layout = lay_out(chosen)
    fold = next(box for box in layout.boxes if box.folds)
    assert fold.label == more
    assert fold.macs == sum(chosen.table.rows[index].macs for index in fold.folds)
    assert sum(box.macs for box in layout.boxes) == chosen.table.totals.macs
    assert layout.height < 1000
    assert not fold.has_meter
    after = next(box for box in layout.boxes if fold.key in box.inputs)
    assert after.label.startswith("conv")


def test_a_short_chain_is_drawn_whole():
    assert not any(box.folds for box in lay_out(study("dense").variant("dense")).boxes)


def test_words_are_broken_where_a_branch_is_too_narrow_for_them():
    boxes = lay_out(study("inception", n3x3=1024).variant("naive")).boxes
    assert "<b>conv 3×3,<br>1024</b>" in boxes[2].lines
    assert "<b>conv 1×1, 128</b>" in boxes[1].lines


def test_an_arrow_never_crosses_a_box():
    for name, variant in DRAWN:
        layout = lay_out(study(name).variant(variant))
        for arrow in layout.arrows:
            for (x0, y0), (x1, y1) in pairwise(arrow):
                for box in layout.boxes:
                    inside_x = max(x0, x1) > box.x - box.width / 2 + 1e-6 and (
                        min(x0, x1) < box.x + box.width / 2 - 1e-6
                    )
                    inside_y = max(y0, y1) > box.top + 1e-6 and min(y0, y1) < box.bottom - 1e-6
                    assert not (inside_x and inside_y), (name, variant, box.lines)


def test_branches_stand_side_by_side_and_join_in_the_middle():
    boxes = lay_out(study("inception").variant("reduced")).boxes
    first = [box for box in boxes if box.rank == 1]
    assert [box.x for box in first] == [-1.5, -0.5, 0.5, 1.5]
    assert boxes[-1].lines == ["<b>concatenate</b>, 480×28×28"]
    assert boxes[-1].x == 0
    assert len(boxes[-1].inputs) == 4


def test_a_residual_skip_goes_round_the_convolutions():
    layout = lay_out(study("residual").variant("bottleneck"))
    skip = max(layout.arrows, key=len)
    assert max(x for x, _ in skip) > max(b.x + b.width / 2 for b in layout.boxes if b.macs)
    assert skip[0][1] == layout.boxes[0].bottom
    assert skip[-1][1] == layout.boxes[-1].top


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("name", "variant"), DRAWN)
def test_diagrams_are_readable_in_both_themes(name, variant, dark):
    figure = draw_block(study(name), variant, dark=dark)
    assert figure.layout.template.layout.paper_bgcolor == theme(dark).paper
    assert all((a.font.size or FONT_SIZE) >= 16 for a in figure.layout.annotations)
    assert figure.layout.height >= lay_out(study(name).variant(variant)).height
    assert study(name).variant(variant).label in figure.layout.meta["alt"]
    figure.to_json()


def test_bars_in_boxes_compare_with_the_dearest_operation_of_the_study():
    result = study("inception")
    meters = draw_block(result, "reduced").data[-1]
    full = draw_block(result, "naive").data[-1]
    assert max(full.width) == pytest.approx(max(draw_block(result, "naive").data[-2].width))
    ratio = max(meters.width) / max(full.width)
    assert ratio == pytest.approx(120_422_400 / 481_689_600)


def test_boxes_have_their_kinds_colours():
    boxes = draw_block(study("inception"), "naive").data[2]
    convolution, pool, join = (KIND_COLOURS[kind] for kind in ("conv", "pool", "join"))
    assert list(boxes.marker.color)[1:] == [convolution] * 3 + [pool, join]


@pytest.mark.parametrize("name", names())
def test_costs_show_each_operation_once_on_one_axis(name):
    result = study(name)
    figure = draw_costs(result, "macs")
    assert len(figure.data) == len(result.variants)
    for trace, variant in zip(figure.data, result.variants, strict=True):
        assert sum(trace.x) == variant.table.totals.macs
        assert len(set(trace.y)) == len(trace.y), "labels tell the bars apart"
    assert {trace.xaxis for trace in figure.data} == {None}, "one axis for all variants"
    assert len({trace.yaxis for trace in figure.data}) == len(figure.data)
    assert "Multiply-adds" in figure.layout.xaxis.title.text
    domains = [
        figure.layout[f"yaxis{i or ''}"].domain for i in (0, *range(2, len(figure.data) + 1))
    ]
    for above, below in pairwise(domains):
        assert above[0] > below[1]


def test_the_costs_title_states_the_finding():
    assert draw_costs(study("inception")).layout.title.text == (
        "conv 5×5, 96 takes 56% of the multiply-adds of “Naive”"
    )
    tied = draw_costs(study("residual")).layout.title.text
    assert "1.18M weights" in tied
    assert "69.6K" in tied


def test_bad_choices_are_refused():
    with pytest.raises(UnknownName, match="naive"):
        draw_block(study("inception"), "naiv")
    with pytest.raises(BadChoice, match="macs, params, activations"):
        draw_costs(study("inception"), "flops")


def test_two_skips_over_each_other_keep_apart():
    layout = lay_out(study("squeeze-excite").variant("se"))
    sides = [max(x for x, _ in arrow) for arrow in layout.arrows if len(arrow) == 6]
    assert len(sides) == 2
    assert len(set(sides)) == 2


def check_of(name, claim):
    return next(check for check in study(name).lecture if check.claim.id == claim)


@pytest.mark.parametrize("dark", [False, True])
def test_the_lectures_358m_is_drawn_as_the_rows_and_the_3x3_again(dark):
    check = check_of("inception", "incep_red_total")
    printed, *parts = draw_lecture_sum(check, "macs", dark=dark).data
    assert list(printed.x) == [358_000_000]
    hatched = [part for part in parts if part.marker.pattern.shape]
    assert [part.x[0] for part in hatched] == [86_704_128]
    assert sum(part.x[0] for part in parts) == 358_055_936
    assert sum(part.x[0] for part in parts) - hatched[0].x[0] == 271_351_808
    assert "The sum is <b>271M</b>" in parts[0].y


def test_the_lectures_85k_is_one_filter_of_five():
    check = check_of("sharing", "conv_30_85k")
    figure = draw_lecture_sum(check, "params")
    assert [part.x[0] for part in figure.data[1:]] == [84_672] * 5
    assert figure.layout.shapes[0].x0 == 85_000
    assert "Weights" in figure.layout.xaxis.title.text
    assert "84,672" in figure.layout.meta["alt"]


def test_a_claim_without_parts_is_not_drawn():
    with pytest.raises(ValueError, match="vgg_3_3x3_rf"):
        draw_lecture_sum(check_of("stacked-3x3", "vgg_3_3x3_rf"), "params")


@pytest.mark.parametrize(
    ("name", "claim", "text"),
    [
        ("inception", "incep_red_total", "358M"),
        ("inception", "incep_naive_1x1", "25,690,112"),
        ("inception", "incep_red_vs_naive", "358 vs 854 M"),
        ("sharing", "conv_423k_local", "423K"),
        ("sharing", "conv_735_shared", "735"),
    ],
)
def test_a_lectures_number_keeps_the_digits_it_has(name, claim, text):
    assert printed_text(check_of(name, claim).claim) == text
