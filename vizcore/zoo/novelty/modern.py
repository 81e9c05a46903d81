"""What was new in RegNets, transformers, and the convolutional networks made after them."""

from __future__ import annotations

_REGNET_X = (
    "A rule and not a single network: widths grow along a straight line, rounded to stages, "
    "and a few numbers describe a whole population of good networks. "
)
_REGNET_Y = (
    "RegNet's rule, widths that grow along a straight line and are rounded to stages, with "
    "squeeze-and-excitation in each block. "
)
_VIT = (
    "The picture is cut into square patches, each becomes a word, and a plain transformer "
    "reads them: every patch can attend to every other from the first layer on. "
)
_SWIN = (
    "Attention works inside small windows, so its cost grows only in proportion to the "
    "picture; windows shift by half their size at every other block, and maps shrink in "
    "stages as in a convolutional network. "
)
_SWIN_V2 = (
    "Normalisation moves behind each layer, attention compares directions and not lengths, "
    "and a small network gives the position bias, so that large models train stably and "
    "windows can grow. "
)
_CONVNEXT = (
    "A ResNet changed step by step towards Swin: 4x4 patches, 7x7 depthwise convolutions, "
    "wide middles, few normalisations. Convolution alone turned out to be enough. "
)

MODERN: dict[str, str] = {
    "regnet_x_400mf": (
        _REGNET_X + "This one has 22 blocks in 0.4 billion multiply-adds, and plain blocks without "
        "depthwise convolution or squeeze-and-excitation."
    ),
    "regnet_x_800mf": (
        _REGNET_X
        + "This one has 16 blocks in 0.8 billion multiply-adds, with groups of 16 channels."
    ),
    "regnet_x_1_6gf": (
        _REGNET_X
        + "This one has 18 blocks in 1.6 billion multiply-adds; from here to 32 billion the depth "
        "stays below 26 blocks."
    ),
    "regnet_x_3_2gf": (
        _REGNET_X
        + "With 25 blocks in 3.2 billion multiply-adds it is the deepest of its series, though "
        "not the largest."
    ),
    "regnet_x_8gf": (
        _REGNET_X
        + "This one has 23 blocks, 15 of them in the third stage, and groups of up to 120 "
        "channels."
    ),
    "regnet_x_16gf": (
        _REGNET_X
        + "This one has 22 blocks, as many as the network of 0.4 billion multiply-adds: the "
        "larger budget went into width."
    ),
    "regnet_x_32gf": (
        _REGNET_X
        + "The largest X of the paper, with 108 million parameters in 23 blocks; the fourth stage "
        "is a single wide block."
    ),
    "regnet_y_400mf": (
        _REGNET_Y + "At 0.4 billion multiply-adds its top-1 error is 26.0% where RegNetX has 27.2%."
    ),
    "regnet_y_800mf": (
        _REGNET_Y
        + "With 14 blocks it is the shallowest of the series, and still 1.2 points of top-1 error "
        "better than RegNetX of its size."
    ),
    "regnet_y_1_6gf": (
        _REGNET_Y
        + "It has 27 blocks, nearly twice as many as its neighbour of 0.8 billion multiply-adds, "
        "and 22.1% top-1 error."
    ),
    "regnet_y_3_2gf": (
        _REGNET_Y
        + "It has 21 blocks and 19 million parameters, and 21.1% top-1 error where RegNetX has "
        "21.6%."
    ),
    "regnet_y_8gf": (
        _REGNET_Y
        + "It has 17 blocks and as many parameters as RegNetX of its size, 39 million, with 20.0% "
        "top-1 error instead of 20.7%."
    ),
    "regnet_y_16gf": (
        _REGNET_Y
        + "It has 18 blocks and 84 million parameters; from here on a doubled budget gains less "
        "than half a point of top-1 error."
    ),
    "regnet_y_32gf": (
        _REGNET_Y
        + "The largest of the paper: 20 blocks, 145 million parameters and 19.1% top-1 error."
    ),
    "regnet_y_128gf": (
        _REGNET_Y
        + "Larger than any in the paper, with 645 million parameters, it learnt from the hashtags "
        "of billions of Instagram pictures before ImageNet: 11.8% top-1 error."
    ),
    "vit_b_16": (
        _VIT
        + "Patches of 16x16 make 196 words; nothing tells it that neighbours matter, so it shines "
        "only after very large sets of pictures."
    ),
    "vit_b_32": (
        _VIT
        + "Patches of 32x32 make 49 words instead of 196: a quarter of the multiply-adds, for a "
        "coarser look."
    ),
    "vit_l_16": (
        _VIT
        + "With 24 blocks it is 3.5 times as large as ViT-B/16, and worse than it when trained on "
        "ImageNet alone: 20.3% and 18.9% top-1 error here."
    ),
    "vit_l_32": (
        _VIT
        + "The large network on 49 patches: fewer multiply-adds than ViT-B/16, for 3.5 times the "
        "parameters."
    ),
    "vit_h_14": (
        _VIT + "With 32 blocks, 632 million parameters and 14x14 patches it reached 88.55% top-1 "
        "accuracy after training on 300 million pictures."
    ),
    "swin_t": (_SWIN + "T has the size of ResNet-50: 12 blocks and 28 million parameters."),
    "swin_s": (
        _SWIN
        + "S has 18 blocks in the third stage instead of 6, and so about the size of ResNet-101."
    ),
    "swin_b": (
        _SWIN + "B is S with a third more channels, 88 million parameters, about as many as ViT-B."
    ),
    "swin_v2_t": (
        _SWIN_V2
        + "T sees 256x256 pictures in 8x8 windows; its top-1 error is 17.9% where version 1, at "
        "224x224, has 18.5%."
    ),
    "swin_v2_s": (
        _SWIN_V2 + "S has 24 blocks, and 16.3% top-1 error where version 1, at 224x224, has 16.8%."
    ),
    "swin_v2_b": (
        _SWIN_V2 + "B is the widest here; the paper goes on to 3 billion parameters and 1536x1536 "
        "pictures."
    ),
    "convnext_tiny": (
        _CONVNEXT + "T, as large as Swin-T, has 17.5% top-1 error where that has 18.5%."
    ),
    "convnext_small": (
        _CONVNEXT
        + "S has 27 blocks in the third stage instead of 9, and 16.4% top-1 error where Swin-S "
        "has 16.8%."
    ),
    "convnext_base": (
        _CONVNEXT
        + "B is S with a third more channels, and 15.9% top-1 error where Swin-B has 16.4%."
    ),
    "convnext_large": (_CONVNEXT + "L has twice the channels of S and 198 million parameters."),
    "maxvit_t": (
        "Each block is a depthwise convolution with squeeze-and-excitation, attention inside "
        "7x7 windows, then attention over a sparse grid across the whole map. So every block "
        "sees both near and far, at a cost that grows only in proportion to the picture."
    ),
}
