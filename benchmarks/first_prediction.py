"""Seconds to a prediction: in a server that says it is warm, and from a cold process.

    python benchmarks/first_prediction.py [--repeats 7]

The network is the one the app opens with. Each repeat starts two fresh processes. The first
prepares itself as the server does before `/healthz` says that it is warm, then gives twenty
pictures it has not seen to the app's engine, one after another; a picture's time holds its
decoding, the queue, the preprocessing and the network. The second is `python -m vizcore predict`,
from its start to its end; the files it reads may be in the system's memory.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import describe, write

ROOT = Path(__file__).resolve().parents[1]

WARM = """
import json, time
from vizcore.tasks.prediction import prediction_task
from vizcore.data.samples import sample_pictures
from vizcore.ui import work

work.prepare()
network = work.default_network()
pictures = [each.read() for each in sample_pictures() if each.name.endswith("-test")][:20]
seconds = []
for picture in pictures:
    begun = time.perf_counter()
    work.engine().submit(prediction_task(network, picture)).result(timeout_s=60)
    seconds.append(time.perf_counter() - begun)
print(json.dumps({"network": network, "seconds": seconds}))
"""


def python(*arguments: str) -> str:
    """Run a fresh Python in the project's folder and return what it printed."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def cold(network: str, picture: Path) -> float:
    """Return the seconds that a whole `predict` command takes."""
    begun = time.perf_counter()
    python("-m", "vizcore", "predict", network, "--image", str(picture))
    return time.perf_counter() - begun


def main() -> None:
    """Time both and write `results/first_prediction.json`."""
    sys.path.insert(0, str(ROOT))
    from vizcore.data.samples import sample

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    warm: list[dict[str, Any]] = [json.loads(python("-c", WARM)) for _ in range(repeats)]
    network = warm[0]["network"]
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        picture.write_bytes(sample("coffee-test").read())
        commands = [cold(network, picture) for _ in range(repeats)]
    result = {
        "machine": describe("torch"),
        "repeats": repeats,
        "network": network,
        "warm_first_s": round(statistics.median(run["seconds"][0] for run in warm), 4),
        "warm_next_s": round(statistics.median(s for run in warm for s in run["seconds"][1:]), 4),
        "warm_slowest_s": round(max(s for run in warm for s in run["seconds"]), 4),
        "command_s": round(statistics.median(commands), 2),
        "command_slowest_s": round(max(commands), 2),
    }
    print(json.dumps(result, indent=1))
    print(write("first_prediction", result).relative_to(ROOT))


if __name__ == "__main__":
    main()
