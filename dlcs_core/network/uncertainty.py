"""How far one case can be trusted: agreement of the folds, and likeness to the training cases.

The spread of the folds is model disagreement, not a confidence interval. The distance says how
unlike the training cases the network's features are; beyond its threshold the case is out of
distribution and no probability is given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import ModelError

N_COMPONENTS = 32
"""Directions in which the features' variance is kept; all others share one variance."""

THRESHOLD_QUANTILE = 0.995
"""Share of cases like the training cases that lie below the threshold."""

_CROSS_FITS = 5
"""Parts into which the cases are cut to measure the distance of cases not fitted on."""


@dataclass(frozen=True)
class FoldSpread:
    """Disagreement of the folds on the probability scale.

    Attributes
    ----------
    minimum, maximum : float
        Range of the fold scores, in [0, 1].
    standard_deviation : float
        Over the folds (n - 1); 0 for one fold.
    """

    minimum: float
    maximum: float
    standard_deviation: float


def fold_spread(fold_scores: ArrayLike) -> FoldSpread:
    """Summarise the fold scores of one case.

    Parameters
    ----------
    fold_scores : array of float, shape (folds,)
        Sigmoid of each fold's logit (on one scale, see ``models.recalibration``), in [0, 1].

    Returns
    -------
    FoldSpread
        Range and standard deviation.

    Examples
    --------
    >>> fold_spread([0.2, 0.4])
    FoldSpread(minimum=0.2, maximum=0.4, standard_deviation=0.14142135623730953)
    """
    scores = np.asarray(fold_scores, np.float64)
    deviation = float(scores.std(ddof=1)) if scores.size > 1 else 0.0
    return FoldSpread(float(scores.min()), float(scores.max()), deviation)


@dataclass(frozen=True)
class ReferenceStatistics:
    """Where the training cases lie in each fold's feature space.

    The covariance is that of probabilistic PCA: ``n_components`` directions with their own
    variance, one variance for all others. It is the shrinkage that fewer cases than features
    call for, and keeps what is unusual outside the leading directions visible.

    Attributes
    ----------
    mean : float64 array (folds, features)
        Centre of the training cases.
    directions : float64 array (folds, components, features)
        Orthonormal leading directions.
    variance : float64 array (folds, components)
        Variance along them.
    rest_variance : float64 array (folds,)
        Variance along every other direction.
    threshold : float
        Distances above are out of distribution.
    quantile : float
        Share of like cases below the threshold.
    n_cases : int
        Cases from which the threshold was read.

    References
    ----------
    .. [1] Tipping ME, Bishop CM. Probabilistic principal component analysis. J R Stat Soc B
       1999;61:611-622.
    """

    mean: NDArray[np.float64]
    directions: NDArray[np.float64]
    variance: NDArray[np.float64]
    rest_variance: NDArray[np.float64]
    threshold: float
    quantile: float
    n_cases: int

    def distance(self, features: ArrayLike) -> NDArray[np.float64]:
        """Return the Mahalanobis distance, averaged over folds and scaled to about 1.

        Parameters
        ----------
        features : array of float, shape (..., folds, features)
            Pooled features of cases, as ``ViewedOutput.features``.

        Returns
        -------
        float64 array (...)
            Root of the mean over folds of the squared distance per feature.

        Raises
        ------
        ModelError
            If folds or features are not those of the reference.
        """
        values = np.asarray(features, np.float64)
        if values.shape[-2:] != self.mean.shape:
            raise ModelError(
                "reference_shape", found=list(values.shape[-2:]), expected=list(self.mean.shape)
            )
        folds = range(len(self.mean))
        squared = [self.squared_distance(values[..., fold, :], fold) for fold in folds]
        return np.asarray(np.sqrt(np.mean(squared, axis=0)))

    def squared_distance(self, features: NDArray[np.float64], fold: int) -> NDArray[np.float64]:
        """Return one fold's squared distance per feature, for features (..., features)."""
        centred = features - self.mean[fold]
        along = centred @ self.directions[fold].T
        rest = (centred**2).sum(axis=-1) - (along**2).sum(axis=-1)
        squared = (along**2 / self.variance[fold]).sum(axis=-1) + rest / self.rest_variance[fold]
        return np.asarray(squared / self.mean.shape[1])

    def coordinates(self, features: ArrayLike, fold: int, kept: int) -> NDArray[np.float64]:
        """Return where cases lie along one fold's leading directions, each with variance 1.

        Parameters
        ----------
        features : array of float, shape (..., features)
            Pooled features by the network of ``fold``.
        fold : int
            0-based.
        kept : int
            Directions wanted; fewer where the reference has fewer.

        Returns
        -------
        float64 array (..., kept)
            Origin: the centre of the training cases.
        """
        centred = np.asarray(features, np.float64) - self.mean[fold]
        directions, variance = self.directions[fold, :kept], self.variance[fold, :kept]
        return np.asarray(centred @ directions.T / np.sqrt(variance))

    def is_out_of_distribution(self, features: ArrayLike) -> bool:
        """Return whether one case (folds, features) lies beyond the threshold."""
        return bool(self.distance(features) > self.threshold)

    def with_threshold(
        self, features: ArrayLike, quantile: float = THRESHOLD_QUANTILE
    ) -> "ReferenceStatistics":
        """Read the threshold from other cases that the networks were not trained on.

        Parameters
        ----------
        features : array of float, shape (n, folds, features)
            Cases like those for which the model is meant.
        quantile : float
            Share of them below the threshold.

        Returns
        -------
        ReferenceStatistics
            Same centre and variances, new threshold.
        """
        distances = self.distance(features)
        return replace(
            self,
            threshold=float(np.quantile(distances, quantile)),
            quantile=quantile,
            n_cases=len(distances),
        )

    def to_arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return everything as float64 arrays by field name, for ``reference.npz``."""
        return {f.name: np.asarray(getattr(self, f.name), np.float64) for f in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.float64]]) -> "ReferenceStatistics":
        """Read back what :meth:`to_arrays` gave.

        Raises
        ------
        ModelError
            If a name is missing or unknown, shapes do not fit together, or a value is not finite
            or a variance not positive.
        """
        expected = [f.name for f in fields(cls)]
        if sorted(arrays) != sorted(expected) or not _fit_together(arrays):
            raise ModelError("reference_malformed")
        return cls(
            mean=arrays["mean"],
            directions=arrays["directions"],
            variance=arrays["variance"],
            rest_variance=arrays["rest_variance"],
            threshold=float(arrays["threshold"]),
            quantile=float(arrays["quantile"]),
            n_cases=int(arrays["n_cases"]),
        )


def fit_reference(
    features: Sequence[ArrayLike],
    *,
    n_components: int = N_COMPONENTS,
    quantile: float = THRESHOLD_QUANTILE,
) -> ReferenceStatistics:
    """Fit where the training cases lie, and the distance below which cases are like them.

    The threshold is read from distances of cases on which the centre and variances were not
    fitted (five cross-fits, pooled over folds).

    Parameters
    ----------
    features : sequence over folds of float array (n_cases, features)
        Pooled features of each fold's network; best of the cases that this network was not
        trained on, as it spreads those that it was trained on more.
    n_components : int
        Directions with a variance of their own; at most a third of the cases are used.
    quantile : float
        Share of like cases below the threshold, in (0, 1).

    Returns
    -------
    ReferenceStatistics
        Ready to be stored.

    Raises
    ------
    ModelError
        If a fold has fewer than 10 cases or a value is not finite.
    """
    folds = [np.asarray(fold, np.float64) for fold in features]
    if any(len(fold) < 2 * _CROSS_FITS or not np.isfinite(fold).all() for fold in folds):
        raise ModelError("reference_needs_cases", expected=2 * _CROSS_FITS)
    kept = min(n_components, *(len(fold) // 3 for fold in folds))
    distances = np.concatenate([_cross_fitted_distances(fold, kept) for fold in folds])
    fitted = _fit_centre(folds, kept)
    threshold = float(np.quantile(distances, quantile))
    return replace(fitted, threshold=threshold, quantile=quantile, n_cases=len(distances))


def _fit_centre(folds: Sequence[NDArray[np.float64]], kept: int) -> ReferenceStatistics:
    """Fit all but the threshold, which stays infinite."""
    parts = [_principal_components(fold, kept) for fold in folds]
    mean, directions, variance, rest = (np.stack(part) for part in zip(*parts, strict=True))
    return ReferenceStatistics(mean, directions, variance, rest, np.inf, 1.0, 0)


def _principal_components(
    features: NDArray[np.float64], kept: int
) -> tuple[NDArray[np.float64], ...]:
    """Return mean, leading directions, their variances and the variance of each other one."""
    mean = features.mean(axis=0)
    _, singular, directions = np.linalg.svd(features - mean, full_matrices=False)
    variance = singular**2 / (len(features) - 1)
    rest = variance[kept:].sum() / (features.shape[1] - kept)
    # A feature that never varies would otherwise make every new case infinitely far.
    floor = max(1e-6 * variance.sum() / features.shape[1], np.finfo(np.float64).tiny)
    variance, rest = np.maximum(variance[:kept], floor), np.maximum(rest, floor)
    return mean, directions[:kept], variance, np.asarray(rest)


def _cross_fitted_distances(features: NDArray[np.float64], kept: int) -> NDArray[np.float64]:
    part = np.arange(len(features)) % _CROSS_FITS
    distances = np.empty(len(features))
    for left_out in range(_CROSS_FITS):
        fitted = _fit_centre([features[part != left_out]], kept)
        distances[part == left_out] = fitted.distance(features[part == left_out, np.newaxis])
    return distances


def _fit_together(arrays: Mapping[str, NDArray[np.float64]]) -> bool:
    folds, components, size = (*arrays["directions"].shape, 0, 0, 0)[:3]
    shapes = {
        "mean": (folds, size),
        "directions": (folds, components, size),
        "variance": (folds, components),
        "rest_variance": (folds,),
        "threshold": (),
        "quantile": (),
        "n_cases": (),
    }
    return (
        all(array.dtype == np.float64 for array in arrays.values())
        and all(arrays[name].shape == shape for name, shape in shapes.items())
        and all(bool(np.isfinite(array).all()) for array in arrays.values())
        and bool((arrays["variance"] > 0).all() and (arrays["rest_variance"] > 0).all())
    )
