"""Two tables row by row: every row once, in order, with the right word for what became of it."""

from __future__ import annotations

import csv
import io

import pytest

import vizcore as vc
from vizcore.anatomy.difference import changes_csv, difference


def table(text: str):
    return vc.layers(vc.design(f"input 3x32x32 {text}", weights=False), input_size=(3, 32, 32))


BASE = "conv3-8 maxpool conv3-16 conv3-32 maxpool fc-9 fc-4"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BASE, {}),
        (BASE.replace("fc-9 ", ""), {"removed": ["Linear", "ReLU"], "changed": ["Linear"]}),
        (BASE.replace("conv3-16", "conv3-24"), {"changed": ["Conv2d", "ReLU", "Conv2d"]}),
        ("conv3-8 conv3-8" + BASE[7:], {"added": ["Conv2d", "ReLU"]}),
    ],
)
def test_what_became_of_each_row(text: str, expected: dict[str, list[str]]):
    before, after = table(BASE), table(text)
    changes = difference(before, after)
    assert [each.before for each in changes if each.before] == list(before)
    assert [each.after for each in changes if each.after] == list(after)
    for kind in ("removed", "added"):
        assert [e.row.op for e in changes if e.change == kind] == expected.get(kind, [])
    changed = [e.row.op for e in changes if e.change == "changed"]
    assert changed[: len(expected.get("changed", []))] == expected.get("changed", [])
    assert all(each.change == "same" for each in changes) == (text == BASE)


def test_as_csv_the_two_columns_add_up_to_the_two_networks():
    before, after = table(BASE), table(BASE.replace("maxpool conv3-16", "conv3-16"))
    rows = list(csv.DictReader(io.StringIO(changes_csv(difference(before, after)))))
    for side, network in (("before", before), ("after", after)):
        for name in ("params", "macs", "activations"):
            total = sum(int(row[f"{name}_{side}"] or 0) for row in rows)
            assert total == getattr(network.totals, name)
