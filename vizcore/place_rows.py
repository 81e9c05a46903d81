"""The layer table's rows by the names that lenses give places: what each place sees, what reads it.

A table lists a module that runs several times under one name; `vizcore.lenses.places` numbers its
runs: `relu`, `relu_1`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from vizcore.records import Pair, ReceptiveField
from vizcore.records.layers import LayerRow
from vizcore.zoo.weights import Weights

_RELUS = frozenset({"ReLU", "relu", "relu_", "ReLU6", "relu6"})


def rows_of(weights: Weights, side: Pair | None = None) -> dict[str, LayerRow]:
    """Every row of a network's layer table by the name of its place, in the order they run.

    Args:
        side: height and width of the picture; None takes what the network looks at.
    """
    from vizcore.anatomy import trace
    from vizcore.zoo import build_meta

    how, key = weights.preprocessing, weights.architecture
    network = build_meta(key, **weights.options)
    names = {name for name, _ in network.named_modules(remove_duplicate=False) if name}
    shape = (how.channels, *(side or (how.crop_px, how.crop_px)))
    return named(trace(network, shape, key=key, mine=True).rows, names)


def named(rows: Sequence[LayerRow], modules: Collection[str]) -> dict[str, LayerRow]:
    """Rows by the names of their places.

    Args:
        modules: the names of all modules of the network, which no run of another one takes.

    Example:
        >>> from torch import nn
        >>> from vizcore.anatomy import trace
        >>> relu = nn.ReLU()
        >>> net = nn.Sequential(relu, nn.MaxPool2d(2), relu)
        >>> list(named(trace(net, (3, 8, 8)).rows, {"0", "1", "2"}))
        ['0', '1', '0_1']
    """
    counts: Counter[str] = Counter()
    found: dict[str, LayerRow] = {}
    for row in rows:
        is_module = row.name in modules and not row.op.islower()
        base = row.name if is_module else _unnumbered(row)
        if is_module and base not in found:  # a module's first run has the module's name
            found[base] = row
            counts[base] = max(counts[base], 1)
            continue
        while True:
            name = f"{base}_{counts[base]}" if counts[base] else base
            counts[base] += 1
            if name not in modules:
                break
        found[name] = row
    return found


def _unnumbered(row: LayerRow) -> str:
    """A row's name without the number that the table gives to a function called again."""
    return re.sub(rf"((?:^|\.){re.escape(row.op)})_\d+$", r"\1", row.name)


def fields_of(
    weights: Weights, layers: Sequence[str], side: Pair | None = None
) -> dict[str, ReceptiveField | None]:
    """What a value of each place sees of a picture; None where that is not known."""
    rows = rows_of(weights, side)
    return {layer: field_in(rows, layer) for layer in layers}


def field_in(rows: Mapping[str, LayerRow], layer: str) -> ReceptiveField | None:
    """What a value of a place sees; a module made of others has the field of the last of them.

    Of such a module that may run several times, it is not known which of them was the last.
    """
    if layer in rows:
        return rows[layer].receptive_field
    inside = [row for name, row in rows.items() if name.startswith(f"{layer}.")]
    runs = Counter(_unnumbered(row) for row in inside)
    if not inside or min(runs.values()) > 1:
        return None
    return inside[-1].receptive_field


def read_by_relu(rows: Mapping[str, LayerRow], layer: str) -> str | None:
    """The place whose values a ReLU reads next, and nothing else does: `layer`, or the
    normalisation after it; None where there is no such ReLU.

    Example:
        >>> from torch import nn
        >>> from vizcore.anatomy import trace
        >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        >>> rows = named(trace(net, (3, 8, 8)).rows, {"0", "1", "2"})
        >>> read_by_relu(rows, "0"), read_by_relu(rows, "2")
        ('1', None)
    """
    row = rows.get(layer)
    if row is None:
        return None
    readers = [(name, each) for name, each in rows.items() if row.index in each.inputs]
    if len(readers) != 1:
        return None
    name, reader = readers[0]
    if reader.op in _RELUS:
        return layer
    if reader.op == "BatchNorm2d" and row.kind == "conv":
        return read_by_relu(rows, name)
    return None
