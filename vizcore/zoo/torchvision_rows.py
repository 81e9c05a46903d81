"""torchvision's classifiers that the reference facts do not list: one row of data each.

Errors are those of the first weights torchvision publishes (`weights.meta`, a test compares them);
depths count the convolutions or linear layers on the longest path, or encoder blocks.
"""

from __future__ import annotations

from vizcore.zoo.architecture import Architecture, Paper, PublishedError
from vizcore.zoo.deviations import DEVIATIONS
from vizcore.zoo.libraries import TorchvisionBuilder

_REGNET = Paper(
    "Designing Network Design Spaces",
    "Radosavovic, Kosaraju, Girshick, He, Dollar",
    "CVPR 2020 (arXiv:2003.13678)",
)
_VIT = Paper(
    "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
    "Dosovitskiy, Beyer, Kolesnikov, Weissenborn, Zhai, Unterthiner, Dehghani, Minderer, Heigold, "
    "Gelly, Uszkoreit, Houlsby",
    "ICLR 2021 (arXiv:2010.11929)",
)
_SWIN = Paper(
    "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows",
    "Liu, Lin, Cao, Hu, Wei, Zhang, Lin, Guo",
    "ICCV 2021 (arXiv:2103.14030)",
)
_SWIN_V2 = Paper(
    "Swin Transformer V2: Scaling Up Capacity and Resolution",
    "Liu, Hu, Lin, Yao, Xie, Wei, Ning, Cao, Zhang, Dong, Wei, Guo",
    "CVPR 2022 (arXiv:2111.09883)",
)
_MAXVIT = Paper(
    "MaxViT: Multi-Axis Vision Transformer",
    "Tu, Talebi, Zhang, Yang, Milanfar, Bovik, Li",
    "ECCV 2022 (arXiv:2204.01697)",
)
_CHAIN = "longest conv/linear chain"
_CHAIN_SE = "longest conv/linear chain, SE layers not counted"
_BLOCKS = "encoder blocks"

#: torchvision's name, for people, family, year, paper, input pixels, depth, what depth counts,
#: first published weights, their top-1 and top-5 error, resize and crop of their evaluation.
_ROWS: tuple[tuple[str, str, str, int, Paper, int, int, str, str, float, float, str], ...] = (
    ("regnet_x_800mf", "RegNetX-800MF", "RegNet", 2020, _REGNET, 224, 50, _CHAIN,
     "RegNet_X_800MF_Weights.IMAGENET1K_V1", 24.788, 7.652, "resize 256, center crop 224"),
    ("regnet_x_1_6gf", "RegNetX-1.6GF", "RegNet", 2020, _REGNET, 224, 56, _CHAIN,
     "RegNet_X_1_6GF_Weights.IMAGENET1K_V1", 22.96, 6.56, "resize 256, center crop 224"),
    ("regnet_x_3_2gf", "RegNetX-3.2GF", "RegNet", 2020, _REGNET, 224, 77, _CHAIN,
     "RegNet_X_3_2GF_Weights.IMAGENET1K_V1", 21.636, 6.008, "resize 256, center crop 224"),
    ("regnet_x_16gf", "RegNetX-16GF", "RegNet", 2020, _REGNET, 224, 68, _CHAIN,
     "RegNet_X_16GF_Weights.IMAGENET1K_V1", 19.942, 5.056, "resize 256, center crop 224"),
    ("regnet_x_32gf", "RegNetX-32GF", "RegNet", 2020, _REGNET, 224, 71, _CHAIN,
     "RegNet_X_32GF_Weights.IMAGENET1K_V1", 19.378, 4.752, "resize 256, center crop 224"),
    ("regnet_y_800mf", "RegNetY-800MF", "RegNet", 2020, _REGNET, 224, 44, _CHAIN_SE,
     "RegNet_Y_800MF_Weights.IMAGENET1K_V1", 23.58, 6.864, "resize 256, center crop 224"),
    ("regnet_y_3_2gf", "RegNetY-3.2GF", "RegNet", 2020, _REGNET, 224, 65, _CHAIN_SE,
     "RegNet_Y_3_2GF_Weights.IMAGENET1K_V1", 21.052, 5.424, "resize 256, center crop 224"),
    ("regnet_y_128gf", "RegNetY-128GF", "RegNet", 2020, _REGNET, 224, 83, _CHAIN_SE,
     "RegNet_Y_128GF_Weights.IMAGENET1K_SWAG_E2E_V1", 11.772, 1.318,
     "resize 384, center crop 384"),
    ("vit_b_16", "ViT-B/16", "Vision Transformer", 2020, _VIT, 224, 12, _BLOCKS,
     "ViT_B_16_Weights.IMAGENET1K_V1", 18.928, 4.682, "resize 256, center crop 224"),
    ("vit_b_32", "ViT-B/32", "Vision Transformer", 2020, _VIT, 224, 12, _BLOCKS,
     "ViT_B_32_Weights.IMAGENET1K_V1", 24.088, 7.534, "resize 256, center crop 224"),
    ("vit_l_16", "ViT-L/16", "Vision Transformer", 2020, _VIT, 224, 24, _BLOCKS,
     "ViT_L_16_Weights.IMAGENET1K_V1", 20.338, 5.362, "resize 242, center crop 224"),
    ("vit_l_32", "ViT-L/32", "Vision Transformer", 2020, _VIT, 224, 24, _BLOCKS,
     "ViT_L_32_Weights.IMAGENET1K_V1", 23.028, 6.93, "resize 256, center crop 224"),
    ("vit_h_14", "ViT-H/14", "Vision Transformer", 2020, _VIT, 224, 32, _BLOCKS,
     "ViT_H_14_Weights.IMAGENET1K_SWAG_E2E_V1", 11.448, 1.306, "resize 518, center crop 518"),
    ("swin_t", "Swin-T", "Swin Transformer", 2021, _SWIN, 224, 12, _BLOCKS,
     "Swin_T_Weights.IMAGENET1K_V1", 18.526, 4.224, "resize 232, center crop 224"),
    ("swin_s", "Swin-S", "Swin Transformer", 2021, _SWIN, 224, 24, _BLOCKS,
     "Swin_S_Weights.IMAGENET1K_V1", 16.804, 3.64, "resize 246, center crop 224"),
    ("swin_b", "Swin-B", "Swin Transformer", 2021, _SWIN, 224, 24, _BLOCKS,
     "Swin_B_Weights.IMAGENET1K_V1", 16.418, 3.36, "resize 238, center crop 224"),
    ("swin_v2_t", "Swin-V2-T", "Swin Transformer", 2022, _SWIN_V2, 256, 12, _BLOCKS,
     "Swin_V2_T_Weights.IMAGENET1K_V1", 17.928, 3.868, "resize 260, center crop 256"),
    ("swin_v2_s", "Swin-V2-S", "Swin Transformer", 2022, _SWIN_V2, 256, 24, _BLOCKS,
     "Swin_V2_S_Weights.IMAGENET1K_V1", 16.288, 3.184, "resize 260, center crop 256"),
    ("swin_v2_b", "Swin-V2-B", "Swin Transformer", 2022, _SWIN_V2, 256, 24, _BLOCKS,
     "Swin_V2_B_Weights.IMAGENET1K_V1", 15.888, 3.136, "resize 272, center crop 256"),
    ("maxvit_t", "MaxViT-T", "MaxViT", 2022, _MAXVIT, 224, 11, "MaxViT blocks",
     "MaxVit_T_Weights.IMAGENET1K_V1", 16.3, 3.278, "resize 224, center crop 224"),
)  # fmt: skip


def torchvision_rows() -> tuple[Architecture, ...]:
    """Return the architectures that only torchvision describes."""
    return tuple(
        Architecture(
            key=name,
            name=title,
            family=family,
            year=year,
            paper=paper,
            input_shape=(3, side, side),
            num_classes=1000,
            depth=depth,
            depth_note=depth_note,
            source=f"torchvision:{name}",
            builder=TorchvisionBuilder(name),
            aliases=(f"torchvision:{name}",),
            deviations=DEVIATIONS.get(name, ()),
            published=PublishedError(
                top1,
                top5,
                "ImageNet-1k val",
                f"single-crop: {crop}",
                f"torchvision 0.29.1 {weights} meta",
            ),
        )
        for name, title, family, year, paper, side, depth, depth_note, weights, top1, top5, crop
        in _ROWS
    )  # fmt: skip
