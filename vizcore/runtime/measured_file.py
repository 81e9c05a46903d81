"""A machine's results as the text of a file, and back: every value of its declared kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from vizcore.errors import BadChoice
from vizcore.records import as_plain
from vizcore.records_bench import Ceiling, Machine, MachineResults, Measurement, Setup

#: Names the layout of a result file; a file of another one is refused.
FORMAT = "convscope-bench-1"


def to_json(results: MachineResults) -> str:
    """A machine's results as the text of a file."""
    return json.dumps({"format": FORMAT, **as_plain(results)}, indent=1) + "\n"


def from_json(text: str | bytes) -> MachineResults:
    """Read a file that `to_json` wrote.

    Raises:
        BadChoice: it is no such file, or values in it cannot be; says which.

    Example:
        >>> m = Machine("GPU", "cuda", "", 8, 7, None, "", "", "", "", "", "", "")
        >>> from_json(to_json(MachineResults(m, ()))).machine.device
        'GPU'
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unfit(f"it is no JSON ({str(error)[:80]})") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        said = found.get("format") if isinstance(found, dict) else type(found).__name__
        raise _unfit(f"its format is {str(said)[:40]!r}")
    try:
        return MachineResults(
            Machine(**_checked(found["machine"], Machine)),
            tuple(_measurement(each) for each in found["measurements"]),
            tuple(Ceiling(**_checked(each, Ceiling)) for each in found["ceilings"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _unfit(f"a value in it cannot be: {str(error)[:120]}") from error


def _measurement(given: Mapping[str, Any]) -> Measurement:
    values = _checked({**given, "setup": Setup(**_checked(given["setup"], Setup))}, Measurement)
    rounds = values["rounds_ms"]
    if not rounds or min(*rounds, *values["quartiles_ms"]) <= 0 or len(values["input_shape"]) != 3:
        raise ValueError(f"the times of {values['network']}")
    return Measurement(**values)


_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (int, float),
    "tuple": (list, tuple),
    "NumberFormat": (str,),
    "Setup": (Setup,),
    "None": (type(None),),
}


def _checked(given: Mapping[str, Any], record: type) -> dict[str, Any]:
    """The fields of a record out of plain values, each of its declared kind."""
    values = {}
    for field in fields(record):
        value = given[field.name]
        kinds = str(field.type).split("[")[0].split(" | ") + (
            ["None"] if str(field.type).endswith("None") else []
        )
        allowed = tuple(kind for name in kinds for kind in _KINDS[name])
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            raise ValueError(f"{field.name} is {str(value)[:40]!r}")
        if isinstance(value, list):
            if not all(isinstance(each, (int, float)) for each in value):
                raise ValueError(f"{field.name} holds what is no number")
            value = tuple(value)
        values[field.name] = value
    if record is Ceiling and min(values["flops_per_s"], values["bytes_per_s"]) <= 0:
        raise ValueError("a ceiling of zero")
    return values


def _unfit(why: str) -> BadChoice:
    return BadChoice(
        f"The file holds no results of a machine: {why}. Allowed: what "
        "`python -m vizcore bench ... --out FILE` or this page's download has written.",
        received="a file",
    )
