"""What each dimension of a tensor stands for, followed through reshapes and permutations.

An axis is a set of bits: `H` and `W` mark a dimension that runs along the picture's height or
width (both, after flattening), `B` the one that runs over the pictures of the batch. A dimension
of channels or heads has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

H, W, B = 1, 2, 4
SPACE = H | W

Axes = tuple[int, ...]

#: Of a batch of pictures: (n, channels, height, width).
PICTURES: Axes = (B, 0, H, W)


def batch_dim(axes: Axes) -> int | None:
    """The dimension that grows with the batch."""
    for dim, axis in enumerate(axes):
        if axis & B:
            return dim
    return None


def space_of(axes: Iterable[int]) -> int:
    """The bits of the picture's sides that occur."""
    bits = 0
    for axis in axes:
        bits |= axis
    return bits & SPACE


def align(shapes: Sequence[tuple[int, ...]], axes: Sequence[Axes]) -> tuple[tuple[int, ...], Axes]:
    """Broadcast shapes, and the axes of the result.

    Example:
        >>> align([(1, 8, 7, 7), (8, 1, 1)], [PICTURES, (0, 0, 0)])
        ((1, 8, 7, 7), (4, 0, 1, 2))
    """
    rank = max(len(shape) for shape in shapes)
    sizes = [1] * rank
    bits = [0] * rank
    for shape, axis in zip(shapes, axes, strict=True):
        start = rank - len(shape)
        for i, size in enumerate(shape):
            if size != 1:
                if sizes[start + i] not in (1, size):
                    raise ValueError(f"shapes {shapes[0]} and {shapes[1]} do not broadcast")
                sizes[start + i] = size
            bits[start + i] |= axis[i]
    return tuple(sizes), tuple(bits)


def reshaped(shape: Sequence[int], axes: Axes, out: Sequence[int], sides: tuple[int, int]) -> Axes:
    """The axes after a reshape of `shape` into `out`.

    Dimensions are matched in groups of equal product. A dimension that runs over both sides
    splits into one for each where the sizes are those of the map, `sides`; otherwise every part
    keeps all bits. The batch runs over the first part alone, where there are others.

    Example:
        >>> reshaped((2, 768, 14, 14), PICTURES, (2, 768, 196), (14, 14))
        (4, 0, 3)
        >>> reshaped((2, 196, 768), (4, 3, 0), (2, 14, 14, 768), (14, 14))
        (4, 1, 2, 0)
    """
    result: list[int] = []
    i = j = 0
    while i < len(shape) and j < len(out):
        first_i, first_j = i, j
        left, right = shape[i], out[j]
        i, j = i + 1, j + 1
        while left != right:
            if left < right:
                if i == len(shape):
                    return (0,) * len(out)
                left *= shape[i]
                i += 1
            else:
                if j == len(out):
                    return (0,) * len(out)
                right *= out[j]
                j += 1
        result += _group(axes[first_i:i], out[first_j:j], sides)
    if i < len(shape) and result:
        result[-1] |= space_of(axes[i:])
    return tuple(result) + (0,) * (len(out) - len(result))


def _group(axes: Axes, out: Sequence[int], sides: tuple[int, int]) -> list[int]:
    bits = 0
    for axis in axes:
        bits |= axis
    if len(out) == 1:
        return [bits]
    if len(axes) == len(out) and len(axes) == 1:
        return list(axes)
    if bits & SPACE == SPACE and tuple(out) == sides:
        return [H | (bits & B), W]
    space = bits & SPACE
    spread = any(size > 1 for size in out)
    parts = [space if size > 1 or not spread else 0 for size in out]
    if bits & B:
        others = any(size > 1 for size in out[1:])
        parts[0] = B if others else bits
    return parts


def mixing(axes: Axes, dims: Iterable[int]) -> tuple[int, bool]:
    """What mixing the values along some dimensions does to the picture's sides.

    Returns the bits of the sides whose positions are all mixed, and whether a side is mixed in
    part only, as inside a window of a larger map.
    """
    chosen = {dim % len(axes) for dim in dims}
    inside = space_of(axes[dim] for dim in chosen)
    outside = space_of(axis for dim, axis in enumerate(axes) if dim not in chosen)
    return inside & ~outside, bool(inside & outside)
