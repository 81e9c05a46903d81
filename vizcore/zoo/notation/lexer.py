"""The notation's text as tokens, each with its place; and a reader of one word's letters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vizcore.errors import BadNotation
from vizcore.zoo.notation.syntax import Span

#: More than any network needs; a text is read on every keystroke's commit.
LONGEST_TEXT = 20_000
LARGEST_NUMBER = 100_000
_TOKEN = re.compile(r"#[^\n]*|[()\[\]|]|[^\s()\[\]|#,;]+|[,;]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or one of `( ) [ ] |`; the last token is the end, with an empty text."""

    text: str
    at: Span

    @property
    def word(self) -> str:
        """The text in lower case: the notation does not tell FC from fc."""
        return self.text.lower()


def refuse(
    at: Span, message: str, *, received: str = "", suggestions: Iterable[str] = ()
) -> BadNotation:
    """Build the error for this place. What could stand there ends the sentence."""
    choices = tuple(dict.fromkeys(suggestions))
    if choices:
        message += f" Did you mean {' or '.join(repr(choice) for choice in choices[:3])}?"
    return BadNotation(
        message,
        received=received,
        suggestions=choices,
        line=at.line,
        column=at.column,
        start=at.start,
        end=at.end,
    )


def tokens(text: str) -> list[Token]:
    """Cut a text into tokens; commas, white space and `# comments` only separate.

    Example:
        >>> [token.text for token in tokens("[conv3-64 bn]x2  # twice")]
        ['[', 'conv3-64', 'bn', ']', 'x2', '']
    """
    if len(text) > LONGEST_TEXT:
        raise refuse(
            Span(0, 0, 1, 1),
            f"the text has {len(text):,} characters; allowed are {LONGEST_TEXT:,}.",
        )
    found = []
    for line_number, (offset, line) in enumerate(_lines(text), start=1):
        for match in _TOKEN.finditer(line):
            if match[0][0] not in "#,;":
                start = offset + match.start()
                span = Span(start, start + len(match[0]), line_number, match.start() + 1)
                found.append(Token(match[0], span))
    end = Span(len(text), len(text), text.count("\n") + 1, len(text) - text.rfind("\n"))
    return [*found, Token("", end)]


def _lines(text: str) -> list[tuple[int, str]]:
    lines, offset = [], 0
    for line in text.split("\n"):
        lines.append((offset, line))
        offset += len(line) + 1
    return lines


class Scanner:
    """Reads one word from left to right and refuses at the exact letter.

    Args:
        token: the word.
        fixes: what could stand in its place if it cannot be read.
    """

    def __init__(self, token: Token, fixes: tuple[str, ...] = ()) -> None:
        self.token, self.fixes, self.place = token, fixes, 0

    def take(self, letters: str) -> bool:
        """Step over these letters if they come next."""
        if self.token.word.startswith(letters, self.place):
            self.place += len(letters)
            return True
        return False

    def number(self, what: str, low: int = 1) -> int:
        """Read a whole number; `what` names it in the error."""
        match = re.compile(r"\d+").match(self.token.word, self.place)
        if match is None:
            raise self.wrong(f"expected {what}")
        value = int(match[0][:12])
        if not low <= value <= LARGEST_NUMBER:
            name = what.split(",")[0]  # without its "as in conv3-64"
            long = match[0] if len(match[0]) <= 12 else f"{match[0][:12]}..."
            raise self.wrong(f"{name} cannot be {long}: allowed is {low} to {LARGEST_NUMBER:,}")
        self.place = match.end()
        return value

    def pair(self, what: str, low: int = 1) -> tuple[int, int]:
        """Read `3`, which means 3x3, or `1x7`: height x width."""
        first = self.number(what, low)
        if not self.take("x"):
            return first, first
        return first, self.number(f"the width of {what}", low)

    def expect(self, letters: str, what: str) -> None:
        """Step over letters that must come next."""
        if not self.take(letters):
            raise self.wrong(f"expected {what}")

    def finish(self) -> None:
        """Refuse whatever is left of the word."""
        if self.place < len(self.token.word):
            rest = self.token.text[self.place :]
            raise self.wrong(f"'{self.token.text[: self.place]}' is complete before '{rest}'")

    def wrong(self, reason: str) -> BadNotation:
        """The error at the letter that comes next; its suggestions replace the whole word."""
        at, text = self.token.at, self.token.text
        column = at.column + self.place
        here = f"'{text}'" if text else "the end"
        error = refuse(
            Span(at.start, at.end, at.line, column),
            f"in {here}, {reason}.",
            received=text,
            suggestions=[fix for fix in self.fixes if fix != self.token.word],
        )
        return error
