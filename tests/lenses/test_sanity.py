"""Sanity checks: layers that are drawn anew, and how alike the maps stay."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity
from torch import Tensor, nn

from vizcore.errors import BadChoice, NotApplicable
from vizcore.lenses.explaining import Explain, explain_by
from vizcore.lenses.sanity import edges_of, likeness, sanity_check
from vizcore.lenses.sanity_layers import draw_anew, own_tensors, seed_of, stages
from vizcore.records.saliency import SaliencyMap
from vizcore.runtime.clone import private_copy
from vizcore.runtime.jobs import Progress, finish
from vizcore.zoo.photos20 import zfnet_photos20

PHOTO = np.random.default_rng(3).integers(0, 256, (16, 16, 3), dtype=np.uint8)


class Small(nn.Module):
    """Two convolutions with a normalisation, one used twice, a head nobody asks, a bare scale."""

    def __init__(self) -> None:
        super().__init__()
        self.early = nn.BatchNorm2d(3)
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.again = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.aside = nn.Linear(4, 2)
        self.scale = nn.PReLU()
        self.head = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.scale(self.norm(self.first(self.early(x))))
        x = torch.relu(self.again(torch.relu(self.again(x))))
        self.aside(x.mean((2, 3)))
        return self.head(x.mean((2, 3)))


@pytest.fixture
def small() -> nn.Module:
    torch.manual_seed(4)
    network = Small()
    for buffer in (network.norm.running_mean, network.norm.running_var):
        buffer.uniform_(0.5, 1.5)
    return network.eval()


@pytest.fixture
def image() -> Tensor:
    return torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(7))


def gradient(target: int = 1, photo: np.ndarray = PHOTO) -> Explain:
    return explain_by("gradient", photo, target=target)


def state(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def changed(network: nn.Module, before: dict[str, Tensor]) -> set[str]:
    after = network.state_dict()
    return {
        name.rpartition(".")[0] for name in before if not torch.equal(before[name], after[name])
    }


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Linear(7, 5),
        lambda: nn.Linear(7, 5, bias=False),
        lambda: nn.Conv2d(6, 8, (3, 5), groups=2),
        lambda: nn.ConvTranspose2d(4, 6, 3),
        lambda: nn.BatchNorm2d(4),
        lambda: nn.LayerNorm(6),
    ],
)
def test_a_layer_begins_as_torch_makes_it(make):
    layer = nn.Sequential(make())
    for value in (*layer.parameters(), *layer.buffers()):
        value.data = torch.full_like(value, 9)
    draw_anew(layer, ["0"], seed=11)
    torch.manual_seed(seed_of(11, "0"))
    fresh = make()
    for name, value in fresh.state_dict().items():
        if name != "num_batches_tracked":
            torch.testing.assert_close(layer[0].state_dict()[name], value, rtol=0, atol=0)


def test_other_parameters_keep_their_mean_and_deviation():
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.many = nn.Parameter(3 + 0.5 * torch.randn(40, 50))
            self.one = nn.Parameter(torch.tensor([0.25]))

    torch.manual_seed(0)
    module = Scaled()
    before = state(module)
    draw_anew(module, [""], seed=2)
    assert (module.many != before["many"]).float().mean().item() > 0.99
    assert module.many.mean().item() == pytest.approx(3, abs=0.05)
    assert module.many.std().item() == pytest.approx(0.5, abs=0.03)
    assert module.one.item() != 0.25


def test_stages_run_from_the_scores_to_the_picture(small, image):
    found = stages(small, image)
    assert [each.layers for each in found] == [("head",), ("again",), ("first",)]
    assert [each.modules for each in found] == [
        ("head",),
        ("again",),
        ("early", "first", "norm", "scale"),
    ]


def test_every_parameter_of_a_network_is_in_one_stage(image):
    import torchvision

    network = torchvision.models.resnet18(num_classes=4)
    found = stages(network, torch.randn(1, 3, 32, 32))
    names = [name for each in found for name in each.modules]
    holders = {name for name, m in network.named_modules() if [*m.parameters(recurse=False)]}
    assert sorted(names) == sorted(holders)
    assert len(found) == 21
    assert (found[0].layers, found[-1].layers) == (("fc",), ("conv1",))
    few = stages(network, torch.randn(1, 3, 32, 32), most=6)
    assert len(few) == 6
    assert [name for each in few for name in each.modules] == names
    assert {len(each.layers) for each in few} == {3, 4}


def test_attention_is_a_stage_though_its_projection_never_runs_by_itself():
    class Attending(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.token = nn.Parameter(torch.zeros(1, 1, 8))
            self.embed = nn.Conv2d(3, 8, 8, 8)
            self.attend = nn.MultiheadAttention(8, 2, batch_first=True)
            self.head = nn.Linear(8, 2)

        def forward(self, x: Tensor) -> Tensor:
            x = self.token + self.embed(x).flatten(2).transpose(1, 2)
            return self.head(self.attend(x, x, x)[0].mean(1))

    found = stages(Attending().eval(), torch.randn(1, 3, 16, 16))
    assert [each.layers for each in found] == [
        ("head",),
        ("attend.out_proj",),
        ("attend",),
        ("embed",),
    ]
    # A token of the network itself goes with the lowest layer.
    assert found[-1].modules == ("", "embed")


def test_tensors_of_its_own(small):
    small.twin = nn.Linear(4, 5)
    small.twin.weight = small.head.weight
    copy = private_copy(small)
    own_tensors(copy)
    theirs = {value.data_ptr() for value in small.state_dict().values()}
    mine = {value.data_ptr() for value in copy.state_dict().values()}
    assert not theirs & mine
    assert copy.twin.weight is copy.head.weight


def test_of_a_linear_network_the_map_is_the_new_weights():
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    before = state(network)
    check = finish(
        sanity_check(network, torch.ones(1, 3, 2, 2), gradient(0, PHOTO[:2, :2]), seed=5)
    )
    torch.manual_seed(seed_of(5, "1"))
    fresh = nn.Linear(12, 2).weight[0].reshape(3, 2, 2).abs().amax(0).detach().numpy()
    old = before["1.weight"][0].reshape(3, 2, 2).abs().amax(0).numpy()
    np.testing.assert_array_equal(check.values_hw, old)
    np.testing.assert_array_equal(check.steps[0].values_hw, fresh)
    assert check.steps[0].likeness.spearman == pytest.approx(spearmanr(old, fresh, axis=None)[0])
    assert check.steps[0].likeness.ssim is None  # four pixels


@pytest.mark.parametrize("order", ["cascading", "independent"])
def test_which_layers_are_random_in_which_step(small, image, order):
    before = state(small)
    seen: list[set[str]] = []

    def explain(network: nn.Module, image: object) -> Generator[Progress, None, SaliencyMap]:
        seen.append(changed(network, before))
        return (yield from gradient()(network, image))  # type: ignore[arg-type]

    check = finish(sanity_check(small, image, explain, order=order))
    last = {"early", "first", "norm", "scale"}
    # A normalisation that nothing was learned in is as torch makes it: it cannot change.
    last -= {"early"}
    alone = [set(), {"head"}, {"again"}, last]
    rising = [set(), {"head"}, {"head", "again"}, {"head", "again"} | last]
    assert seen == (rising if order == "cascading" else alone)
    assert [step.name for step in check.steps] == ["head", "again", "first"]
    assert changed(small, before) == set()


def test_the_network_is_left_as_it_was(small, image):
    small.train()
    small.first.weight.requires_grad_(False)
    before, pointers = state(small), [each.data_ptr() for each in small.parameters()]
    chance = torch.get_rng_state()
    steps = sanity_check(small, image, gradient())
    for _ in range(4):
        next(steps)
    steps.close()  # as a cancelled job does
    finish(sanity_check(small, image, gradient()))
    assert changed(small, before) == set()
    assert [each.data_ptr() for each in small.parameters()] == pointers
    assert [each.requires_grad for each in small.parameters()].count(False) == 1
    assert small.training
    assert small.norm.training
    assert all(each.grad is None for each in small.parameters())
    assert not any(each._forward_hooks or each._forward_pre_hooks for each in small.modules())
    assert torch.equal(torch.get_rng_state(), chance)


def test_it_is_decided_by_the_seed(image):
    torch.manual_seed(1)
    network = zfnet_photos20()
    photo = np.zeros((64, 64, 3), np.uint8)
    picture = torch.randn(1, 3, 64, 64)
    checks = [
        finish(sanity_check(network, picture, gradient(3, photo), seed=seed, most=3))
        for seed in (1, 1, 2)
    ]
    for one, same, other in zip(*(check.steps for check in checks), strict=True):
        np.testing.assert_array_equal(one.values_hw, same.values_hw)
        assert one.likeness == same.likeness
        assert not np.array_equal(one.values_hw, other.values_hw)
    assert [len(step.layers) for step in checks[0].steps] == [3, 2, 3]


def test_what_it_has_so_far_comes_with_the_progress(small, image):
    partials = [each.partial for each in sanity_check(small, image, gradient()) if each.partial]
    assert [len(each.steps) for each in partials] == [0, 1, 2, 3]
    progress = list(sanity_check(small, image, gradient()))
    assert progress[-1].done == progress[-1].total == 4
    assert [each.done for each in progress] == sorted(each.done for each in progress)


def test_a_method_that_ignores_the_network_keeps_its_map(small, image):
    """An edge detector in place of a method: the check must show that nothing changes."""

    def edges(network: nn.Module, _image: object) -> Generator[Progress, None, SaliencyMap]:
        yield Progress(1, 1)
        return SaliencyMap(edges_of(PHOTO), False, "edges", 0, "0", 0.0, PHOTO)

    check = finish(sanity_check(small, image, edges))
    for step in check.steps:
        assert step.likeness.spearman == pytest.approx(1)
        assert step.likeness.ssim == pytest.approx(1)
    assert check.edges.spearman == pytest.approx(1)


def test_a_step_without_a_map_says_why(small, image):
    calls = []

    def fails(network: nn.Module, image: object) -> Generator[Progress, None, SaliencyMap]:
        calls.append(1)
        if len(calls) == 2:
            raise NotApplicable("No gradient.")
        found = yield from gradient()(network, image)  # type: ignore[arg-type]
        if len(calls) == 3:
            found.values_hw[0, 0] = np.nan
        return found

    check = finish(sanity_check(small, image, fails))
    assert [step.note for step in check.steps] == [
        "No gradient.",
        "The map holds values that are not finite.",
        "",
    ]
    assert [step.values_hw is None for step in check.steps] == [True, True, False]


def test_what_cannot_be_asked(small, image):
    with pytest.raises(BadChoice, match="order cannot be 'upwards'"):
        finish(sanity_check(small, image, gradient(), order="upwards"))  # type: ignore[arg-type]
    with pytest.raises(BadChoice, match="most cannot be '0'"):
        finish(sanity_check(small, image, gradient(), most=0))
    with pytest.raises(NotApplicable, match="no layer with weights"):
        stages(nn.Sequential(nn.AvgPool2d(16), nn.Flatten()), image)
    with pytest.raises(BadChoice, match="one class"):
        wander(small, image)


def wander(network: nn.Module, image: Tensor) -> None:
    classes = iter(range(5))

    def explain(network: nn.Module, image: object) -> Generator[Progress, None, SaliencyMap]:
        return (yield from gradient(next(classes))(network, image))  # type: ignore[arg-type]

    finish(sanity_check(network, image, explain))


def test_likeness_is_scipys_and_skimages():
    source = np.random.default_rng(8)
    first = source.normal(size=(20, 24)).astype(np.float32)
    second = (first + source.normal(size=first.shape)).astype(np.float32)
    second[5:9] = 0  # ties
    found = likeness(first, second)
    assert found.spearman == pytest.approx(spearmanr(first, second, axis=None)[0])
    shown = partial(np.minimum, 1)
    sizes = [np.abs(each.astype(np.float64)) for each in (first, second)]
    assert found.spearman_abs == pytest.approx(spearmanr(*sizes, axis=None)[0])
    scaled = [shown(each / np.percentile(each, 99)) for each in sizes]
    expected = structural_similarity(
        *scaled, data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert found.ssim == pytest.approx(expected)
    assert likeness(first, 5 * first).ssim == pytest.approx(1)
    assert likeness(first, np.zeros_like(first)).spearman is None
    with pytest.raises(BadChoice, match="cannot be compared"):
        likeness(first, first[1:])


def test_edges_of_a_step_are_where_it_is():
    photo = np.zeros((12, 12, 3), np.uint8)
    photo[:, 6:] = 255
    edges = edges_of(photo)
    assert edges.shape == (12, 12)
    assert set(np.flatnonzero(edges.max(axis=0))) == {5, 6}
    # Sobel's 1, 2, 1 over 4 across a step of 1, one of two directions: 1 / sqrt(2)
    np.testing.assert_allclose(edges[3:9, 5:7], 1 / np.sqrt(2), rtol=1e-6)
