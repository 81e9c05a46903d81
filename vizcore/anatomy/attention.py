"""`nn.MultiheadAttention` in closed form: projections, mixing of the tokens, output projection."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from torch import Tensor, nn

from vizcore.anatomy import receptive
from vizcore.anatomy.axes import SPACE, space_of
from vizcore.anatomy.ledger import DoesNotFit, Ledger, Origin, source_of
from vizcore.anatomy.receptive import NOTHING, Field


def attended(ledger: Ledger, source: Origin, tokens: int) -> Field | None:
    """The field of values mixed from all `tokens` (a dimension) of `source`."""
    if source.field is NOTHING:
        return NOTHING
    elsewhere = space_of(axis for dim, axis in enumerate(source.axes) if dim != tokens)
    along = source.axes[tokens] & SPACE
    if elsewhere & along or along != SPACE:
        still = source.field is not None and receptive.is_still(source.field)
        return source.field if still else None
    return receptive.mixed(source.field, True, True, ledger.picture)


def attend(ledger: Ledger, name: str, module: nn.MultiheadAttention) -> Callable[..., Any]:
    """Return the closed form of a multi-head attention layer's `forward`.

    Its work is three rows: the projections of queries, keys and values; the two matrix products
    of all tokens with all tokens; the projection of the result.
    """
    width = module.embed_dim
    out_layer = module.out_proj
    projections: tuple[Tensor | None, ...] = (
        module.in_proj_weight,
        module.q_proj_weight,
        module.k_proj_weight,
        module.v_proj_weight,
        module.in_proj_bias,
        module.bias_k,
        module.bias_v,
    )

    def forward(
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        origins = [source_of(each) for each in (query, key, value)]
        q, k, v = origins
        if q.shape[-1] != width:
            raise DoesNotFit(name, q.shape, f"it needs tokens of {width} values")
        tokens = len(q.shape) - 2 if module.batch_first or len(q.shape) == 2 else 0
        batch = q.shape[1 - tokens] if len(q.shape) == 3 else 1
        from_tokens = k.shape[tokens]
        mixed_tokens = from_tokens + (module.bias_k is not None) + bool(module.add_zero_attn)
        query_values = batch * q.shape[tokens] * width
        kept = ledger.join(origins, mixes=True)
        projected = (*q.shape[:-1], 3 * width) if q is k is v else q.shape
        entry, middle = ledger.enter(
            f"{name}.in_proj", "linear", "Linear", _unique(origins), projected, q.axes, kept
        )
        entry.macs = query_values * width
        entry.macs += batch * from_tokens * width * (k.shape[-1] + v.shape[-1])
        entry.activations = query_values + 2 * batch * from_tokens * width
        ledger.charge(entry, projections)

        field = attended(ledger, v, tokens)
        entry, middle = ledger.enter(
            f"{name}.attention", "attention", "attention", (middle,), q.shape, q.axes, field
        )
        entry.macs = 2 * query_values * mixed_tokens
        entry.activations = query_values

        entry, made = ledger.enter(
            f"{name}.out_proj", "linear", "Linear", (middle,), q.shape, q.axes, field
        )
        entry.macs = query_values * width
        entry.activations = prod(q.shape)
        ledger.charge(entry, (out_layer.weight, out_layer.bias))
        weights = None
        if need_weights:
            heads = () if average_attn_weights else (module.num_heads,)
            lead = (batch,) if len(q.shape) == 3 else ()
            shape = (*lead, *heads, q.shape[tokens], mixed_tokens)
            weights = ledger.tensor(Origin(made.row, shape, (0,) * len(shape), None))
        return ledger.tensor(made), weights

    return forward


def _unique(origins: list[Origin]) -> tuple[Origin, ...]:
    unique: list[Origin] = []
    for origin in origins:
        if all(origin is not other for other in unique):
            unique.append(origin)
    return tuple(unique)
