"""The weights that come with ConvScope: safetensors files, each with a card that says what it is.

They lie in `assets/weights`, beside the package (after `pip install .`, in `share/convscope` of the
environment), or in `weights` under the folder that `CONVSCOPE_ASSETS` names. A file is verified
against its card before it is read, and only the safetensors format is read: it holds tensors and
can run nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vizcore.errors import WeightsError

if TYPE_CHECKING:
    from torch import nn

#: The environment variable that names another folder of assets.
ASSETS_VARIABLE = "CONVSCOPE_ASSETS"

#: What every card has, and of which kind.
_NEEDED: dict[str, type] = {
    "key": str,
    "classes": list,
    "preprocessing": dict,
    "sha256": str,
    "params": int,
    "accuracy": dict,
    "data": dict,
    "licence": str,
}
_PREPARED = ("resize_px", "crop_px", "mean", "std")


@dataclass(frozen=True, slots=True)
class Card:
    """What is known about bundled weights.

    Attributes:
        key: of the architecture in the zoo.
        name: of these weights among those of the architecture, such as `photos20`: the card's
            own, else what follows the last "_" of the file's name.
        classes: names of the outputs, in order.
        preprocessing: resize_px, crop_px, mean and std, as `Preprocessing` takes them.
        sha256: of the weights file, hexadecimal; identifies the weights.
        params: their number.
        accuracy: measured shares of 0 to 1, by part of the data (validation, test).
        data: what it was trained on.
        licence: of the weights.
        details: everything on the card (recipe, seed, curve, ...).
        path: of the safetensors file.
    """

    key: str
    name: str
    classes: tuple[str, ...]
    preprocessing: Mapping[str, Any]
    sha256: str
    params: int
    accuracy: Mapping[str, Any]
    data: Any
    licence: str
    details: Mapping[str, Any] = field(repr=False)
    path: Path = field(repr=False)


def assets_folder() -> Path:
    """Where logos, the theme and weights lie."""
    setting = os.environ.get(ASSETS_VARIABLE, "").strip()
    if setting:
        return Path(setting)
    beside = Path(__file__).resolve().parents[2] / "assets"
    if (beside / "weights").is_dir():
        return beside
    return Path(sysconfig.get_path("data")) / "share" / "convscope"


def cards() -> tuple[Card, ...]:
    """The cards of all bundled weights, by key and name.

    Raises:
        WeightsError: a card that cannot be read.
    """
    paths = sorted((assets_folder() / "weights").glob("*.json"))
    return tuple(sorted((_read(path) for path in paths), key=lambda card: (card.key, card.name)))


def card(key: str) -> Card:
    """The card of an architecture's (first) bundled weights.

    Raises:
        WeightsError: it has none; says which have.
    """
    all_cards = cards()
    for each in all_cards:
        if each.key == key:
            return each
    names = list(dict.fromkeys(each.key for each in all_cards))
    there = f"Networks with weights: {', '.join(names)}." if names else "None are installed."
    raise WeightsError(
        f"'{key}' comes without weights, so it cannot look at pictures. {there}",
        received=key,
        suggestions=names,
    )


def load_into(module: nn.Module, card: Card) -> None:
    """Fill a network (on the CPU or the meta device) with a card's weights, ready to look.

    Evaluation mode, in-place activations off (they overwrite what a hook has seen), and no
    gradients for the parameters.

    Raises:
        WeightsError: the file is missing, is not the one the card describes, or does not fit.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    content = read_verified(card.path, card.sha256, f"weights of '{card.key}' are")
    try:
        module.load_state_dict(load(content), assign=True)
    except (SafetensorError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise WeightsError(f"The weights of '{card.key}' do not fit the network: {reason}") from (
            error
        )
    tensors = [*module.parameters(), *module.buffers()]
    if any(tensor.is_meta for tensor in tensors):
        raise WeightsError(f"The weights of '{card.key}' do not fill the whole network.")
    held = sum(parameter.numel() for parameter in module.parameters())
    if held != card.params:
        raise WeightsError(
            f"The card of '{card.key}' says {card.params:,} parameters, the file has {held:,}."
        )
    ready_to_look(module.float())  # files hold kernels as float16


def read_verified(path: Path, sha256: str, what: str) -> bytes:
    """Return a bundled file's bytes, if they are those that its card describes.

    Args:
        what: the file in a message, with its verb: "weights of 'x' are".

    Raises:
        WeightsError: the file is missing, or another one.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"The {what} missing: {path.name} cannot be read ({error.strerror})."
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise WeightsError(
            f"The {what} damaged: {path.name} has sha256 {found[:12]}..., its card says "
            f"{sha256[:12]}.... Install the file again."
        )
    return content


def ready_to_look(module: nn.Module) -> nn.Module:
    """Evaluation mode, no in-place activation (it overwrites what a hook has seen), no gradients.

    Example:
        >>> from torch import nn
        >>> ready_to_look(nn.Sequential(nn.ReLU(inplace=True)))[0].inplace
        False
    """
    module.eval().requires_grad_(False)
    for each in module.modules():
        if isinstance(getattr(each, "inplace", None), bool):
            each.inplace = False  # type: ignore[assignment]
    return module


def _read(path: Path) -> Card:
    """Read one card, unless the same file was read before."""
    try:
        stat = path.stat()
        return _parse(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(f"The card {path.name} cannot be read: {error}") from error


@lru_cache(maxsize=256)
def _parse(path: Path, *_version: int) -> Card:
    details = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(details, dict):
        raise WeightsError(f"The card {path.name} is no JSON object.")
    if lacking := _lacking(details):
        raise WeightsError(f"The card {path.name} lacks {', '.join(lacking)}.")
    return Card(
        key=details["key"],
        name=str(details.get("name") or path.stem.rpartition("_")[2]),
        classes=tuple(details["classes"]),
        preprocessing=details["preprocessing"],
        sha256=details["sha256"],
        params=int(details["params"]),
        accuracy=details["accuracy"],
        data=details["data"],
        licence=details["licence"],
        details=details,
        path=path.with_suffix(".safetensors"),
    )


def _lacking(details: dict[str, Any]) -> list[str]:
    """What a card has not, or not as it has to be."""
    lacking = [name for name in _NEEDED if name not in details]
    lacking += [
        f"a usable {name}"
        for name, kind in _NEEDED.items()
        if name in details and not isinstance(details[name], kind)
    ]
    if not lacking:
        inside = {"preprocessing": _PREPARED, "accuracy": ("validation", "test"), "data": ("name",)}
        for name, parts in inside.items():
            lacking += [f"{name}.{part}" for part in parts if part not in details[name]]
        shares = [details["accuracy"].get(part, 0) for part in ("validation", "test")]
        if not all(isinstance(share, (int, float)) and 0 <= share <= 1 for share in shares):
            lacking.append("shares of 0 to 1 as its accuracy")
    return lacking
