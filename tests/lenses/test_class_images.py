"""Images by gradient ascent against closed forms and a loop written by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vizcore.errors import (
    BadChoice,
    BadInputSize,
    NotApplicable,
    OutOfMemory,
    UnknownClass,
    UnknownLayer,
)
from vizcore.lenses.class_images import ascend, measuring
from vizcore.records.ascent_options import AscentOptions
from vizcore.records.class_images import AscentImages, Goal
from vizcore.runtime.jobs import finish

SHAPE = (3, 6, 5)
PLAIN = {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.25, 0.5)}


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def linear() -> nn.Module:
    network = nn.Sequential(nn.Flatten(), nn.Linear(90, 4))
    network[1].weight.data.copy_(drawn(4, 90))
    network[1].bias.data.copy_(drawn(4, seed=1))
    return network


def two_layers() -> nn.Module:
    torch.manual_seed(2)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(240, 4)
    )


def made(network: nn.Module, goals: list[Goal], **options: object) -> AscentImages:
    how = AscentOptions(**options)  # type: ignore[arg-type]
    return finish(ascend(network, goals, SHAPE, **PLAIN, options=how))


@pytest.mark.parametrize("start", ["mean", "noise", "grey"])
def test_a_linear_score_is_largest_at_its_weights_over_two_lambda(start):
    """The gradient of w.x - lambda |x|^2 is w - 2 lambda x."""
    network = linear()
    goals = [Goal("0", 0.5, 0), Goal("3", 0.5, 3), Goal("3", 2.0, 3)]
    found = made(network, goals, steps=60, step_size=0.2, start=start)
    weight = network[1].weight.detach().numpy()
    for image, goal in zip(found.images_nchw, goals, strict=True):
        expected = weight[goal.target] / (2 * goal.lambda_)
        np.testing.assert_allclose(image.ravel(), expected, rtol=1e-4, atol=1e-4)
    best = [float(weight[g.target] @ weight[g.target]) / (4 * g.lambda_) for g in goals]
    bias = network[1].bias.detach().numpy()[[0, 3, 3]]
    np.testing.assert_allclose(found.objectives_sn[-1], best + bias, rtol=1e-4)
    np.testing.assert_allclose(found.penalties_sn[-1], best, rtol=1e-3)


def test_every_step_is_that_of_a_loop_written_by_hand():
    network, lambda_, step = two_layers(), 0.05, 0.3
    found = made(network, [Goal("2", lambda_, 2)], steps=25, step_size=step)
    image = torch.zeros(1, *SHAPE)
    for k in range(26):
        image.requires_grad_(True)
        score = network(image)[0, 2]
        assert found.scores_sn[k, 0] == pytest.approx(score.item(), abs=1e-6)
        odds = network(image).double().softmax(1)[0, 2].item()
        assert found.probabilities_sn[k, 0] == pytest.approx(odds, abs=1e-6)
        objective = score - lambda_ * image.square().sum()
        assert found.objectives_sn[k, 0] == pytest.approx(objective.item(), abs=1e-5)
        (gradient,) = torch.autograd.grad(objective, image)
        if k < 25:
            image = (image + step * gradient).detach()
    np.testing.assert_allclose(found.images_nchw, image.detach().numpy(), rtol=1e-4, atol=1e-6)
    assert found.objectives_sn[-1, 0] > found.objectives_sn[0, 0]
    assert found.predictions[0].scores == pytest.approx(
        sorted(network(image)[0].tolist(), reverse=True), abs=1e-5
    )


def test_the_images_of_a_batch_are_those_made_alone():
    network = two_layers()
    goals = [Goal(str(n % 4), 0.02 * (n + 1), n % 4) for n in range(6)]
    together = made(network, goals, steps=20, step_size=0.3)
    for number, goal in enumerate(goals):
        alone = made(network, [goal], steps=20, step_size=0.3)
        np.testing.assert_allclose(
            together.images_nchw[number], alone.images_nchw[0], rtol=1e-4, atol=1e-6
        )


def test_a_class_that_is_not_there_and_too_many_images():
    with pytest.raises(UnknownClass, match=r"no class number 4. Allowed: 0 to 3"):
        made(linear(), [Goal("4", 0.1, 4)])
    with pytest.raises(BadChoice, match=r"65 images were asked for. Allowed: 1 to 64"):
        made(linear(), [Goal("1", 0.1, 1)] * 65)


def test_a_seed_gives_the_same_bytes_again_and_another_seed_others():
    network, goals = two_layers(), [Goal("1", 0.02, 1), Goal("2", 0.02, 2)]
    how = {
        "steps": 12, "start": "noise", "jitter_px": 1, "scaling": 0.2, "rotation_deg": 10.0,
        "optimiser": "adam", "basis": "fourier", "blur_px": 0.5, "total_variation": 0.01,
    }  # fmt: skip
    first, again, other = (made(network, goals, seed=seed, **how) for seed in (7, 7, 8))
    for name, values in first.arrays().items():
        assert values.tobytes() == again.arrays()[name].tobytes(), name
    assert abs(first.images_nchw - other.images_nchw).max() > 1e-3


def test_the_network_is_as_it_was():
    torch.manual_seed(5)
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(48, 3)
    )
    network.train()
    network[4].weight.requires_grad_(False)
    network[0].weight.grad = torch.ones_like(network[0].weight)
    calls: list[int] = []
    network[0].register_forward_hook(lambda *_: calls.append(1))
    before = {name: values.clone() for name, values in network.state_dict().items()}
    trainable = [parameter.requires_grad for parameter in network.parameters()]
    hooks = [len(module._forward_hooks) for module in network.modules()]
    made(network, [Goal("1", 0.01, 1), Goal("u", 0.01, None, "1", 2)], steps=3)
    for name, values in network.state_dict().items():
        assert torch.equal(values, before[name]), name
    assert [parameter.requires_grad for parameter in network.parameters()] == trainable
    assert torch.equal(network[0].weight.grad, torch.ones_like(network[0].weight))
    assert all(network[n].weight.grad is None for n in (1, 4))
    assert all(module.training for module in network.modules())
    assert network[2].inplace
    assert [len(module._forward_hooks) for module in network.modules()] == hooks
    assert calls, "the hooks that it had have run"


def test_parameters_made_in_inference_mode():
    with torch.inference_mode():
        network = two_layers()
    found = made(network, [Goal("2", 0.05, 2)], steps=3, step_size=0.3)
    expected = made(two_layers(), [Goal("2", 0.05, 2)], steps=3, step_size=0.3)
    np.testing.assert_array_equal(found.images_nchw, expected.images_nchw)


def test_every_step_shows_the_images_so_far():
    network = two_layers()
    steps = list(
        ascend(network, [Goal("2", 0.1, 2)], SHAPE, **PLAIN, options=AscentOptions(steps=5))
    )
    assert [(each.done, each.total, each.partial.step) for each in steps] == [
        (step, 5, step) for step in range(6)
    ]
    for step, each in enumerate(steps):
        partial = each.partial
        assert partial.scores_sn.shape == partial.probabilities_sn.shape == (step + 1, 1)
        shown = torch.as_tensor(partial.images_nchw)
        assert partial.scores_sn[-1, 0] == pytest.approx(network(shown)[0, 2].item(), abs=1e-6)
        assert partial.frames[-1].step == step
        np.testing.assert_array_equal(partial.frames[-1].pictures_nhwc, partial.pictures_nhwc)
    assert len({each.partial.images_nchw.tobytes() for each in steps}) == 6


def test_frames_are_bounded(monkeypatch):
    from vizcore.lenses.class_images import film

    found = made(linear(), [Goal("2", 0.1, 2)] * 2, steps=130, step_size=0.01)
    assert [frame.step for frame in found.frames] == [*range(0, 130, 3), 130]
    monkeypatch.setattr(film, "FRAMES_BYTES", 5 * found.frames[0].pictures_nhwc.nbytes)
    found = made(linear(), [Goal("2", 0.1, 2)] * 2, steps=11, step_size=0.01)
    assert [frame.step for frame in found.frames] == [0, 3, 6, 9, 11]


def test_pictures_have_the_mean_added_back():
    found = made(linear(), [Goal("0", 0.5, 0)], steps=1, start="mean")
    assert found.frames[0].pictures_nhwc[0, 0, 0].tolist() == [128, 102, 76]  # 0.5 0.4 0.3 of 255
    shares = found.images_nchw.transpose(0, 2, 3, 1) * found.std + found.mean
    expected = np.rint(255 * shares).clip(0, 255)
    np.testing.assert_array_equal(found.pictures_nhwc, expected)


class Narrow(nn.Module):
    """Memory for so many images at once."""

    def __init__(self, inner: nn.Module, most: int) -> None:
        super().__init__()
        self.inner, self.most = inner, most
        self.sizes: list[int] = []

    def forward(self, images: Tensor) -> Tensor:
        if len(images) > self.most:
            raise torch.OutOfMemoryError("out of memory")
        self.sizes.append(len(images))
        return self.inner(images)


def test_without_memory_the_batch_is_halved():
    goals = [Goal(str(n % 4), 0.02 * (n + 1), n % 4) for n in range(6)]
    expected = made(two_layers(), goals, steps=4, step_size=0.3)
    network = Narrow(two_layers(), 2)
    found = made(network, goals, steps=4, step_size=0.3)
    np.testing.assert_allclose(found.images_nchw, expected.images_nchw, rtol=1e-4, atol=1e-6)
    assert max(network.sizes[1:]) <= 2
    with pytest.raises((OutOfMemory, torch.OutOfMemoryError)):
        made(Narrow(two_layers(), 0), goals, steps=4)


def test_not_even_one_image_fits_on_the_way_back():
    class Greedy(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            if torch.is_grad_enabled():
                raise torch.OutOfMemoryError("out of memory")
            return images.flatten(1)

    with pytest.raises(OutOfMemory, match="Choose a smaller network or picture"):
        made(Greedy(), [Goal("1", 0.1, 1)] * 3)


def test_large_images_wait_for_the_next_batch(monkeypatch):
    monkeypatch.setattr(measuring, "BATCH_BYTES", 20_000)
    network = Narrow(two_layers(), 3)
    goals = [Goal("1", 0.1, 1)] * 5
    found = made(network, goals, steps=3, step_size=0.3)
    # Outputs of one image: 8 x 6 x 5 twice, 240 once, 4; in float32, kept and as a gradient.
    assert 20_000 // (2 * 4 * (2 * 240 + 240 + 4)) == 3
    assert set(network.sizes) == {1, 2, 3}
    expected = made(two_layers(), goals[:1], steps=3, step_size=0.3).images_nchw[0]
    for image in found.images_nchw:
        np.testing.assert_allclose(image, expected, rtol=1e-4, atol=1e-6)


def with_dead_unit() -> nn.Module:
    network = two_layers()
    network[0].bias.data.fill_(0.1)
    network[0].bias.data[3] = -100.0
    return network


def test_a_dead_unit_is_said():
    goals = [Goal(f"channel {n} of 1", 0.01, None, "1", n) for n in (2, 3)]
    found = made(with_dead_unit(), goals, steps=4, step_size=0.3)
    assert found.notes[0] == ""
    assert "gradient of channel 3 of 1 is exactly zero everywhere from the start" in found.notes[1]
    assert "dead unit" in found.notes[1]
    assert "Start from another image (noise, a photograph), or the layer before" in found.notes[1]
    assert not found.images_nchw[1].any()
    assert found.images_nchw[0].any()
    assert found.probabilities_sn is None
    before = made(with_dead_unit(), [Goal("3", 0.01, None, "0", 3)], steps=4, step_size=0.3)
    assert before.notes == ("",)
    assert before.images_nchw.any()


def test_an_image_that_hardly_moves_is_said():
    network = linear()
    network[1].weight.data[2] *= 1e-8
    found = made(network, [Goal("2", 0.01, 2)], steps=2, step_size=0.1)
    assert "has hardly moved" in found.notes[0]
    moved = made(network, [Goal("2", 0.0, 2)], steps=2, optimiser="normalised")
    assert moved.notes == ("",)
    assert np.sqrt((moved.images_nchw**2).mean()) == pytest.approx(2 * 0.05, rel=0.01)


class Cubed(nn.Module):
    """Its gradient grows with the image, so that large steps leave the numbers there are."""

    def forward(self, images: Tensor) -> Tensor:
        return (images + 1).flatten(1).pow(3)


def test_numbers_that_are_none_stop_one_image_and_are_said():
    goals = [Goal("fast", 0.0, 3), Goal("bound", 30.0, 3)]
    found = made(Cubed(), goals, steps=60, step_size=0.01)
    assert "stopped being a finite number at step" in found.notes[0]
    assert "choose a smaller one" in found.notes[0]
    assert found.notes[1] == ""
    assert np.isfinite(found.images_nchw).all()
    steps = int(np.argmin(np.isfinite(found.scores_sn[:, 0])))
    assert f"at step {steps}" in found.notes[0]


def test_nothing_finite_at_all_is_refused():
    network = linear()
    network[1].weight.data[1, 5] = torch.nan
    with pytest.raises(NotApplicable, match="is not finite for the image at the start"):
        made(network, [Goal("1", 0.1, 1)])


def test_no_way_back_to_the_image_is_refused():
    class Cut(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.detach().flatten(1)

    with pytest.raises(NotApplicable, match="No gradient leads from this network's scores"):
        made(Cut(), [Goal("1", 0.1, 1)])


def test_an_image_too_small_for_the_network():
    network = nn.Sequential(nn.Conv2d(3, 4, 7), nn.Flatten())
    with pytest.raises(BadInputSize, match="layer '0'"):
        made(network, [Goal("1", 0.1, 1)])


class Branches(nn.Module):
    """A ReLU that runs twice, an addition, and a head of one value a channel."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.relu, self.head = nn.ReLU(), nn.Linear(4, 2)

    def forward(self, images: Tensor) -> Tensor:
        first = self.relu(self.a(images))
        second = self.relu(self.b(first) + first)
        return self.head(second.mean((2, 3)))


def parts(network: Branches, images: Tensor) -> dict[str, Tensor]:
    first = network.a(images).relu()
    added = network.b(first) + first
    return {
        "a": network.a(images),
        "relu": first,
        "add": added,
        "relu_1": added.relu(),
        "head": network(images),
    }


@pytest.mark.parametrize("layer", ["a", "relu", "add", "relu_1", "head"])
def test_a_unit_of_any_layer_against_a_loop_written_by_hand(layer):
    torch.manual_seed(6)
    network = Branches()
    places = [None] if layer == "head" else [None, "centre", (0, 4)]
    goals = [Goal("u", 0.02, None, layer, 1, place) for place in places]
    how = {"steps": 6, "step_size": 0.5, "start": "noise", "seed": 3}
    found = made(network, goals, optimiser="gradient", **how)
    for number, place in enumerate(places):
        image = 0.1 * drawn(1, *SHAPE, seed=3)
        for _ in range(6):
            image = image.requires_grad_(True)
            values = parts(network, image)[layer][0, 1]
            at = {None: values.mean(), "centre": values if layer == "head" else values[3, 2]}
            value = at[place] if place in at else values[place]
            (gradient,) = torch.autograd.grad(value - 0.02 * image.square().sum(), image)
            image = (image + 0.5 * gradient).detach()
        np.testing.assert_allclose(found.images_nchw[number], image[0], rtol=1e-4, atol=1e-6)


def test_units_that_are_not_there():
    network = Branches()
    for goal, error, words in (
        (Goal("u", 0.1, None, "c", 0), UnknownLayer, "no layer called 'c'"),
        (Goal("u", 0.1, None, "a", 4), BadChoice, "no channel 4. Allowed: 0 to 3"),
        (Goal("u", 0.1, None, "a", 1, (6, 0)), BadChoice, "rows 0 to 5, columns 0 to 4"),
        (Goal("u", 0.1, None, "head", 1, (0, 0)), BadChoice, "has no places"),
    ):
        with pytest.raises(error, match=words):
            made(network, [goal])


def test_classes_and_units_of_two_layers_in_one_go():
    torch.manual_seed(6)
    network = Branches()
    goals = [Goal("u", 0.02, None, "relu", 1), Goal("1", 0.02, 1), Goal("v", 0.02, None, "a", 0)]
    together = made(network, goals, steps=5, step_size=0.5, optimiser="gradient")
    for number, goal in enumerate(goals):
        alone = made(network, [goal], steps=5, step_size=0.5, optimiser="gradient")
        np.testing.assert_allclose(together.images_nchw[number], alone.images_nchw[0], atol=1e-6)
        assert together.scores_sn[-1, number] == pytest.approx(alone.scores_sn[-1, 0], abs=1e-6)
    assert together.probabilities_sn is None
