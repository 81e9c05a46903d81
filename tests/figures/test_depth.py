"""The charts along the depth: their findings, and axes in the page's own numbers."""

import vizcore as vc
from vizcore.figures.depth import draw_depth_profile


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
