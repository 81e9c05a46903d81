"""Which saliency method applies to which network of the zoo, as it was found by trying.

`benchmarks/saliency_methods.py` makes the file; tests try some of its networks again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from vizcore.records_saliency import MethodFit, NetworkFits


@dataclass(frozen=True, slots=True)
class MethodSurvey:
    """Every method on every network.

    Attributes:
        networks: one a network of the zoo.
        date: of the trial, "2026-11-20".
        picture: the sample photograph it was made on.
        versions: (package, version) of what computed.
    """

    networks: tuple[NetworkFits, ...] = field(repr=False)
    date: str
    picture: str
    versions: tuple[tuple[str, str], ...]


@cache
def saliency_methods() -> MethodSurvey:
    """The trial that comes with the app.

    Example:
        >>> found = saliency_methods()
        >>> [fits.fit("gradient").verdict for fits in found.networks[:1]]
        ['applies']
    """
    text = files("vizcore.reference").joinpath("saliency_methods.json").read_text("utf-8")
    stored = json.loads(text)
    networks = tuple(
        NetworkFits(
            key,
            tuple(
                _fit(method, stored["verdicts"][place])
                for method, place in zip(stored["methods"], row, strict=True)
            ),
        )
        for key, row in stored["networks"].items()
    )
    made = stored["made"]
    return MethodSurvey(networks, made["date"], made["picture"], tuple(made["versions"].items()))


def _fit(method: str, row: list[object]) -> MethodFit:
    verdict, reasons, changes, apart = row
    return MethodFit(method, verdict, tuple(reasons), tuple(changes), apart)  # type: ignore[arg-type]
