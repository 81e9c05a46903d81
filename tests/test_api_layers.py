"""`layers` and `models` from Python, and what importing the package loads."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest
from torch import nn

import vizcore as vc
from vizcore import zoo
from vizcore.errors import BadChoice, BadInputSize, UnknownArchitecture


def test_by_name_alias_record_and_module() -> None:
    table = vc.layers("vgg16")
    assert table.key == "vgg_d"
    assert vc.layers("VGG_D") == table == vc.layers(zoo.get("vgg_d"))
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    assert vc.layers(module, input_size=8).rows[0].out_shape == (1, 4, 6, 6)
    assert vc.layers(module, input_size=(8, 10)).rows[0].out_shape == (1, 4, 6, 8)
    grey = nn.Conv2d(1, 4, 3)
    assert vc.layers(grey, input_size=(1, 8, 8)).key == "Conv2d"


def test_own_input_and_others() -> None:
    assert vc.layers("inception_v3").input_shape == (1, 3, 299, 299)
    assert vc.layers("zfnet_photos20").input_shape == (1, 3, 64, 64)
    assert vc.layers("resnet18", input_size=64, batch=2).input_shape == (2, 3, 64, 64)
    assert vc.layers("resnet18", input_size=(64, 96)).input_shape == (1, 3, 64, 96)


def test_conventions() -> None:
    table = vc.layers("alexnet", bias=False, ops="flops", dtype="float16", memory="training")
    assert table.totals.params == 61_090_496
    assert table.totals.macs == 2 * 714_188_480
    assert table.conventions.dtype == "float16"


def test_mistakes() -> None:
    with pytest.raises(UnknownArchitecture):
        vc.layers("vgg17")
    with pytest.raises(BadInputSize, match="side of 32"):
        vc.layers("vgg16", input_size=7)
    with pytest.raises(BadChoice, match="dtype"):
        vc.layers("vgg16", dtype="float8")
    with pytest.raises(BadChoice, match="input_size cannot be None"):
        vc.layers(nn.ReLU())


@pytest.mark.parametrize("size", ["224", 224.0, True])
def test_sizes_that_are_none(size: object) -> None:
    with pytest.raises(BadInputSize, match=f"^input_size cannot be {size!r}"):
        vc.layers("vgg16", input_size=size)  # type: ignore[arg-type]


@pytest.mark.parametrize("network", [None, 3, nn.Conv2d])
def test_networks_that_are_none(network: object) -> None:
    with pytest.raises(BadChoice, match=r"^network cannot be .* or a torch\.nn\.Module"):
        vc.layers(network, input_size=8)  # type: ignore[arg-type]


def test_models() -> None:
    assert vc.models() == zoo.architectures()


def test_the_collector_is_put_back() -> None:
    assert gc.isenabled()
    vc.layers("alexnet")
    with pytest.raises(BadInputSize):
        vc.layers("alexnet", input_size=3)
    assert gc.isenabled()
    gc.disable()
    try:
        vc.layers("alexnet")
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_nothing_of_a_trace_waits_for_the_collector() -> None:
    """Networks are freed as soon as their table is made, without a round of the collector."""
    vc.layers("resnet18")
    gc.collect()
    gc.disable()
    try:
        before = sum(issubclass(type(thing), nn.Module) for thing in gc.get_objects())
        vc.layers("resnet18")
        after = sum(issubclass(type(thing), nn.Module) for thing in gc.get_objects())
    finally:
        gc.enable()
    assert after <= before


@pytest.mark.parametrize(
    "code",
    [
        "import vizcore",
        "import vizcore; vizcore.models; vizcore.layers",
        "import vizcore; vizcore.models()",
    ],
)
def test_imports_are_light(code: str) -> None:
    check = (
        f"import sys; {code}\n"
        "heavy = {'torch', 'torchvision', 'timm', 'streamlit', 'captum', 'plotly'}"
        " & set(sys.modules)\nassert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", check], check=True)
