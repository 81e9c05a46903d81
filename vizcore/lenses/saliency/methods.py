"""Every method as data: what it is called, who published it, what it takes and what it gives.

Nothing here computes and nothing imports torch. `vizcore.lenses.saliency.maps` runs the methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vizcore.errors import BadChoice
from vizcore.records_saliency import Colours, MethodOption, SaliencyMethod, Value

_BASELINE = MethodOption(
    "baseline",
    "Compared with",
    "zero",
    choices=("zero", "blurred", "darkest"),
    help="zero: the mean colour, after preprocessing; blurred: the picture itself, blurred; "
    "darkest: each colour at its lowest in the picture.",
)
_STEPS = MethodOption("steps", "Steps", 50, 2, 500, help="Pictures on the way from the baseline.")
_LAYER_STEPS = MethodOption("steps", "Steps", 20, 2, 500, help="Points on the way.")
_RULE = MethodOption(
    "rule",
    "Sum by",
    "gausslegendre",
    choices=("gausslegendre", "riemann_trapezoid", "riemann_middle", "riemann_right"),
    help="How the integral is approximated.",
)
#: Conductance adds up what the layer gains from point to point: the ends have to be among them.
_ENDS_RULE = replace(_RULE, default="riemann_trapezoid")
_SAMPLES = MethodOption("samples", "Samples", 20, 2, 500, help="Pictures that noise is added to.")
_NOISE = MethodOption(
    "noise",
    "Noise",
    0.15,
    0.001,
    2.0,
    help="Standard deviation, as a share of the picture's range of values.",
)
_BASE = MethodOption(
    "base",
    "Of",
    "gradient",
    choices=("gradient", "input_x_gradient", "guided_backprop", "deconvolution"),
    help="The method whose maps are gathered.",
)
_SUPERPIXELS = MethodOption(
    "superpixels", "Superpixels", 50, 2, 400, help="About how many regions of like colour (SLIC)."
)
_COMPACTNESS = MethodOption(
    "compactness", "Compactness", 10.0, 0.01, 100.0, help="High: squarer regions; low: by colour."
)
_CHANNEL = MethodOption(
    "channel", "Channel", -1, -1, 65535, help="Of the layer; -1 takes the strongest."
)
_ROW = MethodOption("row", "Row", -1, -1, 65535, help="In the map; -1 takes the strongest place.")
_COLUMN = MethodOption(
    "column", "Column", -1, -1, 65535, help="In the map; -1 takes the strongest place."
)
_UNIT = (_CHANNEL, _ROW, _COLUMN)
_IG = "Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks, ICML 2017"
_GUIDED = "Springenberg et al., Striving for Simplicity, ICLR workshop 2015"
_DECONV = "Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014"
_SHAP = "Lundberg and Lee, A Unified Approach to Interpreting Model Predictions, NeurIPS 2017"
_DEEPLIFT = "Shrikumar, Greenside and Kundaje, DeepLIFT, ICML 2017"
_CONDUCTANCE = "Dhamdhere, Sundararajan and Yan, How Important Is a Neuron?, ICLR 2019"
_INFLUENCE = "Leino et al., Influence-Directed Explanations, ITC 2018"
_SMOOTH = "Smilkov et al., SmoothGrad: removing noise by adding noise, ICML workshop 2017"
_ADEBAYO = "Adebayo et al., Local Explanation Methods for Deep Neural Networks, 2018"
_INPUT_X = "Shrikumar et al., Not Just a Black Box, 2016"
_GRAD_CAM = "Selvaraju et al., Grad-CAM, ICCV 2017"
_SIMONYAN = "Simonyan, Vedaldi and Zisserman, Deep Inside Convolutional Networks, 2014"

_WINDOW = MethodOption("window", "Window", 8, 1, 512, help="Side of the covered square, in pixels.")
_STRIDE = MethodOption("stride", "Stride", 4, 1, 512, help="Pixels from one window to the next.")
_ORDERS = MethodOption("orders", "Orders", 10, 1, 200, help="Random orders of the superpixels.")
_LIME_SAMPLES = MethodOption("samples", "Samples", 200, 10, 5000, help="Pictures partly covered.")
_WIDTH = MethodOption(
    "kernel_width", "Kernel width", 1.0, 0.01, 10.0, help="How far from the picture samples count."
)
_SPARSITY = MethodOption(
    "sparsity", "Sparsity", 0.01, 0.0, 10.0, help="The lasso's penalty: higher leaves fewer."
)
_EPSILON = MethodOption(
    "epsilon", "Epsilon", 1e-9, 1e-12, 10.0, help="Added to every divisor; absorbs some relevance."
)
_LAYER_SIDE = MethodOption(
    "side", "Side", 1, 1, 512, help="Of the squares that are replaced, in places of the layer."
)
_REPLACED_BY = MethodOption(
    "baseline",
    "Replaced by",
    "nothing",
    choices=("nothing", *_BASELINE.choices),
    help="nothing: zeros in the layer; zero, blurred, darkest: what the layer gives for the mean "
    "colour, for the picture blurred, for each colour at its lowest.",
)
_SHAP_NOISE = MethodOption(
    "noise",
    "Noise",
    0.0,
    0.0,
    2.0,
    help="Standard deviation, as a share of the picture's range of values.",
)
_PER_SAMPLE = "1 forward, 1 backward for each sample"
_PER_STEP = "1 forward, 1 backward for each step"

#: key, title, paper, signed, colours, says, options, passes, complete, random.
_UNIT_FORMS: tuple[
    tuple[str, str, str, bool, Colours, str, tuple[MethodOption, ...], str, bool, bool], ...
] = (
            ("gradient", "gradient", _SIMONYAN, False, "largest",
             "how much the unit moves when the pixel moves a little", (),
             "1 forward, 1 backward", False, False),
            ("guided_backprop", "guided backpropagation", _GUIDED, False, "largest",
             "the unit's gradient, with only what is positive let through each ReLU", (),
             "1 forward, 1 backward", False, False),
            ("deconvolution", "deconvolution", _DECONV, False, "largest",
             "the unit's gradient, with ReLUs that look at the signal alone", (),
             "1 forward, 1 backward", False, False),
            ("integrated_gradients", "Integrated Gradients", _IG, True, "sum",
             "the pixel's share of the unit's value", (_STEPS, _BASELINE, _RULE),
             _PER_STEP, True, False),
            ("gradient_shap", "GradientSHAP", _SHAP, True, "sum",
             "the unit's gradient at random points on the way from references, times the way",
             (_SAMPLES, _SHAP_NOISE), _PER_SAMPLE, True, True),
            ("deep_lift", "DeepLIFT", _DEEPLIFT, True, "sum",
             "the pixel's share of the change of the unit from the baseline", (_BASELINE,),
             "2 forward, 2 backward at once", True, False),
            ("deep_lift_shap", "DeepLIFT SHAP", _SHAP, True, "sum",
             "the mean of the unit's DeepLIFT against four references (mean colour, blurred, "
             "darkest, lightest)", (), "8 forward, 8 backward", True, False),
            ("feature_ablation", "feature ablation", "Kokhlikyan et al., Captum, 2020", True, "one",
             "what the unit loses without the pixel's superpixel",
             (_SUPERPIXELS, _COMPACTNESS, _BASELINE), "1 forward for each superpixel",
             False, False),
            ("conductance", "conductance", _CONDUCTANCE, True, "sum",
             "how much of the score's Integrated Gradients flows from the pixel through the unit",
             (_LAYER_STEPS, _BASELINE, _RULE), _PER_STEP, False, False),
)  # fmt: skip

METHODS: tuple[SaliencyMethod, ...] = (
    SaliencyMethod(
        "gradient",
        "Gradient",
        _SIMONYAN,
        "gradient",
        False,
        "largest",
        "how much the score moves when the pixel moves a little, in whichever colour moves it most",
    ),
    SaliencyMethod(
        "input_x_gradient",
        "Input × gradient",
        _INPUT_X,
        "gradient",
        True,
        "sum",
        "the gradient times the pixel's value",
    ),
    *(
        SaliencyMethod(
            key,
            title,
            paper,
            "gradient",
            False,
            "largest",
            f"the {gathered} of the maps of noisy copies of the picture",
            options=(_SAMPLES, _NOISE, _BASE),
            passes=_PER_SAMPLE,
            random=True,
        )
        for key, title, paper, gathered in (
            ("smoothgrad", "SmoothGrad", _SMOOTH, "mean"),
            ("smoothgrad_sq", "SmoothGrad squared", _ADEBAYO, "mean square"),
            ("vargrad", "VarGrad", _ADEBAYO, "variance"),
        )
    ),
    SaliencyMethod(
        "integrated_gradients",
        "Integrated Gradients",
        _IG,
        "path",
        True,
        "sum",
        "the pixel's share of the score, gathered on the straight way from the baseline",
        options=(_STEPS, _BASELINE, _RULE),
        passes=_PER_STEP,
        complete=True,
    ),
    SaliencyMethod(
        "gradient_shap",
        "GradientSHAP",
        _SHAP,
        "path",
        True,
        "sum",
        "the gradient at random points between the picture and four references (mean colour, "
        "blurred, darkest, lightest), times the way",
        options=(_SAMPLES, _SHAP_NOISE),
        passes=_PER_SAMPLE,
        complete=True,
        random=True,
    ),
    SaliencyMethod(
        "deep_lift",
        "DeepLIFT",
        _DEEPLIFT,
        "backpropagation rule",
        True,
        "sum",
        "the pixel's share of the change of the score from the baseline, by the rescale rule",
        options=(_BASELINE,),
        passes="2 forward, 2 backward at once",
        complete=True,
    ),
    SaliencyMethod(
        "deep_lift_shap",
        "DeepLIFT SHAP",
        _SHAP,
        "backpropagation rule",
        True,
        "sum",
        "the mean of DeepLIFT against four references (mean colour, blurred, darkest, lightest)",
        passes="8 forward, 8 backward",
        complete=True,
    ),
    SaliencyMethod(
        "guided_backprop",
        "Guided backpropagation",
        _GUIDED,
        "backpropagation rule",
        False,
        "largest",
        "the gradient, with only what is positive let through each ReLU on the way down",
    ),
    SaliencyMethod(
        "deconvolution",
        "Deconvolution",
        _DECONV,
        "backpropagation rule",
        False,
        "largest",
        "the gradient, with ReLUs on the way down that look at the signal alone",
    ),
    SaliencyMethod(
        "lrp",
        "Layer-wise relevance propagation",
        "Bach et al., On Pixel-Wise Explanations, PLOS ONE 2015",
        "backpropagation rule",
        True,
        "sum",
        "the pixel's share of the score, handed down from layer to layer (epsilon rule)",
        options=(_EPSILON,),
        passes="2 forward, 1 backward",
        complete=True,
    ),
    SaliencyMethod(
        "occlusion",
        "Occlusion",
        _DECONV,
        "perturbation",
        True,
        "one",
        "what the score loses when a window over the pixel is covered, the mean of all windows",
        options=(_WINDOW, _STRIDE, _BASELINE),
        passes="1 forward for each window",
    ),
    SaliencyMethod(
        "feature_ablation",
        "Feature ablation",
        "Kokhlikyan et al., Captum, 2020",
        "perturbation",
        True,
        "one",
        "what the score loses without the pixel's superpixel",
        options=(_SUPERPIXELS, _COMPACTNESS, _BASELINE),
        passes="1 forward for each superpixel",
    ),
    SaliencyMethod(
        "shapley_value_sampling",
        "Shapley value sampling",
        "Castro, Gómez and Tejada, Polynomial Calculation of the Shapley Value, 2009",
        "perturbation",
        True,
        "one",
        "what the pixel's superpixel adds when superpixels come in one by one, over random orders",
        options=(_SUPERPIXELS, _COMPACTNESS, _ORDERS, _BASELINE),
        passes="1 forward for each superpixel and order",
        complete=True,
        random=True,
    ),
    SaliencyMethod(
        "lime",
        "LIME",
        "Ribeiro, Singh and Guestrin, Why Should I Trust You?, KDD 2016",
        "surrogate model",
        True,
        "one",
        "the weight of the pixel's superpixel in a sparse linear model of the score nearby",
        options=(_SUPERPIXELS, _COMPACTNESS, _LIME_SAMPLES, _WIDTH, _SPARSITY, _BASELINE),
        passes="1 forward for each sample",
        random=True,
    ),
    SaliencyMethod(
        "kernel_shap",
        "Kernel SHAP",
        _SHAP,
        "surrogate model",
        True,
        "one",
        "the Shapley value of the pixel's superpixel, by weighted least squares",
        options=(_SUPERPIXELS, _COMPACTNESS, _LIME_SAMPLES, _BASELINE),
        passes="1 forward for each sample",
        complete=True,
        random=True,
    ),
    SaliencyMethod(
        "grad_cam",
        "Grad-CAM",
        _GRAD_CAM,
        "class activation map",
        False,
        "layer",
        "the layer's channels, each by the mean of its gradient; what is negative left out",
        needs=("layer",),
    ),
    SaliencyMethod(
        "guided_grad_cam",
        "Guided Grad-CAM",
        _GRAD_CAM,
        "class activation map",
        False,
        "largest",
        "guided backpropagation times Grad-CAM",
        needs=("layer",),
        passes="2 forward, 2 backward",
    ),
    SaliencyMethod(
        "cam",
        "Class activation map",
        "Zhou et al., Learning Deep Features for Discriminative Localization, CVPR 2016",
        "class activation map",
        True,
        "layer",
        "the last maps, each by its weight in the class's score",
        passes="1 forward",
        complete=True,
    ),
    SaliencyMethod(
        "layer_activation",
        "Layer activation",
        "Kokhlikyan et al., Captum, 2020",
        "layer",
        True,
        "layer",
        "what the layer gives there, whatever the class",
        needs=("layer",),
        passes="1 forward",
        of_class=False,
    ),
    SaliencyMethod(
        "layer_gradient_x_activation",
        "Layer gradient × activation",
        _INPUT_X,
        "layer",
        True,
        "layer",
        "what the layer gives there times its gradient",
        needs=("layer",),
    ),
    SaliencyMethod(
        "layer_conductance",
        "Layer conductance",
        _CONDUCTANCE,
        "layer",
        True,
        "layer",
        "how much of Integrated Gradients flows through the layer there",
        needs=("layer",),
        options=(_LAYER_STEPS, _BASELINE, _ENDS_RULE),
        passes=_PER_STEP,
        complete=True,
    ),
    SaliencyMethod(
        "internal_influence",
        "Internal influence",
        _INFLUENCE,
        "layer",
        True,
        "layer",
        "the layer's mean gradient there on the way from the baseline",
        needs=("layer",),
        options=(_LAYER_STEPS, _BASELINE, _RULE),
        passes=_PER_STEP,
    ),
    SaliencyMethod(
        "layer_integrated_gradients",
        "Layer Integrated Gradients",
        _IG,
        "layer",
        True,
        "layer",
        "Integrated Gradients between what the layer gives for the baseline and for the picture",
        needs=("layer",),
        options=(_LAYER_STEPS, _BASELINE, _RULE),
        passes=_PER_STEP,
        complete=True,
    ),
    SaliencyMethod(
        "layer_gradient_shap",
        "Layer GradientSHAP",
        _SHAP,
        "layer",
        True,
        "layer",
        "the layer's gradient there at random points between the picture and four references "
        "(mean colour, blurred, darkest, lightest), times the layer's change",
        needs=("layer",),
        options=(_SAMPLES, _SHAP_NOISE),
        passes="3 forward, 1 backward for each sample",
        random=True,
    ),
    SaliencyMethod(
        "layer_deep_lift",
        "Layer DeepLIFT",
        _DEEPLIFT,
        "layer",
        True,
        "layer",
        "the layer's change from the baseline times DeepLIFT's multipliers",
        needs=("layer",),
        options=(_BASELINE,),
        passes="2 forward, 2 backward at once",
        complete=True,
    ),
    SaliencyMethod(
        "layer_deep_lift_shap",
        "Layer DeepLIFT SHAP",
        _SHAP,
        "layer",
        True,
        "layer",
        "the mean of Layer DeepLIFT against four references (mean colour, blurred, darkest, "
        "lightest)",
        needs=("layer",),
        passes="8 forward, 8 backward",
        complete=True,
    ),
    SaliencyMethod(
        "layer_lrp",
        "Layer LRP",
        "Bach et al., On Pixel-Wise Explanations, PLOS ONE 2015",
        "layer",
        True,
        "layer",
        "the share of the score that is handed down to the layer there (epsilon rule)",
        needs=("layer",),
        options=(_EPSILON,),
        passes="2 forward, 1 backward",
        complete=True,
    ),
    SaliencyMethod(
        "layer_feature_ablation",
        "Layer feature ablation",
        "Kokhlikyan et al., Captum, 2020",
        "layer",
        True,
        "layer",
        "what the score loses when all channels of the layer are replaced there",
        needs=("layer",),
        options=(_LAYER_SIDE, _REPLACED_BY),
        passes="1 forward for each square",
    ),
    *(
        SaliencyMethod(
            f"neuron_{key}",
            f"Unit: {title}",
            paper,
            "unit",
            signed,
            colours,
            says,
            needs=("layer", "unit"),
            options=(*_UNIT, *more),
            passes=passes,
            complete=complete,
            random=random,
            of_class=key == "conductance",
        )
        for key, title, paper, signed, colours, says, more, passes, complete, random in _UNIT_FORMS
    ),
)  # fmt: skip


def method_of(key: str) -> SaliencyMethod:
    """The method of this name.

    Raises:
        BadChoice: there is none; lists those there are.

    Example:
        >>> method_of("gradient").signed
        False
    """
    for each in METHODS:
        if each.key == key:
            return each
    raise BadChoice.among("method", key, [each.key for each in METHODS])


def settled(method: SaliencyMethod, options: Mapping[str, Value] | None) -> dict[str, Value]:
    """All options of a method: what was given, checked, and the defaults of the rest.

    Raises:
        BadChoice: an option the method has not, or a value outside its range.

    Example:
        >>> settled(method_of("smoothgrad"), {"samples": 5})
        {'samples': 5, 'noise': 0.15, 'base': 'gradient'}
    """
    given = options or {}
    for key in given:
        method.option(key)
    return {each.key: each.check(given.get(each.key, each.default)) for each in method.options}


def base_of(method: str, options: Mapping[str, Value]) -> str:
    """The method whose rule a noise tunnel, a layer's or a unit's form of it takes over.

    Example:
        >>> base_of("smoothgrad", {"base": "deconvolution"}), base_of("neuron_deep_lift", {})
        ('deconvolution', 'deep_lift')
    """
    if "base" in options:
        return str(options["base"])
    return method.removeprefix("neuron_").removeprefix("layer_")
