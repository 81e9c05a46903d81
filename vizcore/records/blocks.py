"""Frozen results about building blocks: what an architectural idea costs, at any setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vizcore.errors import UnknownName
from vizcore.records import Shape
from vizcore.records.layers import LayerTable
from vizcore.records.lectures import LectureCheck


@dataclass(frozen=True, slots=True)
class Knob:
    """One whole number of a block that a person can turn.

    Attributes:
        name: the keyword; `label` what stands beside the control; `help` what it does.
        default: the value of the lecture or paper the study is about.
        minimum, maximum, step: the allowed values, unless `choices` lists them.
        unit: "channels", "px", ...; "" for a plain number.
        value: the value in use.
        choices: the allowed values, where they are no regular range.
    """

    name: str
    label: str
    default: int
    minimum: int
    maximum: int
    step: int
    unit: str
    help: str
    value: int
    choices: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class BlockVariant:
    """One way to build a block, traced operation by operation.

    Attributes:
        name: the key in the study: "naive"; `label` the same for people.
        table: the trace of a real module: every row and the totals.
        receptive_field: input pixels a side that one output value sees; None where every
            value sees the whole input.
        out_shape: batch first.
        formula: the closed form with the numbers put in, ending in its value, which is
            `formula_value`: the table's total of the study's `quantity`.
        labels: (row name, words) for rows whose operation alone does not say what they are.
    """

    name: str
    label: str
    table: LayerTable
    receptive_field: int | None
    out_shape: Shape
    formula: str
    formula_value: int
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class BlockStudy:
    """What an architectural idea costs, against what it replaces.

    Attributes:
        name, title, question: the idea.
        answer: one sentence with the real numbers at these knobs.
        knobs: every number that can be turned, with the value in use.
        variants: the ways to build the block; the first is the one without the idea.
        quantity: "macs" or "params": what the idea saves (or spends).
        compared: the names of the two variants that `ratio` compares.
        ratio: the first one's quantity over the second's.
        formula: the cost in words and letters, one line each.
        lecture: what lectures print about it.
        notes: what is left out, and what surprises.
        sources: the papers.
    """

    name: str
    title: str
    question: str
    answer: str
    knobs: tuple[Knob, ...]
    variants: tuple[BlockVariant, ...]
    quantity: Literal["macs", "params"]
    compared: tuple[str, str]
    ratio: float
    formula: tuple[str, ...]
    lecture: tuple[LectureCheck, ...]
    notes: tuple[str, ...]
    sources: tuple[str, ...]

    def __repr__(self) -> str:
        sums = (
            f"  {v.label}: {v.table.totals.macs:,} multiply-adds, "
            f"{v.table.totals.params:,} weights, output {v.out_shape}"
            for v in self.variants
        )
        return "\n".join([f"{self.title}: {self.answer}", *sums])

    def variant(self, name: str) -> BlockVariant:
        """Return a variant by its name.

        Raises:
            UnknownName: the study has no such variant.
        """
        for candidate in self.variants:
            if candidate.name == name:
                return candidate
        raise UnknownName.among("variant", name, [v.name for v in self.variants])
