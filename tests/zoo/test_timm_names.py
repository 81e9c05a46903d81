"""timm's classifiers by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vizcore import zoo
from vizcore.api import layers
from vizcore.errors import UnknownArchitecture


def test_any_timm_name() -> None:
    entry = zoo.get("timm:resnet26d")
    assert (entry.key, entry.source, entry.family) == ("timm:resnet26d",) * 2 + ("resnet",)
    assert entry.input_shape == (3, 224, 224)
    assert entry.num_classes == 1000
    assert zoo.get("TIMM:ResNet26d").key == "timm:resnet26d"


def test_names_timm_does_not_know() -> None:
    with pytest.raises(UnknownArchitecture, match="'timm:resnet51'") as caught:
        zoo.get("timm:resnet51")
    assert "timm:resnet50" in caught.value.suggestions


def test_tags_timm_does_not_know() -> None:
    """timm's names may end in a tag of weights; a tag it lacks is an unknown name too."""
    assert zoo.get("timm:resnet50.a1_in1k").key == "timm:resnet50.a1_in1k"
    with pytest.raises(UnknownArchitecture, match=r"'timm:resnet50\.a1_in1'.*a1_in1k") as caught:
        zoo.get("timm:resnet50.a1_in1")
    assert "timm:resnet50.a1_in1k" in caught.value.suggestions


def test_a_registered_source_finds_the_registered_key() -> None:
    assert zoo.get("timm:semnasnet_100").key == "mnasnet_a1"


#: Parameters as timm prints them in its results table, in millions.
@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("timm:resnet26d", 16.01),
        ("timm:efficientnet_lite0", 4.65),
        ("timm:resnetv2_50x1_bit", 25.55),
        ("timm:hrnet_w18", 21.30),
        ("timm:ghostnet_100", 5.18),
        ("timm:nf_resnet50", 25.56),
    ],
)
def test_tables_of_timms_networks(name: str, millions: float) -> None:
    table = layers(name)
    assert table.totals.params / 1e6 == pytest.approx(millions, abs=0.01)
    assert table.key == name
    assert not any("No rule" in line for line in table.not_counted)


def test_timm_is_loaded_only_when_asked_for() -> None:
    code = (
        "import sys; from vizcore import api; api.models(); api.layers('alexnet');"
        "assert 'timm' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
