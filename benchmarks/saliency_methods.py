"""Which saliency method applies to which network of the zoo, tried on every one of them.

    python benchmarks/saliency_methods.py [KEY ...] [--check]

Builds each network with random weights (what applies hangs on its operations, not on what it has
learned), rewrites it where a method needs that, runs each rule once on a photograph, and writes
`vizcore/reference/saliency_methods.json`, which the page and the tests read. Named networks are
tried again and the others kept. `--check` writes nothing and says what differs. A network that has
been tried is kept when the run is cut short.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
OUT = ROOT / "vizcore" / "reference" / "saliency_methods.json"
PACKAGES = ("torch", "torchvision", "timm", "captum")
PICTURE = "coffee"


def classifiers() -> list[str]:
    """The networks whose outputs are class scores, oldest first."""
    from vizcore import networks, zoo

    keys = [entry.key for entry in zoo.architectures()]
    return [key for key in keys if networks.weights(key, "random").classes]


def tried(key: str) -> dict[str, list[Any]]:
    """The verdicts on one network by method: verdict, reasons, changes, largest difference."""
    from vizcore.data.samples import sample
    from vizcore.runtime.jobs import run_here
    from vizcore.saliency_tasks import saliency_methods_task

    task = saliency_methods_task(key, sample(PICTURE).read(), weights="random")
    return {
        fit.method: [fit.verdict, list(fit.reasons), list(fit.changes), fit.largest_difference]
        for fit in run_here(task).fits
    }


def packed(found: dict[str, dict[str, list[Any]]], made: dict[str, Any]) -> dict[str, Any]:
    """The same with every distinct verdict once: networks hold their places in `verdicts`."""
    from vizcore.lenses.saliency.methods import METHODS

    methods = [each.key for each in METHODS]
    verdicts: dict[str, int] = {}
    networks = {
        key: [verdicts.setdefault(json.dumps(fits[name]), len(verdicts)) for name in methods]
        for key, fits in sorted(found.items())
    }
    return {
        "made": made,
        "methods": methods,
        "verdicts": [json.loads(text) for text in verdicts],
        "networks": networks,
    }


def unpacked(stored: dict[str, Any]) -> dict[str, dict[str, list[Any]]]:
    """The verdicts of a file by network and method."""
    return {
        key: {name: stored["verdicts"][at] for name, at in zip(stored["methods"], row, strict=True)}
        for key, row in stored["networks"].items()
    }


def write(found: dict[str, dict[str, list[Any]]]) -> None:
    """Write the file, a line a network and a line a verdict."""
    made = {
        "date": date.today().isoformat(),
        "picture": PICTURE,
        "versions": {name: version(name) for name in PACKAGES},
    }
    whole = packed(found, made)
    lines = [f' "made": {json.dumps(made)}', f' "methods": {json.dumps(whole["methods"])}']
    listed = ",\n".join(f"  {json.dumps(each, ensure_ascii=False)}" for each in whole["verdicts"])
    lines.append(f' "verdicts": [\n{listed}\n ]')
    rows = ",\n".join(f"  {json.dumps(key)}: {row}" for key, row in whole["networks"].items())
    lines.append(f' "networks": {{\n{rows}\n }}')
    OUT.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main() -> None:
    """Try the networks, oldest first."""
    from vizcore.lenses.saliency.methods import METHODS
    from vizcore.runtime.device import use_cpu_threads

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("keys", nargs="*", metavar="KEY")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    use_cpu_threads()
    kept: dict[str, dict[str, list[Any]]] = {}
    if OUT.exists():
        stored = json.loads(OUT.read_text(encoding="utf-8"))
        if stored["methods"] == [each.key for each in METHODS]:
            kept = unpacked(stored)
    every = classifiers()
    keys = args.keys or (every if args.check else [key for key in every if key not in kept])
    differing = 0
    for number, key in enumerate(keys, 1):
        begun = time.perf_counter()
        found = tried(key)
        print(f"{number} of {len(keys)}: {key}, {time.perf_counter() - begun:.1f} s", flush=True)
        if args.check:
            for name, fit in found.items():
                before = kept.get(key, {}).get(name)
                if before is None or before[:3] != fit[:3]:
                    differing += 1
                    print(f"  {name}: {before} is now {fit}")
        else:
            kept[key] = found
            write({key: kept[key] for key in every if key in kept})
    if args.check:
        print(f"{differing} verdicts differ")
        raise SystemExit(differing > 0)


if __name__ == "__main__":
    main()
