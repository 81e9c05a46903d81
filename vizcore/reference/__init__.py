"""Facts from papers and lectures: csv files with a source on every row, and their loaders.

Needs neither torch nor pandas. Loaders are cached and return frozen records.
"""

from vizcore.records.lectures import LectureClaim
from vizcore.reference.accuracy import AccuracyRecord, accuracy_vs_compute
from vizcore.reference.architectures import ArchitectureFacts, architecture_facts, facts_of
from vizcore.reference.lectures import (
    LectureDeck,
    lecture_claim,
    lecture_claims,
    lecture_decks,
)
from vizcore.reference.winners import ChallengeWinner, challenge_winners

__all__ = [
    "AccuracyRecord",
    "ArchitectureFacts",
    "ChallengeWinner",
    "LectureClaim",
    "LectureDeck",
    "accuracy_vs_compute",
    "architecture_facts",
    "challenge_winners",
    "facts_of",
    "lecture_claim",
    "lecture_claims",
    "lecture_decks",
]
