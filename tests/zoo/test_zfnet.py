"""ZFNet against Figure 3 of its paper."""

from __future__ import annotations

import pytest

from vizcore.api import layers


@pytest.mark.parametrize(
    ("key", "maps"), [("zfnet", (384, 384, 256)), ("zfnet_clarifai_like", (512, 1024, 512))]
)
def test_map_sizes_of_the_paper(key: str, maps: tuple[int, int, int]) -> None:
    shapes = {row.name.split(".")[1]: row.out_shape[1:] for row in layers(key)}
    assert shapes["conv1"] == (96, 110, 110)
    assert shapes["pool1"] == shapes["norm1"] == (96, 55, 55)
    assert shapes["conv2"] == (256, 26, 26)
    assert shapes["pool2"] == shapes["norm2"] == (256, 13, 13)
    assert [shapes[f"conv{i}"] for i in (3, 4, 5)] == [(m, 13, 13) for m in maps]
    assert shapes["pool5"] == (maps[2], 6, 6)


def test_normalisation_follows_pooling() -> None:
    names = [row.name.split(".")[1] for row in layers("zfnet")]
    assert names[:4] == ["conv1", "relu1", "pool1", "norm1"]
