"""Which saliency methods are honest on which architecture: the whole zoo, computed and kept.

    python -m vizcore.saliency_matrix [KEY ...]

computes again what `reference/saliency_methods.csv` holds (of all classifiers of the zoo, or of
some) and writes it. What applies as the network is takes no row there; every classifier has one row
at least, and the first line names the versions. Weights are random: what applies hangs on the
operations. The picture is a random one of the architecture's own shape, or of 64 pixels a side
where the network takes that and its own is larger. It is computed in float64 where weights that
were never trained drive the scores out of the range of float32 (over a thousand layers do).
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import get_args

from vizcore.errors import BadInputSize
from vizcore.lenses.saliency.methods import METHODS
from vizcore.networks.loading import source_of
from vizcore.networks.offers import weights
from vizcore.records.saliency import MethodFit, NetworkFits, Verdict
from vizcore.zoo import architectures, get

FILE = Path(__file__).parent / "reference" / "saliency_methods.csv"
_COLUMNS = ("architecture", "method", "verdict", "changes", "reasons", "largest_difference")
_PACKAGES = ("torch", "torchvision", "timm", "captum")
#: Stands for all methods, in the row of an architecture on which all of them apply.
_ALL = "*"
#: Of the picture, where the network takes it.
SIDE_PX = 64


def classifiers() -> tuple[str, ...]:
    """The networks of the zoo whose outputs are class scores, oldest first.

    Example:
        >>> classifiers()[0]
        'lenet5_1998'
    """
    return tuple(entry.key for entry in architectures() if weights(entry, "random").classes)


@lru_cache(maxsize=1)
def matrix() -> tuple[NetworkFits, ...]:
    """What is kept: one record an architecture, oldest first.

    Example:
        >>> fits = {each.architecture: each for each in matrix()}
        >>> fits["googlenet_torchvision"].fit("guided_backprop").verdict
        'rewritten'
    """
    told: dict[str, dict[str, MethodFit]] = {}
    for row in csv.DictReader(io.StringIO(_text().partition("\n")[2])):
        of_network = told.setdefault(row["architecture"], {})
        if row["method"] == _ALL:
            continue
        verdict = row["verdict"]
        assert verdict in get_args(Verdict)
        difference = row["largest_difference"]
        of_network[row["method"]] = MethodFit(
            row["method"],
            verdict,  # type: ignore[arg-type]
            _parts(row["reasons"]),
            _parts(row["changes"]),
            float(difference) if difference else None,
        )
    return tuple(
        NetworkFits(
            key,
            tuple(of.get(each.key, MethodFit(each.key, "applies")) for each in METHODS),
        )
        for key, of in told.items()
    )


def versions() -> str:
    """With which versions it was computed."""
    return _text().partition("\n")[0].removeprefix("# ")


def fits_of(key: str) -> NetworkFits:
    """Compute it for one architecture, with random weights."""
    import torch

    from vizcore.lenses.capture import forward
    from vizcore.lenses.saliency import applicabilities
    from vizcore.runtime.jobs import finish

    entry = get(key)
    network = source_of(weights(entry, "random")).load("cpu")
    channels, height, width = entry.input_shape
    smaller = (min(height, SIDE_PX), min(width, SIDE_PX))
    draw = torch.Generator().manual_seed(0)
    for side in dict.fromkeys((smaller, (height, width))):
        image = torch.randn((1, channels, *side), generator=draw)
        try:
            with torch.no_grad():
                if not bool(forward(network, image).isfinite().all()):
                    network = network.double()
            return NetworkFits(entry.key, finish(applicabilities(network, image)))
        except BadInputSize:
            if side == (height, width):
                raise
    raise AssertionError("unreachable")


def as_csv(found: Iterable[NetworkFits]) -> str:
    """The file's text."""
    file = io.StringIO()
    file.write(f"# {', '.join(f'{package} {version(package)}' for package in _PACKAGES)}\n")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for network in found:
        told = [fit for fit in network.fits if fit.verdict != "applies" or fit.reasons]
        for fit in told:
            difference = "" if fit.largest_difference is None else f"{fit.largest_difference:.3g}"
            words = (" | ".join(fit.changes), " | ".join(fit.reasons))
            writer.writerow((network.architecture, fit.method, fit.verdict, *words, difference))
        if not told:
            writer.writerow((network.architecture, _ALL, "applies", "", "", ""))
    return file.getvalue()


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split(" | ")) if text else ()


def _text() -> str:
    return FILE.read_text(encoding="utf-8")


def _main(keys: list[str]) -> None:
    kept = {each.architecture: each for each in matrix()} if keys and FILE.exists() else {}
    order = classifiers()
    for key in keys or order:
        found = fits_of(key)
        kept[found.architecture] = found
        print(key, *(f"{each.method}:{each.verdict}" for each in found.fits if each.is_refused))
        FILE.write_text(as_csv(kept[key] for key in order if key in kept), encoding="utf-8")


if __name__ == "__main__":
    from vizcore.runtime.device import use_cpu_threads

    use_cpu_threads()
    _main(sys.argv[1:])
