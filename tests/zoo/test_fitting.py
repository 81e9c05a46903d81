"""A person's own weights: what fits, what is mended, what is refused and with which words."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from safetensors.torch import save

from vizcore.errors import UnfitWeights, UnknownArchitecture, WeightsError
from vizcore.runtime.jobs import Progress, finish
from vizcore.zoo import build
from vizcore.zoo.fitting import Fitted, fit

State = dict[str, torch.Tensor]


def state_of(key: str, **options: Any) -> State:
    return {
        name: tensor.clone() for name, tensor in build(key, seed=1, **options).state_dict().items()
    }


def fitted(state: Mapping[str, torch.Tensor], key: str, **options: Any) -> Fitted:
    content = save(dict(state))
    return finish(fit(io.BytesIO(content), len(content), key, **options))


def refused(state: Mapping[str, torch.Tensor], key: str) -> UnfitWeights:
    with pytest.raises(UnfitWeights) as caught:
        fitted(state, key)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.fixture(scope="module")
def resnet() -> State:
    return state_of("resnet18", num_classes=7)


@pytest.mark.parametrize(
    ("key", "classes"),
    [
        ("resnet18", 7),
        ("lenet5_modern", 10),
        ("lenet5_1998", 10),
        ("squeezenet1_1", 4),
        ("googlenet_2014", 5),
        ("mobilenet_v2", 1000),
        ("zfnet_photos20", 3),
        ("shufflenet_v1_x0_5_g3", 6),
    ],
)
def test_the_weights_of_a_network_fit_it_and_the_head_says_the_classes(key: str, classes: int):
    own = {} if key == "lenet5_1998" else {"num_classes": classes}
    state = state_of(key, **own)
    found = fitted(state, key)
    assert found.classes == classes
    assert found.notes == ()
    network = build(key, **own)
    network.load_state_dict(found.state, strict=True)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, state[name])


def test_an_alias_finds_the_architecture(resnet: State):
    assert fitted(resnet, "ResNet18").key == "resnet18"
    with pytest.raises(UnknownArchitecture, match="resnet18"):
        fitted(resnet, "resnet19")


def test_it_goes_a_tensor_a_step(resnet: State):
    content = save(resnet)
    steps = list(fit(io.BytesIO(content), len(content), "resnet18"))
    assert all(isinstance(step, Progress) for step in steps)
    assert len(steps) == len(resnet) + 1
    assert steps[-1].done == steps[-1].total == len(resnet)


@pytest.mark.parametrize(
    "prefix", ["module.", "model.", "_orig_mod.", "module._orig_mod.", "state_dict.model."]
)
def test_prefixes_of_wrappers_are_taken_off_and_said(resnet: State, prefix: str):
    found = fitted({prefix + name: tensor for name, tensor in resnet.items()}, "resnet18")
    assert set(found.state) == set(resnet)
    assert found.notes == (f"'{prefix}' taken off every name",)


def test_a_prefix_of_some_names_only_is_no_prefix(resnet: State):
    state = {name if name == "fc.bias" else f"module.{name}": t for name, t in resnet.items()}
    assert (
        "module.conv1.weight [64, 3, 7, 7] is unexpected" in refused(state, "resnet18").mismatches
    )


@pytest.mark.parametrize(
    ("dtype", "word"), [(torch.float16, "F16"), (torch.bfloat16, "BF16"), (torch.float64, "F64")]
)
def test_other_decimals_become_float32_and_that_is_said(
    resnet: State, dtype: torch.dtype, word: str
):
    state = {n: t.to(dtype) if t.is_floating_point() else t for n, t in resnet.items()}
    found = fitted(state, "resnet18")
    assert found.notes == (f"{word} turned into float32",)
    for name, tensor in found.state.items():
        assert torch.equal(tensor, state[name].to(tensor.dtype))
        assert tensor.dtype in (torch.float32, torch.int64)


def test_a_check_keeps_no_tensor_and_says_the_same(resnet: State):
    state = {n: t.half() for n, t in resnet.items() if not n.endswith("num_batches_tracked")}
    whole, checked = fitted(state, "resnet18"), fitted(state, "resnet18", keep=False)
    assert not checked.state
    assert len(whole.state) == len(resnet)
    assert (checked.key, checked.classes, checked.notes) == (whole.key, whole.classes, whole.notes)


def test_missing_batch_counters_are_set_and_said(resnet: State):
    state = {n: t for n, t in resnet.items() if not n.endswith("num_batches_tracked")}
    found = fitted(state, "resnet18")
    assert found.notes == ("20 batch counters, which it lacks, set to 0",)
    build("resnet18", num_classes=7).load_state_dict(found.state, strict=True)


def test_another_architecture_is_named_with_the_first_mismatches(resnet: State):
    error = refused(resnet, "resnet34")
    assert error.suggestions == ("resnet18",)
    assert "It is a state dict of ResNet-18 (resnet18)." in error.summary
    assert (
        "ResNet-34: 80 tensors missing." in error.summary
    )  # layers: 16 blocks against 8, five tensors a convolution
    assert len(error.mismatches) == UnfitWeights.LISTED
    assert str(error).count(" is missing") == 5


def test_all_sorts_of_mismatches_come_first(resnet: State):
    state = {
        **resnet,
        "conv1.weight": torch.zeros(64, 3, 3, 3),
        "fc.bias": torch.zeros(7, dtype=torch.int64),
        "extra": torch.zeros(2),
    }
    del state["layer1.0.conv1.weight"]
    error = refused(state, "resnet18")
    first = str(error).partition("First: ")[2]
    for phrase in (
        "conv1.weight is [64, 3, 3, 3], expected [64, 3, 7, 7]",
        "layer1.0.conv1.weight [64, 64, 3, 3] is missing",
        "extra [2] is unexpected",
        "fc.bias is I64, expected decimal numbers",
    ):
        assert phrase in first
    assert "1 tensor of another shape, 1 missing, 1 unexpected, 1 of another" in error.summary
    assert "No architecture of the zoo is nearer" in error.summary
    assert error.suggestions == ()


def test_what_is_near_to_nothing_is_said_to_be():
    error = refused({"encoder.w": torch.ones(2, 2)}, "resnet18")
    assert "No architecture of the zoo is near to it." in str(error)


def test_a_head_whose_parts_disagree_is_refused(resnet: State):
    error = refused({**resnet, "fc.bias": torch.zeros(9)}, "resnet18")
    assert "fc.bias is [9], expected [7]" in str(error)


def test_a_head_of_one_output_is_refused(resnet: State):
    state = {**resnet, "fc.weight": torch.zeros(1, 512), "fc.bias": torch.zeros(1)}
    with pytest.raises(WeightsError, match="at least 2 classes"):
        fitted(state, "resnet18")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_not_finite_are_refused_by_name(resnet: State, bad: float):
    spoilt = resnet["layer2.0.conv1.weight"].clone()
    spoilt[0, 0, 0, :2] = bad
    with pytest.raises(WeightsError, match=r"layer2.0.conv1.weight has 2 of 73,728 values"):
        fitted({**resnet, "layer2.0.conv1.weight": spoilt}, "resnet18")


def test_values_too_large_for_float32_are_refused(resnet: State):
    with pytest.raises(WeightsError, match=r"fc.bias has 7 of 7 values .* float32"):
        fitted({**resnet, "fc.bias": torch.full((7,), 1e300, dtype=torch.float64)}, "resnet18")


@pytest.mark.slow
def test_indices_that_are_not_the_networks_own_are_refused():
    state = state_of("swin_t", num_classes=3)
    assert fitted(state, "swin_t").notes == ()
    name = "features.1.0.attn.relative_position_index"
    state[name] = state[name] + 1
    with pytest.raises(WeightsError, match="other indices"):
        fitted(state, "swin_t")
