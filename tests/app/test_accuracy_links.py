"""From a network on the plot to its layers: the table has the work that was plotted."""

from __future__ import annotations

import vizcore as vc
from tests.app.opening import open_page
from vizcore.accuracy import field_points
from vizcore.ui import accuracy_tables


def test_every_link_to_layers_leads_to_a_table_with_the_plotted_work():
    """But for transformers whose weights' own build alone takes the size: those say so."""
    sized = {}
    for point in field_points():
        address = accuracy_tables.layers_address(point)
        if "size" in address:
            sized[tuple(address.values())] = point.macs
    assert len(sized) > 3
    for (key, size), macs in sized.items():
        assert vc.layers(key, input_size=int(size)).totals.macs == macs
    rebuilt = next(point for point in field_points() if point.key == "vit_h_14")
    assert accuracy_tables.layers_address(rebuilt) == {"arch": "vit_h_14"}
    at = open_page("accuracy", set="field", point=rebuilt.label)
    links = [each.proto.label for each in at.get("page_link")]
    assert "Its layers, at 224 px" in links
