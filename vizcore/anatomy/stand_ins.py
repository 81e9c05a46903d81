"""What takes the place of each module's `forward` while a network is traced.

Torch's own layers get their closed form. Every other module runs its own code, with its name noted
for the rows of the functions it calls; one without children becomes a single row where its work is
one thing, whatever small steps it takes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from vizcore.anatomy.axes import B
from vizcore.anatomy.ledger import Entry, Ledger, Origin, origin_of
from vizcore.anatomy.modules import closed_form
from vizcore.anatomy.rules import tracked

Forward = Callable[..., Any]

#: Modules that only pass their input through their children.
_TRANSPARENT = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
#: Kinds of operation of which a module without children may have one and still be one row.
_SUBSTANTIAL = frozenset(("conv", "linear", "pool", "norm", "attention", "join"))


def install(ledger: Ledger, network: nn.Module) -> list[nn.Module]:
    """Replace `forward` of a network and of all modules in it; return those replaced."""
    replaced: dict[int, nn.Module] = {}
    _install(ledger, "", network, replaced)
    return list(replaced.values())


def remove(replaced: list[nn.Module]) -> None:
    """Take the stand-ins away: they and their modules hold each other."""
    for module in replaced:
        module.__dict__.pop("forward", None)


def _install(ledger: Ledger, name: str, module: nn.Module, done: dict[int, nn.Module]) -> None:
    done[id(module)] = module
    state = module.__dict__
    children = state["_modules"]
    if state["_parameters"]:
        ledger.own(name, module)
    patched = "forward" in state
    own_code = patched or state["_forward_pre_hooks"]
    known = None if own_code else closed_form(ledger, name, module)
    prefix = f"{name}." if name else ""
    if known is not None:
        state["forward"] = known
        for child_name, child in children.items():
            ledger.own(prefix + child_name, child)
        return
    if not children and name:
        state["forward"] = _single(ledger, name, module)
    elif patched or type(module) not in _TRANSPARENT:
        state["forward"] = _scoped(ledger, name, module)
    for child_name, child in children.items():
        if child is not None and id(child) not in done:
            _install(ledger, prefix + child_name, child, done)


def _scoped(ledger: Ledger, name: str, module: nn.Module) -> Forward:
    """Run a module's own code with its name noted."""
    own = module.forward

    def forward(*args: Any, **kwargs: Any) -> Any:
        outer = ledger.scope
        ledger.scope = name
        try:
            return own(*args, **kwargs)
        except Exception:
            if ledger.failed is None:
                ledger.failed = name
            raise
        finally:
            ledger.scope = outer

    return forward


def _single(ledger: Ledger, name: str, module: nn.Module) -> Forward:
    """Run a module without children; one row where its work is one thing."""
    own = _scoped(ledger, name, module)
    op = type(module).__name__

    def forward(*args: Any, **kwargs: Any) -> Any:
        start = len(ledger.entries)
        before = tracked((*args, *kwargs.values()))
        result = own(*args, **kwargs)
        if not isinstance(result, Tensor) or not before:
            return result
        origin = origin_of(result)
        if origin is None or origin.row < start:
            return _opaque(ledger, name, op, module, before[0], result, origin)
        entries = ledger.entries[start:]
        written_over = any(
            source.row >= start and source is not origin
            for source in tracked((*args, *kwargs.values()))
        )
        single = sum(entry.kind in _SUBSTANTIAL for entry in entries) <= 1
        if single and not written_over and origin.row == len(ledger.entries) - 1:
            ledger.entries[start:] = [_merged(name, op, entries, start)]
            origin.row = start
        return result

    return forward


def _opaque(
    ledger: Ledger,
    name: str,
    op: str,
    module: nn.Module,
    source: Origin,
    result: Tensor,
    origin: Origin | None,
) -> Tensor:
    """Enter a module that handed on its input, or hid its work from torch's functions."""
    if origin is not None:
        entry, made = ledger.enter(
            name, "other", op, (origin,), origin.shape, origin.axes, origin.field
        )
    else:
        with torch._C.DisableTorchFunction():
            shape = tuple(result.shape)
        axes = source.axes
        if shape != source.shape:
            axes = (axes[0] & B, *(0,) * (len(shape) - 1)) if shape else ()
        entry, made = ledger.enter(name, "other", op, (source,), shape, axes, None)
        entry.activations = result.numel()
        ledger.uncounted.add(op)
    ledger.charge(entry, module._parameters.values())
    result._origin = made  # type: ignore[attr-defined]
    return result


def _merged(name: str, op: str, entries: list[Entry], start: int) -> Entry:
    """One entry for several that a single module made."""
    main = next(
        (entry for entry in entries if entry.kind in _SUBSTANTIAL),
        next((entry for entry in entries if entry.kind != "other"), entries[-1]),
    )
    first, last = entries[0], entries[-1]
    return Entry(
        name,
        main.kind,
        op,
        first.in_shape,
        last.out_shape,
        tuple(dict.fromkeys(row for entry in entries for row in entry.inputs if row < start)),
        last.field,
        first.in_batch_dim,
        last.out_batch_dim,
        weights=sum(entry.weights for entry in entries),
        biases=sum(entry.biases for entry in entries),
        repeat=max(entry.repeat for entry in entries),
        macs=sum(entry.macs for entry in entries),
        activations=sum(entry.activations for entry in entries),
        kernel=main.kernel,
        stride=main.stride,
        padding=main.padding,
        dilation=main.dilation,
        groups=main.groups,
    )
