"""What the Invariance page offers to take away: the plots, every number, the code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vizcore.figures.invariance import draw_invariance
from vizcore.figures.invariance_png import draw_png
from vizcore.figures.marking import marked
from vizcore.formats.data import rows_csv
from vizcore.records.invariance import Distance, Invariance
from vizcore.ui import cache
from vizcore.ui import picture_views as views
from vizcore.ui.room import Download, Room

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from vizcore.ui.pictures import Chosen
    from vizcore.zoo.weights import Weights


def offer(
    here: Room,
    weights: Weights,
    chosen: Chosen,
    records: Sequence[Invariance],
    names: Sequence[str],
    layers: tuple[int, int],
    distance: Distance,
) -> None:
    """The plots and the numbers as files, and the lines of Python that make them."""
    first, last = layers
    found = records[0]
    stem = views.stem(weights, found.kind, chosen.name)

    def picture() -> bytes:
        return marked(draw_png(records, first, last, names, distance=distance), views.mark(weights))

    def chart() -> go.Figure:
        return draw_invariance(records, first, last, names, distance=distance)

    def numbers() -> str:
        everything = {
            "network": weights.architecture,
            "weights": weights.name,
            "random_weights": weights.is_random,
            "kind": found.kind,
            "unit": found.unit,
            "beyond": found.beyond,
            "pictures": [
                {"picture": name, "answer": each.said, "held": each.held, "views": each.rows()}
                for name, each in zip(names, records, strict=True)
            ],
        }
        return json.dumps(everything, indent=1, ensure_ascii=False)

    here.offer(
        Download("Plots and views, PNG", f"{stem}.png", "image/png", picture),
        Download("Every view and layer, CSV", f"{stem}.csv", "text/csv",
                 lambda: rows_csv(found.rows())),
        Download("Every picture, JSON", f"{stem}.json", "application/json", numbers),
        Download("Chart, HTML", f"{stem}.html", "text/html", lambda: cache.figure_html(chart())),
    )  # fmt: skip
    here.code(_code(here, weights, chosen, found, layers, distance))


def _code(
    here: Room,
    weights: Weights,
    chosen: Chosen,
    found: Invariance,
    layers: tuple[int, int],
    distance: Distance,
) -> str:
    measure = "distances_ln" if distance == "relative" else "euclidean_ln"
    imports, argument = views.weights_code(weights)
    target = f", {found.target_class!r}" if here.view["class"] else ""
    how = f"{', beyond=' + repr(found.beyond) if found.beyond != 'mirror' else ''}{argument}"
    network, plotted = weights.architecture, [found.shifts.layers[each].name for each in layers]
    lines = (
        f"{views.picture_imports(chosen.name)}{imports}\n"
        f"found = vc.invariance({network!r}, {views.picture_code(chosen.name)}, "
        f"{found.kind!r}{target}{how})\n"
        "print(found.held, found.probabilities_n)\n"
        f"for layer in {plotted!r}:\n"
        f"    print(layer, found.shifts.{measure}[found.layer(layer)])"
    )
    others = [name for name in here.view["beside"] if name != chosen.name]
    if not others:
        return lines
    if "import sample\n" not in lines:
        lines = f"from vizcore.data.samples import sample\n{lines}"
    return (
        f"{lines}\nfor name in {others!r}:\n"
        f"    beside = vc.invariance({network!r}, sample(name).read(), {found.kind!r}{how})\n"
        "    print(name, beside.held, beside.probabilities_n)"
    )
