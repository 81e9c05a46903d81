"""What each of the small networks that ship trained is there to show."""

from __future__ import annotations

SMALL: dict[str, str] = {
    "alexnet_photos20": (
        "Nothing new: a lesson's network in AlexNet's layout, for 64x64 pictures of 20 classes. "
        "Its 11x11 filters move in steps of 4, so its first maps are 16x16; beside the small "
        "ZFNet it shows what so coarse a first layer costs."
    ),
    "zfnet_photos20": (
        "Nothing new: a lesson's network in ZFNet's layout, with 1.13 million parameters for "
        "64x64 pictures of 20 classes. Its second convolution has stride 1, so that the maps "
        "stay large enough to look at."
    ),
    "vgg_photos20": (
        "Nothing new: a lesson's network in VGG's layout, four pairs of 3x3 convolutions with a "
        "2x2 max pool behind each, for 64x64 pictures of 20 classes."
    ),
    "inception_naive_photos20": (
        "The module that GoogLeNet's paper draws first and rejects: 1x1, 3x3 and 5x5 side by side "
        "over all channels, and a pool whose channels are all passed on. Each module is wider than "
        "the one before it."
    ),
    "inception_reduced_photos20": (
        "The same modules as in the naive network, with a 1x1 convolution ahead of each 3x3 and "
        "5x5 and behind each pool: a third of the multiply-adds and a fifth of the parameters."
    ),
    "plain14_photos20": (
        "Nothing new: 14 layers of convolution, normalisation and ReLU in a row. It is the small "
        "residual network without its shortcuts."
    ),
    "resnet14_photos20": (
        "Nothing new: six residual units of two 3x3 convolutions for 64x64 pictures of 20 classes. "
        "Without the shortcuts it is the plain network of 14 layers."
    ),
    "plain50_photos20": (
        "50 layers in a row, without shortcuts: the kind of network that is harder to train than "
        "a shallower one, which is what led to residual units."
    ),
    "resnet50_photos20": (
        "Nothing new: 24 residual units of two 3x3 convolutions, as deep as the plain network of "
        "50 layers beside it. It has no bottlenecks and is not ResNet-50."
    ),
    "resnext_photos20": (
        "Nothing new: residual bottlenecks whose 3x3 convolutions are split into 8 groups, each of "
        "which sees its own eighth of the channels."
    ),
    "wide_photos20": (
        "Nothing new: the small residual network of 14 layers with twice the channels, and so four "
        "times the parameters in every unit."
    ),
    "densenet_photos20": (
        "Nothing new: three blocks of four layers, each of which sees the channels of all layers "
        "before it in its block and adds 12."
    ),
    "se_photos20": (
        "Nothing new: the small residual network of 14 layers in which every branch ends in a "
        "gate that weighs its channels by what all of them hold."
    ),
    "mobilenet_photos20": (
        "Nothing new: six of MobileNetV2's inverted residuals, 1x1 to four times the channels, 3x3 "
        "on each channel by itself, 1x1 back. It has the fewest multiply-adds of the small "
        "networks."
    ),
}
