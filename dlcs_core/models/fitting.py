"""What all fits of this package share: complete rows, dependent columns, separated data."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import ModelError
from dlcs_core.models.serialization import FloatArray, fields_of, texts, truth, whole_number

Fit = TypeVar("Fit")

FALLBACK_RIDGE = 1.0
"""Penalty where maximum likelihood has no finite estimate, on standardised coefficients: the
weight of one patient's worth of information that the coefficient is 0."""


@dataclass(frozen=True)
class FitSummary:
    """How a model was fitted.

    Attributes
    ----------
    n_complete : int
        Training patients with every needed value.
    n_dropped : int
        Training patients left out because a value was missing.
    events : int
        Good responders (or deaths) among the complete ones.
    penalized : bool
        True where the data were separated and a weak ridge penalty stands in for maximum
        likelihood; coefficients then lean to 0 and intervals are approximate.
    dependent_columns : tuple of str
        Columns that were constant or followed from others in training; their coefficient is 0.
    """

    n_complete: int
    n_dropped: int
    events: int
    penalized: bool
    dependent_columns: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        return {**asdict(self), "dependent_columns": list(self.dependent_columns)}

    @classmethod
    def from_dict(cls, data: object) -> "FitSummary":
        """Read the JSON form; refuse missing and unknown keys."""
        names = ("n_complete", "n_dropped", "events", "penalized", "dependent_columns")
        fields = fields_of(data, names, "fit")
        return cls(
            n_complete=whole_number(fields["n_complete"], "fit", "n_complete"),
            n_dropped=whole_number(fields["n_dropped"], "fit", "n_dropped"),
            events=whole_number(fields["events"], "fit", "events"),
            penalized=truth(fields["penalized"], "fit", "penalized"),
            dependent_columns=texts(fields["dependent_columns"], "fit", "dependent_columns"),
        )


def with_fallback(fit: Callable[[float], Fit]) -> tuple[Fit, bool]:
    """Fit by maximum likelihood, or with a weak penalty where the data are separated.

    Parameters
    ----------
    fit : callable
        Takes the ridge penalty.

    Returns
    -------
    tuple of the fit and bool
        The flag is True where the penalty was needed.
    """
    try:
        return fit(0.0), False
    except ModelError as error:
        if error.code != "model_separated":
            raise
    return fit(FALLBACK_RIDGE), True


def spread(values: FloatArray, kept: NDArray[np.intp], size: int) -> FloatArray:
    """Place a vector's (or a square matrix's) entries among zeros for the columns left out."""
    full = np.zeros((size,) * values.ndim)
    full[np.ix_(*[kept] * values.ndim)] = values
    return full


def complete_rows(matrix: FloatArray) -> NDArray[np.bool_]:
    """Which rows have every column."""
    return np.asarray(np.isfinite(matrix).all(axis=1), dtype=np.bool_)


def enough_rows(complete: NDArray[np.bool_], n_columns: int) -> None:
    """Refuse a table in which hardly anybody has all needed values."""
    n = int(complete.sum())
    if n < n_columns + 2:
        raise ModelError("model_too_few_rows", n=n, needed=n_columns + 2, total=complete.size)
