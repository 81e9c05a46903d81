"""Every error ConvScope raises on purpose.

::

    ConvScopeError
    ├── UnknownName (LookupError)      a name that is not there; lists the nearest ones
    │   ├── UnknownArchitecture
    │   ├── UnknownLayer
    │   ├── UnknownClass
    │   └── UnknownWeights
    ├── BadChoice (ValueError)         an option outside its allowed values
    ├── BadInputSize (ValueError)      an input the network cannot take
    ├── BadImage (ValueError)          bytes that are not a usable picture
    ├── BadNotation (ValueError)       a network's text that cannot be read or cannot be built
    ├── NotApplicable                  a method that cannot be honest on this network
    ├── WeightsError                   weights that are missing, damaged or not loadable
    │   ├── WeightsNotHere             pretrained weights that are not on this machine yet
    │   ├── FetchError                 pretrained weights that could not be fetched
    │   └── UnfitWeights               tensors that are not the architecture's; lists which
    └── JobError                       work on a device that did not finish
        ├── JobCancelled
        ├── JobTimedOut
        ├── QueueFull
        └── OutOfMemory

Each message is one or two sentences that name what was received and what is allowed. Whatever
a page can offer as a button ("use 224", "show nearest names") is in `suggestions`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: Characters of a wrong name that a message repeats; an address may hold thousands.
_LONGEST_NAME = 80


class ConvScopeError(Exception):
    """Base of all errors raised on purpose.

    Attributes:
        received: what came in, as text (may be empty).
        suggestions: values that would be accepted in its place, best first.
    """

    def __init__(
        self, message: str, *, received: str = "", suggestions: Iterable[str] = ()
    ) -> None:
        super().__init__(message)
        self.received = received
        self.suggestions = tuple(suggestions)


class UnknownName(ConvScopeError, LookupError):
    """A name that is not registered.

    Example:
        >>> UnknownName.among("layer", "conv9", ["conv1", "conv2"]).suggestions
        ('conv2', 'conv1')
    """

    @classmethod
    def among(cls, what: str, received: str, allowed: Iterable[str]) -> UnknownName:
        """Build the error for `received`, suggesting the nearest of the `allowed` names."""
        names = list(allowed)
        lowered = {name.lower(): name for name in names}
        if len(received) > _LONGEST_NAME:
            received = received[:_LONGEST_NAME] + "..."
        near = difflib.get_close_matches(received.lower(), list(lowered), n=5, cutoff=0.4)
        nearest = [lowered[name] for name in near]
        if nearest:
            hint = "The nearest names are: " + ", ".join(nearest) + "."
        else:
            hint = f"There are {len(names)} names, such as: " + ", ".join(names[:5]) + "."
        return cls(
            f"There is no {what} called '{received}'. {hint}",
            received=received,
            suggestions=nearest,
        )


class UnknownArchitecture(UnknownName):
    """No architecture has this key or alias."""


class UnknownLayer(UnknownName):
    """The network has no layer of this name."""


class UnknownClass(UnknownName):
    """The network has no class of this name or number."""


class UnknownWeights(UnknownName):
    """The architecture has no weights of this name."""


class BadChoice(ConvScopeError, ValueError):
    """An option outside its allowed values.

    Example:
        >>> str(BadChoice.among("dtype", "float8", ["float32", "float16"]))
        "dtype cannot be 'float8'. Allowed: float32, float16."
    """

    @classmethod
    def among(cls, option: str, received: object, allowed: Iterable[object]) -> BadChoice:
        """Build the error for an `option` that must be one of `allowed`."""
        names = [str(value) for value in allowed]
        return cls(
            f"{option} cannot be '{received}'. Allowed: {', '.join(names)}.",
            received=str(received),
            suggestions=names,
        )


class BadInputSize(ConvScopeError, ValueError):
    """An input shape the network cannot take; the message names the layer where it fails."""


class BadImage(ConvScopeError, ValueError):
    """Bytes that are not a picture of an allowed kind and size."""


class BadNotation(ConvScopeError, ValueError):
    """A network in the notation of slides that cannot be read, or that cannot be built.

    Attributes:
        line, column: where, both from 1.
        start, end: the same as offsets into the text; `suggestions` stand in for this piece.
    """

    def __init__(
        self,
        message: str,
        *,
        received: str = "",
        suggestions: Iterable[str] = (),
        line: int = 1,
        column: int = 1,
        start: int = 0,
        end: int = 0,
    ) -> None:
        super().__init__(
            f"Line {line}, column {column}: {message}", received=received, suggestions=suggestions
        )
        self.line, self.column = line, column
        self.start, self.end = start, end


class NotApplicable(ConvScopeError):
    """A method that would fail, or silently do something else, on this network."""


class WeightsError(ConvScopeError):
    """Weights that are missing, damaged or not loadable."""


class WeightsNotHere(WeightsError):
    """Pretrained weights that have to be fetched first; `suggestions` are weights that are here."""


class FetchError(WeightsError):
    """Pretrained weights that could not be fetched; the message says why and what to do."""


class UnfitWeights(WeightsError):
    """A state dict that is not the architecture's; `suggestions` are architectures it is nearer to.

    Attributes:
        summary: one sentence without the list.
        mismatches: what does not fit, one phrase each, at most `LISTED`.
    """

    LISTED = 40

    def __init__(
        self, summary: str, mismatches: Iterable[str] = (), *, suggestions: Iterable[str] = ()
    ) -> None:
        self.summary = summary
        self.mismatches = tuple(mismatches)[: self.LISTED]
        first = "; ".join(self.mismatches[:5])
        super().__init__(
            f"{summary} First: {first}." if first else summary, suggestions=suggestions
        )


class JobError(ConvScopeError):
    """Work on a device that did not finish."""


class JobCancelled(JobError):
    """The person (or their session's end) cancelled the job."""


class JobTimedOut(JobError):
    """One step of the job took longer than a step may."""


class QueueFull(JobError):
    """The device's queue, or this session's share of it, is full."""


class OutOfMemory(JobError):
    """The device had not enough memory, even for a batch of one."""
