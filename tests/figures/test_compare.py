"""The comparison's charts: bars that add up, one scale, patterns, marked upper bounds."""

from __future__ import annotations

import math

import pytest

import vizcore as vc
from vizcore.anatomy.alignment import align
from vizcore.errors import BadChoice
from vizcore.figures.compare import draw_comparison
from vizcore.figures.compare_bars import DEPTHS, QUANTITIES, bars_of, half_at
from vizcore.figures.compare_fields import draw_fields, finding
from vizcore.figures.palette import FONT_SIZE, KIND_COLOURS
from vizcore.records.alignment import Alignment

NAMES = ("VGG", "Inception", "Swin")


@pytest.fixture(scope="module")
def alignment() -> Alignment:
    return align([vc.layers(key) for key in ("vgg_d", "inception_v3", "swin_t")])


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_bars_add_up_to_the_total(alignment: Alignment, quantity: str, depth: str):
    for place, table in enumerate(alignment.tables):
        bars = bars_of(alignment, place, quantity, depth)
        total = math.fsum(value for bar in bars for value in bar.by_kind.values())
        assert total == pytest.approx(getattr(table.totals, quantity), rel=1e-12)


def test_a_slice_has_its_part_of_a_layer(alignment: Alignment):
    # VGG-D has 16 weighted layers: the first 5% of the depth are 0.8 of its first layer.
    bars = bars_of(alignment, 0, "macs", "relative")
    assert bars[0].by_kind["conv"] == pytest.approx(0.8 * 3 * 9 * 64 * 224 * 224)
    assert len(bars) == 20


def test_most_of_vggs_parameters_are_reached_in_its_first_fully_connected_layer(alignment):
    assert half_at(alignment, 0, "params") == (14 / 16, "classifier.0")


@pytest.mark.parametrize("dark", [False, True])
def test_networks_differ_by_pattern_and_kinds_by_colour(alignment: Alignment, dark: bool):
    figure = draw_comparison(alignment, NAMES, quantity="activations", dark=dark)
    bars = [trace for trace in figure.data if trace.showlegend is False]
    patterns = {trace.yaxis: trace.marker.pattern.shape for trace in bars}
    assert patterns == {"y": "", "y2": "/", "y3": "\\"}
    assert {trace.marker.color for trace in bars} <= set(KIND_COLOURS.values())
    ranges = {figure.layout[name].range for name in ("yaxis", "yaxis2", "yaxis3")}
    assert len(ranges) == 1, "one scale"
    assert all(note.font.size >= FONT_SIZE for note in figure.layout.annotations)
    assert [note.text.split(":")[0] for note in figure.layout.annotations] == [
        f"<b>{name}</b>" for name in NAMES
    ]


def test_shares_stack_to_one(alignment: Alignment):
    figure = draw_comparison(alignment, NAMES, depth="stage", scale="share")
    for axis in ("y", "y2", "y3"):
        heights = [sum(t.y) for t in figure.data if t.yaxis == axis and t.showlegend is False]
        assert sum(heights) == pytest.approx(1.0)
    assert "13%" in {note.text for note in figure.layout.annotations}


@pytest.mark.parametrize("depth", ["relative", "absolute"])
def test_fields_are_on_a_log_scale_with_bounds_and_gaps(alignment: Alignment, depth: str):
    figure = draw_fields(alignment, NAMES, depth=depth)
    vgg, inception, swin = figure.data
    assert figure.layout.yaxis.type == "log"
    assert [trace.line.dash for trace in figure.data] == ["solid", "dash", "dot"]
    assert list(vgg.y[:4]) == [3, 5, 10, 14]
    assert set(vgg.marker.symbol) == {"circle", "square"}
    assert "circle-open" in inception.marker.symbol
    assert None in swin.y
    assert vgg.x[-1] == (100 if depth == "relative" else 16)
    assert all(note.font.size >= FONT_SIZE for note in figure.layout.annotations)


def test_the_finding_names_where_half_the_side_is_seen_and_what_is_unknown(alignment: Alignment):
    # VGG-D: 3 5 | 10 14 | 24 32 40 | 60 76 92 | 132: the eleventh of 16 passes 112 pixels.
    assert finding(alignment, NAMES).startswith(
        "One value sees half of the picture's side at 69% of the depth of VGG"
    )
    assert finding(alignment, NAMES).endswith("where it does in Swin is unknown")


@pytest.mark.parametrize("wrong", [{"quantity": "time"}, {"depth": "deep"}, {"scale": "log"}])
def test_another_option_is_refused(alignment: Alignment, wrong: dict[str, str]):
    with pytest.raises(BadChoice, match=next(iter(wrong.values()))):
        draw_comparison(alignment, NAMES, **wrong)
