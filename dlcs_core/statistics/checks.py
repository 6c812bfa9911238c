"""What every statistic asks of its rows before it counts anything.

Each check returns the rows as plain arrays, or refuses them with a :class:`CohortError` that
names what was found and what to do. Inputs are never modified.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.errors import CohortError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

NORMAL_QUANTILE_975 = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval, ``qnorm(0.975)`` in R."""


def normal_p(z: float) -> float:
    """Two-sided P value of a standard normal statistic."""
    return math.erfc(abs(z) / math.sqrt(2.0))


def chi_square_p(statistic: float, df: int) -> float:
    """Upper tail probability of a chi-square statistic."""
    from scipy.special import chdtrc

    return float(chdtrc(df, statistic))


def finite_vector(values: ArrayLike, what: str) -> FloatArray:
    """Return one finite float64 number per row.

    Parameters
    ----------
    values : array of float, shape (n_patients,)
        The rows.
    what : str
        Name of the column for the refusal, e.g. ``"score"``.

    Returns
    -------
    array of float64, shape (n_patients,)
        The values.

    Raises
    ------
    CohortError
        If there is no row, the array is not one-dimensional, or a value is missing, infinite or
        no number.
    """
    try:
        vector = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise CohortError("statistic_values_not_numeric", column=what) from error
    if vector.ndim != 1:
        raise CohortError("statistic_not_one_column", column=what, dimensions=vector.ndim)
    if vector.size == 0:
        raise CohortError("statistic_without_rows", column=what)
    bad = int(np.count_nonzero(~np.isfinite(vector)))
    if bad:
        raise CohortError("statistic_values_missing", column=what, count=bad, n=vector.size)
    return vector


def same_size(first: NDArray[np.generic], second: NDArray[np.generic]) -> None:
    """Refuse two columns of different length."""
    if len(first) != len(second):
        raise CohortError("statistic_sizes_differ", first=len(first), second=len(second))


def coded_0_1(values: ArrayLike, what: str) -> BoolArray:
    """Return a 0/1 column as booleans; refuse any other code."""
    vector = finite_vector(values, what)
    other = vector[(vector != 0.0) & (vector != 1.0)]
    if other.size:
        raise CohortError("statistic_not_coded_0_1", column=what, value=float(other[0]))
    return np.asarray(vector == 1.0)


def two_classes(good_response: ArrayLike) -> BoolArray:
    """Return the outcome as booleans; refuse a cohort with one class only.

    Parameters
    ----------
    good_response : array of bool or 0/1, shape (n_patients,)
        True for good response, the positive class.

    Returns
    -------
    array of bool, shape (n_patients,)
        The outcome, with at least one patient of each class.

    Raises
    ------
    CohortError
        If the outcome is empty, missing, not coded 0/1, or has one class only.
    """
    outcome = coded_0_1(good_response, "good_response")
    positives = int(outcome.sum())
    if positives in (0, outcome.size):
        raise CohortError("statistic_single_class", positives=positives, n=outcome.size)
    return outcome


def outcome_and_score(good_response: ArrayLike, score: ArrayLike) -> tuple[BoolArray, FloatArray]:
    """Return an outcome of two classes and its score, row by row."""
    outcome = two_classes(good_response)
    values = finite_vector(score, "score")
    same_size(outcome, values)
    return outcome, values


def probabilities(risk: ArrayLike, what: str = "risk") -> FloatArray:
    """Return probabilities; refuse a value outside [0, 1]."""
    values = finite_vector(risk, what)
    outside = values[(values < 0.0) | (values > 1.0)]
    if outside.size:
        raise CohortError("statistic_not_a_probability", column=what, value=float(outside[0]))
    return values


def outcome_and_risk(good_response: ArrayLike, risk: ArrayLike) -> tuple[BoolArray, FloatArray]:
    """Return an outcome of two classes and its predicted probability, row by row."""
    outcome = two_classes(good_response)
    values = probabilities(risk)
    same_size(outcome, values)
    return outcome, values


def followed_up(
    time_months: ArrayLike, event_observed: ArrayLike, *, need_event: bool = True
) -> tuple[FloatArray, BoolArray]:
    """Return follow-up time and event of each patient.

    Parameters
    ----------
    time_months : array of float, shape (n_patients,)
        Time from the cohort's origin to death or last contact, in months, not negative.
    event_observed : array of bool or 0/1, shape (n_patients,)
        True where the death was seen, False where the patient is censored.
    need_event : bool
        Refuse a cohort in which nobody died.

    Returns
    -------
    tuple of array of float64 and array of bool
        The times and the events.

    Raises
    ------
    CohortError
        If a column is empty, missing or of another size, a time is negative, an event is not
        coded 0/1, or no event was observed and one is needed.
    """
    time = finite_vector(time_months, "time_months")
    event = coded_0_1(event_observed, "event_observed")
    same_size(time, event)
    if (time < 0.0).any():
        raise CohortError("statistic_time_negative", value=float(time.min()))
    if need_event and not event.any():
        raise CohortError("statistic_no_event", n=time.size)
    return time, event
