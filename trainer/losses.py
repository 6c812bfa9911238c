"""The loss of a batch, and the mixing of its images: what an ablation may exchange."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from trainer.augment import generator
from trainer.config import OptimizationConfig

MIXING = 100
"""Purpose of a draw (:mod:`trainer.augment`): a stream of its own."""


def patient_losses(
    logits: Tensor,
    target: Tensor,
    settings: OptimizationConfig,
    positive_weight: Tensor | None = None,
) -> Tensor:
    r"""Loss of each image.

    Cross-entropy is :math:`-t \log p - (1 - t) \log(1 - p)` with :math:`p = \sigma(z)`. The focal
    loss [1]_ weighs the two terms by :math:`(1 - p)^\gamma` and :math:`p^\gamma`, so that cases
    which are already right count for little.

    Parameters
    ----------
    logits : Tensor (n,)
        Log-odds of good response.
    target : Tensor (n,)
        1 for a good responder, 0 for another patient, between them for a mixed image.
    settings : OptimizationConfig
        Names the loss.
    positive_weight : Tensor, optional
        Scalar that the good responders' term is multiplied by.

    Returns
    -------
    Tensor (n,)
        Non-negative.

    References
    ----------
    .. [1] Lin TY et al. Focal loss for dense object detection. ICCV 2017.
    """
    if_good, if_poor = softplus(-logits), softplus(logits)
    if settings.loss == "focal":
        probability = torch.sigmoid(logits)
        if_good = if_good * (1 - probability) ** settings.focal_gamma
        if_poor = if_poor * probability**settings.focal_gamma
    if positive_weight is not None:
        if_good = if_good * positive_weight
    return target * if_good + (1 - target) * if_poor


def mix(
    images: Tensor, target: Tensor, alpha: float, coordinates: tuple[int, ...]
) -> tuple[Tensor, Tensor]:
    """Mix a batch with itself in another order (Zhang et al. 2018, mixup).

    Parameters
    ----------
    images : Tensor (n, 3, rows, columns)
        Augmented batch.
    target : Tensor (n,)
        0 or 1.
    alpha : float
        One share for the batch is drawn from Beta(alpha, alpha); 0 leaves all as it is.
    coordinates : tuple of int
        Seed, fold, epoch and number of the batch: the draw is a function of these.

    Returns
    -------
    tuple of Tensor
        Images and targets of the same shapes.
    """
    if alpha == 0:
        return images, target
    seed, *rest = coordinates
    rng = generator(seed, MIXING, *rest)
    share, order = float(rng.beta(alpha, alpha)), torch.from_numpy(rng.permutation(len(target)))
    order = order.to(target.device)
    return (
        share * images + (1 - share) * images[order],
        share * target + (1 - share) * target[order],
    )


def positive_weight(good_response: np.ndarray) -> Tensor:
    """Weight of a good responder that gives both classes the same sum of weights."""
    return torch.tensor((~good_response).sum() / good_response.sum(), dtype=torch.float32)
