"""Which file of the zoo builds which of its own architectures. Needs no torch.

A family's file has one function, `build(key, **options)`, that reads a table of variants. A new
variant is a row of that table and its key here; its identity, paper and published numbers come
from the reference facts.
"""

from __future__ import annotations

from vizcore.zoo.libraries import OwnBuilder

#: Family file -> the keys it builds.
FILES: dict[str, tuple[str, ...]] = {}

BUILDERS: dict[str, OwnBuilder] = {
    key: OwnBuilder(f"{file}:build", key) for file, keys in FILES.items() for key in keys
}
