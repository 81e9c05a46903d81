"""Seconds from the start of the server to the first page drawn, and to the first prediction.

    python benchmarks/cold_start.py [--repeats 5]

Each repeat starts a fresh server process and opens a page in a Chromium that is already running
with an empty cache. Drawn means: the page's title, sentence and main picture are on the screen.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from machine import describe, write
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CASES = {
    "atlas": ("/", ".js-plotly-plot .main-svg"),
    "layers": ("/layers?arch=vgg_d", ".js-plotly-plot .main-svg"),
    "blocks": ("/blocks", ".js-plotly-plot .main-svg"),
    "first prediction": ("/feature-maps", ".cs-answer:has-text('%')"),
}


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def once(browser: Browser, address: str, drawn: str) -> dict[str, float]:
    """Start a server, open the page, wait until it is drawn."""
    port = free_port()
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    begun = time.perf_counter()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    server = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.address", "127.0.0.1"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).read()
                break
            except OSError:
                time.sleep(0.02)
        listening = time.perf_counter()
        page.goto(f"http://127.0.0.1:{port}{address}", wait_until="commit")
        page.wait_for_selector(".cs-answer", timeout=60_000)
        page.wait_for_selector(drawn, timeout=60_000)
        done = time.perf_counter()
    finally:
        server.terminate()
        server.wait(timeout=20)
        page.context.close()
    return {"listening_s": listening - begun, "drawn_s": done - begun}


def main() -> None:
    """Time every case and write `results/cold_start.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    result = {"machine": describe("streamlit", "torch"), "repeats": repeats, "cases": {}}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, (address, drawn) in CASES.items():
            runs = [once(browser, address, drawn) for _ in range(repeats)]
            result["cases"][name] = {
                key: round(statistics.median(run[key] for run in runs), 2) for key in runs[0]
            }
            print(f"{name:20}", result["cases"][name])
        result["chromium"] = browser.version
        browser.close()
    print(write("cold_start", result).relative_to(ROOT))


if __name__ == "__main__":
    main()
