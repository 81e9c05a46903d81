"""The device layer on a machine without an accelerator, and with one where there is one."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from vizcore.errors import BadChoice
from vizcore.runtime import device


def test_a_name_wins_over_the_environment_and_both_over_the_default(monkeypatch):
    monkeypatch.setenv("CONVSCOPE_DEVICE", "nonsense")
    assert device.choose("cpu") == "cpu"
    monkeypatch.setenv("CONVSCOPE_DEVICE", " CPU ")
    assert device.choose() == "cpu"
    monkeypatch.delenv("CONVSCOPE_DEVICE")
    assert device.choose() == device.available()[0]


def test_a_device_that_is_not_there_is_refused_with_what_is(monkeypatch):
    monkeypatch.setattr(device, "available", lambda: ("mps", "cpu"))
    with pytest.raises(BadChoice, match=r"device cannot be 'cuda'\. Allowed: mps, cpu"):
        device.choose("cuda")
    monkeypatch.setenv("CONVSCOPE_DEVICE", "tpu")
    with pytest.raises(BadChoice, match="CONVSCOPE_DEVICE cannot be 'tpu'"):
        device.choose()
    monkeypatch.delenv("CONVSCOPE_DEVICE")
    assert device.choose() == "mps"


def test_choosing_the_cpu_does_not_load_torch():
    code = (
        "import sys; from vizcore.runtime.device import choose; choose('cpu');"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_cpus_memory_is_told():
    memory = device.memory("cpu")
    if sys.platform.startswith("linux"):
        assert memory.free_bytes is not None
        assert memory.total_bytes is not None
        assert 0 < memory.free_bytes <= memory.total_bytes


def test_threads_follow_the_setting_then_the_machine(monkeypatch):
    monkeypatch.setenv("CONVSCOPE_THREADS", "3")
    assert device.cpu_threads() == 3
    for nonsense in ("0", "-1", "two", "1.5"):
        monkeypatch.setenv("CONVSCOPE_THREADS", nonsense)
        with pytest.raises(BadChoice, match="CONVSCOPE_THREADS cannot be"):
            device.cpu_threads()
    monkeypatch.delenv("CONVSCOPE_THREADS")
    monkeypatch.setattr(device.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    for quota, threads in ((None, 7), (2, 1), (1, 1), (64, 7)):
        monkeypatch.setattr(device, "_quota_cores", lambda quota=quota: quota)
        assert device.cpu_threads() == threads


def test_the_thread_that_asks_gets_the_threads(monkeypatch):
    before = torch.get_num_threads()
    try:
        monkeypatch.setenv("CONVSCOPE_THREADS", "1")
        device.use_cpu_threads()
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_the_description_names_the_threads(monkeypatch):
    monkeypatch.setenv("CONVSCOPE_THREADS", "5")
    assert "5 threads" in device.describe("cpu")


def test_every_device_of_this_machine_describes_itself():
    for name in device.available():
        assert device.choose(name) == name
        assert device.describe(name)
        memory = device.memory(name)
        if memory.free_bytes is not None and memory.total_bytes is not None:
            assert 0 < memory.free_bytes <= memory.total_bytes
        device.release_unused(name)
