"""What was new in the architectures that the zoo builds itself."""

from __future__ import annotations

OWN: dict[str, str] = {
    "lenet5_1998": (
        "Convolution, subsampling and a classifier were trained as one, from pixels to digits, and "
        "read cheques in American banks. Shared weights made 60,000 parameters do the work of "
        "340,908 connections, and an incomplete table of connections made its maps differ."
    ),
    "lenet5_modern": (
        "LeNet-5 as courses and libraries write it: complete connections, plain average pooling "
        "and a linear output. It has 61,706 parameters, and is not the network of 1998."
    ),
    "alexnet_2012": (
        "The first deep convolutional network to win the ImageNet challenge: networks like it, "
        "together, had 15.3% top-5 error where the next team had 26.2%. ReLUs, dropout, pictures "
        "varied at random and two graphics cards made a network of 60 million parameters "
        "trainable in under a week."
    ),
    "zfnet": (
        "Projecting features back to pixels showed what AlexNet's layers had learnt, and that its "
        "first two lost detail to a large kernel and stride. A 7x7 kernel with stride 2 kept it, "
        "and a single network's top-5 error fell from 18.2% to 16.5%."
    ),
    "zfnet_clarifai_like": (
        "The wider variant of ZFNet's Table 2: 512, 1024 and 512 maps in layers 3, 4 and 5. It "
        "gained half a point of top-5 error for 45 million more parameters, and is what many "
        "courses draw as ZFNet."
    ),
    "overfeat_fast": (
        "One network classifies, locates and detects: its fully connected layers are convolutions, "
        "so it slides over a large picture at little more cost than one look. The fast model has "
        "fewer multiply-adds for a little more error."
    ),
    "overfeat_accurate": (
        "OverFeat with a finer first stride, for nearly twice the multiply-adds of the fast model "
        "and about as many parameters. Applied densely at four scales, one network had 14.2% top-5 "
        "error, and OverFeat won the localisation task of 2013."
    ),
    "vgg_a_lrn": (
        "VGG-A with AlexNet's response normalisation after the first convolution. It was no better "
        "than VGG-A (29.7% and 29.6% top-1 error) and cost memory and time, so that deeper VGGs "
        "and most networks since leave it out."
    ),
    "vgg_c": (
        "VGG-B with three 1x1 convolutions added: more nonlinearity without seeing further. It is "
        "better than B, so depth helps; D, with 3x3 in their place, is better than C, so context "
        "helps as well."
    ),
    "nin_imagenet": (
        "1x1 convolutions after each convolution are a small network at every pixel, an idea that "
        "GoogLeNet and ResNet made standard. The mean of one map per class replaced the fully "
        "connected layers, and left 7.6 million parameters where AlexNet has 61."
    ),
    "facenet_nn1": (
        "It learns no classes but distances: a triplet loss pulls two pictures of a person "
        "together and pushes another person's away, in 128 dimensions. NN1 is the paper's "
        "Zeiler-Fergus style network, with 1x1 convolutions between its layers; the Inception "
        "style NN2 does slightly better with a twentieth of the parameters."
    ),
    "azizpour_tiny_a": (
        "The narrowest network of a study of what makes features transfer: a quarter of AlexNet's "
        "filters. How wide is best turned out to depend on how far the new task is from ImageNet."
    ),
    "azizpour_small_c": (
        "AlexNet's layout with half of its filters, one step of the study's row of widths. "
        "Comparing the same tasks along the row separates width from every other choice."
    ),
    "azizpour_medium_e": (
        "AlexNet's filters without groups, the reference of the study. The other networks change "
        "its width or its depth alone."
    ),
    "azizpour_large_f": (
        "The widest network of the study, laid out as OverFeat accurate. It shows what more "
        "parameters bring to tasks near ImageNet and to tasks far from it."
    ),
    "azizpour_deep8": (
        "The shallowest of the study's row of depths: 3x3 convolutions of few filters, and a large "
        "classifier. Nearly all parameters are in the fully connected layers, so the row changes "
        "depth and hardly anything else."
    ),
    "azizpour_deep11_h": (
        "Three convolutions deeper than Deep8, for one percent more parameters. Depth helped the "
        "tasks of the study, near and far, more steadily than width did."
    ),
    "azizpour_deep13_i": (
        "Five convolutions deeper than Deep8, most of them where maps are large. Its parameters "
        "are nearly Deep11's, its multiply-adds half as many again."
    ),
    "azizpour_deep16_j": (
        "The deepest of the row, with 13 convolutions as VGG-16 has, and fewer filters. It has "
        "three percent more parameters than Deep8 and five times the multiply-adds."
    ),
    "azizpour_deep_tiny_b": (
        "As deep as Deep16 and with about as many parameters as Tiny: 13 convolutions of 64 "
        "filters. It asks whether a small budget is better spent on depth than on width."
    ),
    "azizpour_deep_small_d": (
        "As deep as Deep16 and with about as many parameters as Small: 13 convolutions of 128 "
        "filters. Beside Small it shows what depth changes at one budget of parameters."
    ),
    "azizpour_deep_medium_g": (
        "As deep as Deep16 and with about as many parameters as Medium: 13 convolutions of 256 "
        "filters. One budget of parameters, but 38 times the multiply-adds."
    ),
    "googlenet_2014": (
        "Each module looks at its input through 1x1, 3x3 and 5x5 convolutions side by side, with "
        "1x1 convolutions in front that shrink the channels and so pay for the width. With global "
        "average pooling in place of large fully connected layers it won ILSVRC 2014 with about "
        "7 million parameters, a ninth of AlexNet's."
    ),
    "bn_inception": (
        "Batch normalisation makes every channel zero-mean and unit-variance over the batch before "
        "it is scaled and shifted by learned numbers, so that much higher learning rates work and "
        "dropout can go. A network like this one reached the accuracy of the same network without "
        "it in 14 times fewer steps; each of GoogLeNet's 5x5 convolutions has become two 3x3."
    ),
    "shufflenet_v1_x1_0_g3": (
        "Most of the cost of a bottleneck is in its 1x1 convolutions, so ShuffleNet groups those "
        "too, and shuffles the channels in between so that the groups still hear of each other. "
        "Three groups at full width: the setting the paper's comparisons are mostly made with."
    ),
    "shufflenet_v1_x1_0_g8": (
        "Eight groups instead of three make the 1x1 convolutions so cheap that the same budget of "
        "multiply-adds pays for 1.6 times as many channels. It shows what grouping buys: more "
        "feature maps at equal cost, at the price of fewer connections for each."
    ),
    "shufflenet_v1_x0_5_g3": (
        "Every layer has half the channels of the full network, which needs about a quarter of its "
        "multiply-adds. At 38 million it was built for phones, where the paper found grouping to "
        "help most."
    ),
    "shufflenet_v1_x2_0_g3": (
        "Every layer has twice the channels of the full network, for about four times the "
        "multiply-adds. It was compared with MobileNet at full width, whose 569 million "
        "multiply-adds it undercuts with a lower error."
    ),
    "plain18": (
        "The yardstick of the ResNet paper: ResNet-18 without its shortcuts, 3x3 convolutions and "
        "batch normalisation only. It trains about as well as its residual twin, which places the "
        "trouble of plain networks at greater depth."
    ),
    "plain34": (
        "The same network with 34 layers is worse than with 18, in training as well as in "
        "validation, although it could copy the shallower one. This degradation, which is not "
        "overfitting, is the problem that residual learning answers."
    ),
    "plain20_cifar": (
        "The shallow end of the ResNet paper's plain networks for CIFAR-10, three stages of 3x3 "
        "convolutions with 16, 32 and 64 filters. It has exactly the parameters of ResNet-20, so "
        "a difference between the two comes from the shortcuts alone."
    ),
    "plain56_cifar": (
        "A plain network with 56 layers has higher training and test error than one with 20. The "
        "paper opens with this pair of curves: depth alone makes optimisation fail, even with "
        "batch normalisation."
    ),
    "resnet50_v1": (
        "Bottleneck units, 1x1 then 3x3 then 1x1, make a 50-layer residual network cost about as "
        "much as one of 34 layers. This is the published form, which halves the map in the first "
        "1x1; later libraries moved the stride into the 3x3."
    ),
    "resnet101_v1": (
        "The bottleneck network with 23 units instead of 6 in its third stage: twice the layers "
        "of ResNet-50, and more accurate. It became the usual backbone of detectors such as "
        "Faster R-CNN in the same paper."
    ),
    "resnet152_v1": (
        "At 152 layers it was eight times deeper than VGG-19 and still needed fewer "
        "multiply-adds. An ensemble with such networks won the ILSVRC 2015 classification task "
        "with 3.57% top-5 error."
    ),
    "resnet20_cifar": (
        "Identity shortcuts around pairs of 3x3 convolutions, zero-padded where the width grows: "
        "not one parameter more than the plain network. Its error on CIFAR-10 is 8.75%, and "
        "unlike a plain network's it falls as layers are added."
    ),
    "resnet56_cifar": (
        "With shortcuts the network of 56 layers is better than the one with 20, where the plain "
        "pair goes the other way. The layers only have to learn a correction to what the shortcut "
        "carries."
    ),
    "resnet110_cifar": (
        "A hundred layers that train from scratch on CIFAR-10, after a short start at a lower "
        "learning rate. Its units' responses are smaller than those of shallower networks: each "
        "layer changes the signal a little."
    ),
    "resnet1202_cifar": (
        "A test of the limit: over a thousand layers, optimised without difficulty to almost no "
        "training error. Its test error is higher than that of 110 layers, which the authors put "
        "down to overfitting."
    ),
    "resnet164_cifar": (
        "The CIFAR network with each pair of 3x3 convolutions replaced by a bottleneck of 1x1, "
        "3x3 and 1x1 to four times the width, at about the same number of parameters. It is the "
        "baseline, in the original ordering, for the pre-activation network of the same depth."
    ),
    "preact_resnet164_cifar": (
        "Batch normalisation and ReLU stand before each convolution, so nothing but additions "
        "lies on the path from the first unit to the last. Signals and gradients pass unchanged, "
        "and the error falls from 5.93% to 5.46%."
    ),
    "preact_resnet1001_cifar": (
        "A network of 1001 layers that not only trains but generalises better than the shallower "
        "ones. With the original ordering such depth starts slowly and ends worse, because a ReLU "
        "after each addition clips the shortcut's signal."
    ),
    "idmap110_a": (
        "The original ordering: convolution, BN, ReLU, convolution, BN, addition, ReLU. It is the "
        "baseline of the five; the ReLU after the addition lies on every shortcut."
    ),
    "idmap110_b": (
        "BN moves behind the addition, and so onto the shortcut path. It changes the signal that "
        "the shortcut should carry unchanged, and the error rises from 6.61% to 8.17%."
    ),
    "idmap110_c": (
        "The ReLU moves ahead of the addition, which leaves the shortcut path clean. But now each "
        "unit can only add values of zero or more, the signal can only grow, and the error is "
        "7.84%."
    ),
    "idmap110_d": (
        "A ReLU ahead of each convolution keeps the shortcut path clean and the residual free in "
        "sign. The error is like the baseline's, because this ReLU does not yet work together "
        "with a BN."
    ),
    "idmap110_e": (
        "Full pre-activation: BN and ReLU ahead of each convolution. The shortcut path is a clean "
        "identity and every convolution sees normalised input, which gives the lowest error of "
        "the five orderings."
    ),
    "preact_resnet200": (
        "Pre-activation at ImageNet size, with 200 layers. The original ordering at this depth "
        "overfits and is worse than 152 layers; pre-activation regularises enough to make it "
        "better."
    ),
    "wrn_28_10_cifar": (
        "Ten times the channels in 28 layers instead of a thousand thin ones, with dropout inside "
        "the unit as an option. Better than the 1001-layer network, and faster to train because "
        "wide convolutions keep a GPU busy."
    ),
    "stochastic_depth_resnet110_cifar": (
        "In training each unit is skipped at random, later ones more often, so a short network is "
        "trained; the test uses all of them, each branch weighted by its chance. That shortens "
        "training by about a quarter and lowers the error."
    ),
    "fractalnet20_cifar": (
        "A very deep network without shortcuts: a block is expanded by one rule into columns of "
        "1, 2 and 4 convolutions that meet in means. Drop-path, which drops inputs of the joins "
        "or leaves one column only, makes each column a good network of its own."
    ),
    "fractalnet34": (
        "The fractal rule at ImageNet size, four columns and 34 layers on the longest path. Its "
        "error is close to ResNet-34's, evidence that short paths in training, and not residuals "
        "as such, make depth trainable."
    ),
    "nasnet_a_mobile": (
        "A controller trained by reinforcement learning searched for one small cell on CIFAR-10, "
        "and copies of it were stacked by hand into a network for ImageNet. Searching a cell, not "
        "a whole network, made the search affordable and its result transferable."
    ),
    "amoebanet_a_n6_f190": (
        "The cell was found by evolution: of a random sample of a population the best network is "
        "copied with one change, and the oldest, not the worst, dies. Regularised by this ageing, "
        "evolution found cells as good as reinforcement learning's, and sooner."
    ),
    "amoebanet_a_n6_f448": (
        "The evolved cell with 448 instead of 190 filters, 468 million parameters in all. It set "
        "ImageNet's record for networks trained on ImageNet alone in 2018, and showed that a cell "
        "found on a small task keeps paying when it is widened."
    ),
    "enas_micro_cifar": (
        "All candidate cells are subgraphs of one large graph and share its weights, so that no "
        "candidate is trained from scratch. That cut the search from thousands of GPU days to less "
        "than one, and started one-shot architecture search."
    ),
}
