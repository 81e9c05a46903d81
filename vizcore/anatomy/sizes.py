"""What to say about an input that does not fit, and the smallest picture that does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vizcore.anatomy.ledger import DoesNotFit
from vizcore.errors import BadInputSize, ConvScopeError, NotApplicable
from vizcore.formats.words import counted
from vizcore.records import Shape

if TYPE_CHECKING:
    from vizcore.anatomy.tracing import Tracer

#: Sides that networks of one size were made for, tried where no power of two fits.
_USUAL = (224, 256, 299, 384, 32, 28, 64, 331, 480, 512, 518)
_LARGEST = 1024


def smallest(fits: Callable[[int], bool]) -> int | None:
    """The smallest side that fits, if a power of two up to 1024 does: found by bisection.

    Example:
        >>> smallest(lambda side: side >= 75), smallest(lambda side: side == 224)
        (75, None)
    """
    low, high = 0, 1
    while not fits(high):
        low, high = high, high * 2
        if high > _LARGEST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def explain_failure(name: str, tracer: Tracer, shape: Shape, error: Exception) -> ConvScopeError:
    """Build the error for a forward pass that failed: too small, wrong channels, or broken."""
    if isinstance(error, ConvScopeError):
        return error
    misfit = isinstance(error, DoesNotFit)
    where = error.name if isinstance(error, DoesNotFit) else tracer.ledger.failed or ""
    reason = error.reason if isinstance(error, DoesNotFit) else _sentence(error)
    received = error.shape if isinstance(error, DoesNotFit) else shape
    layer = f"layer '{where}'" if where else "its forward pass"
    message = (
        f"{name} cannot take an input of {by(shape[1:])}: {layer} received {by(received)}, "
        f"and {reason}."
    )
    if len(shape) != 4:
        return BadInputSize(message, received=by(shape[1:]))
    channels, height, width = shape[1:]
    fits = _fits(tracer, channels)
    side = smallest(fits)
    if side is not None:
        message += f" The smallest square picture that fits has a side of {side}."
        return BadInputSize(message, received=f"{height}x{width}", suggestions=(str(side),))
    side = next((usual for usual in _USUAL if fits(usual)), None)
    if side is not None:
        message += f" A square picture with a side of {side} fits."
        return BadInputSize(message, received=f"{height}x{width}", suggestions=(str(side),))
    for other in (3, 1):
        if other != channels and _fits(tracer, other)(max(height, width)):
            message += f" It takes pictures with {counted(other, 'channel')}."
            return BadInputSize(
                message, received=by(shape[1:]), suggestions=(by((other, height, width)),)
            )
    if misfit:
        return BadInputSize(message, received=by(shape[1:]))
    return NotApplicable(
        f"{name} cannot be traced: {layer} fails for every size of picture, and {reason}.",
        received=by(shape[1:]),
    )


def _fits(tracer: Tracer, channels: int) -> Callable[[int], bool]:
    def fits(side: int) -> bool:
        try:
            tracer.run((1, channels, side, side))
        except Exception:
            return False
        return True

    return fits


def by(sizes: Shape) -> str:
    """Sizes as people write them.

    Example:
        >>> by((3, 224, 224))
        '3x224x224'
    """
    return "x".join(str(size) for size in sizes)


def _sentence(error: Exception) -> str:
    text = str(error).strip().split("\n")[0].rstrip(".")
    return f"torch says: {text}" if text else f"it raises {type(error).__name__}"
