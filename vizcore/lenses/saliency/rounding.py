"""How far float32 is to be trusted after many layers."""

from __future__ import annotations

#: Scores may be off by this share of the largest one.
ROUNDING = 1e-5
