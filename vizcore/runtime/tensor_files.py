"""Safetensors files from strangers: the header checked, tensors read one by one, others refused.

A safetensors file is eight bytes with the length of its header, the header (JSON: each tensor's
dtype, shape and place) and the tensors' bytes. It can run nothing, so what is left to fear is a
header that lies; every one of its claims is checked before a tensor is read. A file of another
kind is refused with the reason, and a pickle with the line of Python that converts it.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from vizcore.errors import WeightsError

if TYPE_CHECKING:
    import torch

#: A file on a disk, and one sent to the app (VGG-19, among the largest, has 575 MB).
MAX_FILE_BYTES = 2_000_000_000
MAX_UPLOAD_BYTES = 600 * 2**20
#: The largest networks have about 2,000 tensors, whose header takes some 200 kB.
MAX_HEADER_BYTES = 16_000_000

#: The dtypes that are read, with torch's names and bytes of one value.
DTYPES: dict[str, tuple[str, int]] = {
    "F64": ("float64", 8),
    "F32": ("float32", 4),
    "F16": ("float16", 2),
    "BF16": ("bfloat16", 2),
    "I64": ("int64", 8),
    "I32": ("int32", 4),
    "I16": ("int16", 2),
    "I8": ("int8", 1),
    "U8": ("uint8", 1),
}

#: Turns a state dict in a pickle into a safetensors file; FILE stands for the name.
CONVERSION = (
    'python -c "import torch, safetensors.torch as s; '
    "d = torch.load('FILE.pth', weights_only=True, map_location='cpu'); "
    "d = d.get('state_dict', d.get('model', d)); "
    "s.save_file({k: v.contiguous().clone() for k, v in d.items()}, 'FILE.safetensors')\""
)

#: How files of other kinds begin.
_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"GGUF", "a GGUF file of llama.cpp"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes them"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK", "a zip archive"),
)
_ALLOWED = "Allowed is a safetensors file of a state dict"


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """One tensor of a file.

    Attributes:
        dtype: as the file writes it, a key of `DTYPES`.
        shape: torch's.
        start, end: its bytes in the file, `end` not included.
    """

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def read_header(
    file: BinaryIO, size_bytes: int, *, name: str = "", max_bytes: int = MAX_FILE_BYTES
) -> dict[str, StoredTensor]:
    """The tensors of a safetensors file by name, in the order of the header.

    Args:
        file: open for reading; read from its beginning.
        size_bytes: of the whole file.
        name: the file's, for the line that converts a pickle.

    Raises:
        WeightsError: empty, too large, of another kind, cut short, or a header that contradicts
            itself or the file.
    """
    if size_bytes == 0:
        raise WeightsError(f"The file is empty. {_ALLOWED}.", received="0 bytes")
    if size_bytes > max_bytes:
        raise WeightsError(
            f"The file has {size_bytes / 1e6:,.0f} MB; at most {max_bytes / 1e6:,.0f} MB are "
            "allowed here.",
            received=f"{size_bytes} bytes",
        )
    file.seek(0)
    beginning = file.read(1024)
    length = int.from_bytes(beginning[:8], "little")
    if len(beginning) < 10 or beginning[8:9] != b"{" or length > 100_000_000:
        raise _other_kind(beginning, name)
    if length > MAX_HEADER_BYTES:
        raise WeightsError(
            f"The file's header has {length:,} bytes; at most {MAX_HEADER_BYTES:,} are allowed."
        )
    if 8 + length > size_bytes:
        raise WeightsError(
            f"The file is cut short: its header alone takes {8 + length:,} bytes, the file has "
            f"{size_bytes:,}. Send it again."
        )
    file.seek(8)
    try:
        entries = json.loads(file.read(length).decode("utf-8"), object_pairs_hook=_no_twice)
        entries.pop("__metadata__", None)
        tensors = {key: _entry(key, entry, 8 + length) for key, entry in entries.items()}
    except (ValueError, RecursionError) as error:  # JSON's and Unicode's errors are ValueErrors
        raise WeightsError(f"The file's header cannot be read: {str(error)[:300]}.") from error
    _check_places(tensors, 8 + length, size_bytes)
    return tensors


def read_tensor(file: BinaryIO, stored: StoredTensor) -> torch.Tensor:
    """One tensor in the dtype it is stored in, in memory of its own.

    Raises:
        WeightsError: the file ends before the tensor does.
    """
    import torch

    dtype = getattr(torch, DTYPES[stored.dtype][0])
    if stored.end == stored.start:
        return torch.empty(stored.shape, dtype=dtype)
    file.seek(stored.start)
    content = bytearray(stored.end - stored.start)
    if file.readinto(content) != len(content):  # type: ignore[attr-defined]
        raise WeightsError("The file became shorter while it was read.")
    return torch.frombuffer(content, dtype=dtype).reshape(stored.shape)


def conversion(name: str = "") -> str:
    """The line that turns the pickle of this name into a safetensors file.

    Example:
        >>> "torch.load('mine.pt', weights_only=True" in conversion("mine.pt")
        True
    """
    if not re.fullmatch(r"[\w.-]+", name):
        return CONVERSION
    stem = Path(name).stem
    return CONVERSION.replace("FILE.safetensors", f"{stem}.safetensors").replace("FILE.pth", name)


def _other_kind(beginning: bytes, name: str) -> WeightsError:
    """Say what a file is that is no safetensors file."""
    if _is_pickle(beginning):
        return WeightsError(
            "The file is a pickle (PyTorch's .pth, .pt, .ckpt and .bin), and opening a pickle can "
            f"run any program. Convert it where you trust it: {conversion(name)}",
            received="a pickle",
        )
    kind = next((words for magic, words in _KINDS if beginning.startswith(magic)), None)
    if kind is None and beginning[4:8] == b"TFL3":
        kind = "a TensorFlow Lite model"
    if kind is None and re.match(rb"\x08[\x01-\x20](\x12|:)", beginning):
        kind = "an ONNX model"
    if kind is None:
        return WeightsError(
            f"The file does not begin as a safetensors file does; it is of another kind, or "
            f"damaged. {_ALLOWED}.",
            received=repr(beginning[:8]),
        )
    return WeightsError(f"The file is {kind}. {_ALLOWED}.", received=kind)


def _is_pickle(beginning: bytes) -> bool:
    """Whether a file is a pickle, or torch's zip archive around one."""
    zipped = beginning.startswith(b"PK\x03\x04") and b".pkl" in beginning
    return zipped or bool(re.match(rb"\x80[\x02-\x05]", beginning))


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose names are all different."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _entry(key: str, entry: Any, data_start: int) -> StoredTensor:
    """One entry of the header, its claims checked by themselves."""
    key = _short(key)
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"'{key}' needs dtype, shape and data_offsets")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ValueError(f"'{key}' is of dtype {_short(str(dtype))}; allowed: {', '.join(DTYPES)}")
    if not (_sizes(shape) and len(shape) <= 8 and _sizes(offsets) and len(offsets) == 2):
        raise ValueError(f"'{key}' has a shape or data_offsets that are no lists of sizes")
    start, end = offsets
    needed = math.prod(shape) * DTYPES[dtype][1]
    if end - start != needed:
        raise ValueError(
            f"'{key}' is {dtype} {_short(str(shape))}, {needed:,} bytes, but has {end - start:,}"
        )
    return StoredTensor(dtype, tuple(shape), data_start + start, data_start + end)


def _sizes(value: Any) -> bool:
    good = isinstance(value, list)
    return good and all(type(each) is int and 0 <= each < 2**48 for each in value)


def _check_places(tensors: dict[str, StoredTensor], data_start: int, size_bytes: int) -> None:
    """Every byte after the header belongs to exactly one tensor."""
    if not tensors:
        raise WeightsError(f"The file holds no tensors. {_ALLOWED}.")
    reached = data_start
    for key, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].end)):
        if tensor.start != reached:
            how = "overlaps the tensor before it" if tensor.start < reached else "leaves a gap"
            raise WeightsError(f"The file's header contradicts itself: '{_short(key)}' {how}.")
        reached = tensor.end
    if reached > size_bytes:
        raise WeightsError(
            f"The file is cut short: its header promises {reached:,} bytes, the file has "
            f"{size_bytes:,}. Send it again."
        )
    if reached < size_bytes:
        raise WeightsError(
            f"The file has {size_bytes - reached:,} bytes more than its header says; it is damaged."
        )


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:80] + "..."
