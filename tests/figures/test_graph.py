"""The graph's record, from tables made by hand and from real networks."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest

import vizcore
from vizcore.errors import BadChoice
from vizcore.figures.colouring import COLOUR_COLUMNS
from vizcore.figures.graph import GraphGroup, NetworkGraph, outline, to_dot
from vizcore.figures.palette import KIND_COLOURS, contrast
from vizcore.records import ReceptiveField, as_plain
from vizcore.records.layers import Conventions, Kind, LayerRow, LayerTable, Totals

NETWORKS = ["vgg16", "resnet50", "googlenet", "densenet121", "mobilenet_v2", "vit_b_16"]


def row(
    index: int,
    name: str,
    kind: Kind,
    op: str,
    *,
    inputs: Sequence[int] | None = None,
    out: tuple[int, ...] = (1, 8, 16, 16),
    kernel: int | None = None,
    stride: int = 1,
    weights: int = 0,
    field: ReceptiveField | None = None,
) -> LayerRow:
    """One row; it reads the row before it unless told otherwise."""
    return LayerRow(
        index=index,
        name=name,
        kind=kind,
        op=op,
        in_shape=(1, 8, 16, 16),
        out_shape=out,
        kernel=(kernel, kernel) if kernel else None,
        stride=(stride, stride) if kernel else None,
        padding=None,
        dilation=None,
        groups=1 if kind == "conv" else None,
        weights=weights,
        biases=0,
        macs=10 * weights,
        activations=100,
        receptive_field=field,
        inputs=tuple(inputs) if inputs is not None else (index - 1,),
    )


def table(*rows: LayerRow, bias: bool = True, ops: str = "macs") -> LayerTable:
    weights = sum(r.weights for r in rows)
    return LayerTable(
        key="tiny",
        input_shape=(1, 3, 32, 32),
        conventions=Conventions(bias=bias, ops=ops),  # type: ignore[arg-type]
        rows=rows,
        totals=Totals(weights, weights, 0, 10 * weights, 100 * len(rows), 0, 0, 0, 3072),
    )


def residual_network() -> LayerTable:
    """A stem, two residual blocks in a layer, a classifier."""
    rows = [row(0, "stem", "conv", "Conv2d", kernel=7, stride=2, weights=5)]
    for block in (0, 1):
        start = len(rows)
        path = f"layer1.{block}"
        rows += [
            row(start, f"{path}.conv1", "conv", "Conv2d", kernel=3, weights=100),
            row(start + 1, f"{path}.relu", "activation", "ReLU"),
            row(start + 2, f"{path}.conv2", "conv", "Conv2d", kernel=3, weights=200),
            row(start + 3, f"{path}.add", "join", "add", inputs=(start + 2, start - 1)),
            row(start + 4, f"{path}.relu", "activation", "ReLU"),
        ]
    rows.append(row(len(rows), "fc", "linear", "Linear", out=(1, 10), weights=395))
    return table(*rows)


def plain_network() -> LayerTable:
    """Three times conv, relu, (conv, relu,) pool in one flat sequence, as torchvision's VGG."""
    rows: list[LayerRow] = []
    for channels, convs in ((8, 1), (16, 2), (32, 2)):
        for _ in range(convs):
            out = (1, channels, 16, 16)
            place = len(rows)
            rows.append(row(place, f"features.{place}", "conv", "Conv2d", kernel=3, out=out))
            rows.append(row(place + 1, f"features.{place + 1}", "activation", "ReLU", out=out))
        place = len(rows)
        rows.append(row(place, f"features.{place}", "pool", "MaxPool2d", kernel=2, stride=2))
    return table(*rows, row(len(rows), "fc", "linear", "Linear", out=(1, 10)))


def group_named(graph: NetworkGraph, path: str) -> GraphGroup:
    return next(group for group in graph.groups if group.path == path)


def seen_first(graph: NetworkGraph) -> int:
    """How many closed boxes and layers the first picture shows."""
    opened = {None, *graph.opened}
    groups = [p for p, g in enumerate(graph.groups) if g.parent in opened and p not in opened]
    return len(groups) + sum(node.parent in opened for node in graph.nodes)


def test_groups_follow_the_module_tree() -> None:
    graph = outline(residual_network())
    assert [(g.path, g.title, g.count) for g in graph.groups] == [
        ("layer1", "layer1", "2 blocks"),
        ("layer1.0", "layer1.0", "5 layers"),
        ("layer1.1", "layer1.1", "5 layers"),
    ]
    assert [g.parent for g in graph.groups] == [None, 0, 0]
    assert [n.parent for n in graph.nodes] == [None] + [1] * 5 + [2] * 5 + [None]
    assert group_named(graph, "layer1.0").kinds == (("conv", 2), ("activation", 2), ("join", 1))


def test_edges_are_the_rows_inputs() -> None:
    graph = outline(residual_network())
    assert graph.edges[0] == (-1, 0)
    assert (0, 4) in graph.edges, "the first block's shortcut"
    assert (5, 9) in graph.edges, "the second block's shortcut"
    assert len(graph.edges) == 12 + 2


def test_labels_are_a_lectures() -> None:
    nodes = outline(residual_network()).nodes
    assert nodes[0].label == "conv 7×7, 8, /2"
    assert nodes[0].shape == "8 × 16 × 16"
    assert nodes[-1].label == "linear 10"
    assert nodes[4].label == "add"


def test_a_group_has_the_sum_of_its_rows() -> None:
    graph = outline(residual_network(), "params")
    assert group_named(graph, "layer1.0").value == 300
    assert group_named(graph, "layer1").value == 600
    assert group_named(graph, "layer1").value_text == "600"
    work = outline(residual_network(), "macs")
    assert group_named(work, "layer1").value == 6000


def test_conventions_are_the_tables() -> None:
    rows = residual_network().rows
    flops = outline(table(*rows, ops="flops"), "macs")
    assert group_named(flops, "layer1").value == 12000
    assert flops.unit.startswith("FLOPs")


def test_a_plain_sequence_is_cut_at_its_poolings() -> None:
    graph = outline(plain_network())
    stages = [g for g in graph.groups if g.path.startswith("features/")]
    assert [(g.title, g.count) for g in stages] == [
        ("conv 3×3, 8", "3 layers"),
        ("2 × conv 3×3, 16", "5 layers"),
        ("2 × conv 3×3, 32", "5 layers"),
    ]
    assert group_named(graph, "features").count == "3 stages"
    last_rows = [max(n.row for n in graph.nodes if n.parent == i) for i in (1, 2, 3)]
    assert all(graph.nodes[last].kind == "pool" for last in last_rows)


def test_a_box_with_one_child_is_left_out() -> None:
    graph = outline(
        table(
            row(0, "block.conv.0", "conv", "Conv2d", kernel=1),
            row(1, "block.conv.1", "norm", "BatchNorm2d"),
            row(2, "head.only", "linear", "Linear"),
        )
    )
    assert [(g.path, g.title) for g in graph.groups] == [("block", "block")]
    assert graph.nodes[2].parent is None


def test_a_layer_used_at_two_places_makes_no_box_around_what_is_between() -> None:
    graph = outline(
        table(
            row(0, "block.a", "conv", "Conv2d", kernel=1),
            row(1, "block.drop.drop", "other", "dropout"),
            row(2, "block.b", "conv", "Conv2d", kernel=1),
            row(3, "block.drop.drop", "other", "dropout"),
            row(4, "fc", "linear", "Linear"),
        )
    )
    assert [g.path for g in graph.groups] == ["block"]
    assert [n.parent for n in graph.nodes] == [0, 0, 0, 0, None]


def test_a_crowded_network_is_cut_where_the_maps_change_size() -> None:
    sizes = [32] * 20 + [16] * 20 + [8] * 20
    rows = [
        row(i, f"c{i}", "conv", "Conv2d", kernel=3, out=(1, 8, s, s)) for i, s in enumerate(sizes)
    ]
    graph = outline(table(*rows))
    assert [(g.title, g.count) for g in graph.groups] == [("20 × conv 3×3, 8", "20 layers")] * 3


def test_kinds_keep_their_colours() -> None:
    graph = outline(residual_network(), "kind")
    for node in graph.nodes:
        assert node.paint is not None
        assert graph.paints[node.paint].fill == KIND_COLOURS[node.kind]
    assert all(group.paint is None for group in graph.groups)
    assert [p.meaning for p in graph.paints] == [
        "convolution",
        "fully connected",
        "activation",
        "join",
    ]


def test_colours_are_steps_of_the_share_of_the_total() -> None:
    """The total is 5 + 600 + 395 = 1000 parameters."""
    graph = outline(residual_network(), "params")

    def meaning(paint: int | None) -> str | None:
        return None if paint is None else graph.paints[paint].meaning

    assert meaning(graph.nodes[0].paint) == "0.3% to 1%"
    assert meaning(graph.nodes[1].paint) == "10% to 30%", "100 of 1000, on the border"
    assert meaning(graph.nodes[-1].paint) == "over 30%"
    assert meaning(graph.nodes[2].paint) is None, "a ReLU has no parameters"
    assert meaning(group_named(graph, "layer1").paint) == "over 30%"


def test_receptive_fields() -> None:
    def field(size: int, **more: bool) -> ReceptiveField:
        return ReceptiveField((size, size), (1, 1), (0, 0), **more)

    graph = outline(
        table(
            row(0, "a.0", "conv", "Conv2d", field=field(7)),
            row(1, "a.1", "conv", "Conv2d", field=field(8, exact=False)),
            row(2, "b", "pool", "AdaptiveAvgPool2d", field=field(40, whole=True)),
            row(3, "c", "other", "softmax"),
        ),
        "receptive_field",
    )
    texts = [node.value_text for node in graph.nodes]
    assert texts == ["7 px", "≤ 8 px", "whole", ""]
    meanings = [None if n.paint is None else graph.paints[n.paint].meaning for n in graph.nodes]
    assert meanings == ["under 8", "8 to 15", "whole picture", None]
    assert group_named(graph, "a").value_text == "≤ 8 px", "a group has its last row's"


def test_every_ink_is_readable() -> None:
    for column in COLOUR_COLUMNS:
        for paint in outline(residual_network(), column).paints:
            assert contrast(paint.fill, paint.ink) >= 4.5


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(BadChoice, match=r"'colour'.*activations, params"):
        outline(residual_network(), "colour")


@pytest.mark.parametrize("name", NETWORKS)
def test_real_networks(name: str) -> None:
    layers = vizcore.layers(name)
    for column in COLOUR_COLUMNS:
        graph = outline(layers, column)
        assert [node.row for node in graph.nodes] == list(range(len(layers)))
        assert len({group.path for group in graph.groups}) == len(graph.groups)
        json.dumps(as_plain(graph), allow_nan=False)
    assert 8 <= seen_first(outline(layers)) <= 25
    params = outline(layers, "params")
    outer = [*params.nodes, *params.groups]
    assert sum(box.value or 0 for box in outer if box.parent is None) == layers.totals.params


def test_what_is_open_first() -> None:
    vgg = outline(vizcore.layers("vgg16"))
    assert [vgg.groups[i].path for i in vgg.opened] == ["features"]
    assert [g.title for g in vgg.groups if g.parent == 0] == [
        "2 × conv 3×3, 64",
        "2 × conv 3×3, 128",
        "3 × conv 3×3, 256",
        "3 × conv 3×3, 512",
        "3 × conv 3×3, 512",
    ]
    assert outline(vizcore.layers("resnet50")).opened == ()


def test_dot_says_every_layer_and_edge_once() -> None:
    layers = residual_network()
    text = to_dot(layers)
    assert text.startswith('digraph "tiny" {')
    assert text.count("{") == text.count("}") == 1 + 3
    assert re.findall(r"^ *n(\d+) \[", text, re.M) == ["0", "11", *map(str, range(1, 11))]
    edges = re.findall(r"^ *(\w+) -> (\w+);$", text, re.M)
    assert len(edges) == 14
    assert ("input", "n0") in edges
    assert ("n0", "n4") in edges
    assert 'label="layer1.0"' in text
    assert KIND_COLOURS["conv"] in text


def test_dot_quotes_names() -> None:
    text = to_dot(table(row(0, 'say "hi"\\', "other", "Identity")))
    assert r'tooltip="say \"hi\"\\"' in text
