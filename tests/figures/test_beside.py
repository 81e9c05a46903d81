"""Names beside points: none hides a mark, another name or the edge where there is room."""

from __future__ import annotations

from itertools import combinations

from vizcore.figures.beside import _box, spots

SIZE = (850.0, 375.0)
WIDTH_PX = 8.2


def boxes(points, names):
    found = spots(points, names, SIZE)
    return found, [
        _box(spot, point, WIDTH_PX * len(name))
        for spot, point, name in zip(found, points, names, strict=True)
    ]


def cross(a, b) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_crowded_names_part():
    points = [(300.0, 200.0), (310.0, 205.0), (330.0, 198.0), (420.0, 200.0), (845.0, 200.0)]
    names = ["Residual, 14 layers", "Plain, 14 layers", "ResNeXt", "AlexNet", "Inception, naive"]
    found, drawn = boxes(points, names)
    for a, b in combinations(drawn, 2):
        assert not cross(a, b)
    for box in drawn:
        assert box[0] >= 0
        assert box[2] <= SIZE[0]
        assert not any(box[0] < x < box[2] and box[1] < y < box[3] for x, y in points)
    assert not found[3].far


def test_a_lonely_name_stands_at_the_right_and_at_the_edge_at_the_left():
    (middle, edge), _ = boxes([(400.0, 100.0), (848.0, 300.0)], ["VGG", "VGG"])
    assert (middle.up, middle.xanchor) == (0.0, "left")
    assert (edge.up, edge.xanchor) == (0.0, "right")


def test_the_same_points_give_the_same_places():
    points = [(10.0 * i, 5.0 * (i % 7)) for i in range(20)]
    names = ["ResNet"] * 20
    assert spots(points, names, SIZE) == spots(points, names, SIZE)
    assert spots([], [], SIZE) == []


def test_a_name_stands_off_a_mark_as_wide_as_it_is():
    """Of its own mark and of all others."""
    for radius in (8.0, 30.0):
        (spot,) = spots([(200.0, 100.0)], ["name"], SIZE, radius_px=[radius])
        assert (spot.right, spot.xanchor) == (radius + 5, "left")
    beside = [(200.0 + 60.0, 100.0)]
    near, far = (
        spots([(200.0, 100.0)], ["name"], SIZE, also_px=beside, also_radius_px=[radius])[0]
        for radius in (4.0, 30.0)
    )
    assert (near.right, near.up) == (13.0, 0.0)
    assert far != near
