"""What is stored of the zoo's methods: whole, of networks that exist, and still so when tried."""

from __future__ import annotations

import pytest

import vizcore as vc
from vizcore import networks, zoo
from vizcore.lenses.saliency.methods import METHODS
from vizcore.reference.saliency_methods import saliency_methods

KEYS = [each.architecture for each in saliency_methods().networks]


def test_every_network_has_every_method():
    methods = [each.key for each in METHODS]
    for found in saliency_methods().networks:
        assert [fit.method for fit in found.fits] == methods
    assert len(set(KEYS)) == len(KEYS)


def test_the_networks_are_classifiers_of_the_zoo():
    allowed = {entry.key for entry in zoo.architectures()}
    assert set(KEYS) <= allowed
    assert all(networks.weights(key, "random").classes for key in KEYS)


def test_a_verdict_comes_with_its_reason_and_its_proof():
    for found in saliency_methods().networks:
        for fit in found.fits:
            if fit.verdict == "refused":
                assert fit.reasons
                assert not fit.changes
            if fit.verdict == "rewritten":
                assert fit.changes
                assert fit.largest_difference is not None
                assert fit.largest_difference < 1e-3


@pytest.mark.parametrize(
    "key", ["lenet5_1998", "alexnet_photos20", "resnet14_photos20", "mobilenet_photos20"]
)
def test_tried_again_a_network_gets_the_same_verdicts(key: str):
    stored = next(each for each in saliency_methods().networks if each.architecture == key)
    again = vc.saliency_methods(key, weights="random", device="cpu")
    assert [(fit.method, fit.verdict, fit.reasons, fit.changes) for fit in again.fits] == [
        (fit.method, fit.verdict, fit.reasons, fit.changes) for fit in stored.fits
    ]
