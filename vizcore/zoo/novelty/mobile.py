"""What was new in networks made for phones, and in those found by search."""

from __future__ import annotations

_MOBILE_V2 = (
    "The units are turned inside out: narrow layers carry the signal and the shortcut, and "
    "a depthwise convolution works on six times as many channels in between. "
)
_MOBILE_V3 = (
    "Found by search and then trimmed layer by layer against measured delay, with "
    "squeeze-and-excitation and the cheap activation h-swish. "
)
_SHUFFLE_V2 = (
    "Built for measured speed, not counted operations: half of the channels pass a unit "
    "untouched, and no 1x1 convolution is grouped. "
)
_MNASNET = (
    "The search measured delay on a real phone instead of counting operations, and was free "
    "to choose a different layer for each stage. "
)
_EFFICIENTNET = (
    "Depth, width and resolution grow together by one rule from a small network that was "
    "found by search. "
)
_EFFICIENTNET_V2 = (
    "Made to be quick to train: early blocks use one plain 3x3 convolution in place of a "
    "depthwise pair, and pictures grow as training goes on. "
)

MOBILE: dict[str, str] = {
    "mobilenet_v1": (
        "Every 3x3 convolution is split in two: one filter per channel, then a 1x1 convolution "
        "across channels, for an eighth to a ninth of the multiply-adds. Full convolutions in "
        "the same layout need 4.9 billion instead of 569 million and gain only 1.1 points of "
        "accuracy."
    ),
    "mobilenet_v2": (
        _MOBILE_V2
        + "The narrow layers have no ReLU, which would destroy information there; 301 million "
        "multiply-adds are about half of version 1's."
    ),
    "mobilenet_v3_large": (
        _MOBILE_V3
        + "A cheaper last stage helps it to 217 million multiply-adds, fewer than version 2's "
        "301, with a lower error."
    ),
    "mobilenet_v3_small": (
        _MOBILE_V3
        + "The small one has 57 million multiply-adds, about a quarter of the large one's, for "
        "devices with little power."
    ),
    "shufflenet_v2_x0_5": (
        _SHUFFLE_V2
        + "At half width it needs 40 million multiply-adds, and has 1.4 million parameters, most "
        "of them in the last two layers."
    ),
    "shufflenet_v2_x1_0": (
        _SHUFFLE_V2
        + "The reference width, with 116, 232 and 464 channels in its stages: 145 million "
        "multiply-adds."
    ),
    "shufflenet_v2_x1_5": (
        _SHUFFLE_V2
        + "With 176, 352 and 704 channels it needs 296 million multiply-adds, about as many as "
        "MobileNet v2."
    ),
    "shufflenet_v2_x2_0": (
        _SHUFFLE_V2
        + "The widest of the four, about as costly as MobileNet v1 at 583 million multiply-adds, "
        "and its last convolution has 2048 channels instead of 1024."
    ),
    "mnasnet_b1_0_5": (
        _MNASNET
        + "B1 is the variant without squeeze-and-excitation; at half width it needs a third of "
        "the full network's multiply-adds."
    ),
    "mnasnet_b1_0_75": (
        _MNASNET
        + "B1 is the variant without squeeze-and-excitation; at three quarters of the width it "
        "needs 215 million multiply-adds."
    ),
    "mnasnet_b1_1_0": (
        _MNASNET
        + "B1 is the variant without squeeze-and-excitation: 4.4 million parameters, and kernels "
        "of 3x3 in some stages and 5x5 in others."
    ),
    "mnasnet_b1_1_3": (
        _MNASNET
        + "B1 is the variant without squeeze-and-excitation; 1.3 times the width costs 1.7 times "
        "the multiply-adds."
    ),
    "mnasnet_a1": (
        _MNASNET
        + "A1 could choose squeeze-and-excitation too; its 75.2% top-1 accuracy is half a point "
        "above a wider MobileNet v2's, at 1.8 times the speed."
    ),
    "nasnet_a_large": (
        "The cell of NASNet-A mobile, found on CIFAR-10, stacked six at a time and made wide "
        "for 331x331 pictures. Its 82.7% top-1 accuracy equalled the best hand-made network of "
        "its day for 28% fewer operations."
    ),
    "efficientnet_b0": (
        _EFFICIENTNET
        + "B0 is that network: MobileNet v2's units with squeeze-and-excitation, 5.3 million "
        "parameters and 0.39 billion multiply-adds."
    ),
    "efficientnet_b1": (
        _EFFICIENTNET
        + "B1 is as wide as B0, a tenth deeper before rounding, and made for 240x240 pictures: "
        "0.69 billion multiply-adds."
    ),
    "efficientnet_b2": (
        _EFFICIENTNET
        + "Rounding leaves B2 as deep as B1: it differs in width, by a tenth, and in pictures of "
        "260x260."
    ),
    "efficientnet_b3": (
        _EFFICIENTNET
        + "B3 is 1.2 times as wide and 1.4 times as deep as B0, for 300x300 pictures, at less "
        "than half of ResNet-50's multiply-adds."
    ),
    "efficientnet_b4": (
        _EFFICIENTNET
        + "B4 needs about as many multiply-adds as ResNet-50, 4.4 billion, and in the paper has "
        "82.6% top-1 accuracy where that has 76.3%."
    ),
    "efficientnet_b5": (
        _EFFICIENTNET
        + "B5, 1.6 times as wide and 2.2 times as deep as B0, sees 456x456 pictures and needs "
        "10.3 billion multiply-adds, fewer than ResNet-152."
    ),
    "efficientnet_b6": (
        _EFFICIENTNET
        + "B6 is 1.8 times as wide and 2.6 times as deep as B0, and pictures of 528x528 alone "
        "cost 5.6 times as much as those of 224x224."
    ),
    "efficientnet_b7": (
        _EFFICIENTNET
        + "B7, twice as wide and 3.1 times as deep as B0, reached 84.4% top-1 accuracy with 66 "
        "million parameters, 8.4 times fewer than the record holder before it."
    ),
    "efficientnet_v2_s": (
        _EFFICIENTNET_V2
        + "S has 21 million parameters and a lower error than B7, with torchvision's weights, for "
        "less than a quarter of its multiply-adds."
    ),
    "efficientnet_v2_m": (
        _EFFICIENTNET_V2 + "M equals B7's accuracy in the paper and trains 11 times as fast."
    ),
    "efficientnet_v2_l": (
        _EFFICIENTNET_V2
        + "L, with 119 million parameters, has 14.2% top-1 error after training on ImageNet "
        "alone."
    ),
}
