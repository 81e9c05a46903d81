"""Safetensors files from strangers: what the header may claim, and what is no safetensors file."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save, save_file

from vizcore.errors import WeightsError
from vizcore.runtime.tensor_files import (
    CONVERSION,
    MAX_UPLOAD_BYTES,
    conversion,
    read_header,
    read_tensor,
)


def file_of(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def refusal(content: bytes, **options: Any) -> str:
    with pytest.raises(WeightsError) as caught:
        read_header(io.BytesIO(content), len(content), **options)
    return str(caught.value)


def entry(dtype: str, shape: list[int], start: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_it_reads_what_the_library_wrote(tmp_path: Path):
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(3, 4, 5, generator=generator)
    state = {
        "a.weight": values,
        "half": values.half(),
        "brain": values.bfloat16(),
        "double": values.double(),
        "count": torch.tensor(7),
        "bytes": torch.arange(5, dtype=torch.uint8),
        "none": torch.empty(0, 3),
    }
    path = tmp_path / "all.safetensors"
    save_file(state, path, metadata={"format": "pt"})
    expected = load_file(path)
    with path.open("rb") as file:
        header = read_header(file, path.stat().st_size)
        assert set(header) == set(expected)
        for name, stored in header.items():
            read = read_tensor(file, stored)
            assert read.dtype == expected[name].dtype
            assert torch.equal(read, expected[name])


def test_a_cut_file_is_refused_wherever_it_is_cut():
    whole = save({"a": torch.ones(4, 4), "b": torch.ones(3)})
    for length in range(len(whole)):
        refusal(whole[:length])
    assert "cut short" in refusal(whole[:-1])
    assert "2 bytes more" in refusal(whole + b"xx")


@pytest.mark.parametrize(
    ("header", "data", "said"),
    [
        ({"a": entry("F32", [2], 0, 8), "b": entry("F32", [2], 4, 12)}, 12, "'b' overlaps"),
        ({"a": entry("F32", [2], 0, 8), "b": entry("F32", [2], 0, 8)}, 8, "'b' overlaps"),
        ({"a": entry("F32", [2], 4, 12)}, 12, "'a' leaves a gap"),
        ({"a": entry("F32", [2], 0, 4)}, 4, "8 bytes, but has 4"),
        ({"a": entry("F32", [2**40, 2**40], 0, 8)}, 8, "bytes, but has 8"),
        ({"a": entry("F32", [2], 8, 0)}, 8, "but has -8"),
        ({"a": entry("F32", [-1], 0, 8)}, 8, "no lists of sizes"),
        ({"a": entry("F32", [1.5], 0, 8)}, 8, "no lists of sizes"),
        ({"a": entry("F32", [True], 0, 4)}, 4, "no lists of sizes"),
        ({"a": entry("F32", [1] * 9, 0, 4)}, 4, "no lists of sizes"),
        ({"a": entry("F8_E4M3", [2], 0, 2)}, 2, "dtype F8_E4M3"),
        ({"a": {**entry("F32", [2], 0, 8), "dtype": ["F32"]}}, 8, "dtype ['F32']"),
        ({"a": entry("F32", [2], 0, 8) | {"more": 1}}, 8, "needs dtype, shape"),
        ({"a": [1, 2]}, 0, "needs dtype, shape"),
        ({"__metadata__": {"format": "pt"}}, 0, "holds no tensors"),
        ({}, 0, "holds no tensors"),
        (b"{" + b'"a":' * 3, 0, "cannot be read"),
        (b'{"a":' + b"[" * 200_000, 0, "cannot be read"),
        (b'{"\xff":1}', 0, "cannot be read"),
        (b'{"a":{},"a":{}}', 0, "stands there twice"),
    ],
)
def test_a_header_that_lies_is_refused(header: Any, data: int, said: str):
    text = refusal(file_of(header, bytes(data)))
    assert said in text
    assert "\n" not in text
    assert len(text) < 400


def test_a_header_longer_than_the_file_or_than_allowed_is_refused_unread():
    assert "cut short" in refusal((5_000).to_bytes(8, "little") + b"{}")
    assert "at most 16,000,000" in refusal((50_000_000).to_bytes(8, "little") + b"{}")


def test_sizes_are_bounded():
    assert "empty" in refusal(b"")
    with pytest.raises(WeightsError, match="700 MB; at most 629 MB"):
        read_header(io.BytesIO(b"x"), 700_000_000, max_bytes=MAX_UPLOAD_BYTES)


def saved(**options: Any) -> bytes:
    file = io.BytesIO()
    torch.save({"a": torch.ones(2)}, file, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        saved(),
        saved(_use_new_zipfile_serialization=False),
        pickle.dumps({"a": 1}, protocol=4),
    ],
    ids=["torch's zip", "torch's old file", "a plain pickle"],
)
def test_a_pickle_is_refused_with_the_reason_and_the_line_that_converts_it(content: bytes):
    text = refusal(content, name="mine.pt")
    assert "run any program" in text
    assert "torch.load('mine.pt', weights_only=True" in text
    assert "'mine.safetensors'" in text


def npy() -> bytes:
    file = io.BytesIO()
    np.save(file, np.ones(3))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"GGUF\x03\x00\x00\x00" + bytes(50), "GGUF"),
        (b"\x89HDF\r\n\x1a\n" + bytes(50), "HDF5"),
        (b"\x08\x07\x12\x07pytorch" + bytes(50), "ONNX"),
        (b"\x1c\x00\x00\x00TFL3" + bytes(50), "TensorFlow Lite"),
        (b"PK\x03\x04" + bytes(50), "zip archive"),
        (b"\x1f\x8b\x08" + bytes(50), "gzip"),
        (npy(), "NumPy"),
        (b"<html>Not found</html>" * 5, "another kind"),
        (b"\x00" * 100, "another kind"),
    ],
)
def test_other_files_are_named(content: bytes, kind: str):
    text = refusal(content)
    assert kind in text
    assert "Allowed is a safetensors file" in text


def test_a_file_that_shrinks_while_it_is_read_is_refused():
    content = save({"a": torch.ones(4)})
    (stored,) = read_header(io.BytesIO(content), len(content)).values()
    with pytest.raises(WeightsError, match="became shorter"):
        read_tensor(io.BytesIO(content[:-4]), stored)


@pytest.mark.slow
@pytest.mark.parametrize("wrapped", [None, "state_dict", "model"])
def test_the_line_converts_a_pickle_with_tied_and_strided_tensors(
    tmp_path: Path, wrapped: str | None
):
    tied = torch.randn(4, 3)
    state = {"a": tied, "b": tied, "part": tied[:, 1:], "turned": tied.T, "count": torch.tensor(3)}
    torch.save(state if wrapped is None else {wrapped: state, "epoch": 3}, tmp_path / "FILE.pth")
    command = CONVERSION.removeprefix('python -c "').removesuffix('"')
    subprocess.run([sys.executable, "-c", command], cwd=tmp_path, check=True, timeout=120)
    path = tmp_path / "FILE.safetensors"
    with path.open("rb") as file:
        header = read_header(file, path.stat().st_size)
        for name, stored in header.items():
            assert torch.equal(read_tensor(file, stored), state[name])
    assert set(header) == set(state)


def test_a_name_that_could_end_the_quotes_is_not_put_into_the_line():
    assert conversion("a'); import os; ('.pth") == CONVERSION
    assert "'net-v1.2.safetensors'" in conversion("net-v1.2.ckpt")
