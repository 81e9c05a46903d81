"""The notation: what it reads, writes, counts and refuses; published networks written in it."""

from __future__ import annotations

import itertools
import random

import pytest
import torch
from torch import nn

import vizcore as vc
from vizcore.errors import BadNotation
from vizcore.records.layers import LayerTable
from vizcore.reference import facts_of
from vizcore.zoo.notation import from_address, parse, plan, to_address, write
from vizcore.zoo.notation.originals import ORIGINALS, original
from vizcore.zoo.notation.syntax import (
    Block,
    Conv,
    Dense,
    Dropout,
    Layer,
    Network,
    Plain,
    Pool,
    Repeat,
)


def counted(text: str) -> LayerTable:
    network = vc.design(text, weights=False)
    return vc.layers(network, input_size=parse(text).input_shape)


@pytest.mark.parametrize("key", ORIGINALS)
def test_a_published_network_has_the_parameters_and_multiply_adds_of_its_row(key: str):
    facts, text = facts_of(key), original(key).notation
    table = counted(text)
    assert parse(text).input_shape == facts.input_shape
    assert plan(parse(text)).params == table.totals.params == facts.params
    assert table.totals.macs == facts.macs
    assert table.rows[-1].out_shape[1] == facts.num_outputs


def test_vgg_d_to_the_last_parameter():
    totals = counted(original("vgg_d").notation).totals
    assert (totals.params, totals.macs) == (138_357_544, 15_470_264_320)
    assert totals.activations == vc.layers("vgg_d").totals.activations


@pytest.mark.parametrize("key", ["vgg_a", "alexnet_torchvision", "resnet18", "resnet50"])
def test_it_keeps_as_many_values_as_torchvisions_build(key: str):
    assert counted(original(key).notation).totals.activations == vc.layers(key).totals.activations


def test_the_plans_shapes_are_those_of_the_built_network():
    text = (
        "input 3x37x41 conv7x5-8/2x1 p2x0 bn maxpool3/2 p1 ceil res(conv3-16/2 bn conv3-16 bn) "
        "inc(conv1-4 | maxpool3/1 p1 conv1-6 | id) avgpool3/2 ceil conv3-12 g2 d2 norelu "
        "lrn tanh gap dropout0.3 fc-7 nobias softmax"
    )
    made = plan(parse(text))
    network = vc.design(text)
    seen: dict[str, tuple[int, ...]] = {}
    for name, module in network.named_children():
        module.register_forward_hook(
            lambda _module, _inputs, out, name=name: seen.update({name: tuple(out.shape[1:])})
        )
    out = network(torch.randn(2, 3, 37, 41))
    assert seen == {step.name: step.out_shape for step in made.steps}
    assert torch.allclose(out.sum(1), torch.ones(2))
    assert sum(p.numel() for p in network.parameters()) == made.params


@pytest.mark.parametrize("mode", ["maxpool", "avgpool"])
def test_pooling_has_torchs_sizes_for_every_window(mode: str):
    for side, kernel, stride, ceil in itertools.product((4, 5, 6, 7), (2, 3), (1, 2, 3), (0, 1)):
        for pad in range(kernel // 2 + 1):
            text = f"input 1x{side}x{side} {mode}{kernel}/{stride} p{pad}{' ceil' * ceil}"
            out = vc.design(text)(torch.zeros(1, 1, side, side))
            assert plan(parse(text)).out_shape == tuple(out.shape[1:]), text


def random_layer(draw: random.Random, depth: int) -> Layer:
    kind = draw.randrange(9 if depth < 3 else 6)
    if kind == 0:
        height, width = draw.choice([(3, 3), (1, 7), (4, 4), (5, 5)])
        conv = Conv(
            (height, width),
            draw.choice([1, 64, 100]),
            stride=draw.choice([(1, 1), (2, 2), (2, 1)]),
            padding=draw.choice([None, (7, 7), (0, 9)]),
            groups=draw.choice([1, 2]),
            dilation=draw.choice([1, 2]),
            relu=draw.random() < 0.5,
            bias=draw.random() < 0.5,
        )
        return conv if conv.padding != conv.usual_padding else Plain("lrn")
    if kind == 1:
        return Pool(
            draw.choice(["max", "avg"]),
            draw.choice([(2, 2), (3, 3), (3, 2)]),
            draw.choice([(2, 2), (1, 1), (3, 3), (3, 2)]),
            draw.choice([(0, 0), (1, 1), (1, 0)]),
            ceil=draw.random() < 0.5,
        )
    if kind == 2:
        return Dense(draw.randrange(1, 5000), draw.random() < 0.5, draw.random() < 0.5)
    if kind == 3:
        return Dropout(draw.choice([0.5, 0.4, 0.25, 0.1234]))
    if kind in (4, 5):
        return Plain(draw.choice(["gap", "lrn", "bn", "relu", "tanh", "sigmoid", "softmax", "id"]))
    if kind == 6:
        return Repeat(random_layers(draw, depth + 1), draw.randrange(1, 4))
    join = draw.choice(["res", "inc"])
    count = draw.choice([1, 2]) if join == "res" else draw.choice([2, 3])
    return Block(join, tuple(random_layers(draw, depth + 1) for _ in range(count)))


def random_layers(draw: random.Random, depth: int = 0) -> tuple[Layer, ...]:
    return tuple(random_layer(draw, depth) for _ in range(draw.randrange(1, 4)))


@pytest.mark.parametrize("seed", range(300))
def test_what_is_written_reads_as_the_same_network(seed: int):
    draw = random.Random(seed)
    network = Network((draw.choice([1, 3]), 32, draw.choice([32, 48])), random_layers(draw))
    for lines in (False, True):
        text = write(network, lines=lines)
        assert parse(text) == network
        assert write(parse(text), lines=lines) == text
        assert write(parse(text.upper())) == write(network)
    address = to_address(write(network))
    assert set(address) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._~")
    assert parse(from_address(address)) == network


@pytest.mark.parametrize("seed", range(300))
def test_any_text_is_read_or_refused_at_a_place_inside_it(seed: int):
    draw = random.Random(seed)
    pieces = ["conv3-64", "fc-1O", "maxpool", "(", ")", "[", "]", "|", "x2", "res", "inc", "\n"]
    pieces += [
        "p1",
        "g",
        "/",
        "-",
        "#",
        "input",
        "3x8x8",
        "é",
        "0",
        "conv",
        "norelu",
        " ",
        ",",
        "²",
    ]
    text = "".join(draw.choice(pieces) + draw.choice(["", " "]) for _ in range(draw.randrange(12)))
    error = refusal(text)
    if error is not None:
        lines = text.split("\n")
        assert 0 <= error.start <= error.end <= len(text)
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 1
        assert str(error).startswith(f"Line {error.line}, column {error.column}: ")


def refusal(text: str) -> BadNotation | None:
    """The refusal of a text, or None where it is read; any other error is a failure."""
    try:
        plan(parse(text))
    except BadNotation as error:
        return error
    return None


def refused(text: str) -> BadNotation:
    with pytest.raises(BadNotation) as caught:
        plan(parse(text))
    return caught.value


@pytest.mark.parametrize(
    ("text", "place", "said", "suggestion"),
    [
        ("conv3-64 maxpol", (1, 10), "'maxpol' is no layer. Expected", "maxpool"),
        ("conv3-64\n  cnov3-64", (2, 3), "'cnov3-64' is no layer", "conv3-64"),
        ("conv-64", (1, 5), "expected the kernel's size", "conv3-64"),
        ("conv3_64", (1, 6), "expected '-' and the number of channels", "conv3-64"),
        ("conv3-", (1, 7), "expected the number of channels", "conv3-64"),
        ("conv3-64x", (1, 9), "'conv3-64' is complete before 'x'", "conv3-64"),
        ("fc4096", (1, 3), "expected '-' and the number of outputs", "fc-4096"),
        ("M", (1, 1), "'M' is no layer", "maxpool"),
        ("conv3-64 dense", (1, 10), "'dense' is no layer", "fc-1000"),
        ("conv3-64 dropout5", (1, 17), "a share between 0 and 1", "dropout"),
        ("conv0-64", (1, 5), "the kernel's size cannot be 0: allowed is 1 to 100,000", "conv3-64"),
        ("conv3x0-64", (1, 7), "the width of the kernel's size cannot be 0", "conv3-64"),
        ("conv3-9999999999999", (1, 7), "cannot be 999999999999...: allowed is 1 to", "conv3-64"),
        ("conv3-64 p1 p2", (1, 13), "'p2' sets an option a second time", ""),
        ("conv3-64/2 s2", (1, 12), "'s2' sets an option a second time", ""),
        ("maxpool g2", (1, 9), "'g2' is no option of maxpool. Its options are s2, p1, ceil", ""),
        ("conv3-64 g", (1, 11), "expected the number of groups", ""),
        ("gap p1", (1, 5), "'p1' is an option, and no layer that takes it", ""),
        ("maxpool p2", (1, 1), "cannot have a padding of 2: at most half the window, 1", ""),
        ("[conv3-64", (1, 10), "']' for the '[' of line 1, column 1, and not the end", ""),
        ("[conv3-64]", (1, 11), "expected how often", ""),
        ("[] x2", (1, 1), "nothing stands between", ""),
        ("conv3-64)", (1, 9), "')' closes or divides nothing", ""),
        ("x3", (1, 1), "'x3' repeats nothing", ""),
        ("conv3-64 x2 x2", (1, 13), "[conv3-64 x2] x3", ""),
        ("(conv3-64)", (1, 1), "'(' stands without a name", "res("),
        ("res conv3-64", (1, 5), "expected '(' after 'res'", ""),
        ("inc(conv3-64)", (1, 13), "Expected '|' and a second one", ""),
        ("res(id | id | id)", (1, 13), "at most two parts", ""),
        ("inc(conv3-64 | )", (1, 14), "a branch of inc( ) is empty", ""),
        ("", (1, 1), "the network has no layer", ""),
        ("input 3x224", (1, 12), "the picture's channels, height and width", "3x224x224"),
        ("conv3-64 input 3x2x2", (1, 10), "may only stand at the beginning", ""),
        ("[conv3-8 x1000] x1000", (1, 1), "1,000,000 layers", ""),
        ("res(" * 20 + "id" + ")" * 20, (1, 53), "more than 12 deep", ""),
        ("# " + "x" * 20_000, (1, 1), "20,002 characters; allowed are 20,000", ""),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(text, place, said, suggestion):
    error = refused(text)
    assert (error.line, error.column) == place
    assert said in str(error)
    assert suggestion in error.suggestions if suggestion else not error.suggestions
    for value in error.suggestions:
        if value[-1] not in "([":
            fixed = text[: error.start] + value + text[error.end :]
            assert parse(f"{fixed} gap").layers


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (
            "input 3x8x8\n" + "maxpool " * 4,
            (2, 25),
            "maxpool shrinks a map of 1x1 below one pixel: ⌊(1 - 2)/2⌋ + 1 = 0",
        ),
        (
            "input 3x4x4 conv7-8 p0",
            (1, 13),
            "conv7-8 p0 shrinks a map of 4x4 below one pixel: ⌊(4 - 7)/1⌋ + 1 = -2",
        ),
        ("conv3-64 fc-10000", (1, 10), "Allowed are 2,000,000,000 in all"),
        (
            "fc-1 fc-100000 fc-100000",
            (1, 16),
            "100,000·100,000 + 100,000 = 10,000,100,000 parameters; with the 350,529 before it",
        ),
        ("fc-10 conv3-64", (1, 7), "receives the 10 values of a fully connected layer"),
        ("conv3-64 g5", (1, 1), "cannot divide 3 input channels into 5 groups. Allowed: 1."),
        ("inc(conv3-64/2 | id)", (1, 1), "joins maps of one size, and its branches give 64x112x"),
        ("res(conv3-64 | id)", (1, 1), "adds maps of one shape, and its branches give 64x224x"),
    ],
)
def test_what_cannot_be_built_is_refused_with_the_arithmetic(text, place, said):
    error = refused(text)
    assert (error.line, error.column) == place
    assert said in str(error)


def ops(text: str) -> list[str]:
    return [type(module).__name__ for module in vc.design(text).children()]


def test_the_implied_relu_stands_where_slides_mean_it():
    relu, conv = "ReLU", "Conv2d"
    assert ops("conv3-4 conv3-4 maxpool gap fc-9 fc-2") == [
        conv, relu, conv, relu, "MaxPool2d", "AdaptiveAvgPool2d", "Flatten",
        "Linear", relu, "Linear",
    ]  # fmt: skip
    assert ops("conv3-4 bn maxpool") == [conv, "BatchNorm2d", relu, "MaxPool2d"]
    assert ops("conv3-4 norelu bn maxpool") == [conv, "BatchNorm2d", "MaxPool2d"]
    assert ops("conv3-4 norelu tanh gap") == [conv, "Tanh", "AdaptiveAvgPool2d"]
    assert ops("gap fc-9 softmax") == ["AdaptiveAvgPool2d", "Flatten", "Linear", "Softmax"]
    assert ops("[conv3-4 x2] x2")[-3:] == [conv, relu, conv]


def test_a_residual_block_adds_before_its_last_relu():
    network = vc.design("input 4x6x6 res(conv3-4 conv3-4 nobias) gap")
    block = next(network.children())
    convs = [module for module in block.modules() if isinstance(module, nn.Conv2d)]
    assert len(convs) == 2
    x = torch.randn(1, 4, 6, 6)
    expected = torch.relu(convs[1](torch.relu(convs[0](x))) + x)
    assert torch.allclose(block(x), expected, atol=1e-6)
    left_out = next(vc.design("input 4x6x6 res(relu conv3-4 norelu) gap").children())
    conv = next(module for module in left_out.modules() if isinstance(module, nn.Conv2d))
    assert torch.allclose(left_out(x), conv(torch.relu(x)) + x, atol=1e-6)


@pytest.mark.parametrize(
    "body",
    ["id", "relu", "tanh", "conv3-4 relu", "conv3-4 norelu", "bn", "conv3-4 bn", "maxpool3/1 p1"],
)
def test_a_sum_never_spoils_what_its_gradient_or_the_other_branch_needs(body: str):
    block = next(vc.design(f"input 4x6x6 res({body} | tanh) gap fc-2").train().children())
    x = torch.randn(2, 4, 6, 6, requires_grad=True)
    kept = x.detach().clone()
    block(x).square().sum().backward()
    assert torch.equal(x, kept)
    assert x.grad is not None


def test_a_shortcut_is_made_where_the_shape_changes():
    table = counted("input 3x32x32 conv3-8 res(conv3-16/2 nobias bn conv3-16 nobias bn) gap fc-2")
    shortcut = [row for row in table if ".shortcut." in row.name]
    assert [row.op for row in shortcut] == ["Conv2d", "BatchNorm2d"]
    assert (shortcut[0].weights, shortcut[0].biases) == (8 * 16, 0)
    written = counted("input 3x32x32 conv3-8 res(conv3-8 | conv1-8 norelu) gap fc-2")
    assert written.totals.params == 216 + 8 + 576 + 8 + 64 + 8 + 16 + 2


def test_a_network_trains():
    network = vc.design("input 1x8x8 conv3-4 lrn maxpool res(bn relu conv3-4) dropout fc-3").train()
    loss = network(torch.randn(4, 1, 8, 8)).square().sum()
    loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
    torch.manual_seed(5)
    first = vc.design("conv3-4 gap fc-2").state_dict()
    torch.manual_seed(5)
    again = vc.design("conv3-4 gap fc-2").state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_comments_and_commas_only_separate_and_the_address_leaves_them_out():
    text = "CONV3-64, conv3-64; # twice\nmaxpool"
    assert write(parse(text)) == "input 3x224x224 conv3-64 conv3-64 maxpool"
    assert parse(from_address(to_address(text))) == parse(text)


def test_an_unknown_original_names_the_nearest():
    with pytest.raises(vc.UnknownArchitecture, match="vgg_d"):
        original("vgg_f")
