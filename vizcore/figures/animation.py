"""Frames as one moving picture: APNG, which loses nothing, or GIF, which slides play too."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image

from vizcore.errors import BadChoice, NotApplicable

Kind = Literal["apng", "gif"]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: The last frame stays this long before the animation begins again.
LAST_MS = 2000


def animate(
    frames: Sequence[npt.NDArray[np.uint8]], kind: Kind = "apng", *, frame_ms: int = 100
) -> bytes:
    """The frames (height, width, 3), one after the other, for ever; the last stays two seconds.

    An APNG holds every pixel as it is, and is the smaller of the two for such images: browsers
    play it. A GIF has 256 colours, chosen for each frame, and plays in slides too.

    Raises:
        NotApplicable: there are no frames.
        BadChoice: another kind, or a time outside 20 to 10,000 ms.

    Example:
        >>> two = [np.full((4, 4, 3), value, np.uint8) for value in (0, 200)]
        >>> Image.open(io.BytesIO(animate(two, "gif"))).n_frames
        2
    """
    if kind not in KINDS:
        raise BadChoice.among("kind", kind, KINDS)
    if not 20 <= frame_ms <= 10_000:
        raise BadChoice.among("frame_ms", frame_ms, ["20 to 10,000"])
    if not len(frames):
        raise NotApplicable("There are no frames to animate.")
    pictures = [Image.fromarray(frame) for frame in frames]
    times = [frame_ms] * (len(pictures) - 1) + [LAST_MS]
    file = io.BytesIO()
    if kind == "gif":
        method, no_dither = Image.Quantize.MEDIANCUT, Image.Dither.NONE
        few = [each.quantize(256, method=method, dither=no_dither) for each in pictures]
        few[0].save(
            file, "GIF", save_all=True, append_images=few[1:], duration=times, loop=0, disposal=1
        )
    else:
        pictures[0].save(
            file,
            "PNG",
            save_all=True,
            append_images=pictures[1:],
            duration=times,
            loop=0,
            compress_level=6,
        )
    return file.getvalue()
