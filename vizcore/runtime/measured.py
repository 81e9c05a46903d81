"""Results of machines, on disk: those that come with ConvScope, and those measured or brought here.

Those that come with it lie in `benchmarks/results/machine_*.json` (after `pip install .`, in
`share/convscope/machines` of the environment); one's own in `machines` of the cache folder.
"""

from __future__ import annotations

import logging
import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

from filelock import FileLock

from vizcore.errors import BadChoice
from vizcore.records_bench import MachineResults
from vizcore.runtime.measured_file import from_json, to_json
from vizcore.runtime.store import cache_folder

#: A file of results holds a few thousand lines; more bytes than this are no such file.
MAX_BYTES = 8 * 2**20
#: Machines that are kept; the oldest file makes room.
MAX_MACHINES = 50

log = logging.getLogger(__name__)


def shipped_folder() -> Path:
    """Where the results lie that come with ConvScope."""
    beside = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
    if beside.is_dir():
        return beside
    return Path(sysconfig.get_path("data")) / "share" / "convscope" / "machines"


def own_folder() -> Path:
    """Where results are kept that were measured here or brought here."""
    return cache_folder() / "machines"


def machines() -> dict[str, MachineResults]:
    """Every machine there are results of, by a short name; one's own newer ones win."""
    found: dict[str, MachineResults] = {}
    for folder, pattern in ((shipped_folder(), "machine_*.json"), (own_folder(), "*.json")):
        for results in _read_all(folder, pattern):
            older = found.get(results.machine.slug, MachineResults(results.machine, ()))
            newer = older.with_more(results.measurements, results.ceilings)
            found[results.machine.slug] = newer
    return found


def read(content: bytes | str) -> MachineResults:
    """Results out of a file that somebody brings.

    Raises:
        BadChoice: too large, or no such file.
    """
    if len(content) > MAX_BYTES:
        raise BadChoice(
            f"The file has {len(content) / 2**20:.0f} MB; a file of results has at most "
            f"{MAX_BYTES // 2**20} MB.",
            received="a file",
        )
    return from_json(content)


def keep(results: MachineResults) -> Path:
    """Join results to those of the same machine that are kept here; says where they lie."""
    folder = own_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{results.machine.slug}.json"
    with FileLock(path.with_suffix(".lock")):
        before = next(_read_all(folder, path.name), MachineResults(results.machine, ()))
        joined = before.with_more(results.measurements, results.ceilings)
        with NamedTemporaryFile("w", dir=folder, suffix=".part", delete=False) as file:
            file.write(to_json(joined))
        os.replace(file.name, path)
    by_age = sorted(folder.glob("*.json"), key=lambda each: each.stat().st_mtime)
    for extra in by_age[:-MAX_MACHINES]:
        extra.unlink(missing_ok=True)
    return path


def _read_all(folder: Path, pattern: str) -> Iterator[MachineResults]:
    for path in sorted(folder.glob(pattern)):
        try:
            yield from_json(path.read_text(encoding="utf-8"))
        except (OSError, BadChoice, UnicodeDecodeError) as error:
            log.warning("The results in %s are not read: %s", path, error)
