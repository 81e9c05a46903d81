"""Networks side by side: stages and places by hand, sums that lose nothing, honest fields."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter

import pytest

import vizcore as vc
from vizcore.anatomy.alignment import align, depth_steps
from vizcore.anatomy.alignment_export import layers, to_csv, to_json, totals
from vizcore.errors import NotApplicable
from vizcore.records.alignment import NO_MAP

KEYS = ("vgg_d", "resnet50", "se_resnet50", "inception_v3", "swin_t")


@pytest.fixture(scope="module")
def tables():
    return {key: vc.layers(key) for key in KEYS}


def stages(table) -> dict[int, int]:
    return dict(sorted(Counter(step.stage for step in depth_steps(table)).items()))


def test_stages_of_vgg_d_are_those_of_its_paper(tables):
    assert stages(tables["vgg_d"]) == {0: 2, 1: 2, 2: 3, 3: 3, 4: 3, NO_MAP: 3}


def test_stages_of_resnet_50_are_counted_from_its_blocks(tables):
    # conv1; then 3, 4, 6, 3 blocks of three convolutions and a projection. Stride is on the 3x3
    # convolution, so the first 1x1 of a stage still has the maps of the stage before.
    assert stages(tables["resnet50"]) == {
        1: 1,
        2: 3 * 3 + 1 + 1,
        3: 4 * 3 + 1 - 1 + 1,
        4: 6 * 3 + 1 - 1 + 1,
        5: 3 * 3 + 1 - 1,
        NO_MAP: 1,
    }


def test_sides_that_no_padding_has_shortened_are_rounded(tables):
    alexnet = vc.layers("alexnet")
    assert stages(alexnet) == {2: 1, 3: 1, 4: 3, NO_MAP: 3}
    assert set(stages(tables["inception_v3"])) == {1, 2, 3, 4, 5, NO_MAP}


def test_gates_count_with_the_maps_they_stand_beside(tables):
    table = tables["se_resnet50"]
    steps = depth_steps(table)
    gates = [step for step in steps if table.rows[step.layer].out_shape[2:] == (1, 1)]
    assert gates
    assert all(step.stage != NO_MAP for step in gates)
    assert [step.stage for step in steps] == sorted(step.stage for step in steps)


@pytest.mark.parametrize("key", KEYS)
def test_steps_hold_every_row_once(tables, key):
    table = tables[key]
    rows = [i for step in depth_steps(table) for i in range(*step.rows)]
    assert rows == list(range(len(table)))


def test_lines_hold_every_step_once_and_are_aligned(tables):
    alignment = align([tables[key] for key in KEYS])
    for place, steps in enumerate(alignment.steps):
        assert [line.steps[place] for line in alignment.lines if line.steps[place]] == list(steps)
    for line in alignment.lines:
        assert {step.stage for step in line.steps if step} == {line.stage}
    first = next(line for line in alignment.lines if line.stage == 2)
    names = [
        table.rows[step.layer].name
        for table, step in zip(alignment.tables, first.steps, strict=True)
        if step
    ]
    assert names[:2] == ["features.10", "layer1.0.conv1"]


def test_fields_grow_end_before_the_whole_and_say_where_they_are_unknown(tables):
    alignment = align([tables[key] for key in KEYS])
    for place, side in enumerate((196, 427)):
        fields = [step.field for step in alignment.steps[place]]
        assert fields == sorted(fields)
        assert alignment.before_whole(place).field == side
        assert alignment.before_whole(place).exact
    assert not alignment.before_whole(3).exact
    swin = alignment.before_whole(4)
    assert swin.field is None, "attention in windows has no square"


def test_tables_of_different_conventions_are_refused(tables):
    with pytest.raises(NotApplicable, match="different conventions"):
        align([tables["vgg_d"], vc.layers("resnet50", batch=2)])


def test_exports_add_up_to_the_totals(tables):
    alignment = align([tables["vgg_d"], tables["resnet50"]])
    sums = {
        row["architecture"]: row for row in csv.DictReader(io.StringIO(to_csv(totals(alignment))))
    }
    assert sums["vgg_d"]["multiply_adds"] == "15470264320"
    assert sums["resnet50"]["parameters"] == "25557032"
    written = json.loads(to_json(layers(alignment)))
    for key, row in sums.items():
        mine = [layer for layer in written if layer["architecture"] == key]
        assert len(mine) == int(row["weighted_layers"])
        for column in ("parameters", "multiply_adds", "activations"):
            assert sum(layer[column] for layer in mine) == int(row[column])
