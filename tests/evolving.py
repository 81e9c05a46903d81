"""A network with snapshots of a training that never was: weights drawn at random."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load, save

KEY = "zfnet_photos20"
EPOCHS = (1, 5, 64)


def with_snapshots(assets: Path, folder: Path) -> Path:
    """Copy a folder of assets and give its network snapshots at `EPOCHS`, the last its own file.

    The weights go straight from a first draw to the finished ones: after epochs 1, 5 and 64 they
    have gone none, three quarters and all of the way.
    """
    shutil.copytree(assets, folder)
    weights = folder / "weights"
    (weights / "evolution").mkdir()
    content = (weights / f"{KEY}.safetensors").read_bytes()
    finished = load(content)
    rng = torch.Generator().manual_seed(4)
    start = {name: 0.05 * torch.randn(each.shape, generator=rng) for name, each in finished.items()}
    rows = []
    for epoch, gone in zip(EPOCHS, (0.0, 0.75, 1.0), strict=True):
        file, bytes_ = f"{KEY}.safetensors", content
        if gone < 1:
            file = f"evolution/{KEY}-epoch-{epoch:02d}.safetensors"
            bytes_ = save({n: torch.lerp(start[n], finished[n], gone).half() for n in finished})
            (weights / file).write_bytes(bytes_)
        sha256 = hashlib.sha256(bytes_).hexdigest()
        rows.append({"epoch": epoch, "file": file, "sha256": sha256, "validation": 0.1 + gone / 2})
    change_card(folder, snapshots=rows, data={"name": "Photos-20", "what": "w", "split": "s"})
    return folder


def change_card(assets: Path, **changes: object) -> None:
    """Change fields of the network's card."""
    path = assets / "weights" / f"{KEY}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def rows_of(assets: Path) -> list[dict[str, object]]:
    """The card's snapshots."""
    rows: list[dict[str, object]] = json.loads((assets / "weights" / f"{KEY}.json").read_text())[
        "snapshots"
    ]
    return rows
