"""The lectures' captions against the numbers: each can come out either way."""

from __future__ import annotations

from dataclasses import replace

from vizcore.accuracy import published_points
from vizcore.accuracy_conclusions import farthest_reading, study_conclusions
from vizcore.accuracy_readings import lecture_readings
from vizcore.records.bench import Measurement, Setup


def changed(label: str, **values) -> list:
    return [
        replace(point, **values) if point.label == label else point for point in published_points()
    ]


def holds(points) -> list[bool]:
    return [reading.holds for reading in lecture_readings(points)]


def test_what_the_study_s_numbers_say() -> None:
    assert holds(published_points()) == [True, False, True, False, True]


def test_other_numbers_say_otherwise() -> None:
    assert holds(changed("ResNet-18", macs=10**11))[0] is False
    assert holds(changed("GoogLeNet", macs=10**8, params=10**6))[1] is True
    assert holds(changed("AlexNet", params=10**6))[2] is False
    assert holds(changed("ResNet-152", top1_pct=90.0))[3] is True
    assert holds(changed("ResNet-152", top1_pct=90.0))[4] is False


def test_memory_for_activations_is_told_apart_from_parameters():
    most = max(published_points(), key=lambda point: point.activations or 0)
    proof = lecture_readings(published_points())[0].proof
    assert most.family != "VGG"
    assert f"{most.label} takes the most, {most.activations / 1e6:.1f}M" in proof


def measured(time, power=None):
    """A machine on which each network takes the time, and draws the power, that its point gives."""
    return [
        Measurement(
            network=point.key,
            input_shape=(3, point.side_px, point.side_px),
            setup=Setup(),
            date="",
            params=point.params,
            macs=point.macs,
            rounds_ms=(time(point),),
            quartiles_ms=(1.0, 1.0),
            runs=1,
            power_w=power(point) if power else None,
            energy_j=power(point) * time(point) if power else None,
        )
        if point.macs
        else None
        for point in published_points()
    ]


def verdicts(measurements) -> dict[str, bool | None]:
    found = study_conclusions(published_points(), measurements)
    return {each.finding.id: each.holds for each in found}


def test_the_study_s_findings_can_come_out_either_way():
    by_work = verdicts(measured(lambda p: p.macs / 1e7, lambda p: 100.0))
    assert by_work["estimate"] is True
    assert by_work["power"] is True
    by_accuracy = verdicts(measured(lambda p: p.top1_pct, lambda p: p.macs / 1e7))
    assert by_accuracy["estimate"] is False
    assert by_accuracy["hyperbola"] is False
    assert by_accuracy["power"] is False
    assert verdicts(measured(lambda p: 1 / (100 - p.top1_pct)))["hyperbola"] is True
    assert verdicts(measured(lambda p: 1.0, lambda p: p.top1_pct))["energy"] is True
    assert verdicts(measured(lambda p: 1.0, lambda p: 100 - p.top1_pct))["energy"] is False


def test_what_was_not_measured_is_not_told():
    assert set(verdicts([None] * len(published_points())).values()) == {None}
    alone = measured(lambda p: p.macs / 1e7)
    found = study_conclusions(published_points(), alone)
    assert [each.holds for each in found][2:] == [None, None]
    assert "0 of the networks" in found[2].proof


def test_the_published_numbers_are_those_of_the_study_s_bars():
    """As somebody read them off the figure: no network is another one by mistake."""
    point, apart, compared = farthest_reading(published_points())
    assert compared == 12
    assert apart < 2.5, point.label
    moved, apart, _ = farthest_reading(changed("VGG-16", top1_pct=60.0))
    assert (moved.label, apart) == ("VGG-16", 11.0)
