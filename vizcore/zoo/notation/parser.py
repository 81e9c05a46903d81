"""Read a network in the notation of lecture slides. A recursive descent, and never `eval`.

::

    network  = ["input" CxHxW] layer...
    layer    = word option... ["x" times] | "[" layer... "]" "x" times | block ["x" times]
    block    = "res(" layer... ["|" layer...] ")" | "inc(" layer... "|" layer... ")"
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, cast

from vizcore.zoo.notation.lexer import Scanner, Token, refuse, tokens
from vizcore.zoo.notation.syntax import (
    USUAL_INPUT,
    Block,
    Conv,
    Dense,
    Layer,
    Network,
    Pool,
    Repeat,
    Span,
)
from vizcore.zoo.notation.words import EXAMPLES, is_option, read_layer, with_option

#: Layers after every repetition is written out, and blocks within blocks.
MOST_LAYERS = 1000
DEEPEST = 12


def parse(text: str) -> Network:
    """Read a network.

    Args:
        text: layers separated by white space, such as `conv3-64 conv3-64 maxpool fc-10`.

    Raises:
        BadNotation: names line, column, word, and what was expected there.

    Example:
        >>> parse("conv3-64 p0 maxpool fc-10").layers[0]
        Conv(kernel=(3, 3), channels=64, stride=(1, 1), padding=(0, 0), groups=1, dilation=1, \
relu=True, bias=True)
    """
    return _Parser(tokens(text)).network()


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self.found, self.place = found, 0

    @property
    def next(self) -> Token:
        return self.found[self.place]

    def step(self) -> Token:
        token = self.next
        if token.text:
            self.place += 1
        return token

    def network(self) -> Network:
        shape = self.picture() if self.next.word == "input" else USUAL_INPUT
        first = self.next.at
        layers = self.layers((), 0)
        if self.next.text:
            closing = self.next
            raise refuse(
                closing.at,
                f"'{closing.text}' closes or divides nothing. Expected a layer or the end.",
                received=closing.text,
            )
        if not layers:
            raise refuse(first, f"the network has no layer. Expected one such as {EXAMPLES}.")
        count = sum(map(size, layers))
        if count > MOST_LAYERS:
            raise refuse(
                first,
                f"the network has {count:,} layers with its repetitions; "
                f"allowed are {MOST_LAYERS:,}.",
            )
        return Network(shape, layers, at=first)

    def picture(self) -> tuple[int, int, int]:
        self.step()
        scan = Scanner(self.next, ("3x224x224",))
        what = "the picture's channels, height and width, as in 3x224x224"
        sizes = [scan.number(what)]
        for _ in range(2):
            scan.expect("x", what)
            sizes.append(scan.number(what))
        scan.finish()
        self.step()
        return sizes[0], sizes[1], sizes[2]

    def layers(self, closing: tuple[str, ...], depth: int) -> tuple[Layer, ...]:
        found: list[Layer] = []
        while self.next.text and self.next.text not in (")", "]", "|", *closing):
            found.append(self.repeated(self.layer(depth)))
        return tuple(found)

    def layer(self, depth: int) -> Layer:
        token = self.next
        if depth > DEEPEST:
            raise refuse(token.at, f"blocks stand in blocks more than {DEEPEST} deep.")
        if token.text == "[":
            return self.group(depth)
        if token.word in ("res", "inc") and self.found[self.place + 1].text == "(":
            return self.block(depth)
        if token.text == "(":
            raise refuse(
                token.at,
                "'(' stands without a name. Expected 'res(' for a sum, 'inc(' for a "
                "concatenation, or '[' for a repetition.",
                received="(",
                suggestions=("res(", "inc(", "["),
            )
        if token.word in ("res", "inc"):
            raise refuse(
                self.found[self.place + 1].at,
                f"expected '(' after '{token.text}', as in {token.word}(conv3-64 conv3-64).",
                received=self.found[self.place + 1].text,
            )
        if token.word == "input":
            raise refuse(token.at, "'input' may only stand at the beginning.", received="input")
        if _times(token) is not None:
            raise refuse(
                token.at,
                f"'{token.text}' repeats nothing. Expected a layer before it, as in conv3-64 x2.",
                received=token.text,
            )
        self.step()
        layer = read_layer(token)
        if isinstance(layer, (Conv, Pool, Dense)):
            return self.with_options(layer, token)
        return layer

    def with_options(self, layer: Conv | Pool | Dense, token: Token) -> Layer:
        head = {Conv: "conv", Dense: "fc"}.get(type(layer), token.word[:7])
        taken = {"s"} if "/" in token.text else set()
        while is_option(self.next):
            option = self.step()
            layer = with_option(layer, head, option, taken)
            layer = replace(layer, at=_joined(token.at, option.at))
        if isinstance(layer, Conv) and layer.padding == layer.usual_padding:
            layer = replace(layer, padding=None)
        if isinstance(layer, Pool):
            for side, pad in zip(layer.kernel, layer.padding, strict=True):
                if 2 * pad > side:
                    raise refuse(
                        layer.at or token.at,
                        f"a pooling window of {side} cannot have a padding of {pad}: "
                        f"at most half the window, {side // 2}.",
                        received=token.text,
                    )
        return layer

    def group(self, depth: int) -> Layer:
        opening = self.step()
        body = self.layers(("]",), depth + 1)
        self.close("]", opening)
        token = self.next
        if _times(token) is None:
            raise refuse(
                token.at,
                f"expected how often after '{opening.text}...]', as in [conv3-64 bn] x2, and not "
                f"{_quoted(token)}.",
                received=token.text,
            )
        if not body:
            raise refuse(opening.at, "nothing stands between '[' and ']'.", received="[]")
        times = self.times()
        return Repeat(body, times, at=_joined(opening.at, token.at))

    def block(self, depth: int) -> Layer:
        name, opening = self.step(), self.step()
        branches = [self.layers((")",), depth + 1)]
        bars = [opening]
        while self.next.text == "|":
            bars.append(self.step())
            branches.append(self.layers((")",), depth + 1))
        closing = self.close(")", opening)
        for bar, branch in zip(bars, branches, strict=True):
            if not branch:
                raise refuse(
                    bar.at,
                    f"a branch of {name.word}( ) is empty. Write 'id' for one that changes "
                    "nothing.",
                    received=bar.text,
                )
        if name.word == "inc" and len(branches) < 2:
            raise refuse(
                closing.at,
                "'inc' has one branch. Expected '|' and a second one, as in "
                "inc(conv1-64 | conv1-96 conv3-128).",
                received=closing.text,
            )
        if name.word == "res" and len(branches) > 2:
            raise refuse(
                bars[2].at,
                "'res' has at most two parts: the layers, and after '|' the shortcut.",
                received="|",
            )
        join = cast(Literal["res", "inc"], name.word)
        return Block(join, tuple(branches), at=_joined(name.at, closing.at))

    def close(self, bracket: str, opening: Token) -> Token:
        if self.next.text == bracket:
            return self.step()
        at = opening.at
        raise refuse(
            self.next.at,
            f"expected a layer or '{bracket}' for the '{opening.text}' of line {at.line}, column "
            f"{at.column}, and not {_quoted(self.next)}.",
            received=self.next.text,
        )

    def repeated(self, layer: Layer) -> Layer:
        """A layer, or the repetition of it that stands behind it."""
        if _times(self.next) is not None and not isinstance(layer, Repeat):
            at = _joined(layer.at, self.next.at) if layer.at else self.next.at
            layer = Repeat((layer,), self.times(), at=at)
        token = self.next
        if _times(token) is not None:
            raise refuse(
                token.at,
                f"'{token.text}' repeats what is repeated. Expected brackets around it, as in "
                "[conv3-64 x2] x3.",
                received=token.text,
            )
        return layer

    def times(self) -> int:
        scan = Scanner(self.step())
        scan.take("x")
        return scan.number("how often to repeat")


def size(layer: Layer) -> int:
    """How many layers a layer stands for, its repetitions written out."""
    if isinstance(layer, Repeat):
        return layer.times * sum(map(size, layer.body))
    if isinstance(layer, Block):
        return 1 + sum(size(inner) for branch in layer.branches for inner in branch)
    return 1


def _times(token: Token) -> str | None:
    rest = token.word[1:]
    return rest if token.word.startswith("x") and rest[:1].isdigit() else None


def _joined(first: Span, last: Span) -> Span:
    return replace(first, end=last.end)


def _quoted(token: Token) -> str:
    return f"'{token.text}'" if token.text else "the end"
