"""The charts along the depth: their findings, and axes in the page's own numbers."""

import pytest

import vizcore as vc
from vizcore.figures.depth import MOST_BARS, columns, draw_depth_profile


def test_axes_count_in_the_pages_own_prefixes():
    """Plotly's own prefix is a small k; the page writes K."""
    figure = draw_depth_profile(vc.layers("densenet121"))
    labels = [
        label for axis in ("yaxis", "yaxis2", "yaxis3") for label in figure.layout[axis].ticktext
    ]
    assert any(label.endswith("K") for label in labels)
    assert not any("k" in label for label in labels)


def test_titles_state_where_the_memory_and_the_parameters_are():
    titles = [note.text for note in draw_depth_profile(vc.layers("vgg16")).layout.annotations]
    assert any("138M parameters, 89% in fully connected layers" in title for title in titles)
    assert any(
        "15.1M activation values, half of them in the first 15%" in title for title in titles
    )


@pytest.mark.parametrize("key", ["vgg_d", "densenet201", "resnet1202_cifar"])
def test_every_value_is_in_a_bar_and_no_bar_is_too_thin(key: str) -> None:
    table = vc.layers(key)
    figure = draw_depth_profile(table)
    for place, column in enumerate(columns(table), start=1):
        axis = "y" if place == 1 else f"y{place}"
        drawn = [bar for bar in figure.data if bar.yaxis == axis and bar.customdata is not None]
        assert sum(sum(bar.y) for bar in drawn) == sum(map(column.read, table.rows))
        for bar in drawn:
            assert len(bar.x) <= MOST_BARS
            for index, *_ in bar.customdata:
                assert column.read(table.rows[index]) > 0
