"""The lecturers' memory table, against the slide's own numbers in the reference facts."""

from __future__ import annotations

import pytest

from vizcore import zoo
from vizcore.anatomy import Textbook, textbook, trace
from vizcore.errors import NotApplicable
from vizcore.reference import lecture_claim, lecture_claims


def page_of(key: str, *shape: int) -> Textbook:
    entry = zoo.get(key)
    return textbook(trace(zoo.build_meta(entry), shape or entry.input_shape, key=entry.key))


def test_vgg_as_on_the_slide() -> None:
    lines = [str(line) for line in page_of("vgg16").lines]
    assert lines[:4] == [
        "INPUT:      [224x224x3]    memory: 224*224*3=150K        params: 0",
        "CONV3-64:   [224x224x64]   memory: 224*224*64=3.2M       params: (3*3*3)*64 = 1,728",
        "CONV3-64:   [224x224x64]   memory: 224*224*64=3.2M       params: (3*3*64)*64 = 36,864",
        "POOL2:      [112x112x64]   memory: 112*112*64=800K       params: 0",
    ]
    assert [" ".join(line.split()) for line in lines[-3:]] == [
        "FC: [1x1x4096] memory: 4096 params: 7*7*512*4096 = 102,760,448",
        "FC: [1x1x4096] memory: 4096 params: 4096*4096 = 16,777,216",
        "FC: [1x1x1000] memory: 1000 params: 4096*1000 = 4,096,000",
    ]  # fmt: skip
    assert len(lines) == 22


def test_vgg_totals_and_the_lectures() -> None:
    page = page_of("vgg16")
    values = int(lecture_claim("vgg_mem_total_values").computed)
    assert page.values == values == 15_237_608
    assert page.forward_bytes == int(lecture_claim("vgg_mem_total_bytes").computed) == 60_950_432
    assert page.params == 138_344_128
    assert "15.2M values * 4 bytes ~= 61 MB" in page.totals[0]
    assert "138M" in page.totals[1]
    copies = sum(
        int(out) for out in (150528, 3211264, 802816, 1605632, 401408, 802816, 802816, 200704,
                             401408, 401408, 100352, 100352, 100352)
    )  # fmt: skip
    assert '"24M * 4 bytes ~= 96MB"' in page.lecture[0]
    assert f"{copies:,}" in page.lecture[1]
    assert f"{values + copies:,}" in page.lecture[1]
    assert 23_500_000 < values + copies < 24_500_000


def short(text: str) -> float:
    """The number a line prints after its sign: 3.2M."""
    number = text.rpartition("=")[2]
    return float(number.rstrip("MK")) * {"M": 1e6, "K": 1e3}.get(number[-1], 1)


def test_every_line_is_the_slides() -> None:
    """Each line's memory is exact, and printed as rounded as on the slide; weights likewise."""
    lines = page_of("vgg16").lines
    claims = [claim for claim in lecture_claims() if claim.id.startswith("vgg_mem_")]
    memory = [claim for claim in claims if claim.id.endswith("_mem")]
    assert [line.memory for line in lines] == [int(claim.computed) for claim in memory]
    assert [short(line.memory_text) for line in lines] == [
        float(claim.stated.split()[0]) for claim in memory
    ]
    weights = [claim for claim in claims if claim.id.endswith(("_params",))]
    stated = [int(claim.stated.split()[0]) for claim in weights if "total" not in claim.id]
    assert [line.params for line in lines if line.params] == stated


@pytest.mark.parametrize(("key", "params"), [("vgg_a", 132_851_392), ("alexnet", 61_090_496)])
def test_other_plain_networks(key: str, params: int) -> None:
    page = page_of(key)
    assert page.params == params
    assert page.values == sum(line.memory for line in page.lines)
    assert page.lecture == ()


def test_batches_and_biases_do_not_change_the_page() -> None:
    entry = zoo.get("vgg_d")
    table = trace(zoo.build_meta(entry), entry.input_shape, batch=4, key="vgg_d")
    assert textbook(table) == page_of("vgg_d")


def test_another_picture_size_pools_before_the_classifier() -> None:
    page = page_of("vgg_d", 3, 256, 256)
    assert [line.shape for line in page.lines[-5:-3]] == ["[8x8x512]", "[7x7x512]"]
    assert page.lecture == ()


@pytest.mark.parametrize("key", ["resnet18", "googlenet", "vit_b_16"])
def test_networks_with_branches_are_refused(key: str) -> None:
    with pytest.raises(NotApplicable, match="one layer after the other"):
        page_of(key)


def test_html_holds_every_line() -> None:
    page = page_of("vgg_d")
    html = page.html()
    assert html.count("<tr>") == 23
    assert "7*7*512*4096 = 102,760,448" in html
