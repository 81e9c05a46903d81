"""A machine's results as the text of a file, and back: every value of its declared kind."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any

from vizcore.errors import BadChoice
from vizcore.records import as_plain
from vizcore.records.bench import (
    NUMBER_FORMATS,
    Ceiling,
    Machine,
    MachineResults,
    Measurement,
    Setup,
)

#: Names the layout of a result file; a file of another one is refused.
FORMAT = "convscope-bench-1"


def to_json(results: MachineResults) -> str:
    """A machine's results as the text of a file."""
    plain = as_plain(replace(results, left_out=()))
    del plain["left_out"]  # of the moment, not of the machine
    return json.dumps({"format": FORMAT, **plain}, indent=1, allow_nan=False) + "\n"


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
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _unfit(f"it is no JSON ({str(error)[:80]})") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        said = found.get("format") if isinstance(found, dict) else type(found).__name__
        raise _unfit(f"its format is {_plain(said)}, and '{FORMAT}' is read")
    try:
        measurements = [_measurement(each) for each in found["measurements"]]
        kinds = {(m.network, m.input_shape, m.setup) for m in measurements}
        if len(kinds) < len(measurements):
            raise ValueError("a network is in it twice with one input and one setup")
        return MachineResults(
            Machine(**_checked(found["machine"], Machine)),
            tuple(measurements),
            tuple(Ceiling(**_checked(each, Ceiling)) for each in found["ceilings"]),
        )
    except KeyError as error:
        raise _unfit(f"{error} is missing") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise _unfit(f"a value in it cannot be: {str(error)[:160].rstrip('.')}") from error


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _plain(value: object) -> str:
    """What came in, in a few characters that are letters to whoever reads them."""
    return "'" + "".join(c if c not in _NOT_IN_NAMES else "?" for c in str(value)[:40]) + "'"


def _measurement(given: Mapping[str, Any]) -> Measurement:
    values = _checked({**given, "setup": Setup(**_checked(given["setup"], Setup))}, Measurement)
    name, rounds, quartiles = (values[key] for key in ("network", "rounds_ms", "quartiles_ms"))
    times = (*rounds, *quartiles)
    if not rounds or len(quartiles) != 2 or not all(1e-6 <= each <= 1e9 for each in times):
        raise ValueError(f"the times of {_plain(name)}")
    shape = values["input_shape"]
    if len(shape) != 3 or not all(isinstance(n, int) and 1 <= n <= 10_000 for n in shape):
        raise ValueError(f"input_shape of {_plain(name)}")
    if not _KEY.fullmatch(name):
        raise ValueError(f"network is {_plain(name)}")
    date.fromisoformat(values["date"])
    return Measurement(**values)


#: An architecture's key, also of a library's.
_KEY = re.compile(r"[A-Za-z0-9_.:@/+-]{1,100}")
#: Signs that are no part of a device's name, and that a page would take for more than letters.
_NOT_IN_NAMES = frozenset("<>[]{}|`*$\\")
_LONGEST_NAME = 200
#: No count, size or rate of any machine is larger.
_LARGEST = 1e18

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
        if field.name not in given and field.default is None:
            continue  # a file from before there was such a value
        value = given[field.name]
        kinds = str(field.type).split("[")[0].split(" | ") + (
            ["None"] if str(field.type).endswith("None") else []
        )
        allowed = tuple(kind for name in kinds for kind in _KINDS[name])
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            raise ValueError(f"{field.name} is {str(value)[:40]!r}")
        if isinstance(value, list):
            if not all(_is_number(each) for each in value) or len(value) > 1000:
                raise ValueError(f"{field.name} holds what is no number")
            value = tuple(value)
        elif isinstance(value, (int, float)) and not _is_number(value) and value is not True:
            raise ValueError(f"{field.name} is {str(value)[:40]}")
        elif isinstance(value, str):
            _check_text(field.name, value)
        values[field.name] = value
    _check_record(values, record)
    return values


def _is_number(value: object) -> bool:
    """A finite one that a machine's count or rate can be."""
    if isinstance(value, bool):
        return value is False
    return isinstance(value, (int, float)) and 0 <= value <= _LARGEST


def _check_text(name: str, value: str) -> None:
    if len(value) > _LONGEST_NAME or not (value.isprintable() or not value):
        raise ValueError(f"{name} is too long for a name, or not printable")
    if _NOT_IN_NAMES & set(value) or "://" in value:
        raise ValueError(f"{name} is {_plain(value)}")


def _check_record(values: Mapping[str, Any], record: type) -> None:
    if record is Ceiling:
        if min(values["flops_per_s"], values["bytes_per_s"]) <= 0:
            raise ValueError("a ceiling of zero")
        if values["dtype"] not in NUMBER_FORMATS:
            raise ValueError(f"dtype is {_plain(values['dtype'])}")
    if record is Machine:
        if values["kind"] not in ("cpu", "cuda", "mps"):
            raise ValueError(f"kind is {_plain(values['kind'])}")
        if not values["device"].strip() or min(values["cores"], values["threads"]) < 1:
            raise ValueError("a machine without a name, cores or threads")


def _unfit(why: str) -> BadChoice:
    return BadChoice(
        f"The file holds no results of a machine: {why}. Allowed: what "
        "`python -m vizcore bench ... --out FILE` or this page's download has written.",
        received="a file",
    )
