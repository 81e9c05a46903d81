"""Frozen results: numbers, tuples and numpy arrays, nothing else. No torch, no streamlit.

Every lens, table and reference loader returns one of these, and every figure is drawn from one.
Shapes are torch's, batch first: a feature map is `(N, C, H, W)`. Arrays name their axes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from vizcore.errors import UnknownName

Shape = tuple[int, ...]
Pair = tuple[int, int]
#: Pixels (left, top, right, bottom) of a picture; a part of them may lie outside it.
Window = tuple[int, int, int, int]

#: The kinds a layer can be of. Their colours are in `vizcore.figures.palette`.
Kind = Literal["conv", "pool", "linear", "norm", "activation", "join", "attention", "other"]
KINDS: tuple[Kind, ...] = (
    "conv",
    "pool",
    "linear",
    "norm",
    "activation",
    "join",
    "attention",
    "other",
)

#: Bytes of one value.
DTYPE_BYTES: dict[str, int] = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8, "int8": 1}


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """The square of input pixels that one value of a layer can see.

    Attributes:
        size: height and width in input pixels, ignoring the picture's borders.
        stride: how many input pixels the square moves from one value to the next.
        offset: input coordinate of the first value's top left pixel (negative inside padding).
        exact: True when a path exists to every corner; False when the size is an upper bound.
        whole: True when every value sees the whole picture (global pooling, attention, flatten).
    """

    size: Pair
    stride: Pair
    offset: Pair
    exact: bool = True
    whole: bool = False

    def window(self, place: Pair) -> Window:
        """The pixels that the value at `place` (row, column) sees; past the border is padding.

        Example:
            >>> ReceptiveField((7, 7), (2, 2), (-3, -3)).window((0, 5))
            (7, -3, 14, 4)
        """
        top, left = (self.offset[a] + place[a] * self.stride[a] for a in (0, 1))
        return left, top, left + self.size[1], top + self.size[0]


@dataclass(frozen=True, slots=True)
class Conventions:
    """How a table counts. Every total on every page says which conventions it used.

    Attributes:
        bias: whether biases are counted among the parameters.
        ops: "macs" (multiply-adds) or "flops" (two per multiply-add, nothing else).
        batch: pictures per forward pass.
        dtype: a key of `DTYPE_BYTES`; sets the bytes of a value.
        memory: "forward" counts every layer's output once; "training" adds what the backward
            pass keeps and the gradients of activations and parameters.
    """

    bias: bool = True
    ops: Literal["macs", "flops"] = "macs"
    batch: int = 1
    dtype: str = "float32"
    memory: Literal["forward", "training"] = "forward"


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One operation of one forward pass.

    Attributes:
        index: position in the order of execution, from 0.
        name: torch's dotted module name; an operation that is no module (an addition, a
            concatenation, a functional call) has its parent's name and the operation's:
            `layer1.0.add`.
        kind: one of `KINDS`.
        op: the operation itself: `Conv2d`, `BatchNorm2d`, `ReLU`, `add`, `cat`, ...
        in_shape, out_shape: torch shapes, batch first. `in_shape` is the first input's.
        kernel, stride, padding, dilation: in pixels, (height, width); None where they mean
            nothing.
        groups: of a convolution, else None.
        weights, biases: parameters used here (counted at first use, 0 at a repeated use).
        macs: multiply-adds of the whole batch.
        activations: values in the output (0 where the output is a view of the input).
        receptive_field: None where it means nothing (after tokens are mixed).
        inputs: the indices of the rows whose outputs this row reads, -1 for the picture.
        arithmetic: the counts in words, one line each:
            "output size: (227 - 11)/4 + 1 = 55".
        repeat: how many times the parameters were already used before (0 at first use).
        batch_dims: which dimension of in_shape and of out_shape grows with the batch; None where
            the row does not depend on the pictures.
        left_out_biases: biases used here that the table's conventions do not count.
    """

    index: int
    name: str
    kind: Kind
    op: str
    in_shape: Shape
    out_shape: Shape
    kernel: Pair | None
    stride: Pair | None
    padding: Pair | None
    dilation: Pair | None
    groups: int | None
    weights: int
    biases: int
    macs: int
    activations: int
    receptive_field: ReceptiveField | None
    inputs: tuple[int, ...]
    arithmetic: tuple[str, ...] = ()
    repeat: int = 0
    batch_dims: tuple[int | None, int | None] = (0, 0)
    left_out_biases: int = 0

    @property
    def params(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of the columns of a `LayerTable`, in the table's conventions.

    Attributes:
        params: weights, and biases where the conventions count them.
        macs: multiply-adds (or FLOPs, where the conventions say so) of the whole batch.
        activations: values of all outputs.
        activation_bytes, param_bytes: the same in bytes of the conventions' dtype.
        memory_bytes: what the conventions' `memory` needs in all.
        input_values: values of the input batch, counted in no row.
    """

    params: int
    weights: int
    biases: int
    macs: int
    activations: int
    activation_bytes: int
    param_bytes: int
    memory_bytes: int
    input_values: int


@dataclass(frozen=True, slots=True)
class LayerTable:
    """A network's layers in the order of execution, with totals equal to the column sums.

    `rows` are counted for the conventions' batch. `counts` of rows and totals never disagree:
    a test adds them up.

    Attributes:
        key: the architecture's key, or the class name of a module given from outside.
        input_shape: batch first.
        not_counted: what the counts leave out, one sentence each.
    """

    key: str
    input_shape: Shape
    conventions: Conventions
    rows: tuple[LayerRow, ...]
    totals: Totals
    not_counted: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[LayerRow]:
        return iter(self.rows)

    def __str__(self) -> str:
        from vizcore.formats import table_text

        return table_text(self)

    def _repr_html_(self) -> str:
        from vizcore.formats import table_html

        return table_html(self)


#: The stage of a layer whose output is no map: a vector, or tokens.
NO_MAP = 64


@dataclass(frozen=True, slots=True)
class DepthStep:
    """One weighted layer and what follows it until the next one: a unit of depth.

    Attributes:
        layer: the weighted layer's row in its table.
        rows: the first row of the step, and the row after its last.
        stage: how often the picture has been halved by then, or `NO_MAP`.
        field: side in input pixels of the largest receptive field so far, before the whole
            picture is seen; None where it is unknown (attention in windows).
        exact: False where `field` is an upper bound.
        whole: whether one value sees the whole picture by then.
    """

    layer: int
    rows: Pair
    stage: int
    field: int | None
    exact: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class AlignedLine:
    """Layers of several networks that stand beside each other: same stage, same place in it.

    Attributes:
        stage: as in `DepthStep`.
        place: 1 for the first weighted layer of the stage.
        steps: a network's step, or None where its stage has fewer layers.
    """

    stage: int
    place: int
    steps: tuple[DepthStep | None, ...]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Several networks side by side, counted in the same conventions.

    Attributes:
        tables: one a network.
        steps: each network's depth, in the order of execution.
        lines: every step of every network once, by stage.
    """

    tables: tuple[LayerTable, ...]
    steps: tuple[tuple[DepthStep, ...], ...]
    lines: tuple[AlignedLine, ...]

    @property
    def stages(self) -> tuple[int, ...]:
        """The stages that any of the networks has, first to last."""
        return tuple(dict.fromkeys(line.stage for line in self.lines))

    def before_whole(self, place: int) -> DepthStep | None:
        """A network's last step at which one value does not yet see the whole picture."""
        return next((step for step in reversed(self.steps[place]) if not step.whole), None)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The classes a network gives a picture, most probable first.

    Attributes:
        classes: class names (or numbers as text), most probable first.
        indices: their output numbers.
        probabilities: softmax of the scores, same order.
        scores: the unnormalised class scores (logits), same order.
    """

    classes: tuple[str, ...]
    indices: tuple[int, ...]
    probabilities: tuple[float, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MapLayer:
    """A layer that gives maps for a picture: something to choose from.

    Attributes:
        name: torch's dotted name, with the number of the run where a module runs several times
            (`relu`, `relu_1`); a function called in a module has the module's name and its own
            (`layer1.0.add`).
        op: the module's class, or the function.
        channels, height, width: of its output.
        leaf: False for a module that is made of others.
    """

    name: str
    op: str
    channels: int
    height: int
    width: int
    leaf: bool


#: The ways to sort the channels of a layer.
Sorting = Literal["maximum", "mean", "sparsity", "gradient", "ablation", "channel"]


@dataclass(frozen=True, slots=True)
class FeatureMaps:
    """Every channel of one layer for one picture.

    Attributes:
        layer: the place's name, as in `MapLayer`.
        maps_chw: float32, channels in the network's own order.
        order: channel numbers, strongest first by `sorted_by`.
        sorted_by: one of `Sorting`.
        strength_c: the value each channel was sorted by, in the network's order.
    """

    layer: str
    maps_chw: npt.NDArray[np.float32]
    order: tuple[int, ...]
    sorted_by: str
    strength_c: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LectureClaim:
    """One number or statement of a lecture, beside what arithmetic gives.

    Attributes:
        id: a short unique name.
        deck: the name of the lecture deck.
        topic: "inception", "vgg_memory", ...
        claim: what the number is said to be, in our words.
        stated: what the slide prints.
        kind: "computable" (a proof), "literature" (needs its source) or "qualitative".
        expression, computed: the arithmetic and its value, as text; "" unless computable.
        verdict: "holds", "rounds", "slip", "ambiguous" or "not-checked".
        note: the reason for the verdict.
    """

    id: str
    deck: str
    topic: str
    claim: str
    stated: str
    kind: str
    expression: str
    computed: str
    verdict: str
    note: str

    @property
    def proven(self) -> bool:
        """True where the verdict rests on arithmetic shown here, not on another's word."""
        return self.kind == "computable"

    @property
    def stated_value(self) -> float | None:
        """The number the slide prints, where it is one number and a unit; else None."""
        match = re.fullmatch(r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)(?: [a-z%][a-z -]*)?", self.stated)
        return float(match[1]) if match else None


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


@dataclass(frozen=True, slots=True)
class SumPart:
    """One term of a sum; `belongs` is False for a term that only a lecture has counted."""

    label: str
    value: int
    belongs: bool = True


@dataclass(frozen=True, slots=True)
class LectureCheck:
    """A lecture's number beside the same number read off the traced block.

    Attributes:
        claim: what the lecture prints, and the verdict.
        traced: the value or values of the trace, with the knobs where the lecture has them.
        proof: where the two differ and the reason is known: the arithmetic that shows it.
        parts: the same as terms to be drawn: those that belong add to the traced value, and the
            lecture's value is the sum of the first few, or of all of them.
    """

    claim: LectureClaim
    traced: tuple[float, ...]
    proof: str = ""
    parts: tuple[SumPart, ...] = ()


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


def as_plain(value: Any) -> Any:
    """Turn a record into dictionaries, lists and numbers that `json` can write.

    Example:
        >>> as_plain(ReceptiveField((3, 3), (1, 1), (-1, -1)))["size"]
        [3, 3]
    """
    from dataclasses import fields, is_dataclass

    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(k): as_plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    return value
