"""`python -m vizcore bench`."""

from __future__ import annotations

import json

import pytest

from vizcore.__main__ import main
from vizcore.runtime import measured
from vizcore.runtime.measured_file import from_json
from vizcore.timing import latency


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds of a few milliseconds."""

    class Short(latency.Timer):
        def adaptive_autorange(self, threshold, min_run_time, max_run_time):
            return super().adaptive_autorange(threshold, min_run_time=0.001, max_run_time=0.005)

    monkeypatch.setattr(latency, "Timer", Short)


@pytest.mark.usefixtures("quick")
def test_a_file_is_written_added_to_and_kept(tmp_path, capsys, empty_cache) -> None:
    out = tmp_path / "here.json"
    command = ["bench", "lenet5_modern", "--device", "cpu", "--rounds", "1", "--out", str(out)]
    assert main([*command, "--batch", "1", "2"]) == 0
    said = capsys.readouterr()
    assert "batch 2, fp32" in said.out
    assert "GFLOP/s" in said.out
    assert "warming up" in said.err
    assert main([*command, "--batch", "4", "--json", "--keep"]) == 0
    printed = from_json(capsys.readouterr().out)
    assert [each.setup.batch for each in printed.measurements] == [4]
    joined = from_json(out.read_text())
    assert [each.setup.batch for each in joined.measurements] == [1, 2, 4]
    assert joined.measurements[0].macs > 0
    kept = measured.machines()[joined.machine.slug].measurements  # beside those that are shipped
    assert set(printed.measurements) <= set(kept)


@pytest.mark.usefixtures("quick")
def test_what_was_measured_before_an_interruption_is_in_the_file(
    tmp_path, capsys, empty_cache, monkeypatch
) -> None:
    from vizcore import zoo

    own_build = zoo.build

    def interrupted(key, **options):
        if key == "zfnet_photos20":
            raise KeyboardInterrupt
        return own_build(key, **options)

    monkeypatch.setattr(zoo, "build", interrupted)
    out = tmp_path / "here.json"
    command = ["bench", "lenet5_modern", "zfnet_photos20", "--device", "cpu", "--rounds", "1"]
    assert main([*command, "--out", str(out)]) != 0
    assert [each.network for each in from_json(out.read_text()).measurements] == ["lenet5_modern"]


@pytest.mark.usefixtures("quick")
def test_what_is_left_out_is_said(capsys, empty_cache, monkeypatch) -> None:
    import torch

    from vizcore.timing.running import Prepared

    own_call = Prepared.__call__

    def full(self):
        if self.setup.batch == 2:
            raise torch.OutOfMemoryError("no room")
        return own_call(self)

    monkeypatch.setattr(Prepared, "__call__", full)
    command = ["bench", "lenet5_modern", "--device", "cpu", "--rounds", "1", "--batch"]
    assert main([*command, "1", "2"]) == 0
    said = capsys.readouterr()
    assert "Left out: lenet5_modern, batch 2, fp32: the device has no memory for it" in said.err
    assert main([*command, "2"]) == 2
    assert "Nothing could be measured" in capsys.readouterr().err


def test_a_file_of_another_machine_is_refused_before_anything_is_measured(tmp_path, capsys) -> None:
    from tests.timing.test_results import RESULTS
    from vizcore.runtime.measured_file import to_json

    out = tmp_path / "there.json"
    out.write_text(to_json(RESULTS))
    assert main(["bench", "lenet5_modern", "--device", "cpu", "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert "another machine" in said
    assert "warming" not in said
    assert json.loads(out.read_text())["machine"]["device"] == "GPU 1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing_like_it"], "nothing_like_it"),
        (["lenet5_modern", "--batch", "0"], "batch cannot be"),
        (["lenet5_modern", "--device", "cpu", "--dtype", "tf32"], "TF32"),
        (["lenet5_modern", "--device", "cpu", "--input-size", "3"], "cannot take"),
        (["lenet5_modern", "--out", "nowhere/file.json"], "no folder"),
    ],
)
def test_bad_input_is_one_sentence(arguments, words, capsys) -> None:
    assert main(["bench", *arguments]) == 2
    said = capsys.readouterr().err.strip()
    assert words in said
    assert "\n" not in said
