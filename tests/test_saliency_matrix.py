"""The kept matrix of saliency methods and architectures, computed again for some.

`CONVSCOPE_WHOLE_ZOO=1` computes it again for all; that takes long.
"""

from __future__ import annotations

import os
from importlib.metadata import version

import pytest

from vizcore.lenses.saliency.methods import METHODS
from vizcore.saliency_matrix import as_csv, classifiers, fits_of, matrix, versions

KEPT = {each.architecture: each for each in matrix()}
QUICK = ("lenet5_modern", "resnet14_photos20", "googlenet_torchvision", "vgg_photos20")
WHOLE = tuple(KEPT) if os.environ.get("CONVSCOPE_WHOLE_ZOO") else QUICK


@pytest.mark.parametrize("key", WHOLE)
def test_computed_again_it_is_what_is_kept(key):
    for again, before in zip(fits_of(key).fits, KEPT[key].fits, strict=True):
        assert (again.method, again.verdict) == (before.method, before.verdict), (again, before)
        assert (again.changes, again.reasons) == (before.changes, before.reasons)


def test_every_classifier_of_the_zoo_is_in_it_with_every_method():
    assert list(KEPT) == list(classifiers())
    for network in KEPT.values():
        assert [fit.method for fit in network.fits] == [each.key for each in METHODS]
        for fit in network.fits:
            assert (fit.verdict == "refused") <= bool(fit.reasons)
            assert (fit.verdict == "rewritten") == bool(fit.changes)
            if fit.verdict == "rewritten":
                assert fit.largest_difference is not None
                assert fit.largest_difference < 1e-3


def test_the_versions_it_was_computed_with_are_those_here():
    assert f"torch {version('torch')}" in versions()
    assert f"captum {version('captum')}" in versions()


def test_it_is_written_as_it_is_read():
    text = as_csv(matrix())
    assert text.count("\n") > len(KEPT)
    assert text.startswith("# torch ")
