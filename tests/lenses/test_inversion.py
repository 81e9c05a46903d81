"""Feature inversion against its formula and against networks that lose nothing, or everything."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable, OutOfMemory, UnknownLayer
from vizcore.lenses.class_images import invert
from vizcore.records.ascent_options import InversionOptions
from vizcore.records.class_images import Inversions
from vizcore.runtime.jobs import finish

SIDES = (6, 7)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def network() -> nn.Module:
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Conv2d(3, 12, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.AvgPool2d(6),
        nn.Flatten(),
        nn.Linear(12, 4),
    )


def inverted(net: nn.Module, photo: Tensor, layers: list[str], **options: object) -> Inversions:
    how = InversionOptions(**options)  # type: ignore[arg-type]
    plain = {"mean": (0.5,) * 3, "std": (0.25,) * 3}
    view = np.zeros((*SIDES, 3), np.uint8)
    return finish(invert(net, photo, layers, photo_hwc=view, options=how, **plain))  # type: ignore[arg-type]


def test_the_terms_are_those_of_the_paper():
    net, photo = network(), drawn(1, 3, *SIDES)
    how = {"alpha": 4.0, "alpha_weight": 0.3, "beta": 3.0, "beta_weight": 0.2, "seed": 8}
    found = inverted(net, photo, ["0", "4"], steps=3, step_size=0.05, **how)
    start = 0.1 * drawn(1, 3, *SIDES, seed=8)
    for number, depth in enumerate((1, 5)):
        wanted, seen = net[:depth](photo), net[:depth](start)
        error = ((seen - wanted) ** 2).sum() / (wanted**2).sum()
        assert found.errors_sn[0, number] == pytest.approx(error.item(), rel=1e-5)
    assert found.bounds_sn[0, 0] == pytest.approx(0.3 * (start**4).mean().item(), rel=1e-5)
    total = 0.0
    for row in range(SIDES[0]):
        for column in range(SIDES[1]):
            here = start[0, :, row, column]
            right = start[0, :, row, column + 1] - here if column < SIDES[1] - 1 else 0 * here
            below = start[0, :, row + 1, column] - here if row < SIDES[0] - 1 else 0 * here
            total += ((right**2 + below**2) ** 1.5).sum().item()
    expected = 0.2 * total / start.numel()
    assert found.variations_sn[0, 0] == pytest.approx(expected, rel=1e-4)
    whole = found.errors_sn + found.bounds_sn + found.variations_sn
    np.testing.assert_array_equal(found.losses_sn, whole)
    final = torch.as_tensor(found.images_nchw[:1])
    wanted = net[:1](photo)
    error = ((net[:1](final) - wanted) ** 2).sum() / (wanted**2).sum()
    assert found.errors_sn[-1, 0] == pytest.approx(error.item(), rel=1e-4)


def test_the_first_step_is_adams_against_the_gradient():
    net, photo = network(), drawn(1, 3, *SIDES)
    found = inverted(net, photo, ["1"], steps=1, step_size=0.05, alpha_weight=0.0)
    leaf = (0.1 * drawn(1, 3, *SIDES)).requires_grad_(True)
    wanted = net[:2](photo).detach()
    error = ((net[:2](leaf) - wanted) ** 2).sum() / (wanted**2).sum()
    right, below = leaf.diff(dim=3), leaf.diff(dim=2)
    loss = error + 0.01 * (right.square().sum() + below.square().sum()) / leaf.numel()
    loss.backward()
    theirs = torch.optim.Adam([leaf], lr=0.05)
    theirs.step()
    np.testing.assert_allclose(found.images_nchw, leaf.detach(), atol=1e-5)


def test_a_layer_that_loses_nothing_gives_the_photograph_and_a_mean_gives_its_mean():
    photo = drawn(1, 3, *SIDES)
    net = network()
    free = {"alpha_weight": 0.0, "beta_weight": 0.0, "steps": 400, "step_size": 0.03}
    found = inverted(net, photo, ["0", "4"], **free)
    assert found.errors_sn[-1, 0] < 1e-4
    np.testing.assert_allclose(found.images_nchw[0], photo[0], atol=0.1)
    assert found.errors_sn[-1, 1] < 1e-4
    assert abs(found.images_nchw[1] - photo[0].numpy()).max() > 1.0, "four numbers cannot hold it"
    assert found.photo_prediction.classes == found.predictions[1].classes
    np.testing.assert_allclose(
        found.photo_prediction.scores, found.predictions[1].scores, atol=0.02
    )


def test_regularisers_pull_their_way():
    net, photo = network(), drawn(1, 3, *SIDES)
    how = {"steps": 60, "step_size": 0.05, "alpha_weight": 0.0, "beta_weight": 0.0}
    free = inverted(net, photo, ["0"], **how)
    smooth = inverted(net, photo, ["0"], **{**how, "beta_weight": 0.5})
    small = inverted(net, photo, ["0"], **{**how, "alpha_weight": 0.05})

    def roughness(found: Inversions) -> float:
        return float((np.diff(found.images_nchw, axis=3) ** 2).mean())

    assert roughness(smooth) < 0.5 * roughness(free)
    assert abs(small.images_nchw).max() < 0.9 * abs(free.images_nchw).max()


def test_it_is_watched_and_the_same_again():
    net, photo = network(), drawn(1, 3, *SIDES)
    view = np.zeros((*SIDES, 3), np.uint8)
    how = InversionOptions(steps=4)
    plain = {"mean": (0.5,) * 3, "std": (0.25,) * 3, "photo_hwc": view, "options": how}
    steps = list(invert(net, photo, ["0", "1"], **plain))
    assert [each.partial.step for each in steps] == [0, 1, 2, 3, 4]
    assert [len(each.partial.errors_sn) for each in steps] == [1, 2, 3, 4, 5]
    last = finish(invert(net, photo, ["0", "1"], **plain))
    for name, values in steps[-1].partial.arrays().items():
        if name != "about_json":
            assert values.tobytes() == last.arrays()[name].tobytes(), name
    assert all(parameter.grad is None for parameter in net.parameters())
    assert all(parameter.requires_grad for parameter in net.parameters())


def test_what_cannot_be_inverted():
    net, photo = network(), drawn(1, 3, *SIDES)
    net[0].bias.data.fill_(-1000.0)
    with pytest.raises(NotApplicable, match="Layer '1' gives only zeros for this photograph"):
        inverted(net, photo, ["1"])
    with pytest.raises(UnknownLayer, match="no layer called 'conv'"):
        inverted(net, photo, ["conv"])
    with pytest.raises(BadChoice, match="0 layers were asked for"):
        inverted(net, photo, [])
    with pytest.raises(BadChoice, match="beta cannot be"):
        InversionOptions(beta=0.5)


def test_not_finite_any_more_is_said():
    found = inverted(network(), drawn(1, 3, *SIDES), ["0"], steps=4, step_size=10.0, alpha=10.0,
                     alpha_weight=1e6)  # fmt: skip
    assert np.isfinite(found.images_nchw).all()
    net = network()

    class Root(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.sum((2, 3)).sqrt()

    net = nn.Sequential(Root(), nn.Linear(3, 2))
    found = inverted(net, abs(drawn(1, 3, *SIDES)), ["0"], steps=20, step_size=5.0, seed=1)
    assert "stopped being finite at step" in found.notes[0]
    assert np.isfinite(found.images_nchw).all()


def test_no_memory_even_for_one():
    class Greedy(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            if torch.is_grad_enabled():
                raise torch.OutOfMemoryError("out of memory")
            return images.flatten(1)

    net = nn.Sequential(Greedy())
    with pytest.raises(OutOfMemory, match="Choose a smaller network or picture"):
        inverted(net, drawn(1, 3, *SIDES), ["0"])
