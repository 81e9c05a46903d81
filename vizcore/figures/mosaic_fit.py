"""How maps fit into the room there is: zoom, columns, and means where they are too large."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

#: Pixels (width, height) a mosaic may take when nobody says how far to zoom.
FIT_PX = (1120, 760)
#: Pixels of the largest picture that is drawn at a zoom somebody asks for.
MAX_PX = 100_000_000


def fit_tiles(
    tiles: int,
    size: tuple[int, int],
    gutter: int,
    columns: int | None,
    zoom: int | None,
    fit_px: tuple[int, int],
) -> tuple[int, int]:
    """Columns and zoom: as large as there is room for, then few empty places, then a wide shape."""
    height, width = size
    ideal = math.sqrt(tiles * 1.5 * height / width)

    def zoom_for(across: int) -> int:
        rows = math.ceil(tiles / across)
        room_x = (fit_px[0] + gutter) // across - gutter
        room_y = (fit_px[1] + gutter) // rows - gutter
        return max(1, min(room_x // width, room_y // height))

    def merit(across: int) -> tuple[float, float]:
        empty = -tiles % across / tiles
        return zoom or zoom_for(across), -(empty + 0.3 * abs(math.log(across / ideal)))

    across = columns or max(range(1, tiles + 1), key=merit)
    return across, zoom or zoom_for(across)


def reduce_to_fit(
    maps_chw: npt.NDArray[np.floating], fit_px: tuple[int, int], gutter: int = 1
) -> tuple[npt.NDArray[np.floating], int, int]:
    """Maps that fit a room at a whole-number zoom: (maps, values each way in one mean, columns).

    Maps too large for it are given as means of squares of values, as few as will do. (At a
    border a square holds what there is.)

    Example:
        >>> maps, times, columns = reduce_to_fit(np.ones((64, 112, 112)), (664, 900))
        >>> maps.shape, times, columns
        ((64, 56, 56), 2, 11)
    """
    channels, height, width = maps_chw.shape
    for times in range(1, max(height, width) + 1):
        tile_h, tile_w = -(-height // times), -(-width // times)
        columns = min(channels, (fit_px[0] + gutter) // (tile_w + gutter))
        if columns and -(-channels // columns) * (tile_h + gutter) - gutter <= fit_px[1]:
            break
    if times == 1:
        return maps_chw, 1, columns
    rows_at, columns_at = np.arange(0, height, times), np.arange(0, width, times)
    sums = np.add.reduceat(maps_chw.astype(np.float64), rows_at, axis=1)
    sums = np.add.reduceat(sums, columns_at, axis=2)
    counts = np.outer(np.diff([*rows_at.tolist(), height]), np.diff([*columns_at.tolist(), width]))
    return (sums / counts).astype(maps_chw.dtype), times, max(1, columns)
