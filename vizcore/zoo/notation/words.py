"""One layer's word and its options: `conv7-64/2 p3 g2`. What cannot be read gets a suggestion."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast, get_args

from vizcore.zoo.notation.lexer import Scanner, Token, refuse
from vizcore.zoo.notation.syntax import Conv, Dense, Dropout, Plain, Pool, Word

PLAIN: tuple[str, ...] = get_args(Word)
HEADS = ("conv", "maxpool", "avgpool", "fc", "dropout", *PLAIN, "res", "inc", "input")
#: What others write for our words.
_OTHERS = {
    "m": "maxpool", "pool": "maxpool", "max": "maxpool", "max-pool": "maxpool", "avg": "avgpool",
    "average": "avgpool", "globalpool": "gap", "globalavgpool": "gap", "batchnorm": "bn",
    "batchnorm2d": "bn", "norm": "lrn", "localresponsenorm": "lrn", "dense": "fc", "linear": "fc",
    "full": "fc", "drop": "dropout", "soft-max": "softmax", "identity": "id", "skip": "id",
    "residual": "res", "inception": "inc", "concat": "inc", "convolution": "conv", "c": "conv",
}  # fmt: skip
OPTIONS = {
    "conv": ("s2", "p1", "g2", "d2", "norelu", "nobias"),
    "maxpool": ("s2", "p1", "ceil"),
    "avgpool": ("s2", "p1", "ceil"),
    "fc": ("norelu", "nobias"),
}
OPTION = re.compile(r"([spgd])(\d.*)?|norelu|nobias|ceil")
EXAMPLES = "conv3-64, maxpool, avgpool3/2, gap, lrn, bn, dropout, fc-4096, res( or inc("


def head_of(word: str) -> str:
    """The letters a word begins with, where they name a layer: `conv3-64` -> `conv`, else ``."""
    letters = re.match(r"[a-z]*", word)
    head = letters[0] if letters else ""
    return head if head in HEADS else ""


def fixes(word: str) -> tuple[str, ...]:
    """Words that can be read and look like this one, nearest first.

    Example:
        >>> fixes("cnov3-64"), fixes("conv-64"), fixes("M"), fixes("fc4096")
        (('conv3-64',), ('conv3-64',), ('maxpool',), ('fc-4096',))
    """
    lowered = word.lower()
    if lowered in _OTHERS:
        head: str = _OTHERS[lowered]
        return (_filled(head, []),)
    letters = (re.match(r"[a-z_]*", lowered) or [""])[0].strip("_")
    known = [*HEADS, *_OTHERS]
    near = [letters] if letters in known else difflib.get_close_matches(letters, known, 3, 0.6)
    heads = dict.fromkeys(_OTHERS.get(name, name) for name in near)
    numbers = re.findall(r"\d+(?:\.\d+)?", lowered)
    return tuple(_filled(head, numbers) for head in heads)


def _filled(head: str, numbers: list[str]) -> str:
    """A readable word of this kind, with as many of the numbers as it has places for."""
    whole = [number for number in numbers if number.isdigit() and 0 < int(number) <= 100_000]
    if head == "conv":
        if len(whole) < 2:  # one number: of a kernel's size, or of channels
            whole = [*whole, "64"] if whole and int(whole[0]) <= 11 else ["3", *whole, "64"]
        kernel, channels = whole[:2]
        stride = f"/{whole[2]}" if len(numbers) > 2 and len(whole) > 2 else ""
        return f"conv{kernel}-{channels}{stride}"
    if head in ("maxpool", "avgpool"):
        return head + "/".join(whole[:2])
    if head == "fc":
        return f"fc-{(whole or ['1000'])[0]}"
    if head in ("res", "inc"):
        return f"{head}(conv3-64)"
    if head == "input":
        return "input 3x224x224"
    if head == "dropout":
        return head + next((number for number in numbers if 0 < float(number) < 1), "")
    return head


def read_layer(token: Token) -> Conv | Pool | Dense | Dropout | Plain:
    """Read a layer's word, without its options."""
    head = head_of(token.word)
    if head in PLAIN and token.word == head:
        return Plain(cast(Word, head), at=token.at)
    reader = _READERS.get(head)
    if reader is None:
        if OPTION.fullmatch(token.word):
            raise refuse(
                token.at,
                f"'{token.text}' is an option, and no layer that takes it stands before it. "
                f"Expected a layer such as {EXAMPLES}.",
                received=token.text,
            )
        raise refuse(
            token.at,
            f"'{token.text}' is no layer. Expected a layer such as {EXAMPLES}.",
            received=token.text,
            suggestions=fixes(token.word),
        )
    scan = Scanner(token, fixes(token.word))
    scan.take(head)
    layer = reader(scan)
    scan.finish()
    return replace(layer, at=token.at)


def _conv(scan: Scanner) -> Conv:
    kernel = scan.pair("the kernel's size, as in conv3-64")
    scan.expect("-", "'-' and the number of channels, as in conv3-64")
    channels = scan.number("the number of channels")
    return Conv(kernel, channels, scan.pair("the stride") if scan.take("/") else (1, 1))


def _pool(scan: Scanner) -> Pool:
    mode = "max" if scan.token.word.startswith("max") else "avg"
    at_end = scan.place == len(scan.token.word)
    kernel = (2, 2) if at_end else scan.pair("the window's size, as in maxpool3/2")
    stride = scan.pair("the stride") if scan.take("/") else kernel
    return Pool(cast(Any, mode), kernel, stride)


def _dense(scan: Scanner) -> Dense:
    scan.expect("-", "'-' and the number of outputs, as in fc-4096")
    return Dense(scan.number("the number of outputs"))


def _dropout(scan: Scanner) -> Dropout:
    rest = scan.token.word[scan.place :]
    if not rest:
        return Dropout()
    if not re.fullmatch(r"0\.\d{1,4}", rest) or float(rest) == 0:
        raise scan.wrong("expected nothing, or a share between 0 and 1 as in dropout0.4")
    scan.place += len(rest)
    return Dropout(float(rest))


_READERS: dict[str, Callable[[Scanner], Conv | Pool | Dense | Dropout]] = {
    "conv": _conv,
    "maxpool": _pool,
    "avgpool": _pool,
    "fc": _dense,
    "dropout": _dropout,
}


def is_option(token: Token) -> bool:
    """Whether a word reads as an option of the layer before it."""
    return OPTION.fullmatch(token.word) is not None


def with_option(
    layer: Conv | Pool | Dense, head: str, token: Token, taken: set[str]
) -> Conv | Pool | Dense:
    """Return the layer with one more option."""
    allowed = OPTIONS[head]
    name = token.word if token.word in ("norelu", "nobias", "ceil") else token.word[:1]
    if not any(option.startswith(name) for option in allowed):
        raise refuse(
            token.at,
            f"'{token.text}' is no option of {head}. Its options are {', '.join(allowed)}.",
            received=token.text,
        )
    if name in taken:
        raise refuse(token.at, f"'{token.text}' sets an option a second time.", received=token.text)
    taken.add(name)
    if name in ("norelu", "nobias"):
        return replace(cast(Any, layer), **{name[2:]: False})
    if name == "ceil":
        return replace(cast(Any, layer), ceil=True)
    scan = Scanner(token)
    scan.take(name)
    changed = _sized(layer, name, scan)
    scan.finish()
    return changed


def _sized(layer: Conv | Pool | Dense, name: str, scan: Scanner) -> Conv | Pool | Dense:
    any_layer = cast(Any, layer)
    if name == "s":
        return cast(Conv, replace(any_layer, stride=scan.pair("the stride")))
    if name == "p":
        return cast(Conv, replace(any_layer, padding=scan.pair("the padding", low=0)))
    if name == "g":
        return cast(Conv, replace(any_layer, groups=scan.number("the number of groups")))
    return cast(Conv, replace(any_layer, dilation=scan.number("the dilation")))
