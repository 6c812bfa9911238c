"""The best possible probability of good response, given what was drawn.

By Bayes' rule from the generating model itself. Under each response class the normal scores of
the continuous variables are known, those of ordinal variables lie in an interval, and the
latent score is seen only through the image parameters. The latent score is integrated on a
grid, the intervals by sequential conditioning (Geweke, Hajivassiliou, Keane) on a fixed set of
quasi-random points that both classes share.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtr, ndtri

from dlcs_core.synthetic import signal as planted
from dlcs_core.synthetic.copula import LATENT, correlation_matrix, index_of
from dlcs_core.synthetic.paper_marginals import MARKERS, SHOWN_BY_THE_IMAGE, Marginals
from dlcs_core.synthetic.patients import (
    SHORTCUT_CONCORDANCE,
    TYPES,
    Patients,
    cohort_marginals,
    latent_law,
)

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

N_POINTS = 256
N_GRID = 400
GRID_REACH = 6.0
"""Half-width of the latent grid in conditional standard deviations."""
_CHUNK = 256
_SMALLEST = 1e-300


@dataclass(frozen=True)
class BayesScores:
    """Posterior probabilities of good response, float64 (n_patients,).

    Attributes
    ----------
    image : FloatArray
        Given the drawn image parameters and the size, thickness, site and nodes as rendered;
        with a shortcut also the kernel. The ceiling of any image signature.
    biology : FloatArray
        The same without the kernel.
    dlcs : FloatArray
        Given these and all clinical variables. The ceiling of any fusion.
    """

    image: FloatArray
    biology: FloatArray
    dlcs: FloatArray


def bayes_scores(patients: Patients) -> BayesScores:
    """Return the posterior probability of good response of every drawn patient.

    Parameters
    ----------
    patients : Patients
        As drawn; a cell left empty in the clinical table still counts as known where the image
        shows it.

    Returns
    -------
    BayesScores
        Probabilities in [0, 1].
    """
    image, dlcs = np.empty(len(patients)), np.empty(len(patients))
    for cohort in np.unique(patients.cohort):
        laws = cohort_marginals(str(cohort), patients.signal)
        rows = np.flatnonzero(patients.cohort == cohort)
        for chunk in np.array_split(rows, max(1, -(-len(rows) // _CHUNK))):
            image[chunk] = _log_odds(patients, laws, chunk, SHOWN_BY_THE_IMAGE)
            names = (*laws.continuous, *laws.ordinal)
            dlcs[chunk] = _log_odds(patients, laws, chunk, names)
            dlcs[chunk] += _record_evidence(patients, laws, chunk)
    kernel = _kernel_evidence(patients)
    return BayesScores(_sigmoid(image + kernel), _sigmoid(image), _sigmoid(dlcs + kernel))


def _sigmoid(log_odds: FloatArray) -> FloatArray:
    return 1 / (1 + np.exp(-log_odds))


def _log_odds(
    patients: Patients, laws: Marginals, rows: NDArray[np.intp], names: Sequence[str]
) -> FloatArray:
    prior = float(np.log(laws.prevalence / (1 - laws.prevalence)))
    poor, good = (_log_evidence(patients, laws, rows, names, is_good) for is_good in (False, True))
    return prior + good - poor


def _log_evidence(
    patients: Patients,
    laws: Marginals,
    rows: NDArray[np.intp],
    names: Sequence[str],
    is_good: bool,
) -> FloatArray:
    """Return ln p(image parameters, named variables | class) up to a shared constant."""
    continuous = [name for name in names if name in laws.continuous]
    ordinal = [name for name in names if name in laws.ordinal]
    scores, log_density = _continuous_scores(patients, laws, rows, continuous, is_good)
    conditional = _Conditional.on(continuous, ordinal)
    log_density += conditional.log_density(scores)
    means = scores @ conditional.weights.T
    log_image, latent_steps = _latent_steps(patients, laws, rows, means, conditional, is_good)
    low, high = _bounds(patients, laws, rows, ordinal, is_good)
    inside = _log_rectangle(conditional, means[:, 1:], latent_steps, low, high)
    return log_density + log_image + inside


def _continuous_scores(
    patients: Patients,
    laws: Marginals,
    rows: NDArray[np.intp],
    names: Sequence[str],
    is_good: bool,
) -> tuple[FloatArray, FloatArray]:
    """Return normal scores (n, variables) under a class, and the sum of log slopes."""
    assumed = np.full(len(rows), is_good)
    scores, log_slope = np.empty((len(rows), len(names))), np.zeros(len(rows))
    for k, name in enumerate(names):
        values = patients.continuous[name][rows]
        scores[:, k] = laws.continuous[name].score(values, assumed)
        log_slope += laws.continuous[name].log_slope(values, assumed)
    return scores, log_slope


@dataclass(frozen=True)
class _Conditional:
    """Latent score (first) and ordinal scores given continuous scores, all normal."""

    precision: FloatArray
    weights: FloatArray
    root: FloatArray

    @classmethod
    def on(cls, continuous: Sequence[str], ordinal: Sequence[str]) -> "_Conditional":
        matrix = correlation_matrix()
        known = [index_of(name) for name in continuous]
        open_ = [index_of(LATENT), *(index_of(name) for name in ordinal)]
        precision = np.asarray(np.linalg.inv(matrix[np.ix_(known, known)]), dtype=float)
        weights = matrix[np.ix_(open_, known)] @ precision
        covariance = matrix[np.ix_(open_, open_)] - weights @ matrix[np.ix_(known, open_)]
        return cls(precision, weights, np.asarray(np.linalg.cholesky(covariance), dtype=float))

    def log_density(self, scores: FloatArray) -> FloatArray:
        quadratic: FloatArray = np.einsum("ni,ij,nj->n", scores, self.precision, scores)
        return -0.5 * quadratic


def _latent_steps(
    patients: Patients,
    laws: Marginals,
    rows: NDArray[np.intp],
    means: FloatArray,
    conditional: _Conditional,
    is_good: bool,
) -> tuple[FloatArray, FloatArray]:
    """Integrate the image likelihood over the latent score, and sample its posterior.

    Returns
    -------
    log_evidence : FloatArray (n,)
        ln of the integral.
    steps : FloatArray (n, N_POINTS)
        Evenly spaced quantiles of the latent's posterior, in conditional standard deviations.
    """
    class_means, sd = latent_law(patients.signal, laws.prevalence)
    grid = np.linspace(-GRID_REACH, GRID_REACH, N_GRID)
    score = means[:, :1] + conditional.root[0, 0] * grid
    latent = class_means[int(is_good)] + sd * score
    log_weight = -0.5 * grid**2 + planted.log_likelihood(patients.image_parameters[rows], latent)
    log_evidence = logsumexp(log_weight, axis=1)
    cumulative = np.cumsum(np.exp(log_weight - log_evidence[:, None]), axis=1)
    wanted = (np.arange(N_POINTS) + 0.5) / N_POINTS
    steps = np.array([np.interp(wanted, row, grid) for row in cumulative])
    return log_evidence, steps


def _bounds(
    patients: Patients,
    laws: Marginals,
    rows: NDArray[np.intp],
    names: Sequence[str],
    is_good: bool,
) -> tuple[FloatArray, FloatArray]:
    """Return the intervals of the ordinal scores under a class; an unknown marker has none."""
    assumed = np.full(len(rows), is_good)
    low, high = np.empty((len(rows), len(names))), np.empty((len(rows), len(names)))
    for k, name in enumerate(names):
        low[:, k], high[:, k] = laws.ordinal[name].bounds(patients.codes[name][rows], assumed)
        if name in MARKERS:
            unknown = patients.unknown[name][rows]
            low[unknown, k], high[unknown, k] = -np.inf, np.inf
    return low, high


def _log_rectangle(
    conditional: _Conditional,
    means: FloatArray,
    latent_steps: FloatArray,
    low: FloatArray,
    high: FloatArray,
) -> FloatArray:
    """Return ln P(ordinal scores in their intervals), averaged over the latent's posterior."""
    points = _quasi_random(low.shape[1])
    root, steps = conditional.root, [latent_steps]
    log_mass = np.zeros_like(latent_steps)
    for k in range(low.shape[1]):
        center = means[:, k, None] + sum(root[k + 1, j] * step for j, step in enumerate(steps))
        below = ndtr((low[:, k, None] - center) / root[k + 1, k + 1])
        above = ndtr((high[:, k, None] - center) / root[k + 1, k + 1])
        mass = np.maximum(above - below, _SMALLEST)
        log_mass += np.log(mass)
        steps.append(ndtri(np.clip(below + points[k] * mass, 1e-15, 1 - 1e-15)))
    log_mean: FloatArray = logsumexp(log_mass, axis=1) - np.log(N_POINTS)
    return log_mean


def _quasi_random(dimensions: int) -> FloatArray:
    """Return a Kronecker sequence, shape (dimensions, N_POINTS), from square roots of primes."""
    primes = np.array([2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43])[:dimensions]
    steps = np.sqrt(primes)[:, None] * (np.arange(N_POINTS) + 0.5)
    points: FloatArray = steps % 1.0
    return points


def _record_evidence(patients: Patients, laws: Marginals, rows: NDArray[np.intp]) -> FloatArray:
    """Return the log odds that unknown markers and rare pathological types tell by their rates."""
    rare = patients.codes["pathological_type"][rows] >= TYPES.index("squamous")
    total = _rate_evidence(rare, laws.other_type)
    for name in MARKERS:
        total += _rate_evidence(patients.unknown[name][rows], laws.unknown[name])
    return total


def _rate_evidence(present: BoolArray, rates: tuple[float, float]) -> FloatArray:
    poor, good = rates
    return np.asarray(
        np.where(present, np.log(good / poor), np.log((1 - good) / (1 - poor))), dtype=float
    )


def _kernel_evidence(patients: Patients) -> FloatArray:
    if patients.signal != "shortcut":
        return np.zeros(len(patients))
    share = SHORTCUT_CONCORDANCE
    return _rate_evidence(patients.soft_kernel, (1 - share, share))


def auc(good_response: BoolArray, score: FloatArray) -> float | None:
    """Return the area under the ROC curve by ranks; None where a class is absent."""
    from scipy.stats import rankdata

    ranks = rankdata(score)
    n_good = int(np.count_nonzero(good_response))
    n_poor = len(good_response) - n_good
    if not n_good or not n_poor:
        return None
    above = float(ranks[good_response].sum()) - n_good * (n_good + 1) / 2
    return above / (n_good * n_poor)
