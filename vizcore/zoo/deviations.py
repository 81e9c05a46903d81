"""How the libraries' builds differ from the papers they are named after. Keys are the zoo's."""

from __future__ import annotations

_VGG = (
    "An adaptive average pool to 7x7 stands before the classifier; at 224x224 it changes nothing.",
)
_VGG_BN = (
    "Batch normalisation follows every convolution; the paper has none.",
    "The convolutions keep their biases, which batch normalisation makes redundant.",
    *_VGG,
)
_RESNET_BASIC = (
    "Shortcuts that change the shape are 1x1 projections (the paper's option B); the paper's "
    "Table 2 uses zero-padded identity (option A), which has no parameters.",
)
_RESNET_V15 = (
    'The stride of a bottleneck is in its 3x3 convolution ("ResNet v1.5"); the paper has it in '
    "the first 1x1, which needs fewer multiply-adds.",
)
_MNASNET = (
    "This is the B1 variant, without squeeze-and-excitation; the paper's headline network, A1, "
    "has it.",
)
_SQUEEZENET_STEM = (
    "The first convolution does not pad its input, and the max pools round up: 109x109 maps where "
    "the paper prints 111x111.",
)
_TF_PORT = ("A port of the TensorFlow network, with 1000 outputs instead of 1001.",)

DEVIATIONS: dict[str, tuple[str, ...]] = {
    "alexnet_torchvision": (
        'This is the single-tower "one weird trick" network of 2014, not the 2012 one: 64, 192, '
        "384, 256 and 256 filters instead of 96, 256, 384, 384 and 256.",
        "Its convolutions are not split into groups, and it has no local response normalisation.",
        "The first convolution pads by 2 and takes 224x224, where the 2012 network's arithmetic "
        "needs 227x227 without padding.",
        "An adaptive average pool to 6x6 stands before the classifier; at 224x224 it changes "
        "nothing.",
    ),
    "vgg_a": _VGG,
    "vgg_b": _VGG,
    "vgg_d": _VGG,
    "vgg_e": _VGG,
    "vgg_a_bn": _VGG_BN,
    "vgg_b_bn": _VGG_BN,
    "vgg_d_bn": _VGG_BN,
    "vgg_e_bn": _VGG_BN,
    "googlenet_torchvision": (
        "Convolutions are 3x3 where the paper has 5x5.",
        "Batch normalisation follows every convolution, convolutions have no bias, and local "
        "response normalisation is gone.",
        "The two auxiliary classifiers are left out; with them it has 13,004,888 parameters.",
    ),
    "inception_v3": (
        "The auxiliary classifier is left out; with it the network has 27,161,264 parameters.",
    ),
    "inception_v4": _TF_PORT,
    "inception_resnet_v2": (
        *_TF_PORT,
        "Its cells have the widths of the authors' released code, which differ from some of the "
        "widths printed in the paper's figures.",
    ),
    "resnet18": _RESNET_BASIC,
    "resnet34": _RESNET_BASIC,
    "resnet50": _RESNET_V15,
    "resnet101": _RESNET_V15,
    "resnet152": _RESNET_V15,
    "wide_resnet101_2": ("The paper has no 101-layer network; this is torchvision's addition.",),
    "resnext101_32x8d": ("The paper's 101-layer networks are 32x4d and 64x4d, not 32x8d.",),
    "mobilenet_v1": ("Activations are ReLU6 instead of ReLU.",),
    "squeezenet1_0": _SQUEEZENET_STEM,
    "squeezenet1_1": (
        "Version 1.1 is the authors' later release and is not in the paper: a 3x3 first "
        "convolution with 64 filters, and earlier pooling.",
    ),
    "nasnet_a_large": _TF_PORT,
    "mnasnet_b1_0_5": _MNASNET,
    "mnasnet_b1_0_75": _MNASNET,
    "mnasnet_b1_1_0": _MNASNET,
    "mnasnet_b1_1_3": _MNASNET,
    "efficientnet_b2": (
        "torchvision's weights are evaluated on 288x288 crops, not the paper's 260x260.",
    ),
    "convnext_tiny": (
        "Pointwise convolutions are written as linear layers over the channels, as in the "
        "authors' code.",
    ),
    "vit_b_16": ("The head is one linear layer, as the paper fine-tunes it.",),
    "zfnet_photos20": (
        "A small relative of the paper's network: 64x64 input, narrower layers, 20 classes.",
        "The second convolution has stride 1, so that its maps stay readable.",
        "There is no local response normalisation.",
    ),
}
for _key in ("convnext_small", "convnext_base", "convnext_large"):
    DEVIATIONS[_key] = DEVIATIONS["convnext_tiny"]
for _key in ("vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14"):
    DEVIATIONS[_key] = DEVIATIONS["vit_b_16"]
