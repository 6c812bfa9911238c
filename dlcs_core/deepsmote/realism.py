"""Whether synthetic images can be told from real ones, and whether they are mere copies.

Everything rests on features of random convolutions: no trained network is at hand that would not
know the task already, and random ones see texture well (Saxe et al. 2011). What they cannot tell
apart a trained network may still tell apart; what they tell apart it certainly can.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import avg_pool2d, conv2d

from dlcs_core.deepsmote.averages import moving_average, support_of

FloatImages = NDArray[np.float32]
Features = NDArray[np.float64]

FILTERS, FILTER_PX, SCALES = 24, 5, 3
"""Random filters of 5 x 5 pixels at full, half and quarter size."""

POWER_FLOOR = 1e-6
"""Added to a filter's mean square before the logarithm."""

FOLDS = 5
"""Of the cross-validated classifiers."""

IMAGES_AT_A_TIME = 32


@dataclass(frozen=True)
class KernelDistance:
    """A kernel inception distance over repeated draws of equal size.

    Attributes
    ----------
    mean : float
        Unbiased, so it may be slightly below 0 for equal distributions.
    low, high : float
        2.5 and 97.5 percentile of the draws.
    """

    mean: float
    low: float
    high: float


def random_features(images: FloatImages, seed: int = 0) -> Features:
    """Return the strength of random filters in each image.

    Parameters
    ----------
    images : float32 array, shape (n, channels, rows, columns)
        In [0, 1].
    seed : int
        Of the filters.

    Returns
    -------
    float64 array, shape (n, 2 * scales * filters)
        Logarithm of the mean square response, per image: once over the interior of what is not
        empty, once over its edge.
    """
    generator = torch.Generator().manual_seed(seed)
    filters = torch.randn(FILTERS, 1, FILTER_PX, FILTER_PX, generator=generator)
    filters = filters - filters.mean((2, 3), keepdim=True)
    filters = filters / filters.norm(dim=(2, 3), keepdim=True)
    parts = []
    for start in range(0, len(images), IMAGES_AT_A_TIME):
        chosen = np.array(images[start : start + IMAGES_AT_A_TIME], dtype=np.float32, order="C")
        parts.append(_filtered(torch.from_numpy(chosen), filters))
    return torch.cat(parts).double().numpy()


def _filtered(images: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """Filter one batch at every scale."""
    features = []
    for scale in range(SCALES):
        if scale and min(images.shape[2:]) > 2 * FILTER_PX:
            images = avg_pool2d(images, 2)
        support = support_of(images)
        interior = (moving_average(support, FILTER_PX) > 1 - 1e-3).float()
        n, channels = images.shape[:2]
        response = conv2d(images.flatten(0, 1)[:, None], filters, padding=FILTER_PX // 2)
        square = response.square().view(n, channels, *response.shape[1:])
        grown = (moving_average(support, FILTER_PX) > 1e-3).float()
        for where in (interior, grown - interior):
            total = (square * where[:, :, None]).sum((1, 3, 4))
            power = total / where.sum((1, 2, 3)).clamp_min(1.0)[:, None]
            features.append(torch.log(power + POWER_FLOOR))
    return torch.cat(features, 1)


def standardized(features: Features, reference: Features) -> Features:
    """Return features in units of the reference's spread around its mean."""
    spread = reference.std(0)
    scaled: Features = (features - reference.mean(0)) / np.where(spread > 0, spread, 1.0)
    return scaled


def kernel_distance(a: Features, b: Features) -> float:
    r"""Unbiased squared maximum mean discrepancy with KID's kernel.

    .. math:: k(x, y) = (x \cdot y / d + 1)^3

    Parameters
    ----------
    a, b : float64 arrays, shapes (n, d) and (m, d)
        Two samples; at least two rows each.

    References
    ----------
    Binkowski M, Sutherland DJ, Arbel M, Gretton A. Demystifying MMD GANs. ICLR 2018.

    Examples
    --------
    >>> kernel_distance(np.array([[0.0], [0.0]]), np.array([[1.0], [1.0]]))
    7.0
    """
    within = [_kernel(one, one) for one in (a, b)]
    own = [(k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in within]
    return float(own[0] + own[1] - 2 * _kernel(a, b).mean())


def _kernel(a: Features, b: Features) -> Features:
    kernel: Features = (a @ b.T / a.shape[1] + 1) ** 3
    return kernel


def drawn_distance(
    a: Features, b: Features | None, size: int, draws: int, rng: np.random.Generator
) -> KernelDistance:
    """Return the kernel distance over repeated draws without replacement.

    Parameters
    ----------
    a : float64 array, shape (n, d)
        Real images.
    b : float64 array, shape (m, d), or None
        Synthetic ones; without them two disjoint draws of ``a`` are compared.
    size : int
        Images per draw and side.
    draws : int
        How many.
    rng : Generator
        Source of the draws.
    """
    found = []
    for _ in range(draws):
        order = rng.permutation(len(a))
        other = a[order[size : 2 * size]] if b is None else b[rng.permutation(len(b))[:size]]
        found.append(kernel_distance(a[order[:size]], other))
    low, high = np.quantile(found, [0.025, 0.975])
    return KernelDistance(float(np.mean(found)), float(low), float(high))


def cross_validated_scores(
    features: Features, is_synthetic: NDArray[np.bool_], group: NDArray[np.int64]
) -> Features:
    """Return for each image the log odds of being synthetic, by a classifier without it.

    Parameters
    ----------
    features : float64 array, shape (n, d)
        Of real and synthetic images.
    is_synthetic : array of bool, shape (n,)
        What is to be found out.
    group : int64 array, shape (n,)
        Images of one group are left out together: a synthetic image stays with the real parent
        it resembles, so that nobody wins by recognizing the parent.

    Returns
    -------
    float64 array, shape (n,)
        Of ridge-penalized logistic regressions, each on four fifths of the groups.
    """
    from sklearn.model_selection import GroupKFold

    scores = np.empty(len(features))
    for train, test in GroupKFold(FOLDS).split(features, is_synthetic, group):
        scores[test] = judge(features[train], is_synthetic[train], features[test])
    return scores


def judge(features: Features, label: NDArray[np.bool_], others: Features) -> Features:
    """Return the log odds of the label for other images, by a logistic regression with ridge."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=2000)
    model.fit(standardized(features, features), label)
    odds: Features = model.decision_function(standardized(others, features))
    return odds
