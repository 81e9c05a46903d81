"""What was new in each architecture: a few sentences for a student. Keys are the zoo's."""

from __future__ import annotations

from vizcore.zoo.novelty.classics import CLASSICS
from vizcore.zoo.novelty.mobile import MOBILE
from vizcore.zoo.novelty.modern import MODERN
from vizcore.zoo.novelty.own import OWN
from vizcore.zoo.novelty.small import SMALL

WHAT_WAS_NEW: dict[str, str] = {**OWN, **CLASSICS, **MOBILE, **MODERN, **SMALL}

__all__ = ["WHAT_WAS_NEW"]
