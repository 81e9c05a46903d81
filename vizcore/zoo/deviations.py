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
_SMALL = ("A small relative of the paper's network: 64x64 input, narrower layers, 20 classes.",)
_SMALL_STAGES = ("Three stages of maps of 16x16, 8x8 and 4x4; the paper has other numbers.",)
_SMALL_INCEPTION = (
    "Four modules, all with the same filters; the paper has nine.",
    "There are no auxiliary classifiers, no dropout and no local response normalisation.",
)
_TF_PORT = ("A port of the TensorFlow network, with 1000 outputs instead of 1001.",)
_PREACT_FIRST_UNIT = (
    "The first unit's activation stands ahead of the split into two paths, and one more follows "
    "the last addition, as the paper's appendix says; its Figure 4 shows a unit in between.",
)
_UNSTATED_PADDING = (
    "The paper does not say on which side the zeros of the padded shortcuts stand; here they "
    "follow the channels that are there.",
)

_SHUFFLENET_V1 = (
    "The channels are shuffled before the depthwise convolution, as the paper draws it; the "
    "authors' released code shuffles after it, with the same parameters and cost.",
    "The classifier has no bias, as in the authors' released code.",
)
_ZFNET_FIG3 = (
    "The paper's figure prints no paddings; these are the ones that give its map sizes 110, 55, "
    "26, 13 and 6.",
    "Contrast normalisation across maps has AlexNet's constants, which the paper does not print.",
    "Weights are drawn with a standard deviation of 0.01; the paper says only that they start at "
    "0.01.",
)
_OVERFEAT = (
    "On a picture larger than its own the scores of all places are averaged; the paper offsets "
    "the last pooling as well and keeps the largest scores of several scales.",
)
_VGG_GLOROT = (
    "Weights start as Glorot and Bengio's, which the authors adopted after submitting; the "
    "paper's own runs began with normal weights and networks begun from a trained A.",
)
_AZIZPOUR_WIDE = (
    "Uncertain: the study's table gives filters, the last map and the fully connected layers "
    "only. Kernels, strides, pooling, dropout and the 227x227 input are assumed to be AlexNet's, "
    "without groups and normalisation.",
)
_AZIZPOUR_DEPTH = (
    "Uncertain: the study's table gives filters, the last map and the fully connected layers "
    "only. The 256x256 input, 3x3 kernels, a 2x2 pool after each of five stages and dropout are "
    "assumed; the parameters do not depend on where the pools stand, the multiply-adds do.",
)
_AZIZPOUR_DEEP = (
    "Uncertain: the study's table gives filters, the last map and the fully connected layers "
    "only. The 192x192 input, 3x3 kernels, 2x2 pools after convolutions 2, 5, 8, 11 and 13 and "
    "dropout are assumed; the parameters do not depend on where the pools stand, the "
    "multiply-adds do.",
    "The parameters printed for it in the lecture's table are those of another row; the listed "
    "layers cannot have so many.",
)

_SEARCHED = (
    "In train mode drop-path has the probabilities of the end of training; the released code "
    "raises them from 0 step by step.",
)
_AMOEBANET = (
    "The cells are those of the released TPU code.",
    "It has 1000 outputs, as the published size counts; the released code has 1001.",
    *_SEARCHED,
)

DEVIATIONS: dict[str, tuple[str, ...]] = {
    "lenet5_1998": (
        "The paper prints its drawings of the ten digits as a figure; these were drawn anew, also "
        "on 7x12 pixels.",
        "The distances to the drawings are returned with a minus sign, so that the largest score "
        "wins as in every other network.",
    ),
    "lenet5_modern": (
        "Not the published network: every map of C3 sees all maps of S2, pooling is a plain mean "
        "without parameters or squashing, tanh is not scaled, and the output is a linear layer.",
    ),
    "alexnet_2012": (
        "The input is 227x227: the paper prints 224x224, with which the arithmetic of the first "
        "layer does not give its 55x55 maps.",
        "The two graphics cards' halves are two groups of one convolution.",
    ),
    "zfnet": _ZFNET_FIG3,
    "zfnet_clarifai_like": _ZFNET_FIG3,
    "overfeat_fast": _OVERFEAT,
    "overfeat_accurate": _OVERFEAT,
    "vgg_a_lrn": _VGG_GLOROT,
    "vgg_c": _VGG_GLOROT,
    "nin_imagenet": (
        "The paper has no table of an ImageNet network; this is the one its first author "
        "released. Weights start as He et al.'s.",
        "The last pool is global, so that other inputs work; at 227x227 it is the same 6x6 mean.",
    ),
    "facenet_nn1": (
        "The paper's table prints no paddings; these are the ones that give its map sizes.",
        "The constants of response normalisation (AlexNet's) and the first weights (He et al.'s) "
        "are assumed.",
    ),
    "azizpour_tiny_a": _AZIZPOUR_WIDE,
    "azizpour_small_c": _AZIZPOUR_WIDE,
    "azizpour_medium_e": _AZIZPOUR_WIDE,
    "azizpour_large_f": (
        "Uncertain: the study's table gives filters, the last map and the fully connected layers "
        "only. They are OverFeat accurate's, whose kernels, strides and 221x221 input are assumed.",
    ),
    "azizpour_deep8": _AZIZPOUR_DEPTH,
    "azizpour_deep11_h": _AZIZPOUR_DEPTH,
    "azizpour_deep13_i": _AZIZPOUR_DEPTH,
    "azizpour_deep16_j": _AZIZPOUR_DEPTH,
    "azizpour_deep_tiny_b": _AZIZPOUR_DEEP,
    "azizpour_deep_small_d": _AZIZPOUR_DEEP,
    "azizpour_deep_medium_g": _AZIZPOUR_DEEP,
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
    "alexnet_photos20": (
        *_SMALL,
        "One tower, without groups.",
        "Every convolution and pool is padded.",
    ),
    "zfnet_photos20": (
        *_SMALL,
        "The second convolution has stride 1, so that its maps stay readable.",
        "There is no local response normalisation.",
    ),
    "vgg_photos20": (*_SMALL, "Four stages of two convolutions; the paper has five."),
    "inception_naive_photos20": (
        *_SMALL,
        *_SMALL_INCEPTION,
        "The modules are the naive ones of the paper's Figure 2(a), which GoogLeNet does not use.",
    ),
    "inception_reduced_photos20": (*_SMALL, *_SMALL_INCEPTION),
    "plain14_photos20": (*_SMALL, *_SMALL_STAGES),
    "resnet14_photos20": (*_SMALL, *_SMALL_STAGES),
    "plain50_photos20": (*_SMALL, *_SMALL_STAGES),
    "resnet50_photos20": (
        *_SMALL,
        *_SMALL_STAGES,
        "Units have two 3x3 convolutions; the paper's 50-layer network has bottlenecks.",
    ),
    "resnext_photos20": (*_SMALL, *_SMALL_STAGES, "Eight groups; the paper has 32."),
    "wide_photos20": (*_SMALL, *_SMALL_STAGES, "Twice as wide; the paper goes to ten times."),
    "densenet_photos20": (
        *_SMALL,
        "Three blocks of four layers with growth 12; the paper's smallest has four blocks, of 6 "
        "to 24 layers, with growth 32.",
    ),
    "se_photos20": (
        *_SMALL,
        *_SMALL_STAGES,
        "The gates' hidden layers are 4 times narrower than their maps; the paper's 16 times.",
    ),
    "mobilenet_photos20": (
        *_SMALL,
        "Six inverted residuals with expansion 4; the paper has 17, most with expansion 6.",
    ),
    "resnet20_cifar": _UNSTATED_PADDING,
    "resnet56_cifar": _UNSTATED_PADDING,
    "resnet110_cifar": _UNSTATED_PADDING,
    "resnet1202_cifar": _UNSTATED_PADDING,
    "idmap110_a": _UNSTATED_PADDING,
    "idmap110_b": _UNSTATED_PADDING,
    "idmap110_c": _UNSTATED_PADDING,
    "idmap110_d": (*_PREACT_FIRST_UNIT, *_UNSTATED_PADDING),
    "idmap110_e": (*_PREACT_FIRST_UNIT, *_UNSTATED_PADDING),
    "preact_resnet200": (
        "As in the released code, bottlenecks halve the map in their 3x3 convolution, and batch "
        "normalisation, ReLU and max pooling stand between the first convolution and the first "
        "unit.",
    ),
    "stochastic_depth_resnet110_cifar": (
        "Convolutions have no bias; in the authors' code they have one, redundant before batch "
        "normalisation: 4,048 more parameters.",
    ),
    "fractalnet20_cifar": (
        "Batch normalisation learns a scale and a shift; in the authors' released layers it "
        "does not.",
        "A training step draws one column or one set of dropped joins for the whole batch, each "
        "kind in half of the steps; the authors' release has only the second kind.",
    ),
    "fractalnet34": (
        "Uncertain: no released source gives the exact network. The first layer, the channels of "
        "the four blocks and the pooling between them are rebuilt from a memory of the paper's "
        "text.",
        "Uncertain: drop-path is set as for CIFAR, and there is no dropout.",
    ),
    "googlenet_2014": (
        "The average pool before the classifier adapts to its input; at 224x224 it is the paper's "
        "7x7.",
        "The paper does not state its first weights; these are drawn as in the Caffe "
        "re-implementation (uniform, variance 1/inputs), with biases of 0.",
    ),
    "bn_inception": (
        "The first convolution is a plain 7x7; the authors' had a depthwise step of multiplier 8.",
        "Modules 4c, 4d and 4e are as wide as the sums of their branches (608, 608, 1056); the "
        "paper's Figure 5 prints 576, 576 and 1024.",
        "The average pool before the classifier adapts to its input; at 224x224 it is 7x7.",
        "The paper does not state its first weights; these are He's.",
    ),
    "shufflenet_v1_x1_0_g3": _SHUFFLENET_V1,
    "shufflenet_v1_x1_0_g8": _SHUFFLENET_V1,
    "shufflenet_v1_x0_5_g3": _SHUFFLENET_V1,
    "shufflenet_v1_x2_0_g3": _SHUFFLENET_V1,
    "nasnet_a_mobile": (
        "It has 1000 outputs; the released TensorFlow network has 1001.",
        "Padding is TensorFlow's, exactly; the common PyTorch port pads too much and crops, which "
        "gives the same maps for 4.6 million multiply-adds more.",
        "Drop-path is off, as in the released mobile configuration.",
    ),
    "amoebanet_a_n6_f190": (
        *_AMOEBANET,
        "The released code asks for an even number of filters where a cell halves its input; 190 "
        "filters make 95 in the stem, which are split into 47 and 48.",
    ),
    "amoebanet_a_n6_f448": (
        *_AMOEBANET,
        "Its input is 299x299: there the multiply-adds are the 104 billion of the paper's table.",
    ),
    "enas_micro_cifar": (
        "Uncertain: the cells are those of the authors' released script, which have 3.9 million "
        "parameters (4.4 with the training-time classifier); the paper's table says 4.6 million.",
        *_SEARCHED,
    ),
}
for _key in ("convnext_small", "convnext_base", "convnext_large"):
    DEVIATIONS[_key] = DEVIATIONS["convnext_tiny"]
for _key in ("vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14"):
    DEVIATIONS[_key] = DEVIATIONS["vit_b_16"]
