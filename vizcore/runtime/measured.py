"""Results of machines, on disk: those that come with ConvScope, and those measured or brought here.

Those that come with it lie in `benchmarks/results/machine_*.json` (after `pip install .`, in
`share/convscope/machines` of the environment); what was measured here in `machines` of the cache
folder; what somebody brought in `machines/brought`, which is never joined to what was measured.
"""

from __future__ import annotations

import logging
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from filelock import FileLock

from vizcore.errors import BadChoice
from vizcore.records.bench import Machine, MachineResults
from vizcore.runtime.bounded_folder import entries_of, written
from vizcore.runtime.measured_file import from_json, to_json
from vizcore.runtime.store import cache_folder

#: A file of results holds a few thousand lines; more bytes than this are no such file.
MAX_BYTES = 8 * 2**20
#: Machines that are kept in each folder; the oldest file makes room.
MAX_MACHINES = 50
#: How the names of machines end whose results somebody brought.
BROUGHT = "-brought"

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


def brought_folder() -> Path:
    """Where results are kept that somebody brought here."""
    return own_folder() / "brought"


def machines() -> dict[str, MachineResults]:
    """Every machine there are results of, by a short name; one's own newer ones win.

    The names of those that were brought end in `BROUGHT`: nobody here has seen the machine.
    """
    found: dict[str, MachineResults] = {}
    for folder, pattern in ((shipped_folder(), "machine_*.json"), (own_folder(), "*.json")):
        for results in _read_all(folder, pattern):
            older = found.get(results.machine.slug, MachineResults(results.machine, ()))
            newer = older.with_more(results.measurements, results.ceilings)
            found[results.machine.slug] = newer
    for results in _read_all(brought_folder(), "*.json"):
        found[results.machine.slug + BROUGHT] = results
    return found


def titles(found: Mapping[str, MachineResults]) -> dict[str, str]:
    """What a person calls each machine; those of one title by what tells them apart, too.

    Example:
        >>> from dataclasses import replace
        >>> m = Machine("GPU", "cuda", "", 8, 7, None, "570", "", "", "", "2", "", "")
        >>> both = [MachineResults(replace(m, driver=driver), ()) for driver in ("570", "580")]
        >>> list(titles({each.machine.driver: each for each in both}).values())
        ['GPU, torch 2, driver 570', 'GPU, torch 2, driver 580']
    """
    named = {}
    for slug, results in found.items():
        machine = results.machine
        alike = [each.machine for each in found.values() if each.machine.title == machine.title]
        apart = [
            f"{field.name.removesuffix('_bytes')} {getattr(machine, field.name) or 'unknown'}"
            for field in fields(Machine)
            if len({getattr(each, field.name) for each in alike}) > 1 and field.name != "device"
        ]
        brought = ["brought"] * slug.endswith(BROUGHT)
        named[slug] = ", ".join([machine.title, *apart, *brought])
    return named


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
    """Join results to those of the same machine that were measured here; says where they lie."""
    return _keep(results, own_folder())


def bring(results: MachineResults) -> str:
    """Keep results that somebody brought; gives the name they have in `machines`."""
    _keep(results, brought_folder())
    return results.machine.slug + BROUGHT


def _keep(results: MachineResults, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{results.machine.slug}.json"
    with FileLock(folder / f"{path.name}.lock"):
        before = next(_read_all(folder, path.name), MachineResults(results.machine, ()))
        joined = before.with_more(results.measurements, results.ceilings)
        with written(path) as file:
            file.write(to_json(joined).encode())
    by_age = sorted(entries_of(folder.glob("*.json")), key=lambda each: each.written_s)
    for extra in by_age[:-MAX_MACHINES]:
        extra.path.unlink(missing_ok=True)
    return path


def _read_all(folder: Path, pattern: str) -> Iterator[MachineResults]:
    for path in sorted(folder.glob(pattern)):
        try:
            yield from_json(path.read_text(encoding="utf-8"))
        except (OSError, BadChoice, UnicodeDecodeError) as error:
            log.warning("The results in %s are not read: %s", path, error)
