"""The planted signal: how a tumour looks, given the patient's latent response.

The higher the latent score, the more homogeneous the tumour, the brighter its mucosal rim and
mean enhancement, and the fewer its necrotic pockets.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

SEPARATION = 2.2
"""Distance between the latent means of good and poor responders, in standard deviations."""

SQUASH = 2.2
"""The image shows ``SQUASH * tanh(s / SQUASH)``: beyond +-2 the texture would look like hide."""

PARAMETERS = ("log_texture_hu", "rim_hu", "mean_hu", "necrosis_threshold")

_BASE = np.array([np.log(14.5), 20.0, 84.0, 1.35])
_SLOPE = np.array([-0.38, 8.0, 3.0, 0.34])
_JITTER = np.array([0.112, 5.7, 9.0, 0.17])


@dataclass(frozen=True)
class TumorSignal:
    """What the tumour shows.

    Attributes
    ----------
    texture_hu : float
        Standard deviation of the internal texture (Gaussian covariance, length 3 mm).
    rim_hu : float
        Extra enhancement of the luminal band of 2.5 mm.
    mean_hu : float
        Enhancement of the core before the scanner's iodine gain.
    necrosis_threshold : float
        Pockets of -32 HU lie where a second field exceeds this many standard deviations.
    """

    texture_hu: float
    rim_hu: float
    mean_hu: float
    necrosis_threshold: float

    @classmethod
    def from_parameters(cls, parameters: ArrayLike) -> "TumorSignal":
        """Return the signal of one row of :func:`image_parameters`."""
        log_texture, rim, mean, threshold = (float(value) for value in np.asarray(parameters))
        return cls(float(np.exp(log_texture)), rim, mean, threshold)


def expected_parameters(latent_score: ArrayLike) -> NDArray[np.float64]:
    """Return the mean of each image parameter given the latent score, shape (..., 4)."""
    shown = SQUASH * np.tanh(np.asarray(latent_score, dtype=np.float64) / SQUASH)
    expected: NDArray[np.float64] = _BASE + shown[..., None] * _SLOPE
    return expected


def image_parameters(
    latent_score: NDArray[np.float64], jitter: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the drawn image parameters.

    Parameters
    ----------
    latent_score : float64 array (n_patients,)
        Latent score.
    jitter : float64 array (n_patients, 4)
        Standard normal draws: biology that the latent does not explain.

    Returns
    -------
    float64 array (n_patients, 4)
        Columns as in ``PARAMETERS``.
    """
    drawn: NDArray[np.float64] = expected_parameters(latent_score) + jitter * _JITTER
    return drawn


def log_likelihood(
    parameters: NDArray[np.float64], latent_score: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ln p(image parameters | latent score) up to a constant.

    Parameters
    ----------
    parameters : float64 array (n_patients, 4)
        Drawn image parameters.
    latent_score : float64 array (n_patients, n_scores)
        Scores at which to evaluate, of each patient.

    Returns
    -------
    float64 array (n_patients, n_scores)
        Log likelihood.
    """
    standard = (parameters[:, None, :] - expected_parameters(latent_score)) / _JITTER
    log_density: NDArray[np.float64] = -0.5 * np.sum(standard**2, axis=-1)
    return log_density
