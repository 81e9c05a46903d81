"""What the lecture decks print, each number with our arithmetic and a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from vizcore.errors import BadChoice, UnknownName
from vizcore.records.lectures import LectureClaim
from vizcore.reference.tables import read_table

KINDS = ("computable", "literature", "qualitative")
VERDICTS = ("holds", "rounds", "slip", "ambiguous", "not-checked")


@dataclass(frozen=True, slots=True)
class LectureDeck:
    """One deck of slides; lecturer and institution are "" where the deck does not say."""

    deck: str
    title: str
    lecturer: str
    institution: str


@lru_cache(maxsize=1)
def lecture_decks() -> tuple[LectureDeck, ...]:
    """Return the lecture decks whose figures the app reproduces.

    Example:
        >>> lecture_decks()[-1].institution
        'Cnam'
    """
    return tuple(LectureDeck(**row) for row in read_table("lecture_decks"))


@lru_cache(maxsize=1)
def _claims() -> dict[str, LectureClaim]:
    return {row["id"]: LectureClaim(**row) for row in read_table("lecture_claims")}


def lecture_claims(
    topic: str | None = None, *, deck: str | None = None
) -> tuple[LectureClaim, ...]:
    """Return the lectures' claims, all of them or those of one topic, one deck, or both.

    Raises:
        BadChoice: no claim has this topic or deck; the message lists those there are.

    Example:
        >>> len(lecture_claims("inception"))
        35
    """
    found = tuple(_claims().values())
    for option, wanted in (("topic", topic), ("deck", deck)):
        allowed = sorted({getattr(claim, option) for claim in _claims().values()})
        if wanted is not None and wanted not in allowed:
            raise BadChoice.among(option, wanted, allowed)
        if wanted is not None:
            found = tuple(claim for claim in found if getattr(claim, option) == wanted)
    return found


def lecture_claim(claim_id: str) -> LectureClaim:
    """Return one claim by its id.

    Raises:
        UnknownName: no claim has this id; the message lists the nearest ones.

    Example:
        >>> lecture_claim("incep_red_total").computed
        '271351808'
    """
    claims = _claims()
    if claim_id not in claims:
        raise UnknownName.among("lecture claim", claim_id, claims)
    return claims[claim_id]
