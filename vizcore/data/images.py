"""Pictures from strangers: bytes in, a plain RGB array out, or one clear sentence.

A file is looked at in this order: its size in bytes, its kind (six are allowed), its size in
pixels (before a single one is unpacked), then its content. What was done to it on the way is
told in `Picture.notes`.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from vizcore.errors import BadImage

#: The kinds of file that are opened; every other parser of Pillow stays shut.
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
MAX_PIXELS = 25_000_000
MAX_BYTES = 50_000_000

_ALLOWED = "Allowed are PNG, JPEG, WebP, BMP, GIF and TIFF pictures"


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture.

    Attributes:
        rgb_hwc: uint8, (height, width, 3).
        sha256: of the bytes it came from, hexadecimal; the key for caches.
        notes: what was changed while decoding, one phrase each; empty for a plain RGB file.
    """

    rgb_hwc: npt.NDArray[np.uint8] = field(repr=False)
    sha256: str
    notes: tuple[str, ...] = ()


def decode(
    data: bytes,
    *,
    max_pixels: int = MAX_PIXELS,
    background: tuple[int, int, int] = (255, 255, 255),
) -> Picture:
    """Decode the bytes of a picture file into RGB, upright and opaque.

    Args:
        data: the whole file; its name does not matter.
        max_pixels: width x height allowed, checked before anything is unpacked.
        background: the RGB colour that shows through transparent parts.

    Raises:
        BadImage: nothing came in, it is too large, of another kind, damaged or cut short.

    Example:
        >>> file = io.BytesIO()
        >>> Image.new("L", (3, 2), 7).save(file, "PNG")
        >>> decode(file.getvalue()).rgb_hwc.shape
        (2, 3, 3)
    """
    if not data:
        raise BadImage(f"The file is empty. {_ALLOWED}.", received="0 bytes")
    if len(data) > MAX_BYTES:
        raise BadImage(
            f"The file has more than {MAX_BYTES:,} bytes, which is the most that is allowed.",
            received=f"{len(data)} bytes",
        )
    image = _open(data)
    width, height = image.size
    if width * height > max_pixels:
        raise BadImage(
            f"The picture is {width} x {height} = {width * height:,} pixels; "
            f"at most {max_pixels:,} are allowed.",
            received=f"{width} x {height}",
        )
    notes: list[str] = []
    try:
        frames = int(getattr(image, "n_frames", 1))
        image.load()
        rgb = _upright_rgb(image, background, notes)
    except Exception as error:  # spoilt files make the parsers raise almost anything
        raise BadImage(
            f"The {image.format} file is damaged or cut short ({error}). "
            "Allowed are pictures that are complete.",
            received=str(image.format),
        ) from error
    if frames > 1:
        notes.append(f"first frame of {frames}")
    return Picture(np.asarray(rgb, dtype=np.uint8), hashlib.sha256(data).hexdigest(), tuple(notes))


def _open(data: bytes) -> Image.Image:
    """Read the header only, with the allowed parsers only."""
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise BadImage(
            f"The {len(data):,} bytes received are not a picture that can be read. {_ALLOWED}.",
            received=data[:16].hex(" "),
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadImage(
            f"The picture is far too large to open; at most {MAX_PIXELS:,} pixels are allowed.",
            received="a decompression bomb",
        ) from error
    except Exception as error:  # spoilt headers make the parsers raise almost anything
        raise BadImage(
            f"The file's header is damaged ({error}). {_ALLOWED}.", received=data[:16].hex(" ")
        ) from error


def _upright_rgb(
    image: Image.Image, background: tuple[int, int, int], notes: list[str]
) -> Image.Image:
    """Turn as EXIF says, reduce to 8 bits, flatten transparency, convert to RGB."""
    if image.getexif().get(ExifTags.Base.Orientation, 1) in range(2, 9):
        image = ImageOps.exif_transpose(image)
        notes.append("rotated as its EXIF says")
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
        notes.append(f"{image.info['was']} values rescaled to 0..255")
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        if np.asarray(rgba)[..., 3].min() < 255:
            flat = Image.new("RGBA", rgba.size, (*background, 255))
            image = Image.alpha_composite(flat, rgba)
            named = {(255, 255, 255): "white", (0, 0, 0): "black"}
            notes.append(f"transparent parts on {named.get(background, f'RGB {background}')}")
        else:
            image = rgba
    elif image.mode == "CMYK":
        notes.append("converted from CMYK")
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Rescale 16-bit, 32-bit or floating grey to 8 bits; Pillow's own conversion clips to white.

    16-bit files keep their full scale (65535 becomes 255); others are stretched between their
    least and greatest value, as they have no agreed white.
    """
    sixteen = image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG")
    values: npt.NDArray[np.floating] = np.asarray(image, np.float32 if sixteen else np.float64)
    if not np.isfinite(values).all():
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = (0.0, 65535.0) if sixteen else (float(values.min()), float(values.max()))
    scaled = (values - low) * (255.0 / (high - low or 1.0))
    grey = Image.fromarray(np.rint(scaled).clip(0, 255).astype(np.uint8))
    grey.info["was"] = "16-bit grey" if sixteen else "high-range grey"
    return grey
