"""How hard the localisation set is: its boxes, its objects' size, what finds them.

    python benchmarks/localisation.py [--device cpu]

For several ranges of the boxes' side (other scenes of the same making, from the validation part):
how often networks name the object's class first on the scene, and with the background painted
grey; what the best centred square reaches. For the set as it is (test part): every network's boxes
by the gradient, with the map as it is and smoothed, against what needs no network. Nothing is
timed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

# ruff: noqa: E402
import numpy as np
import torch
from machine import describe, write

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import vizcore as vc
from vizcore.data import localisation
from vizcore.data.localisation import Scene
from vizcore.figures.localisation_words import study_rows
from vizcore.lenses.localisation_study import best_centred
from vizcore.networks.loading import source_of
from vizcore.networks.offers import preprocessing_of, weights
from vizcore.records.localisation import FOUND_ABOVE, iou

NETWORKS = ("zfnet_photos20", "vgg_photos20", "resnet14_photos20", "mobilenet_photos20")
#: Least and greatest side of the boxes, and how far their centres are at least from the middle.
SIZES = (((16, 24), 10), ((24, 40), 10), ((32, 44), 8), ((36, 48), 6), ((40, 52), 4))
BLURS_PX = (0.0, 2.0)


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    result: dict[str, Any] = {
        "machine": describe("torch", "numpy", "opencv-python-headless"),
        "sizes": [size(sides, off, args.device) for sides, off in SIZES],
        "methods": [row for blur in BLURS_PX for row in methods(blur, args.device)],
    }
    write("localisation", result)


def size(sides: tuple[int, int], off: int, device: str) -> dict[str, Any]:
    """Scenes with boxes of other sides."""
    with patch.multiple(localisation, SIDES_PX=sides, OFF_CENTRE_PX=off):
        scenes = localisation.localisation_set("validation")
    boxes = [scene.box for scene in scenes]
    square, side = best_centred(boxes, 64, 64)
    ious = np.array([iou(square, box) for box in boxes])
    plain = [on_grey(scene) for scene in scenes]
    return {
        "sides_px": sides,
        "centred square px": side,
        "centred mean IoU": round(float(ious.mean()), 3),
        "centred found": round(float((ious > FOUND_ABOVE).mean()), 3),
        "object named first": {
            name: {
                "on the background": named(name, scenes, [s.rgb_hwc for s in scenes], device),
                "on grey": named(name, scenes, plain, device),
            }
            for name in NETWORKS
        },
    }


def on_grey(scene: Scene) -> np.ndarray:
    """The scene with grey in place of its background, seam included."""
    left, top, right, bottom = scene.box
    shown = np.zeros((64, 64, 1))
    shown[top:bottom, left:right, 0] = localisation.opacity(right - left)
    return np.rint(shown * scene.rgb_hwc + (1 - shown) * 128).astype(np.uint8)


def named(name: str, scenes: tuple[Scene, ...], pictures: list[np.ndarray], device: str) -> float:
    """The share of pictures whose object's class a network names first."""
    found = weights(name)
    network = source_of(found).load(device)
    inputs = torch.from_numpy(preprocessing_of(found).standardise(np.stack(pictures))).to(device)
    with torch.no_grad():
        said = torch.cat([network(part).argmax(1) for part in inputs.split(64)]).cpu().numpy()
    classes = list(found.classes)
    true = np.array([classes.index(scene.class_name) for scene in scenes])
    return round(float((said == true).mean()), 3)


def methods(blur_px: float, device: str) -> list[dict[str, Any]]:
    """The gradient's boxes of every network, and those without one."""
    how = vc.LocalisationSettings(blur_px=blur_px)
    without = vc.scene_baselines(settings=how)
    rows = []
    for at, name in enumerate(NETWORKS):
        study = vc.localisation_study(name, settings=how, device=device)
        for row in study_rows([study], without)[: None if at == 0 else 1]:
            network = name if row["method"] else ""
            rows.append({"network": network, "smoothed_px": blur_px, **row})
    return rows


if __name__ == "__main__":
    main()
