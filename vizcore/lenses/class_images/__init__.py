"""Images made by gradient ascent: what a class, a channel or a unit answers to most.

Simonyan, Vedaldi, Zisserman, "Deep Inside Convolutional Networks" (2014, arXiv 1312.6034),
section 2, with the later means against noise as options, each off by default; and the image that
gives a layer the same activations as a photograph (Mahendran and Vedaldi 2015, arXiv 1412.0035).
"""

from vizcore.lenses.class_images.ascent import ascend
from vizcore.lenses.class_images.inversion import invert

__all__ = ["ascend", "invert"]
