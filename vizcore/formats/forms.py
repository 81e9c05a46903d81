"""The forms of a layer table by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from vizcore.formats.data import to_csv, to_json
from vizcore.formats.tables import table_text, to_latex, to_markdown
from vizcore.records.layers import LayerTable

#: The name of each form on the command line, and what writes it.
FORMS: Mapping[str, Callable[[LayerTable], str]] = MappingProxyType(
    {
        "table": table_text,
        "csv": to_csv,
        "json": to_json,
        "markdown": to_markdown,
        "latex": to_latex,
    }
)
