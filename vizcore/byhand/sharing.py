"""One grid joined to another in three ways: fully, locally, and with shared weights."""

from __future__ import annotations

import numpy as np

from vizcore.records.byhand import Connections, SharingRegimes, Slide


def share(laid: Slide) -> SharingRegimes:
    """Count the weights and multiply-adds of the three regimes, and lay out their matrices.

    One channel each way. Multiply-adds on padding count, as every library counts them.

    Example:
        >>> found = share(Slide((5, 5), (3, 3)))
        >>> [each.weights for each in found.all], [each.macs for each in found.all]
        ([225, 81, 9], [225, 81, 81])
    """
    (height, width), (rows, columns) = laid.input, laid.output
    inputs, outputs, taps = height * width, rows * columns, laid.window[0] * laid.window[1]
    tap_oi = np.zeros((outputs, inputs), dtype=np.int64)
    for output, place in enumerate(laid.places):
        for tap, (row, column) in enumerate(laid.cells(*place), 1):
            if laid.is_inside((row, column)):
                tap_oi[output, row * width + column] = tap
    numbers = np.arange(outputs)[:, None] * taps
    kernel = f"{laid.window[0]}·{laid.window[1]}"
    of_inputs, of_outputs = f"{height}·{width}", f"{rows}·{columns}"
    full = f"({of_inputs}) × ({of_outputs})"
    local = f"({of_outputs}) × ({kernel})"
    return SharingRegimes(
        laid,
        Connections(
            "full",
            inputs * outputs,
            outputs,
            inputs * outputs,
            full,
            full,
            np.arange(1, inputs * outputs + 1).reshape(outputs, inputs),
        ),
        Connections(
            "local",
            outputs * taps,
            outputs,
            outputs * taps,
            local,
            local,
            np.where(tap_oi > 0, tap_oi + numbers, 0),
        ),
        Connections("shared", taps, 1, outputs * taps, kernel, local, tap_oi),
        padding_macs=outputs * taps - int((tap_oi > 0).sum()),
    )
