"""Who published what: the papers that several methods come from."""

from __future__ import annotations

IG = "Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks, ICML 2017"
GUIDED = "Springenberg et al., Striving for Simplicity, ICLR workshop 2015"
DECONV = "Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014"
SHAP = "Lundberg and Lee, A Unified Approach to Interpreting Model Predictions, NeurIPS 2017"
DEEPLIFT = "Shrikumar, Greenside and Kundaje, DeepLIFT, ICML 2017"
CONDUCTANCE = "Dhamdhere, Sundararajan and Yan, How Important Is a Neuron?, ICLR 2019"
INFLUENCE = "Leino et al., Influence-Directed Explanations, ITC 2018"
SMOOTH = "Smilkov et al., SmoothGrad: removing noise by adding noise, ICML workshop 2017"
ADEBAYO = "Adebayo et al., Local Explanation Methods for Deep Neural Networks, 2018"
INPUT_X = "Shrikumar et al., Not Just a Black Box, 2016"
GRAD_CAM = "Selvaraju et al., Grad-CAM, ICCV 2017"
SIMONYAN = "Simonyan, Vedaldi and Zisserman, Deep Inside Convolutional Networks, 2014"
