"""What a method is given: a private network, the score that is asked about, the picture, options.

The parameters of the private network are frozen: they are the network's own tensors, but nothing
is recorded for their gradients, which saves time and memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, fx, nn

from vizcore.errors import BadInputSize
from vizcore.lenses.capture import forward
from vizcore.lenses.saliency.rounding import ROUNDING
from vizcore.lenses.saliency.which_layer import at_layer, at_rewritten_layer
from vizcore.records.saliency import Completeness, Value
from vizcore.runtime.clone import lay_kernels

#: Pictures in a batch where memory does not decide: on a CPU more are slower, not faster.
_BEST_BATCH = {"cpu": 8, "cuda": 50, "mps": 16}
#: Memory of a pass with gradients, for each byte that torch records on the way up: the record
#: itself, the values that go with it and the gradients on the way down.
_PASS_FACTOR = 2.5


class Score(nn.Module):
    """The score of a class, or the difference of two, of each picture: (N, 1)."""

    def __init__(self, network: nn.Module, target: int, against: int | None = None) -> None:
        super().__init__()
        self.network = network
        self.target = target
        self.against = against
        self.training = False

    def parts(self, images: Tensor) -> Tensor:
        """What the score is made of, (N, 1), or (N, 2) for a difference."""
        scores: Tensor = self.network(images)
        wanted = scores[:, self.target : self.target + 1]
        if self.against is None:
            return wanted
        return torch.cat([wanted, scores[:, self.against : self.against + 1]], 1)

    def forward(self, images: Tensor) -> Tensor:
        return joined_parts(self.parts(images))


def joined_parts(parts: Tensor) -> Tensor:
    """The scores (N, 1) of their parts."""
    return parts if parts.shape[1] == 1 else parts[:, :1] - parts[:, 1:]


def rounding_of(parts: Tensor) -> float:
    """What the rounding of float32 may make of scores made of these parts."""
    return ROUNDING * float(parts.abs().max())


@dataclass(slots=True)
class Look:
    """One question: which part of `image` moved `score`?

    Attributes:
        network: a private, frozen copy, rewritten where the method needs it.
        plain: the same copy as it was before.
        score: what is asked about, of `network`.
        nodes: of the rewritten network's graph, by the places they stand for.
        layer, unit: which, once the method has settled on one.
        changes: what was made of the network for this layer, in words; `difference` is the largest
            between its scores before and after.
        image: preprocessed, (1, C, H, W).
        options: all of the method's, checked.
        memory_bytes: what a batch may take.
    """

    network: nn.Module
    plain: nn.Module
    score: Score
    image: Tensor
    options: Mapping[str, Value]
    nodes: Mapping[str, fx.Node] = field(default_factory=dict)
    layer: str | None = None
    seed: int = 0
    memory_bytes: int = 2**30
    unit: tuple[int, int, int] | None = None
    of_class: Score | None = None
    changes: tuple[str, ...] = ()
    difference: float = 0.0
    _pass_bytes: int | None = field(default=None, init=False)

    def settle_layer(self, *, rewritten: bool = False) -> tuple[nn.Module, bool]:
        """The module of the layer, and whether its channels are last.

        `layer` is its name from now on, and `plain` (or `network`, with `rewritten`) the network
        in which it is a module that runs once.

        Raises:
            UnknownLayer: with the nearest names.
            NotApplicable: it cannot be looked at; says why.
        """
        if rewritten and self.network is not self.plain:
            found = at_rewritten_layer(self.plain, self.image, self.layer, self.network, self.nodes)
        else:
            found = at_layer(self.plain, self.image, self.layer)
            if self.network is self.plain:
                self.network = found.network
                self.score = self.score_of(found.network)
            self.plain = found.network
        self.layer = found.name
        self.difference = max(self.difference, found.difference)
        if found.change:
            self.changes = (found.change,)
        return found.module, found.channels_last

    def score_of(self, network: nn.Module) -> Score:
        """The same score, of another form of the network."""
        return Score(network, self.score.target, self.score.against)

    @property
    def class_score(self) -> Score:
        """The score of the class, whatever `score` asks about now."""
        return self.of_class or self.score

    @property
    def device(self) -> str:
        """Where it is computed."""
        return str(self.image.device)

    def whole(self, key: str) -> int:
        """An option that is a whole number."""
        return int(self.options[key])

    def number(self, key: str) -> float:
        """An option that is a number."""
        return float(self.options[key])

    def word(self, key: str) -> str:
        """An option that is a word."""
        return str(self.options[key])

    def noise(self) -> torch.Generator:
        """Random numbers of the seed. Always the CPU's: a seed means the same on every device."""
        return torch.Generator().manual_seed(self.seed)

    def batch(self) -> int:
        """How many pictures go through the network at once, forward and back.

        Kernels lie as the pictures do from then on: for many passes that pays.
        """
        if self._pass_bytes is None:
            if self.image.stride() != self.image.contiguous().stride():
                lay_kernels(self.network)
            self._pass_bytes = bytes_of_a_pass(self.score, self.image)
        room = int(_PASS_FACTOR * self._pass_bytes)
        return pictures_at_once(room, self.memory_bytes, self.image.device.type)


def pictures_at_once(bytes_of_one: int, memory_bytes: int, device: str) -> int:
    """How many pictures go through a network at once: as many as are quick there and fit.

    Example:
        >>> pictures_at_once(100, 350, "cpu"), pictures_at_once(0, 350, "cpu")
        (3, 8)
    """
    return max(1, min(_BEST_BATCH.get(device, 8), memory_bytes // max(1, bytes_of_one)))


@dataclass(slots=True)
class Attributed:
    """What a method found.

    Attributes:
        values: (1, C, H, W) like the picture, or (1, c, h, w) of a layer.
        completeness: whether they sum to a difference of scores, where they should.
        segments_hw: each pixel's superpixel.
        notes: what to know, a sentence each.
    """

    values: Tensor
    completeness: Completeness | None = None
    segments_hw: Tensor | None = None
    notes: tuple[str, ...] = ()


def laid_out(network: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """The pictures in the memory layout that is fastest, and the scores (classes,) of the first.

    On a CPU convolutions are faster with the channels last in memory (a fifth was seen). The axes
    are the same. A network whose code asks for the other layout (`view`) gets that.

    Raises:
        BadInputSize, NotApplicable: as `forward`.
    """
    with torch.no_grad():
        if images.device.type == "cpu":
            last = images.contiguous(memory_format=torch.channels_last)
            try:
                return last, forward(network, last)[0]
            except BadInputSize:
                pass
        return images, forward(network, images)[0]


def bytes_of_a_pass(score: nn.Module, image: Tensor) -> int:
    """What torch records on one picture's way up, to find the way back: bytes, parameters left out.

    Example:
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(4, 1), nn.Sigmoid())
        >>> bytes_of_a_pass(net.requires_grad_(False), torch.ones(1, 1, 2, 2))
        4
    """
    known = {each.untyped_storage().data_ptr() for each in score.parameters()}
    known |= {each.untyped_storage().data_ptr() for each in score.buffers()}
    recorded: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            recorded[storage.data_ptr()] = storage.nbytes()
        return tensor

    picture = image.detach().clone().requires_grad_(True)
    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    with torch.enable_grad(), hooks:
        _end = score(picture)
    return sum(recorded.values())
