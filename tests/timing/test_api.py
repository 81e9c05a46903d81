"""`vizcore.timing`: what the facade is asked is what is measured."""

from __future__ import annotations

import pytest

import vizcore as vc
from vizcore.errors import BadChoice, UnknownArchitecture
from vizcore.records.bench import Setup
from vizcore.timing import latency


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, empty_cache) -> None:
    """Rounds of a few milliseconds, and the lock in a folder of its own."""

    class Short(latency.Timer):
        def adaptive_autorange(self, threshold, min_run_time, max_run_time):
            return super().adaptive_autorange(threshold, min_run_time=0.001, max_run_time=0.005)

    monkeypatch.setattr(latency, "Timer", Short)


@pytest.mark.usefixtures("quick")
def test_every_batch_in_the_setup_that_was_asked_for() -> None:
    found = vc.bench(
        "lenet5_modern", batch=[1, 4], dtype="bf16", channels_last=True, device="cpu", rounds=2
    )
    assert [each.setup for each in found.measurements] == [
        Setup(1, "bf16", channels_last=True),
        Setup(4, "bf16", channels_last=True),
    ]
    assert {len(each.rounds_ms) for each in found.measurements} == {2}
    assert [each.dtype for each in found.ceilings] == ["bf16"]
    assert found.measurements[0].macs == vc.layers("lenet5_modern").totals.macs


def test_what_cannot_be_is_refused_before_anything_is_measured() -> None:
    with pytest.raises(UnknownArchitecture):
        vc.bench("nothing_like_it")
    with pytest.raises(BadChoice, match="rounds"):
        vc.bench("lenet5_modern", rounds=0)
    with pytest.raises(BadChoice, match="batch"):
        vc.bench("lenet5_modern", batch=0)
    with pytest.raises(BadChoice, match="0 networks"):
        vc.bench([])


def test_no_name_of_the_facade_is_a_package_s() -> None:
    """Importing `vizcore.x` sets `vizcore.x`: from then on the function of that name was gone."""
    import pkgutil

    assert not set(vc.__all__) & {module.name for module in pkgutil.iter_modules(vc.__path__)}
