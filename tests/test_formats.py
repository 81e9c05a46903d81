"""The forms of a table: golden files, and that each can be read back."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from pathlib import Path

import pytest
from torch import Tensor, nn

from vizcore.anatomy import recount, trace
from vizcore.formats.data import to_csv, to_json
from vizcore.formats.tables import table_html, table_text, to_latex, to_markdown
from vizcore.records.layers import Conventions, LayerTable

GOLDEN = Path(__file__).parent / "golden"
FORMS = {
    "table.txt": table_text,
    "table.html": table_html,
    "table.md": to_markdown,
    "table.tex": to_latex,
    "table.csv": to_csv,
    "table.json": to_json,
}


class Small(nn.Module):
    """A bit of everything a cell can hold: unequal sides, a bound, a skip, a name with `_`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_1 = nn.Conv2d(3, 8, (1, 3), stride=2, padding=(0, 1))
        self.conv_2 = nn.Conv2d(3, 8, (3, 1), stride=2, padding=(1, 0), bias=False)
        self.head = nn.Sequential(nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.fc = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.head(self.conv_1(x) + self.conv_2(x)))


@pytest.fixture(scope="module")
def table() -> LayerTable:
    return trace(Small(), (3, 32, 24), key="small_net")


@pytest.mark.parametrize("name", FORMS)
def test_golden(table: LayerTable, name: str) -> None:
    """Rendered text changes only on purpose: look at the difference, then write the file anew."""
    assert FORMS[name](table) == (GOLDEN / name).read_text(encoding="utf-8")


def test_a_table_shows_itself(table: LayerTable) -> None:
    assert str(table) == table_text(table)
    assert table._repr_html_() == table_html(table)


def test_json_is_as_agreed(table: LayerTable) -> None:
    data = json.loads(to_json(table))
    assert list(data) == [
        "key", "input_shape", "conventions", "totals", "not_counted", "layers",
    ]  # fmt: skip
    assert data["key"] == "small_net"
    assert data["input_shape"] == [1, 3, 32, 24]
    assert data["conventions"]["bias"] is True
    for column in ("params", "weights", "biases", "macs", "activations"):
        assert data["totals"][column] == sum(layer[column] for layer in data["layers"])
    layer = data["layers"][0]
    assert layer["name"] == "conv_1"
    assert (layer["kind"], layer["op"]) == ("conv", "Conv2d")
    assert (layer["in_shape"], layer["out_shape"]) == ([1, 3, 32, 24], [1, 8, 16, 12])
    assert (layer["params"], layer["macs"], layer["activations"]) == (80, 13824, 1536)
    assert layer["receptive_field"] == {
        "size": [1, 3], "stride": [2, 2], "offset": [0, -1], "exact": True, "whole": False,
    }  # fmt: skip


def test_json_without_biases_and_in_flops(table: LayerTable) -> None:
    changed = recount(table, Conventions(bias=False, ops="flops", batch=2))
    data = json.loads(to_json(changed))
    assert "macs" not in data["totals"]
    assert data["totals"]["flops"] == 4 * table.totals.macs
    assert data["totals"]["params"] == table.totals.params - 18
    assert data["layers"][0]["params"] == data["layers"][0]["weights"] == 72
    assert data["input_shape"] == [2, 3, 32, 24]


def test_csv_reads_back(table: LayerTable) -> None:
    lines = list(csv.DictReader(io.StringIO(to_csv(table))))
    *layers, total = lines
    assert [line["name"] for line in layers] == [row.name for row in table.rows]
    assert total["name"] == "total"
    for column in ("weights", "biases", "params", "macs", "activations"):
        assert int(total[column]) == sum(int(line[column]) for line in layers)
    assert layers[2]["inputs"] == "0 1"
    assert layers[2]["field_exact"] == "false"
    assert "flops" in to_csv(recount(table, Conventions(ops="flops"))).splitlines()[0]


def test_an_empty_table_still_prints() -> None:
    table = trace(nn.Sequential(), (3, 4, 4), key="nothing")
    for form in FORMS.values():
        assert "0" in form(table)


def test_text_is_aligned(table: LayerTable) -> None:
    lines = table_text(table).splitlines()
    rules = [i for i, line in enumerate(lines) if set(line) == {"─"}]
    right = lines[rules[0] + 1].index("MACs") + len("MACs")
    for line in lines[rules[1] + 1 : rules[2]]:
        assert line[right - 1].isdigit()
        assert line[right : right + 1] in ("", " ")


def test_markdown_has_one_cell_a_column(table: LayerTable) -> None:
    lines = [line for line in to_markdown(table).splitlines() if line.startswith("|")]
    assert len(lines) == len(table) + 3
    assert len({line.count("|") for line in lines}) == 1


def test_latex_escapes_names(table: LayerTable) -> None:
    text = to_latex(table)
    assert r"conv\_1" in text
    assert not re.search(r"(?<!\\)_", text)
    assert text.count(r"\\") == len(table) + 3


def test_signs_that_mean_something_in_a_table_are_escaped(table: LayerTable) -> None:
    row = dataclasses.replace(table.rows[0], name=r"a|b<c>&d\e{f}~g^h%i#j$k")
    changed = dataclasses.replace(table, rows=(row,))
    (line,) = (line for line in to_latex(changed).splitlines() if line.startswith("0 "))
    assert line.split(" & ")[1] == (
        r"a\textbar{}b\textless{}c\textgreater{}\&d\textbackslash{}e\{f\}\textasciitilde{}g"
        r"\textasciicircum{}h\%i\#j\$k"
    )
    (line,) = (line for line in to_markdown(changed).splitlines() if "| 0 |" in line)
    assert r"| a\|b<c>" in line


def test_html_escapes_names(table: LayerTable) -> None:
    row = dataclasses.replace(table.rows[0], name="<script>")
    changed = dataclasses.replace(table, rows=(row,), key="a & b")
    text = table_html(changed)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "a &amp; b" in text
