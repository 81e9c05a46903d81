"""Energy and memory of a GPU, against a stand-in whose joules and bytes are written by hand."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from vizcore.errors import NotApplicable
from vizcore.records.bench import Setup
from vizcore.timing import running
from vizcore.timing.energy import driver_version, energy
from vizcore.timing.latency import Stopwatch
from vizcore.timing.peak import peak_bytes
from vizcore.timing.running import Prepared, require

UUID = "11111111-2222-3333-4444-555555555555"


class Board:
    """What NVIDIA's library tells of a machine whose second board is torch's first."""

    class NVMLError(Exception):
        pass

    def __init__(self, *, counter: bool = True, divided: bool | None = False) -> None:
        self.counter, self.divided = counter, divided
        self.inits = self.passes = 0
        self.asked: list[str] = []

    def nvmlInit(self) -> None:
        self.inits += 1

    def nvmlShutdown(self) -> None:
        self.inits -= 1

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:
        self.asked.append(uuid)
        if uuid != f"GPU-{UUID}":
            raise self.NVMLError("not found")
        return "board 1"

    def nvmlDeviceGetMigMode(self, board: str) -> list[int]:
        assert board == "board 1"
        if self.divided is None:
            raise self.NVMLError("not supported")
        return [int(self.divided), 0]

    def nvmlDeviceGetTotalEnergyConsumption(self, board: str) -> int:
        """Half a joule, 500 mJ, a pass; counted from some time before."""
        if not self.counter:
            raise self.NVMLError("not supported")
        return 10**9 + 500 * self.passes

    def nvmlSystemGetDriverVersion(self) -> str:
        return "580.1"


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch):
    """A network that claims to be on a GPU; the calls that need one do nothing."""

    def plug(board: Board, uuid: str = UUID) -> Prepared:
        monkeypatch.setitem(sys.modules, "pynvml", board)
        monkeypatch.setattr(torch.cuda, "synchronize", lambda device=None: None)
        monkeypatch.setattr(torch.cuda, "device", lambda device: nullcontext())
        monkeypatch.setattr(
            torch.cuda, "get_device_properties", lambda number: SimpleNamespace(uuid=uuid)
        )

        class Counted(nn.Module):
            def forward(self, images):
                board.passes += 1
                return images

        ready = Prepared(Counted(), (3, 4, 4), Setup(2), "cpu")
        ready.device = "cuda:0"
        return ready

    return plug


def test_joules_of_a_pass_are_the_counter_over_the_passes(gpu) -> None:
    board = Board()
    begun = time.perf_counter()
    found = energy(gpu(board), pass_s=0.01, least_s=0.02)
    took_s = time.perf_counter() - begun
    assert found is not None
    assert found.joules == pytest.approx(0.5)
    assert found.watts >= 0.5 * board.passes / took_s
    assert board.passes % 10 == 0  # a tenth of a second of passes is queued at once
    assert board.asked == [f"GPU-{UUID}"]
    assert board.inits == 0


@pytest.mark.parametrize(
    "board", [Board(counter=False), Board(divided=True)], ids=["no counter", "divided"]
)
def test_a_board_that_cannot_say_gives_none(gpu, board) -> None:
    assert energy(gpu(board), pass_s=0.01, least_s=0.01) is None
    assert board.inits == 0


def test_a_part_of_a_board_is_no_board(gpu) -> None:
    """A MIG device has an UUID of its own, which is no board's."""
    assert energy(gpu(Board(), uuid="another"), pass_s=0.01, least_s=0.01) is None


def test_boards_that_cannot_be_divided_are_counted(gpu) -> None:
    found = energy(gpu(Board(divided=None)), pass_s=0.01, least_s=0.01)
    assert found is not None
    assert found.joules == pytest.approx(0.5)


def test_without_the_library_nothing_is_known(monkeypatch, gpu) -> None:
    ready = gpu(Board())
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert energy(ready, pass_s=0.01) is None
    assert driver_version() == ""


def test_the_driver_is_named(gpu) -> None:
    gpu(Board())
    assert driver_version() == "580.1"


def test_off_cuda_nothing_is_asked(monkeypatch) -> None:
    board = Board()
    monkeypatch.setitem(sys.modules, "pynvml", board)
    assert energy(Prepared(nn.ReLU(), (3, 4, 4), Setup(), "cpu"), pass_s=0.01) is None
    assert board.asked == []


def test_peak_memory_of_a_gpu_is_what_a_pass_adds_to_what_it_was_given(gpu, monkeypatch) -> None:
    """The allocator also holds 1000 bytes of others, which are not this network's."""
    ready = gpu(Board())
    given = 2 * 3 * 4 * 4 * 4
    reset = []
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 1000 + given)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", reset.append)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 1000 + given + 77)
    assert peak_bytes(ready) == given + 77
    assert reset == ["cuda:0"]


def test_the_device_that_is_timed_is_the_current_one(gpu, monkeypatch) -> None:
    """A timer waits for the current device: on a second GPU it would time the calls only."""
    ready, inside = gpu(Board()), []
    ready.device = "cuda:1"

    class Current(nullcontext):
        def __init__(self, device) -> None:
            super().__init__()
            inside.append(device)

    monkeypatch.setattr(torch.cuda, "device", Current)
    Stopwatch(ready).round(shortest_s=0.001, longest_s=0.002)
    assert inside == ["cuda:1"]


def test_bf16_that_is_only_emulated_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(running.torch.cuda, "device", lambda device: nullcontext())
    monkeypatch.setattr(
        running.torch.cuda,
        "is_bf16_supported",
        lambda including_emulation=True: including_emulation,
    )
    with pytest.raises(NotApplicable, match="no bf16"):
        require(Setup(dtype="bf16"), "cuda:1")
