"""Signatures: which tensors are the head, how many classes a file is for, what is nearest."""

from __future__ import annotations

import pytest

from vizcore.runtime.jobs import finish
from vizcore.zoo import architectures, build
from vizcore.zoo.signatures import classes_in, nearest, signature

KEYS = [entry.key for entry in architectures()]
FIXED = {"lenet5_1998"}


@pytest.mark.parametrize("key", ["resnet18", "squeezenet1_0", "lenet5_1998"])
def test_a_signature_is_the_state_dict_of_the_built_network(key: str):
    state = build(key).state_dict()
    found = signature(key)
    assert found.shapes == {name: tuple(tensor.shape) for name, tensor in state.items()}
    assert set(found.integers) == {n for n, t in state.items() if not t.is_floating_point()}


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_every_architecture_has_a_head_that_tells_the_classes(key: str):
    found = signature(key)
    assert bool(found.head) == (key not in FIXED)
    assert classes_in(found.shapes, found) == found.classes
    if found.head:
        seven = signature(key, 7)
        assert classes_in(seven.shapes, found) == 7
        assert set(seven.shapes) == set(found.shapes)
        changed = {name for name, shape in seven.shapes.items() if shape != found.shapes[name]}
        assert changed == set(found.head)


@pytest.mark.slow
def test_every_architecture_is_nearest_to_itself_whatever_its_classes():
    for key in KEYS:
        shapes = signature(key, None if key in FIXED else 7).shapes
        best = finish(nearest(shapes))
        exact = {near.key for near in best if near.overlap == 1}
        assert best[0].overlap == 1
        assert key in exact or len(exact) == 3  # CIFAR's residual networks share their tensors


def test_classes_are_the_architectures_own_where_the_file_has_no_head():
    assert classes_in({}, signature("resnet18")) == 1000
    assert classes_in({"fc.weight": (7,)}, signature("resnet18")) == 1000


def test_it_says_how_far_it_is():
    steps = list(nearest({"x": (1,)}))
    assert steps[-1].done == steps[-1].total == len(KEYS)
