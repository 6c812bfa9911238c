"""Clinical variables as the columns of a regression, for one patient or a table.

A continuous variable is one column under its own name. A categorical variable is one column of
0 and 1 per level that differs from the reference level, named ``variable`` + ``level``
(``borrmann_typeIII``). "unknown" is a level of the markers like any other; a missing value is
never filled in.

A level that no training patient had has no coefficient. A patient with such a level gets no
prediction, exactly as one with a missing value: calling it the reference level would be a guess.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dlcs_core.clinical.variables import VARIABLE_BY_NAME, VARIABLES
from dlcs_core.errors import ModelError
from dlcs_core.models.serialization import FloatArray, fields_of, texts

if TYPE_CHECKING:
    import pandas as pd

Values = Mapping[str, float | str | None]

PROBABILITY_MARGIN = 1e-6
"""Nearest to 0 or 1 that a probability counts when its log odds are taken."""


@dataclass(frozen=True)
class Design:
    """The variables of a model and the levels that it has seen.

    Attributes
    ----------
    variables : tuple of str
        In the order of the variable list.
    levels : mapping of str to tuple of str
        Per categorical variable the levels seen in training; the first is the reference level.
    """

    variables: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names."""
        names: list[str] = []
        for variable in self.variables:
            names += [variable + level for level in self.levels.get(variable, ())[1:]]
            names += [variable] if variable not in self.levels else []
        return tuple(names)

    def columns_of(self, variable: str) -> tuple[str, ...]:
        """Column names of one variable."""
        return Design((variable,), self.levels).columns

    def row(self, values: Values) -> FloatArray | None:
        """Columns of one patient.

        Parameters
        ----------
        values : mapping of str to float, str or None
            Clinical values by variable name; others than the model's are ignored.

        Returns
        -------
        array of float64, shape (n_columns,), or None
            None where a needed value is missing or a level was never seen in training.
        """
        entries: list[float] = []
        for variable in self.variables:
            coded = self._coded(variable, values.get(variable))
            if coded is None:
                return None
            entries += coded
        return np.array(entries, dtype=np.float64)

    def matrix(self, table: "pd.DataFrame") -> FloatArray:
        """Columns of every row of a table.

        Parameters
        ----------
        table : DataFrame
            One row per patient, with the model's variables as columns.

        Returns
        -------
        array of float64, shape (n_patients, n_columns)
            A row of NaN where a value is missing or a level was never seen in training.
        """
        rows = [self.row(record) for record in records_of(table, self.variables)]
        empty = np.full(len(self.columns), np.nan)
        stacked = [empty if row is None else row for row in rows]
        return np.array(stacked, dtype=np.float64).reshape(len(table), len(self.columns))

    def complete(self, table: "pd.DataFrame") -> NDArray[np.bool_]:
        """Which rows of a table have every value that the model needs."""
        records = records_of(table, self.variables)
        return np.array([self.row(record) is not None for record in records], dtype=np.bool_)

    def to_dict(self) -> dict[str, object]:
        """JSON form."""
        levels = {name: list(seen) for name, seen in self.levels.items()}
        return {"variables": list(self.variables), "levels": levels}

    @classmethod
    def from_dict(cls, data: object) -> "Design":
        """Read the JSON form.

        Raises
        ------
        ModelError
            If a variable or level is not one of the variable list, or a key is missing or
            unknown.
        """
        fields = fields_of(data, ("variables", "levels"), "design")
        variables = texts(fields["variables"], "design", "variables")
        if len(set(variables)) != len(variables) or not set(variables) <= set(VARIABLE_BY_NAME):
            raise ModelError("model_part_malformed", part="design", field="variables")
        categorical = [v for v in variables if VARIABLE_BY_NAME[v].kind == "categorical"]
        raw = fields_of(fields["levels"], categorical, "design.levels")
        levels = {name: texts(raw[name], "design", name) for name in categorical}
        for name, seen in levels.items():
            if not seen or not set(seen) <= set(VARIABLE_BY_NAME[name].levels):
                raise ModelError("model_part_malformed", part="design", field=name)
        return cls(variables, levels)

    def _coded(self, variable: str, value: float | str | None) -> list[float] | None:
        """Columns of one variable, or None where the value is missing or unseen."""
        if is_missing(value):
            return None
        if variable not in self.levels:
            return None if isinstance(value, str) or value is None else [float(value)]
        seen = self.levels[variable]
        return [float(value == level) for level in seen[1:]] if value in seen else None


def is_missing(value: object) -> bool:
    """Whether a cell holds nothing: None, NaN or pandas' NA."""
    return value is None or type(value).__name__ == "NAType" or value != value


def records_of(table: "pd.DataFrame", variables: Sequence[str]) -> list[Values]:
    """Rows of a table as plain mappings; missing cells are None."""
    columns = {
        name: [None if is_missing(cell) else cell for cell in table[name].tolist()]
        for name in variables
    }
    return [{name: cells[i] for name, cells in columns.items()} for i in range(len(table))]


def make_design(table: "pd.DataFrame", variables: Sequence[str]) -> Design:
    """Design of some variables, with the levels that a training table holds.

    Parameters
    ----------
    table : DataFrame
        Training patients.
    variables : sequence of str
        Names from the variable list, in any order.

    Returns
    -------
    Design
        Variables in the order of the list. The reference level is the first level of the list
        that some training patient has.

    Raises
    ------
    ModelError
        If a variable is unknown, or a categorical one is missing for everybody.
    """
    unknown = sorted(set(variables) - set(VARIABLE_BY_NAME))
    if unknown:
        raise ModelError("model_variable_unknown", variable=unknown[0])
    ordered = tuple(v.name for v in VARIABLES if v.name in set(variables))
    levels = {}
    for name in ordered:
        if VARIABLE_BY_NAME[name].kind == "categorical":
            present = {cell for cell in table[name].tolist() if not is_missing(cell)}
            levels[name] = tuple(v for v in VARIABLE_BY_NAME[name].levels if v in present)
            if not levels[name]:
                raise ModelError("model_variable_empty", variable=name)
    return Design(ordered, levels)


def logit_of(probability: float) -> float:
    """Log odds of a probability, kept away from 0 and 1 so that it stays finite.

    Examples
    --------
    >>> logit_of(0.5)
    0.0
    """
    inside = min(max(probability, PROBABILITY_MARGIN), 1.0 - PROBABILITY_MARGIN)
    return math.log(inside / (1.0 - inside))


def probability_of(logit: float) -> float:
    """Probability of log odds, without overflow.

    Examples
    --------
    >>> probability_of(0.0), probability_of(-1e4)
    (0.5, 0.0)
    """
    return 0.5 * (1.0 + math.tanh(0.5 * logit))
