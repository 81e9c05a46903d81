"""A network as a graph of boxes that open and close, coloured by kind or by a column.

`outline` makes the record that the page's component draws; `to_dot` writes the same graph, all
boxes open, in Graphviz's language for papers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from vizcore.figures.colouring import Paint, scheme_of
from vizcore.figures.numbers import exact
from vizcore.figures.tree import Box, module_tree, opened_first
from vizcore.figures.wording import layer_label, shape_text
from vizcore.formats.words import counted
from vizcore.records.layers import KINDS, Kind, LayerTable


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One row of the table.

    Attributes:
        row: its index in the table.
        name: torch's dotted name.
        label, shape: "conv 3×3, 64" and "64 × 112 × 112" (what comes out, without the batch).
        value: the chosen column's number; None where it means nothing.
        value_text: the same in short; "" for 0 and None.
        parent: index of the group around it, None at the outermost level.
        paint: index into the graph's `paints`, None for an unfilled box.
    """

    row: int
    name: str
    op: str
    kind: Kind
    label: str
    shape: str
    value: int | None
    value_text: str
    parent: int | None
    paint: int | None


@dataclass(frozen=True, slots=True)
class GraphGroup:
    """A box of rows that opens and closes: a module with what is inside, or a stage.

    Attributes:
        path: the module's dotted name; a stage adds its number (`features/2`). Unique.
        title, count: "layer1" and "3 blocks".
        shape: what its last row puts out.
        value, value_text, paint: as of a node: the sum of its rows, or the last row's receptive
            field.
        kinds: how many rows of each kind are inside, in the order of `KINDS`.
    """

    path: str
    title: str
    count: str
    shape: str
    value: int | None
    value_text: str
    parent: int | None
    paint: int | None
    kinds: tuple[tuple[Kind, int], ...]


@dataclass(frozen=True, slots=True)
class NetworkGraph:
    """A network's rows, the groups they are in, and what flows between them.

    Attributes:
        key: the table's key.
        column, unit: what the boxes are coloured by, and what their numbers count.
        input_shape: "3 × 224 × 224".
        nodes: one per row, in the table's order.
        groups: parents before children.
        edges: (from, to) row indices; -1 is the picture.
        opened: indices of the groups that are open in the first picture.
        paints: the legend; nodes and groups point into it.
    """

    key: str
    column: str
    unit: str
    input_shape: str
    nodes: tuple[GraphNode, ...]
    groups: tuple[GraphGroup, ...]
    edges: tuple[tuple[int, int], ...]
    opened: tuple[int, ...]
    paints: tuple[Paint, ...]


def outline(table: LayerTable, column: str = "kind") -> NetworkGraph:
    """Turn a layer table into a graph whose groups can be opened and closed.

    Args:
        table: its conventions set what the columns count.
        column: one of `COLOUR_COLUMNS`. "kind" colours by the kind of layer and prints the
            parameters.

    Raises:
        BadChoice: for any other column.
    """
    scheme = scheme_of(table, column)
    root = module_tree(table)
    pairs = list(root.walk())
    boxes = [box for _, box in pairs]
    number = {id(box): place for place, box in enumerate(boxes)}
    home = {
        child: number.get(id(box))
        for box in [root, *boxes]
        for child in box.children
        if isinstance(child, int)
    }
    groups = []
    for parent, box in pairs:
        rows = [table.rows[index] for index in box.rows()]
        kinds = Counter(row.kind for row in rows)
        groups.append(
            GraphGroup(
                path=box.path,
                title=box.title,
                count=_count(box),
                shape=shape_text(rows[-1].out_shape, rows[-1].batch_dims[1]),
                value=scheme.value(rows),
                value_text=scheme.text(rows),
                parent=number.get(id(parent)),
                paint=scheme.paint(rows) if column != "kind" else None,
                kinds=tuple((kind, kinds[kind]) for kind in KINDS if kinds[kind]),
            )
        )
    nodes = []
    for row in table.rows:
        nodes.append(
            GraphNode(
                row=row.index,
                name=row.name,
                op=row.op,
                kind=row.kind,
                label=layer_label(row),
                shape=shape_text(row.out_shape, row.batch_dims[1]),
                value=scheme.value([row]),
                value_text=scheme.text([row]),
                parent=home[row.index],
                paint=scheme.paint([row]),
            )
        )
    return NetworkGraph(
        key=table.key,
        column=column,
        unit=scheme.unit,
        input_shape=shape_text(table.input_shape),
        nodes=tuple(nodes),
        groups=tuple(groups),
        edges=tuple((source, row.index) for row in table.rows for source in row.inputs),
        opened=tuple(number[id(box)] for box in opened_first(root)),
        paints=scheme.paints,
    )


def _count(box: Box) -> str:
    inside, boxes = len(box.children), box.boxes()
    if not boxes:
        word = "layer"
    elif any("/" in inner.path for inner in boxes):
        word = "stage"
    else:
        word = "block" if len(boxes) == inside else "part"
    return counted(inside, word)


def to_dot(table: LayerTable) -> str:
    """Write the network in Graphviz's DOT language: modules as clusters, kinds as colours.

    `dot -Tpdf network.dot -o network.pdf` draws it.
    """
    graph = outline(table)
    lines = [
        f"digraph {_quoted(graph.key)} {{",
        '  graph [fontname="Helvetica", rankdir=TB, nodesep=0.2, ranksep=0.3];',
        '  node [fontname="Helvetica", shape=box, style="filled,rounded", penwidth=0.5];',
        '  edge [arrowsize=0.6, color="#555555"];',
        f'  input [label={_quoted("picture", graph.input_shape)}, fillcolor="#ffffff"];',
    ]

    def write(parent: int | None, indent: str) -> None:
        for node in graph.nodes:
            if node.parent == parent and node.paint is not None:
                paint = graph.paints[node.paint]
                lines.append(
                    f"{indent}n{node.row} [label={_quoted(node.label, node.shape)}, "
                    f"tooltip={_quoted(_tip(node))}, "
                    f'fillcolor="{paint.fill}", fontcolor="{paint.ink}"];'
                )
        for place, group in enumerate(graph.groups):
            if group.parent == parent:
                lines.append(f"{indent}subgraph cluster_{place} {{")
                lines.append(
                    f"{indent}  label={_quoted(group.title)}; labeljust=l; "
                    'color="#999999"; style=rounded;'
                )
                write(place, indent + "  ")
                lines.append(f"{indent}}}")

    write(None, "  ")
    for source, target in graph.edges:
        lines.append(f"  {'input' if source < 0 else f'n{source}'} -> n{target};")
    return "\n".join([*lines, "}", ""])


def _tip(node: GraphNode) -> str:
    count = f", {exact(node.value)} parameters" if node.value else ""
    return f"{node.name}{count}"


def _quoted(*lines: str) -> str:
    text = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(text) + '"'
