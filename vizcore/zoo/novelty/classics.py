"""What was new in the networks of 2012 to 2017, as the libraries build them."""

from __future__ import annotations

_VGG = (
    "Nothing but 3x3 convolutions and pooling: two in a row see 5x5 pixels and three see "
    "7x7, with fewer weights and more nonlinearities than one large kernel. "
)
_VGG_BN = (
    "The paper of 2014 has no batch normalisation, which came in 2015; this is "
    "torchvision's variant, with one after each convolution. "
)
_STRIDE = (
    "The stride of 2 is in the 3x3 convolution and not, as published, in the 1x1 before it, "
    "which skipped three quarters of the positions. "
)
_WIDE = (
    "Twice the channels in the 3x3 convolution of each bottleneck, where a thinner network "
    "would need more layers to spend as much. "
)
_RESNEXT = (
    "A bottleneck's 3x3 convolution is split into groups, many narrow paths side by side; "
    "their number, the cardinality, is a third choice beside depth and width. "
)
_DENSE = (
    "Within a block every layer reads the maps of all layers before it, joined and not "
    "added, and contributes only a few maps of its own. "
)
_SQUEEZE = (
    "A fire module squeezes the channels with 1x1 convolutions, then expands them with 1x1 "
    "and 3x3 side by side. "
)

CLASSICS: dict[str, str] = {
    "alexnet_torchvision": (
        "The single-column AlexNet of a paper on sharing training out: convolutions split by "
        "pictures, fully connected layers by weights. It has 64, 192, 384, 256 and 256 filters, "
        "no groups and no response normalisation, and is not the network of 2012."
    ),
    "vgg_a": (
        _VGG + "A, with 8 convolutions, was trained from random weights and gave the deeper "
        "configurations their start."
    ),
    "vgg_b": (
        _VGG + "B doubles the first two convolutions of A, and its top-5 error falls from 10.4% to "
        "9.9% in the paper."
    ),
    "vgg_d": (
        _VGG
        + "D, known as VGG-16, has 138 million parameters, 103 million of them in the first fully "
        "connected layer, and long served as the standard source of features."
    ),
    "vgg_e": (
        _VGG
        + "E, known as VGG-19, adds three convolutions to D and hardly lowers the error: at 19 "
        "layers the gain from depth alone had run out."
    ),
    "vgg_a_bn": (
        _VGG_BN + "With torchvision's weights the top-1 error is 29.6% where plain VGG-A has 31.0%."
    ),
    "vgg_b_bn": (
        _VGG_BN + "With torchvision's weights the top-1 error is 28.4% where plain VGG-B has 30.1%."
    ),
    "vgg_d_bn": (
        _VGG_BN
        + "With torchvision's weights the top-1 error is 26.6% where plain VGG-16 has 28.4%, for "
        "8,448 more parameters."
    ),
    "vgg_e_bn": (
        _VGG_BN
        + "With torchvision's weights the top-1 error is 25.8% where plain VGG-19 has 27.6%."
    ),
    "googlenet_torchvision": (
        "GoogLeNet with batch normalisation after each convolution and, by an old mistake that "
        "its weights depend on, 3x3 convolutions where the paper has 5x5. It therefore has 6.6 "
        "million parameters where the published network has 7.0."
    ),
    "inception_v3": (
        "Large kernels are factorised: 5x5 into two 3x3, and 7x7 into 1x7 and 7x1, which sees "
        "as far for fewer multiply-adds. Label smoothing, introduced in the same paper, asks "
        "the network not to be entirely sure of any class."
    ),
    "resnet18": (
        "Each pair of 3x3 convolutions learns a correction that is added to its input, carried "
        "past it by a shortcut. At 18 layers this is no more accurate than the plain network, "
        "but it is quicker to train."
    ),
    "resnet34": (
        "Here shortcuts decide: 34 plain layers have 28.5% top-1 error in the paper's ten-crop "
        "test and 34 residual layers 25.0%. Deeper is better again, for less than a fifth of "
        "VGG-19's multiply-adds."
    ),
    "resnet50": (
        _STRIDE
        + "It needs 4.09 billion multiply-adds where the published network needs 3.86, has the "
        "same parameters, and is slightly more accurate."
    ),
    "resnet101": (
        _STRIDE + "With 23 units in the third stage it needs 7.80 billion multiply-adds where the "
        "published network needs 7.57."
    ),
    "resnet152": (
        _STRIDE + "With 8 units in the second stage and 36 in the third it needs 11.51 billion "
        "multiply-adds, fewer than VGG-16's 15.47."
    ),
    "inception_v4": (
        "A deeper and more uniform Inception: three kinds of module, each repeated, with a "
        "module of its own kind wherever the map shrinks. Without any shortcut it is as "
        "accurate as the residual variant of the same paper, which trains sooner."
    ),
    "inception_resnet_v2": (
        "Each Inception module's output is scaled down and added to its input, as in a residual "
        "network; without the scaling, wide versions broke down in training. Three such "
        "networks and one Inception-v4 together reached 3.08% top-5 error."
    ),
    "wide_resnet50_2": (
        _WIDE
        + "With 50 layers it is slightly more accurate than ResNet-152, and faster, as graphics "
        "cards prefer few wide layers to many thin ones."
    ),
    "wide_resnet101_2": (
        _WIDE + "It is torchvision's addition to the paper's networks: 127 million parameters, and "
        "21.2% top-1 error where the one with 50 layers has 21.5%."
    ),
    "resnext50_32x4d": (
        _RESNEXT
        + "With 32 groups of 4 channels it has as many parameters as ResNet-50, and 22.2% top-1 "
        "error where that has 23.9% in the paper."
    ),
    "resnext101_32x8d": (
        _RESNEXT + "32 groups of 8 channels are not in the paper; the setting became known through "
        "networks trained on hashtags of Instagram pictures in 2018."
    ),
    "resnext101_64x4d": (
        _RESNEXT
        + "64 groups of 4 channels, at twice the multiply-adds of ResNet-101, have 20.4% top-1 "
        "error in the paper; ResNeXt came second in ILSVRC 2016."
    ),
    "densenet121": (
        _DENSE
        + "With 32 new maps per layer it has 8 million parameters and a top-1 error within two "
        "points of ResNet-50's, which has 25.6 million."
    ),
    "densenet169": (
        _DENSE
        + "The third and fourth blocks have 32 layers each: 14 million parameters, and 23.8% "
        "top-1 error where DenseNet-121 has 25.0%."
    ),
    "densenet201": (
        _DENSE
        + "Its 20 million parameters are about as accurate as the 44.5 million of ResNet-101."
    ),
    "densenet161": (
        _DENSE
        + "Each layer adds 48 maps where the others add 32: the widest of the four, with 28.7 "
        "million parameters, and the most accurate."
    ),
    "squeezenet1_0": (
        _SQUEEZE
        + "It equals AlexNet's accuracy with a fiftieth of the parameters, 1.25 million, and less "
        "than half a megabyte once compressed."
    ),
    "squeezenet1_1": (
        _SQUEEZE
        + "A smaller first convolution and earlier pooling cut the multiply-adds to less than "
        "half of version 1.0's, at the same accuracy."
    ),
    "se_resnet50": (
        "Each unit averages its maps to one number per channel, and two small layers turn those "
        "into a weight for each channel. A tenth more parameters, and hardly more "
        "multiply-adds, bring ResNet-50 close to the accuracy of ResNet-101."
    ),
    "senet154": (
        "Squeeze-and-excitation in a modified ResNeXt of 152 layers with 64 groups. An ensemble "
        "with it won ILSVRC 2017, the last of the series, with 2.25% top-5 error; alone, on one "
        "crop, it has 4.5%."
    ),
}
