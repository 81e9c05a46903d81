"""Script time of a rerun of each page with everything cached (median of repeats).

    python benchmarks/page_reruns.py [--repeats 25]

Runs every page through Streamlit's AppTest, which runs the script as the server does, without a
browser. The first two runs of a page fill the caches and are not counted. The processor's time
counts, of all threads, not the clock's: other work on the machine does not enter.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

from machine import describe, write
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PAGES = {
    "atlas": {},
    "layers": {},
    "layers, graph": {"view": "graph"},
    "layers, textbook": {"view": "textbook"},
    "layers, densenet201": {"arch": "densenet201"},
    "compare": {},
    "design": {},
    "blocks": {},
    "blocks, dense": {"block": "dense"},
    "networks": {},
    "networks, one": {"network": "zfnet_photos20"},
    "byhand": {},
    "evolution": {},
    "filters": {},
    "filters, one": {"network": "zfnet_photos20", "layer": "conv3", "filter": "17"},
    "feature-maps": {},
    "feature-maps, channel": {"network": "zfnet_photos20", "layer": "conv3", "channel": "17"},
    "strongest": {},
    "strongest, one": {"network": "zfnet_photos20", "layer": "conv3", "unit": "17"},
    "unit": {"network": "zfnet_photos20", "layer": "conv3", "channel": "17"},
    "unit, addition": {
        "network": "resnet14_photos20",
        "layer": "stage1.unit1.add",
        "channel": "3",
    },
    "saliency": {},
}


def measure(page: str, query: dict[str, str], repeats: int) -> list[float]:
    """Milliseconds of each rerun."""
    at = AppTest.from_file(str(ROOT / "vizcore/ui/frame.py"), default_timeout=600)
    at.run()
    at.switch_page(f"../../pages/{page.split(',')[0].replace('-', '_')}.py")
    for name, value in query.items():
        at.query_params[name] = value
    for _ in range(2):
        at.run()
    times = []
    for _ in range(repeats):
        begun = time.process_time()
        at.run()
        times.append((time.process_time() - begun) * 1000)
        if at.exception:
            raise SystemExit(f"{page}: {at.exception[0].message}")
    return times


def main() -> None:
    """Time every page and write `results/page_reruns.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=25)
    repeats = parser.parse_args().repeats
    result = {"machine": describe("streamlit", "plotly"), "repeats": repeats, "pages": {}}
    for page, query in PAGES.items():
        times = measure(page, query, repeats)
        median = statistics.median(times)
        result["pages"][page] = {
            "median_ms": round(median, 1),
            "p90_ms": round(statistics.quantiles(times, n=10)[-1], 1),
        }
        print(f"{page:24} median {median:6.1f} ms")
    print(write("page_reruns", result).relative_to(ROOT))


if __name__ == "__main__":
    main()
