"""Every method as data: what it is called, who published it, what it takes and what it gives.

Nothing here computes and nothing imports torch. `vizcore.lenses.saliency.maps` runs the methods.
"""

from __future__ import annotations

from collections.abc import Mapping

from vizcore.errors import BadChoice
from vizcore.records_saliency import MethodOption, SaliencyMethod, Value

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
    SaliencyMethod(
        "smoothgrad",
        "SmoothGrad",
        _SMOOTH,
        "gradient",
        False,
        "largest",
        "the mean of the maps of noisy copies of the picture",
        options=(_SAMPLES, _NOISE, _BASE),
        passes="1 forward, 1 backward for each sample",
        random=True,
    ),
    SaliencyMethod(
        "smoothgrad_sq",
        "SmoothGrad squared",
        _ADEBAYO,
        "gradient",
        False,
        "largest",
        "the mean of the squared maps of noisy copies of the picture",
        options=(_SAMPLES, _NOISE, _BASE),
        passes="1 forward, 1 backward for each sample",
        random=True,
    ),
    SaliencyMethod(
        "vargrad",
        "VarGrad",
        _ADEBAYO,
        "gradient",
        False,
        "largest",
        "the variance of the maps of noisy copies of the picture",
        options=(_SAMPLES, _NOISE, _BASE),
        passes="1 forward, 1 backward for each sample",
        random=True,
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
        passes="1 forward, 1 backward for each step",
        complete=True,
    ),
)


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
