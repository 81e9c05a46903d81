"""The registry: what is in it, how it is found, and that listing it stays light."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torchvision
from torchvision.models import get_model_weights, list_models

from vizcore import zoo
from vizcore.errors import UnknownArchitecture
from vizcore.reference import architecture_facts
from vizcore.zoo.registry import Registry

NAMES = list_models(module=torchvision.models)


def test_every_torchvision_classifier_is_registered_once() -> None:
    assert len(NAMES) == 80
    found = {name: zoo.get(name) for name in NAMES}
    assert len({entry.key for entry in found.values()}) == 80
    for name, entry in found.items():
        assert entry.source == f"torchvision:{name}"
        assert zoo.get(f"torchvision:{name}") is entry


def test_keys_are_those_of_the_reference_facts_where_it_has_the_network() -> None:
    keys = {entry.key for entry in zoo.architectures()}
    for facts in architecture_facts():
        if facts.source != "own":
            assert facts.key in keys
            entry = zoo.get(facts.key)
            assert facts.source.startswith(entry.source)
            assert (entry.name, entry.family, entry.year) == (
                facts.display_name, facts.family, facts.year,
            )  # fmt: skip
            assert entry.input_shape == facts.input_shape
            assert entry.depth == facts.depth
        elif facts.key not in keys:
            with pytest.raises(UnknownArchitecture):
                zoo.get(facts.key)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("vgg_d", "vgg_d"),
        ("vgg16", "vgg_d"),
        (" VGG16 ", "vgg_d"),
        ("torchvision:vgg16", "vgg_d"),
        ("alexnet", "alexnet_torchvision"),
        ("googlenet", "googlenet_torchvision"),
        ("mnasnet1_0", "mnasnet_b1_1_0"),
        ("swin_t", "swin_t"),
        ("timm:legacy_senet154", "senet154"),
        ("legacy_senet154", "senet154"),
        ("nasnetalarge", "nasnet_a_large"),
        ("zfnet_photos20", "zfnet_photos20"),
    ],
)
def test_names_and_aliases(name: str, key: str) -> None:
    assert zoo.get(name).key == key


def test_unknown_names_get_the_nearest() -> None:
    with pytest.raises(UnknownArchitecture, match="no architecture called 'vgg17'") as caught:
        zoo.get("vgg17")
    assert "vgg16" in caught.value.suggestions
    with pytest.raises(UnknownArchitecture, match="such as"):
        zoo.get("????")


def test_a_name_taken_twice_fails_loudly() -> None:
    registry = Registry()
    registry.add(zoo.get("vgg_d"))
    import dataclasses

    other = dataclasses.replace(zoo.get("vgg_e"), aliases=("VGG16",))
    with pytest.raises(ValueError, match="'vgg16' is registered twice: for vgg_d and vgg_e"):
        registry.add(other)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("vgg bn", {"vgg_a_bn", "vgg_b_bn", "vgg_d_bn", "vgg_e_bn"}),
        ("squeezenet 2016", {"squeezenet1_0", "squeezenet1_1"}),
        ("MaxViT", {"maxvit_t"}),
        ("no such thing", set()),
    ],
)  # fmt: skip
def test_find(text: str, keys: set[str]) -> None:
    assert {entry.key for entry in zoo.find(text)} == keys


def test_find_by_year_and_everything() -> None:
    assert {entry.year for entry in zoo.find("2013")} == {2013}
    assert zoo.find("") == zoo.architectures()
    years = [entry.year for entry in zoo.architectures()]
    assert years == sorted(years)


@pytest.mark.parametrize("entry", zoo.architectures(), ids=lambda entry: entry.key)
def test_records_are_complete(entry: zoo.Architecture) -> None:
    assert entry.name
    assert entry.family
    assert 1990 < entry.year < 2030
    assert entry.paper is not None
    assert entry.paper.title
    assert entry.paper.authors
    assert entry.depth > 0
    assert entry.depth_note
    assert all(line.endswith(".") for line in entry.deviations)
    assert entry.key == entry.key.lower()
    if entry.source != "own":
        assert entry.published is not None
        assert entry.published.protocol
        assert entry.published.source


@pytest.mark.parametrize("name", NAMES)
def test_errors_are_those_of_the_first_published_weights(name: str) -> None:
    published = zoo.get(name).published
    assert published is not None
    weights = next(w for w in get_model_weights(name) if str(w).split(".")[-1] in published.source)
    metrics = weights.meta["_metrics"]["ImageNet-1K"]
    assert published.top1 == pytest.approx(100 - metrics["acc@1"], abs=1e-9)
    assert published.top5 == pytest.approx(100 - metrics["acc@5"], abs=1e-9)
    keywords = weights.transforms.keywords
    crop, resize = keywords["crop_size"], keywords.get("resize_size", 256)
    resize = resize[0] if isinstance(resize, list) else resize
    assert published.protocol == f"single-crop: resize {resize}, center crop {crop}"


def test_depths_of_regnets_count_their_blocks() -> None:
    """Three convolutions a block, the stem and the classifier."""
    for entry in zoo.find("torchvision:regnet"):
        network = zoo.build_meta(entry)
        blocks = sum(len(stage) for stage in network.trunk_output)
        assert entry.depth == 3 * blocks + 2, entry.key


def test_depths_of_transformers_count_their_blocks() -> None:
    for entry in (*zoo.find("vision transformer"), *zoo.find("swin")):
        kinds = [type(module).__name__ for module in zoo.build_meta(entry).modules()]
        blocks = sum(kind in ("EncoderBlock", "SwinTransformerBlock", "SwinTransformerBlockV2")
                     for kind in kinds)  # fmt: skip
        assert entry.depth == blocks, entry.key
    maxvit = [type(module).__name__ for module in zoo.build_meta("maxvit_t").modules()]
    assert zoo.get("maxvit_t").depth == maxvit.count("MaxVitLayer")


def test_listing_loads_no_torch() -> None:
    code = (
        "import sys, vizcore.zoo as z; z.architectures(); z.get('vgg16'); z.find('resnet');"
        "from vizcore.zoo.catalogue import catalogue; catalogue();"
        "heavy = [m for m in ('torch', 'torchvision', 'timm', 'streamlit', 'pandas') "
        "if m in sys.modules]; assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_message_repeats_only_the_beginning_of_a_very_long_name() -> None:
    with pytest.raises(UnknownArchitecture) as caught:
        zoo.get("x" * 5000)
    assert f"'{'x' * 80}...'" in str(caught.value)
    assert len(str(caught.value)) < 400
