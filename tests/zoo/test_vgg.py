"""VGG A-LRN and C against Table 1 and Table 2 of their paper."""

from __future__ import annotations

from vizcore.api import layers
from vizcore.zoo.networks import build_meta


def _convolutions(key: str) -> list[tuple[int | None, int]]:
    return [
        (row.kernel[0] if row.kernel else None, row.out_shape[1])
        for row in layers(key)
        if row.kind == "conv"
    ]


def test_columns_of_table_1() -> None:
    assert _convolutions("vgg_a_lrn") == _convolutions("vgg_a")
    b = _convolutions("vgg_b")
    added = [(1, 256), (1, 512), (1, 512)]
    assert _convolutions("vgg_c") == [*b[:6], added[0], *b[6:8], added[1], *b[8:], added[2]]


def test_the_two_differ_from_a_and_b_as_the_paper_says() -> None:
    totals = {key: layers(key).totals.params for key in ("vgg_a", "vgg_a_lrn", "vgg_b", "vgg_c")}
    assert totals["vgg_a"] == totals["vgg_a_lrn"]
    assert totals["vgg_c"] - totals["vgg_b"] == 256 * 257 + 2 * 512 * 513
    # Table 2 prints 133 and 134 millions.
    assert (round(totals["vgg_a_lrn"] / 1e6), round(totals["vgg_c"] / 1e6)) == (133, 134)


def test_one_normalisation_after_the_first_convolution() -> None:
    names = [name for name, _ in build_meta("vgg_a_lrn").features.named_children()]
    assert names[:4] == ["conv1_1", "relu1_1", "norm1", "pool1"]
    assert sum(name.startswith("norm") for name in names) == 1


def test_sides_halve_at_every_pool() -> None:
    pools = [row.out_shape[-1] for row in layers("vgg_c") if row.kind == "pool"]
    assert pools == [112, 56, 28, 14, 7]
