"""How a block study is made: knobs in, real modules built on the meta device and traced.

No weight is allocated: a module on the meta device has shapes and nothing else. The numbers
come from the trace; the closed forms beside them are written by hand, and tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import nn

from vizcore.anatomy import trace
from vizcore.blocks.cards import Card
from vizcore.errors import BadChoice
from vizcore.records import Shape
from vizcore.records.blocks import BlockStudy, BlockVariant, Knob
from vizcore.records.layers import LayerRow
from vizcore.records.lectures import LectureCheck, SumPart
from vizcore.reference import lecture_claim

Values = Mapping[str, int]
Variants = Mapping[str, BlockVariant]
#: Traces the study's variants with its default knobs, changed by the keywords.
At = Callable[..., Variants]


@dataclass(frozen=True, slots=True)
class Draft:
    """A variant before it is traced: `build` makes the module, on the meta device.

    `formula` is the closed form with the numbers put in, without its `value`; `sees` the side of
    the receptive field where the trace cannot follow it.
    """

    name: str
    label: str
    build: Callable[[], nn.Module]
    input_shape: Shape
    formula: str
    value: int
    labels: tuple[tuple[str, str], ...] = ()
    sees: int | None = None


@dataclass(frozen=True, slots=True)
class LectureNumber:
    """Where a lecture's number is found in the trace; `proof` and `parts` explain a difference."""

    claim_id: str
    read: Callable[[At], tuple[float, ...]]
    proof: Callable[[At], str] | None = None
    parts: Callable[[At], tuple[SumPart, ...]] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Idea:
    """Everything about one idea; see `BlockStudy` for the fields it becomes.

    `drafts` turns the knobs' values into variants; `answer` states the finding of the traced
    variants; `check` raises `BadChoice` where two knobs contradict each other.
    """

    card: Card
    drafts: Callable[[Values], tuple[Draft, ...]]
    answer: Callable[[Variants, Values], str]
    compared: tuple[str, str]
    formula: tuple[str, ...]
    sources: tuple[str, ...]
    lecture: tuple[LectureNumber, ...] = ()
    notes: Callable[[Variants, Values], tuple[str, ...]] = lambda variants, values: ()
    check: Callable[[Values], None] = lambda values: None


def conv(
    in_channels: int,
    out_channels: int,
    kernel: int | tuple[int, int] = 1,
    stride: int = 1,
    groups: int = 1,
) -> nn.Conv2d:
    """Return a convolution without bias, padded so that stride 1 keeps the size."""
    pair = (kernel, kernel) if isinstance(kernel, int) else kernel
    padding = (pair[0] // 2, pair[1] // 2)
    return nn.Conv2d(in_channels, out_channels, pair, stride, padding, groups=groups, bias=False)


def strided(size: int, stride: int) -> int:
    """Return the side of a padded odd kernel's output: every `stride`-th position.

    Example:
        >>> strided(56, 2), strided(7, 2)
        (28, 4)
    """
    return (size - 1) // stride + 1


def require_divisible(values: Values, number: str, divisor: str) -> None:
    """Raise `BadChoice` unless knob `divisor` divides knob `number`."""
    count, by = values[number], values[divisor]
    if count % by:
        raise BadChoice(
            f"{number} cannot be '{count}' with a {divisor} of {by}. Allowed: multiples of {by}.",
            received=str(count),
            suggestions=[str(by * max(1, round(count / by)))],
        )


def row_of(variant: BlockVariant, name: str) -> LayerRow:
    """Return the row of a variant by its name; a wrong name is a mistake in this package."""
    return next(row for row in variant.table.rows if row.name == name)


def settle(idea: Idea, given: Mapping[str, int]) -> dict[str, int]:
    """Return all knobs' values: the defaults, changed by what was given.

    Raises:
        BadChoice: an unknown knob, a value outside its range, or two that contradict.
    """
    known = {known.name: known for known in idea.card.knobs}
    for name, value in given.items():
        if name not in known:
            raise BadChoice.among(f"a knob of '{idea.card.name}'", name, known)
        _check_range(known[name], value)
    values = {name: given.get(name, one.default) for name, one in known.items()}
    idea.check(values)
    return values


def _check_range(one: Knob, value: object) -> None:
    if one.choices:
        if type(value) is not int or value not in one.choices:
            raise BadChoice.among(one.name, value, one.choices)
        return
    regular = type(value) is int and (value - one.minimum) % one.step == 0
    if not regular or not one.minimum <= int(str(value)) <= one.maximum:
        steps = f" in steps of {one.step}" if one.step > 1 else ""
        raise BadChoice(
            f"{one.name} cannot be '{value}'. Allowed: whole numbers from {one.minimum} to "
            f"{one.maximum}{steps}.",
            received=str(value),
            suggestions=[str(one.default)],
        )


def _variant(draft: Draft) -> BlockVariant:
    with torch.device("meta"):
        module = draft.build()
    table = trace(module, draft.input_shape[1:], key=draft.name, mine=True)
    field = table.rows[-1].receptive_field
    return BlockVariant(
        name=draft.name,
        label=draft.label,
        table=table,
        receptive_field=draft.sees if field is None or field.whole else field.size[0],
        out_shape=table.rows[-1].out_shape,
        formula=f"{draft.formula} = {draft.value:,}",
        formula_value=draft.value,
        labels=draft.labels,
    )


@lru_cache(maxsize=512)
def _traced(idea: Idea, settled: tuple[tuple[str, int], ...]) -> dict[str, BlockVariant]:
    return {draft.name: _variant(draft) for draft in idea.drafts(dict(settled))}


def _lecture(idea: Idea) -> tuple[LectureCheck, ...]:
    def at(**changes: int) -> Variants:
        return _traced(idea, tuple(settle(idea, changes).items()))

    return tuple(
        LectureCheck(
            claim=lecture_claim(number.claim_id),
            traced=number.read(at),
            proof=number.proof(at) if number.proof else "",
            parts=number.parts(at) if number.parts else (),
        )
        for number in idea.lecture
    )


def quantity_of(variant: BlockVariant, quantity: str) -> int:
    """Return a variant's total: "macs", "params" or "activations"."""
    return int(getattr(variant.table.totals, quantity))


def make_study(idea: Idea, given: Mapping[str, int]) -> BlockStudy:
    """Trace an idea's variants with these knobs and state the finding."""
    values = settle(idea, given)
    variants = _traced(idea, tuple(values.items()))
    first, second = (quantity_of(variants[name], idea.card.quantity) for name in idea.compared)
    return BlockStudy(
        name=idea.card.name,
        title=idea.card.title,
        question=idea.card.question,
        answer=idea.answer(variants, values),
        knobs=tuple(replace(one, value=values[one.name]) for one in idea.card.knobs),
        variants=tuple(variants.values()),
        quantity=idea.card.quantity,
        compared=idea.compared,
        ratio=first / second,
        formula=idea.formula,
        lecture=_lecture(idea),
        notes=(*idea.notes(variants, values), *COUNTING),
        sources=idea.sources,
    )


#: True of every study.
COUNTING = (
    "Weights only: a bias would add one parameter per output channel. Normalisation layers are "
    "left out; additions, activations and pooling cost no multiply-adds.",
)
