"""Every nasty file becomes a right picture or one clear sentence."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from vizcore.data import images
from vizcore.data.images import decode
from vizcore.errors import BadImage


def as_file(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture
def corners() -> Image.Image:
    """Return 40x30, a different colour in each corner's quarter."""
    rgb = np.zeros((30, 40, 3), np.uint8)
    rgb[:15, :20] = (250, 0, 0)
    rgb[:15, 20:] = (0, 250, 0)
    rgb[15:, :20] = (0, 0, 250)
    rgb[15:, 20:] = (250, 250, 0)
    return Image.fromarray(rgb)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_lossless_kinds_keep_every_pixel(corners: Image.Image, kind: str) -> None:
    data = as_file(corners, kind)
    picture = decode(data)
    np.testing.assert_array_equal(picture.rgb_hwc, np.asarray(corners))
    assert picture.rgb_hwc.dtype == np.uint8
    assert picture.sha256 == hashlib.sha256(data).hexdigest()
    assert picture.notes == ()


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_lossy_kinds_are_close(corners: Image.Image, kind: str) -> None:
    seen = decode(as_file(corners, kind, quality=95)).rgb_hwc.astype(int)
    middles = np.ix_([7, 22], [10, 30])
    assert np.abs(seen[middles] - np.asarray(corners)[middles]).max() < 12


@pytest.mark.parametrize("kind", ["PPM", "ICO", "PCX", "TGA", "EPS", "PDF", "JPEG2000"])
def test_other_kinds_are_refused_although_pillow_reads_them(
    corners: Image.Image, kind: str
) -> None:
    with pytest.raises(BadImage, match="Allowed are PNG, JPEG, WebP, BMP, GIF and TIFF"):
        decode(as_file(corners, kind))


@pytest.mark.parametrize(
    "data", [b"hello, I am a text", b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"GIF89a"]
)
def test_no_picture_at_all(data: bytes) -> None:
    with pytest.raises(BadImage, match="Allowed are PNG"):
        decode(data)


def test_nothing() -> None:
    with pytest.raises(BadImage, match="empty"):
        decode(b"")


def test_too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_BYTES", 100)
    with pytest.raises(BadImage, match="more than 100 bytes, which is the most"):
        decode(b"x" * 101)


def png_header(width: int, height: int) -> bytes:
    """Return a PNG of one-bit pixels, with rows of zeros compressed to almost nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    rows = zlib.compress(b"\0" * (height * (1 + (width + 7) // 8)), 9)
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(12_000, 12_000), (30_000, 30_000)])
def test_a_small_file_of_too_many_pixels_is_never_unpacked(
    monkeypatch: pytest.MonkeyPatch, width: int, height: int
) -> None:
    def unpacked(self: Image.Image) -> None:
        raise AssertionError("the pixels were unpacked")

    data = png_header(width, height)
    assert len(data) < 200_000
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", unpacked)
    with pytest.raises(BadImage, match="pixels"):
        decode(data)


def test_the_cap_on_pixels_is_exact(corners: Image.Image) -> None:
    data = as_file(corners)
    assert decode(data, max_pixels=1200).rgb_hwc.shape == (30, 40, 3)
    with pytest.raises(BadImage, match="40 x 30 = 1,200 pixels; at most 1,199"):
        decode(data, max_pixels=1199)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF"])
def test_a_file_cut_short(kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (80, 90, 3), dtype=np.uint8)
    data = as_file(Image.fromarray(noise), kind)
    with pytest.raises(BadImage):
        decode(data[: len(data) // 2])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_damage_anywhere_raises_nothing_but_bad_image(corners: Image.Image, kind: str) -> None:
    data = as_file(corners, kind)
    rng = np.random.default_rng(1)
    for _ in range(150):
        spoilt = bytearray(data)
        for place in rng.integers(0, len(data), 6):
            spoilt[place] = rng.integers(0, 256)
        try:
            picture = decode(bytes(spoilt))
        except BadImage:
            continue
        assert picture.rgb_hwc.ndim == 3


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_rescaled_not_clipped(kind: str) -> None:
    values = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    picture = decode(as_file(Image.fromarray(values), kind))
    wanted = np.rint(values / 257.0).astype(np.uint8)
    np.testing.assert_array_equal(picture.rgb_hwc, np.stack([wanted] * 3, axis=2))
    assert picture.notes == ("16-bit grey values rescaled to 0..255",)


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_floating_and_32_bit_grey_are_stretched(dtype: type) -> None:
    values = np.array([[-500, 0], [250, 500]]).astype(dtype)
    picture = decode(as_file(Image.fromarray(values), "TIFF"))
    assert picture.rgb_hwc[..., 0].tolist() == [[0, 128], [191, 255]]


def test_floating_grey_without_numbers_in_it() -> None:
    values = np.full((4, 4), np.nan, np.float32)
    assert decode(as_file(Image.fromarray(values), "TIFF")).rgb_hwc.max() == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(corners: Image.Image, orientation: int) -> None:
    # what a camera held so writes: the upright picture, changed back
    back = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    stored = corners
    for change in back.get(orientation, []):
        stored = stored.transpose(change)
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode(as_file(stored, "PNG", exif=exif))
    np.testing.assert_array_equal(picture.rgb_hwc, np.asarray(corners))
    assert picture.notes == (() if orientation == 1 else ("rotated as its EXIF says",))


def test_transparency_shows_the_stated_background() -> None:
    rgba = np.zeros((2, 2, 4), np.uint8)
    rgba[0, 0] = (200, 100, 0, 255)
    rgba[0, 1] = (200, 100, 0, 128)
    data = as_file(Image.fromarray(rgba))
    on_white, on_black = decode(data), decode(data, background=(0, 0, 0))
    assert on_white.rgb_hwc[0].tolist() == [[200, 100, 0], [227, 177, 127]]
    assert on_white.rgb_hwc[1].tolist() == [[255] * 3] * 2
    assert on_black.rgb_hwc[1].tolist() == [[0] * 3] * 2
    assert on_white.notes == ("transparent parts on white",)
    assert on_black.notes == ("transparent parts on black",)


def test_an_opaque_alpha_channel_is_no_news(corners: Image.Image) -> None:
    picture = decode(as_file(corners.convert("RGBA")))
    np.testing.assert_array_equal(picture.rgb_hwc, np.asarray(corners))
    assert picture.notes == ()


def test_palettes_with_and_without_a_transparent_colour() -> None:
    image = Image.fromarray(np.array([[0, 1], [1, 2]], np.uint8)).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    assert decode(as_file(image)).rgb_hwc.tolist() == [
        [[10, 20, 30], [40, 50, 60]],
        [[40, 50, 60], [70, 80, 90]],
    ]
    seen = decode(as_file(image, transparency=1))
    assert seen.rgb_hwc[0].tolist() == [[10, 20, 30], [255, 255, 255]]
    assert seen.notes == ("transparent parts on white",)


@pytest.mark.parametrize("mode", ["L", "1", "LA"])
def test_grey_kinds(corners: Image.Image, mode: str) -> None:
    rgb = decode(as_file(corners.convert(mode))).rgb_hwc
    assert (rgb[..., 0] == rgb[..., 1]).all()
    assert (rgb[..., 1] == rgb[..., 2]).all()


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk(kind: str) -> None:
    ink = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # magenta and yellow: red
    picture = decode(as_file(ink, kind))
    red, green, blue = picture.rgb_hwc[8, 8].astype(int)
    assert red > 240
    assert max(green, blue) < 15
    assert "converted from CMYK" in picture.notes


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_of_an_animation(kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), (60 * k, 250 - 60 * k, 0)) for k in range(4)]
    options: dict[str, object] = {"lossless": True} if kind == "WEBP" else {}
    data = as_file(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    picture = decode(data)
    assert picture.rgb_hwc[10, 10].tolist() == [0, 250, 0]
    assert picture.notes == ("first frame of 4",)
