"""Numbers and words that methods can be given, and how many passes they take."""

from __future__ import annotations

from dataclasses import replace

from vizcore.records.saliency import MethodOption

BASELINE = MethodOption(
    "baseline",
    "Compared with",
    "zero",
    choices=("zero", "blurred", "darkest"),
    help="zero: the mean colour, after preprocessing; blurred: the picture itself, blurred; "
    "darkest: each colour at its lowest in the picture.",
)
STEPS = MethodOption("steps", "Steps", 50, 2, 500, help="Pictures on the way from the baseline.")
LAYER_STEPS = MethodOption("steps", "Steps", 20, 2, 500, help="Points on the way.")
RULE = MethodOption(
    "rule",
    "Sum by",
    "gausslegendre",
    choices=("gausslegendre", "riemann_trapezoid", "riemann_middle", "riemann_right"),
    help="How the integral is approximated.",
)
#: Conductance adds up what the layer gains from point to point: the ends have to be among them.
ENDS_RULE = replace(RULE, default="riemann_trapezoid")
SAMPLES = MethodOption("samples", "Samples", 20, 2, 500, help="Pictures that noise is added to.")
NOISE = MethodOption(
    "noise",
    "Noise",
    0.15,
    0.001,
    2.0,
    help="Standard deviation, as a share of the picture's range of values.",
)
BASE = MethodOption(
    "base",
    "Of",
    "gradient",
    choices=("gradient", "input_x_gradient", "guided_backprop", "deconvolution"),
    help="The method whose maps are gathered.",
)
SUPERPIXELS = MethodOption(
    "superpixels", "Superpixels", 50, 2, 400, help="About how many regions of like colour (SLIC)."
)
COMPACTNESS = MethodOption(
    "compactness", "Compactness", 10.0, 0.01, 100.0, help="High: squarer regions; low: by colour."
)
CHANNEL = MethodOption(
    "channel", "Channel", -1, -1, 65535, help="Of the layer; -1 takes the strongest."
)
ROW = MethodOption("row", "Row", -1, -1, 65535, help="In the map; -1 takes the strongest place.")
COLUMN = MethodOption(
    "column", "Column", -1, -1, 65535, help="In the map; -1 takes the strongest place."
)
UNIT = (CHANNEL, ROW, COLUMN)
WINDOW = MethodOption("window", "Window", 8, 1, 512, help="Side of the covered square, in pixels.")
STRIDE = MethodOption("stride", "Stride", 4, 1, 512, help="Pixels from one window to the next.")
ORDERS = MethodOption("orders", "Orders", 10, 1, 200, help="Random orders of the superpixels.")
LIME_SAMPLES = MethodOption("samples", "Samples", 200, 10, 5000, help="Pictures partly covered.")
WIDTH = MethodOption(
    "kernel_width", "Kernel width", 1.0, 0.01, 10.0, help="How far from the picture samples count."
)
SPARSITY = MethodOption(
    "sparsity", "Sparsity", 0.01, 0.0, 10.0, help="The lasso's penalty: higher leaves fewer."
)
EPSILON = MethodOption(
    "epsilon", "Epsilon", 1e-9, 1e-12, 10.0, help="Added to every divisor; absorbs some relevance."
)
LAYER_SIDE = MethodOption(
    "side", "Side", 1, 1, 512, help="Of the squares that are replaced, in places of the layer."
)
REPLACED_BY = MethodOption(
    "baseline",
    "Replaced by",
    "nothing",
    choices=("nothing", *BASELINE.choices),
    help="nothing: zeros in the layer; zero, blurred, darkest: what the layer gives for the mean "
    "colour, for the picture blurred, for each colour at its lowest.",
)
SHAP_NOISE = MethodOption(
    "noise",
    "Noise",
    0.0,
    0.0,
    2.0,
    help="Standard deviation, as a share of the picture's range of values.",
)
PER_SAMPLE = "1 forward, 1 backward for each sample"
PER_STEP = "1 forward, 1 backward for each step"
