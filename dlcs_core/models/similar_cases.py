r"""Training patients who are most like a new one in signature space, and how the model did there.

Each training patient lies where the one network that had not seen it puts the image: the leading
whitened directions of that network's features, and the log odds of its out-of-fold DL signature.
A new patient has a place in the space of every network and is compared with each training
patient in that patient's own:

.. math:: d_i^2 = \tfrac{1}{m} \lVert x_{k(i)} - c_i \rVert^2
   + \left( \frac{\eta - \eta_i}{s_\eta} \right)^2

Single patients and their slices are carried for synthetic cohorts, or where the institution that
trained the model says so; otherwise the file holds neither variables nor survival and the answer
is a group of at least ten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.errors import ModelError
from dlcs_core.models.serialization import FloatArray, array, fields_of

SMALLEST_GROUP = 10
"""Fewer patients could be recognised behind an average."""

GROUP_SIZE = 20
"""Patients behind the aggregate."""

N_SHOWN = 5
"""Single patients shown."""

_NUMBERS = ("fold", "log_odds", "dl_signature", "good_response")
_FIELDS = ("coordinates", *_NUMBERS, "dlcs", "patients")

Cell = float | str | None


@dataclass(frozen=True)
class SimilarCase:
    """One training patient.

    Attributes
    ----------
    index : int
        Place in the file; tells nothing about who it is.
    distance : float
        From the new patient.
    dl_signature, dlcs : float or None
        Out-of-fold probabilities.
    good_response : bool
        What happened.
    model_right : bool
        Whether the call at the cutoff agreed.
    variables : mapping of str to float, str or None
        Clinical variables, ``os_months`` and ``os_event``; None where missing.
    """

    index: int
    distance: float
    dl_signature: float
    dlcs: float | None
    good_response: bool
    model_right: bool
    variables: Mapping[str, Cell]


@dataclass(frozen=True)
class SimilarGroup:
    """The nearest training patients taken together, at least ten of them.

    Attributes
    ----------
    n, good_response, model_right : int
        Patients, good responders, and those for whom the call at the cutoff was right.
    mean_probability : float
        Mean out-of-fold probability: what the model expected of them.
    largest_distance : float
        Of the farthest.
    """

    n: int
    good_response: int
    model_right: int
    mean_probability: float
    largest_distance: float


@dataclass(frozen=True, eq=False)
class SimilarCases:
    """The training patients of a bundle.

    Attributes
    ----------
    coordinates : array of float64, shape (n_patients, n_directions)
        In the space of the network that had not seen the patient.
    fold : array of int64, shape (n_patients,)
        That network.
    log_odds, dl_signature : array of float64, shape (n_patients,)
        Out-of-fold DL signature, both ways.
    good_response : array of bool, shape (n_patients,)
        Outcome.
    dlcs : array of float64, shape (n_patients,)
        Out-of-fold; NaN where a variable was missing.
    patients : mapping of str to sequence, or None
        Columns of what is known of single patients; None where they must not be shown.
    """

    coordinates: FloatArray
    fold: NDArray[np.int64]
    log_odds: FloatArray
    dl_signature: FloatArray
    good_response: NDArray[np.bool_]
    dlcs: FloatArray
    patients: Mapping[str, Sequence[Cell]] | None

    def __len__(self) -> int:
        """Return the number of patients."""
        return len(self.fold)

    def distances(self, coordinates: ArrayLike, log_odds: float) -> FloatArray:
        """Return the distance of every training patient.

        Parameters
        ----------
        coordinates : array of float, shape (n_folds, n_directions or more)
            Of the new patient, in the space of every network.
        log_odds : float
            Of the new patient's DL signature.
        """
        own = np.asarray(coordinates, np.float64)[:, : self.coordinates.shape[1]][self.fold]
        look = ((own - self.coordinates) ** 2).mean(axis=1)
        spread = max(float(self.log_odds.std()), 1e-9)
        return np.asarray(np.sqrt(look + ((log_odds - self.log_odds) / spread) ** 2))

    def nearest(self, distances: FloatArray, cutoff: float) -> tuple[SimilarCase, ...]:
        """Return the nearest patients one by one; none where they must not be shown."""
        if self.patients is None:
            return ()
        right = self._right(cutoff)
        return tuple(
            SimilarCase(
                index=int(i),
                distance=float(distances[i]),
                dl_signature=float(self.dl_signature[i]),
                dlcs=float(self.dlcs[i]) if np.isfinite(self.dlcs[i]) else None,
                good_response=bool(self.good_response[i]),
                model_right=bool(right[i]),
                variables={name: column[i] for name, column in self.patients.items()},
            )
            for i in np.argsort(distances, kind="stable")[:N_SHOWN]
        )

    def group(self, distances: FloatArray, cutoff: float) -> SimilarGroup | None:
        """Return the nearest patients taken together; None where there are not ten."""
        rows = np.argsort(distances, kind="stable")[:GROUP_SIZE]
        if rows.size < SMALLEST_GROUP:
            return None
        return SimilarGroup(
            n=int(rows.size),
            good_response=int(self.good_response[rows].sum()),
            model_right=int(self._right(cutoff)[rows].sum()),
            mean_probability=float(self._probability()[rows].mean()),
            largest_distance=float(distances[rows[-1]]),
        )

    def _probability(self) -> FloatArray:
        """DLCS, or the DL signature where it is unknown."""
        return np.where(np.isfinite(self.dlcs), self.dlcs, self.dl_signature)

    def _right(self, cutoff: float) -> NDArray[np.bool_]:
        return np.asarray((self._probability() >= cutoff) == self.good_response)

    def to_dict(self) -> dict[str, object]:
        """JSON form, column by column; rounded to what a distance and a display need."""
        columns = self.patients
        return {
            "coordinates": np.round(self.coordinates, 3).tolist(),
            "fold": self.fold.tolist(),
            "log_odds": np.round(self.log_odds, 4).tolist(),
            "dl_signature": np.round(self.dl_signature, 4).tolist(),
            "good_response": self.good_response.astype(int).tolist(),
            "dlcs": [round(float(p), 4) if np.isfinite(p) else None for p in self.dlcs],
            "patients": None if columns is None else {k: list(v) for k, v in columns.items()},
        }

    @classmethod
    def from_dict(cls, data: object) -> "SimilarCases":
        """Read the JSON form.

        Raises
        ------
        ModelError
            If a column is missing or unknown, lengths differ, or a cell is of the wrong kind.
        """
        part = "similar_cases"
        fields = fields_of(data, _FIELDS, part)
        coordinates = array(fields["coordinates"], (-1, -1), part, "coordinates")
        n = len(coordinates)
        numbers = {name: array(fields[name], (n,), part, name) for name in _NUMBERS}
        dlcs = _with_gaps(fields["dlcs"], n)
        return cls(
            coordinates=coordinates,
            fold=_folds(numbers["fold"]),
            log_odds=numbers["log_odds"],
            dl_signature=_inside(numbers["dl_signature"], "dl_signature"),
            good_response=_outcomes(numbers["good_response"]),
            dlcs=dlcs,
            patients=_columns(fields["patients"], n),
        )


PATIENT_COLUMNS = (*(variable.name for variable in VARIABLES), "os_months", "os_event")
"""What is carried of single patients where they may be shown."""


def _refused(field: str) -> ModelError:
    return ModelError("model_part_malformed", part="similar_cases", field=field)


def _inside(values: FloatArray, field: str) -> FloatArray:
    if ((values < 0.0) | (values > 1.0)).any():
        raise _refused(field)
    return values


def _outcomes(values: FloatArray) -> NDArray[np.bool_]:
    if not np.isin(values, (0.0, 1.0)).all():
        raise _refused("good_response")
    return np.asarray(values == 1.0)


def _folds(values: FloatArray) -> NDArray[np.int64]:
    if (values != np.floor(values)).any() or (values < 0).any() or (values >= 50).any():
        raise _refused("fold")
    return values.astype(np.int64)


def _with_gaps(data: object, n: int) -> FloatArray:
    """Read probabilities of which some may be unknown."""
    if not isinstance(data, list) or len(data) != n:
        raise _refused("dlcs")
    known = array([0.0 if v is None else v for v in data], (n,), "similar_cases", "dlcs")
    return np.where([v is None for v in data], np.nan, _inside(known, "dlcs"))


def _columns(data: object, n: int) -> Mapping[str, Sequence[Cell]] | None:
    """Read what is known of single patients."""
    if data is None:
        return None
    columns = fields_of(data, PATIENT_COLUMNS, "similar_cases")
    levels = {variable.name: variable.levels for variable in VARIABLES}
    return {name: _column(column, name, n, levels.get(name)) for name, column in columns.items()}


def _column(column: object, name: str, n: int, levels: Sequence[str] | None) -> Sequence[Cell]:
    """Read one column: numbers, or levels of the variable list and no other text."""
    if not isinstance(column, list) or len(column) != n:
        raise _refused(name)
    found = [cell for cell in column if cell is not None]
    kind: type | tuple[type, ...] = str if levels else (int, float)
    if not all(isinstance(cell, kind) and not isinstance(cell, bool) for cell in found):
        raise _refused(name)
    if levels and not set(found) <= set(levels):
        raise _refused(name)
    return column
