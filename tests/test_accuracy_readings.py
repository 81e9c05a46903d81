"""The lectures' captions against the numbers: each can come out either way."""

from __future__ import annotations

from dataclasses import replace

from vizcore.accuracy import published_points
from vizcore.accuracy_readings import lecture_readings


def changed(label: str, **values) -> list:
    return [
        replace(point, **values) if point.label == label else point for point in published_points()
    ]


def holds(points) -> list[bool]:
    return [reading.holds for reading in lecture_readings(points)]


def test_what_the_study_s_numbers_say() -> None:
    assert holds(published_points()) == [True, False, True, False]


def test_other_numbers_say_otherwise() -> None:
    assert holds(changed("ResNet-18", macs=10**11))[0] is False
    assert holds(changed("GoogLeNet", macs=10**8, params=10**6))[1] is True
    assert holds(changed("AlexNet", params=10**6))[2] is False
    assert holds(changed("ResNet-152", top1_pct=90.0))[3] is True
