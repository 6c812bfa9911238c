"""Guided Grad-CAM in torch: for the model card and tests only, never for a case.

The paper's Figure 4 shows it. It looks sharp because guided backpropagation redraws the edges of
the image, nearly whatever the weights are: it fails the sanity check of Adebayo et al. (Sanity
checks for saliency maps, NeurIPS 2018), which ``tests/network`` repeats on this network.
"""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from dlcs_core.network.se_resnet50 import SeResNet50


def gradcam(model: SeResNet50, images: Tensor) -> Tensor:
    """Grad-CAM of the logit by automatic differentiation.

    The reference of the closed form in the served graph.

    Parameters
    ----------
    model : SeResNet50
        In evaluation mode. Not changed, and no gradient is left behind.
    images : Tensor (n, 3, 112, 112)
        Windowed intensity in [0, 1].

    Returns
    -------
    Tensor (n, 7, 7)
        Non-negative, not normalised; on the output of the last residual group.
    """
    with torch.no_grad():
        feature_map = model.feature_map(images)
    feature_map.requires_grad_()
    (gradient,) = torch.autograd.grad(model.head(feature_map).sum(), feature_map)
    weights = gradient.mean((2, 3), keepdim=True)
    return (weights * feature_map.detach()).sum(1).relu()


def guided_backpropagation(model: SeResNet50, images: Tensor) -> Tensor:
    """Gradient of the logit by the image, passing each ReLU only where it is positive.

    Parameters
    ----------
    model : SeResNet50
        In evaluation mode. Not changed: the work is done on a copy.
    images : Tensor (n, 3, 112, 112)
        Windowed intensity in [0, 1].

    Returns
    -------
    Tensor (n, 3, 112, 112)
        Signed.

    References
    ----------
    .. [1] Springenberg JT et al. Striving for simplicity: the all convolutional net. ICLR
       workshop 2015.
    """
    guided = copy.deepcopy(model).requires_grad_(requires_grad=False)
    _guide_activations(guided)
    inputs = images.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(guided(inputs).sum(), inputs)
    return gradient


def guided_gradcam(model: SeResNet50, images: Tensor) -> Tensor:
    """Guided backpropagation times the interpolated Grad-CAM.

    Parameters
    ----------
    model : SeResNet50
        In evaluation mode. Not changed.
    images : Tensor (n, 3, 112, 112)
        Windowed intensity in [0, 1].

    Returns
    -------
    Tensor (n, 3, 112, 112)
        Signed, not normalised.
    """
    cells = gradcam(model, images)[:, None]
    pixels = functional.interpolate(cells, images.shape[-2:], mode="bilinear", align_corners=False)
    return guided_backpropagation(model, images) * pixels


class _GuidedRelu(torch.autograd.Function):
    """ReLU whose backward pass also drops negative gradients."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = x.clamp_min(0)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        passed: Tensor = gradients[0].clamp_min(0) * (y > 0)
        return passed


class _GuidedReluModule(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        guided: Tensor = _GuidedRelu.apply(x)
        return guided


def _guide_activations(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, nn.ReLU):
            setattr(module, name, _GuidedReluModule())
        else:
            _guide_activations(child)
