"""Samples say what they are, and those that claim to be held out are."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from vizcore.data import digits10, photos20
from vizcore.data.images import decode
from vizcore.data.photographs import PHOTOS, Photo
from vizcore.data.preprocessing import Preprocessing
from vizcore.data.samples import sample, sample_pictures, sample_pictures_for
from vizcore.errors import UnknownName

by_photo = pytest.mark.parametrize("photo", PHOTOS, ids=[photo.name for photo in PHOTOS])


def test_samples_decode_and_say_where_they_are_from() -> None:
    samples = sample_pictures()
    assert len({each.name for each in samples}) == len(samples) == 50
    for each in samples:
        assert decode(each.read()).rgb_hwc.shape[2] == 3
        assert each.title
        assert each.source
        assert each.licence
        assert each.class_name in (photos20 if each.photo else digits10).CLASSES


def test_held_out_samples_lie_in_the_test_part_only() -> None:
    pieces = [each for each in sample_pictures_for(3) if each.held_out]
    assert len(pieces) == 20
    for piece in pieces:
        assert piece.photo is not None
        assert piece.box is not None
        left, top, right, bottom = piece.box
        part = photos20.part_of_pixels(piece.photo)[top:bottom, left:right]
        assert (part == photos20.PARTS.index("test")).all()
        pixels = piece.photo.rgb_hwc()[top:bottom, left:right]
        np.testing.assert_array_equal(decode(piece.read()).rgb_hwc, pixels)


@by_photo
def test_held_out_samples_are_the_test_blocks_with_the_most_contrast(photo: Photo) -> None:
    piece = next(s for s in sample_pictures_for(3) if s.held_out and s.photo == photo)
    assert piece.box is not None
    whole = photos20.block_side(photo)
    boxes = [b for b in photos20.windows(photo, "test") if b[2] - b[0] == whole]
    assert piece.box in boxes
    assert photos20.contrast(photo, piece.box) == max(photos20.contrast(photo, b) for b in boxes)


def test_a_sample_by_name() -> None:
    assert sample("cat").class_name == "cat"
    with pytest.raises(UnknownName, match="nearest names are: cat"):
        sample("catt")


def test_a_grey_network_is_offered_digits_and_others_photographs() -> None:
    digits, photographs = sample_pictures_for(1), sample_pictures_for(3)
    assert [each.class_name for each in digits] == list("0123456789")
    assert len(photographs) == 40
    assert (*photographs, *digits) == sample_pictures()


@pytest.mark.parametrize("name", digits10.CLASSES)
def test_a_digit_is_the_first_of_its_class_in_the_test_part(name: str) -> None:
    pictures, labels = digits10.held_out("test")
    found = sample(f"digit-{name}-test")
    assert found.held_out
    rgb = decode(found.read()).rgb_hwc
    assert (rgb == rgb[..., :1]).all()
    same = (pictures == rgb[..., 0]).all(axis=(1, 2))
    assert np.flatnonzero(same)[0] == np.flatnonzero(labels == int(name))[0]


def test_no_digit_is_also_in_another_part() -> None:
    elsewhere = np.concatenate([digits10.held_out(part)[0] for part in ("train", "validation")])
    for each in sample_pictures_for(1):
        grey = decode(each.read()).rgb_hwc[..., 0]
        assert not (elsewhere == grey).all(axis=(1, 2)).any()


def test_listing_samples_reads_nothing() -> None:
    code = (
        "import sys\n"
        "from vizcore.data import digits10, photographs\n"
        "def stop(*_): raise AssertionError('something was read')\n"
        "digits10._table = photographs._pixels = photographs.Photo.read = stop\n"
        "from vizcore.data.samples import sample, sample_pictures, sample_pictures_for\n"
        "sample_pictures(), sample_pictures_for(1), sample('digit-3-test')\n"
        "assert not {'sklearn', 'skimage', 'torch'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_reading_a_digit_does_not_load_scikit_learn() -> None:
    code = (
        "import sys\n"
        "from vizcore.data.samples import sample\n"
        "assert sample('digit-3-test').read().startswith(b'\\x89PNG')\n"
        "assert 'sklearn' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_network_for_digits_sees_a_sample_as_the_data_has_it() -> None:
    pictures, labels = digits10.held_out("test")
    ours = Preprocessing(digits10.SIDE_PX, digits10.SIDE_PX, (0.0,), (1.0,))
    for each in sample_pictures_for(1):
        seen = ours.apply(decode(each.read()).rgb_hwc)
        wanted = pictures[labels == int(each.class_name)][0] / 255
        assert seen.shape == (1, 1, 32, 32)
        np.testing.assert_allclose(seen[0, 0], wanted, rtol=0, atol=1e-6)
