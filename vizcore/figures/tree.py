"""A table's rows in boxes inside boxes, by torch's dotted names, and which boxes to open first.

The tree is the module tree, made fit for a picture: a box that would hold one thing is that thing,
and a long plain sequence (VGG's `features.0` ... `features.30`) is cut into stages at its poolings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from vizcore.figures.wording import layer_label
from vizcore.records import Shape
from vizcore.records.layers import LayerTable

#: The first picture of any network shows about so many boxes.
FEWEST, MOST = 8, 25
#: A sequence of rows and nothing else is cut at its poolings when it is longer than this.
_LONG_SEQUENCE = 10


@dataclass(eq=False, slots=True)
class Box:
    """A group of rows.

    Attributes:
        path: the module's dotted name; a stage adds its number: `features/2`. "" is the network.
        title: what the box is called inside its parent.
        children: row indices and boxes, in the order of execution.
    """

    path: str
    title: str
    children: list[int | Box] = field(default_factory=list)

    def rows(self) -> list[int]:
        """Every row inside, in the order of execution."""
        found: list[int] = []
        for child in self.children:
            found.extend([child] if isinstance(child, int) else child.rows())
        return sorted(found)

    def boxes(self) -> list[Box]:
        """The boxes directly inside."""
        return [child for child in self.children if isinstance(child, Box)]

    def walk(self) -> Iterator[tuple[Box, Box]]:
        """Every box inside with its parent, parents first."""
        for box in self.boxes():
            yield self, box
            yield from box.walk()


def module_tree(table: LayerTable) -> Box:
    """Group a table's rows by their dotted names; returns the box that is the network."""
    prefixes = {
        row.name[:place]
        for row in table.rows
        for place, character in enumerate(row.name)
        if character == "."
    }
    root = Box("", table.key)
    made = {"": root}
    for row in table.rows:
        # A row whose own name is a box (an attention with layers inside) belongs into that box.
        home = row.name if row.name in prefixes else row.name.rpartition(".")[0]
        _box_at(home, made).children.append(row.index)
    _simplify(root)
    _cut(root, table)
    return root


def _box_at(path: str, made: dict[str, Box]) -> Box:
    if path not in made:
        made[path] = Box(path, _title(path))
        _box_at(path.rpartition(".")[0], made).children.append(made[path])
    return made[path]


def _title(path: str) -> str:
    """The last part of a dotted name; numbers keep the word before them: `layer1.0`."""
    parts = path.split(".")
    place = len(parts) - 1
    while place > 0 and parts[place].isdigit():
        place -= 1
    return ".".join(parts[place:])


def _simplify(box: Box) -> None:
    """Put single children, and layers that are used at several places, in their box's place."""
    children: list[int | Box] = []
    for child in box.children:
        if isinstance(child, int):
            children.append(child)
            continue
        _simplify(child)
        if len(child.children) == 1:
            only = child.children[0]
            if isinstance(only, Box):
                only.path, only.title = child.path, child.title
            children.append(only)
        elif not child.boxes() and child.rows()[-1] - child.rows()[0] >= len(child.children):
            children.extend(child.children)
        else:
            children.append(child)
    box.children = sorted(children, key=_first_row)


def _cut(box: Box, table: LayerTable) -> None:
    """Cut long sequences into stages: at poolings, else where the map's size changes."""
    runs = _runs(box, table)
    if len(runs) > 1:
        box.children = [
            run[0] if len(run) == 1 else Box(f"{box.path}/{number}", "", list(run))
            for number, run in enumerate(runs, start=1)
        ]
        for number, stage in enumerate(box.boxes(), start=1):
            if not stage.title:
                stage.title = _stage_title(stage, number, table)
    for inner in box.boxes():
        _cut(inner, table)


def _runs(box: Box, table: LayerTable) -> list[Sequence[int | Box]]:
    children, count = box.children, len(box.children)
    only_rows = all(isinstance(child, int) for child in children)
    if only_rows and count > _LONG_SEQUENCE:
        ends = [
            place + 1
            for place, child in enumerate(children)
            if isinstance(child, int) and table.rows[child].kind == "pool"
        ]
        if len(ends) >= 2:
            return _split(children, ends)
    if count <= MOST:
        return [children]
    sizes = [_map_size(table.rows[_last_row(child)].out_shape) for child in children]
    runs = _split(children, [i for i in range(1, count) if sizes[i] != sizes[i - 1]])
    if 1 < len(runs) <= MOST:
        return runs
    step = -(-count // -(-count // 12))
    return _split(children, range(step, count, step))


def _split(children: list[int | Box], places: Sequence[int]) -> list[Sequence[int | Box]]:
    edges = [0, *places, len(children)]
    return [children[a:b] for a, b in pairwise(edges) if b > a]


def _first_row(child: int | Box) -> int:
    return child if isinstance(child, int) else child.rows()[0]


def _last_row(child: int | Box) -> int:
    return child if isinstance(child, int) else child.rows()[-1]


def _map_size(shape: Shape) -> Shape:
    return shape[2:] if len(shape) == 4 else ()


def _stage_title(stage: Box, number: int, table: LayerTable) -> str:
    """What a stage is made of: "3 × conv 3×3, 256"; names where it is made of boxes."""
    boxes = stage.boxes()
    if boxes:
        return boxes[0].title + (f" to {boxes[-1].title}" if len(boxes) > 1 else " and more")
    convs = [layer_label(table.rows[row]) for row in stage.rows() if table.rows[row].kind == "conv"]
    if not convs:
        return f"stage {number}"
    count = f"{len(convs)} × " if len(convs) > 1 else ""
    if len(set(convs)) == 1:
        return count + convs[0]
    shapes = {label.split(",")[0] for label in convs}
    return count + (shapes.pop() if len(shapes) == 1 else "conv")


def opened_first(root: Box) -> list[Box]:
    """Choose the boxes that are open in the first picture, which has about 8 to 25 boxes.

    The largest closed box is opened while fewer than `FEWEST` are seen, or while it hides more
    than half of the network, as long as no more than `MOST` are seen then.
    """
    opened: list[Box] = []
    closed = root.boxes()
    seen = len(root.children)
    total = len(root.rows())
    while True:
        fitting = [box for box in closed if seen - 1 + len(box.children) <= MOST]
        if not fitting:
            return opened
        largest = max(fitting, key=lambda box: len(box.rows()))
        if seen >= FEWEST and 2 * len(largest.rows()) <= total:
            return opened
        opened.append(largest)
        closed.remove(largest)
        closed.extend(largest.boxes())
        seen += len(largest.children) - 1
