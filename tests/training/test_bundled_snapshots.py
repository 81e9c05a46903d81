"""The snapshots that ship: what their card says of them is what they do."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vizcore.data import photos20
from vizcore.networks.offers import weights
from vizcore.runtime.snapshots import read_snapshot, snapshots
from vizcore.tasks.evolution import keys_with_snapshots
from vizcore.zoo import build

KEY = "zfnet_photos20"


def test_they_are_the_papers_epochs_and_end_in_the_finished_network():
    assert KEY in keys_with_snapshots()
    found = weights(KEY)
    assert found.card is not None
    shots = snapshots(found.card)
    assert [each.epoch for each in shots] == [1, 2, 5, 10, 20, 30, 40, 64]
    assert shots[-1].sha256 == found.card.sha256
    assert shots[-1].path == found.card.path
    assert shots[-1].validation == pytest.approx(found.card.accuracy["validation"])


@pytest.mark.slow
@pytest.mark.parametrize("place", range(8))
def test_validation_accuracy_computed_again_is_the_cards(place):
    found = weights(KEY)
    assert found.card is not None
    shot = snapshots(found.card)[place]
    network = build(KEY)
    network.load_state_dict(read_snapshot(shot))
    pictures, labels = photos20.held_out("validation")
    inputs = torch.from_numpy(found.preprocessing.standardise(pictures))
    with torch.no_grad():
        scores = [network.eval()(part) for part in inputs.split(128)]
    right = float(np.mean(torch.cat(scores).argmax(1).numpy() == labels))
    assert right == pytest.approx(shot.validation, abs=0.001)
