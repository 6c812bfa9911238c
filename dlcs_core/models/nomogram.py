"""Nomogram: a model's linear predictor redrawn as points, by the rules of R's ``rms``.

A nomogram adds no information. The variable whose contribution ranges furthest over its axis
gets 100 points; every other one gets points in the same unit, counted from the smallest
contribution on its axis. The sum of the points gives back the model's linear predictor exactly.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.errors import ModelError
from dlcs_core.models.design import Design, Values, logit_of
from dlcs_core.models.fusion import FusionModel
from dlcs_core.models.nomogram_terms import NomogramTerm, ticks_over
from dlcs_core.models.serialization import FloatArray
from dlcs_core.models.survival import DL_SIGNATURE, SurvivalModel

MOST_POINTS = 100.0
"""Points of the variable that matters most."""

SIGNATURE_TICKS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Axis of the DL signature where it enters as log odds."""
SIGNATURE_TICKS_LINEAR = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Axis of the DL signature where it enters as a probability."""
OUTCOME_TICKS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Probabilities marked on the outcome axes."""


@dataclass(frozen=True)
class NomogramAxis:
    """One variable's line.

    Attributes
    ----------
    variable : str
        Name of the variable, or ``"dl_signature"``.
    labels : tuple of str or float
        Levels or tick values.
    points : tuple of float
        Points at each label, 0 at the smallest.
    """

    variable: str
    labels: tuple[str | float, ...]
    points: tuple[float, ...]


@dataclass(frozen=True)
class OutcomeAxis:
    """The line that turns total points into a probability.

    Attributes
    ----------
    horizon_months : float or None
        Time at which survival is read; None for the probability of good response.
    probabilities, total_points : tuple of float
        Marked probabilities and where they stand on the line of total points.
    """

    horizon_months: float | None
    probabilities: tuple[float, ...]
    total_points: tuple[float, ...]


@dataclass(frozen=True)
class VariablePoints:
    """Points of one variable of one patient.

    Attributes
    ----------
    variable : str
        Name of the variable, or ``"dl_signature"``.
    value : float or str
        The patient's value.
    points : float
        Below 0 or beyond the axis where the value is.
    on_axis : bool
        False where the value lies outside the axis as drawn.
    """

    variable: str
    value: float | str
    points: float
    on_axis: bool


@dataclass(frozen=True)
class NomogramReading:
    """One patient on the nomogram.

    Attributes
    ----------
    variables : tuple of VariablePoints
        In the order of the axes.
    total_points : float
        Their sum.
    linear_predictor : float
        That of the model, from the total.
    """

    variables: tuple[VariablePoints, ...]
    total_points: float
    linear_predictor: float


@dataclass(frozen=True)
class Nomogram:
    """Axes of a model, and points of its patients.

    Attributes
    ----------
    terms : tuple of NomogramTerm
        One per variable, the DL signature first.
    lowest : float
        Linear predictor at 0 total points: every variable at its smallest contribution.
    points_per_unit : float
        Points per unit of the linear predictor.
    outcome : tuple of OutcomeAxis
        Response: one line; survival: one per horizon.
    """

    terms: tuple[NomogramTerm, ...]
    lowest: float
    points_per_unit: float
    outcome: tuple[OutcomeAxis, ...]

    @property
    def axes(self) -> tuple[NomogramAxis, ...]:
        """Lines to draw, one per variable."""
        return tuple(
            NomogramAxis(
                term.variable,
                tuple(term.levels) or term.ticks,
                tuple(self._points(term, c) for c in term.contributions),
            )
            for term in self.terms
        )

    @property
    def most_total_points(self) -> float:
        """Sum of the largest points of all axes."""
        return sum(max(axis.points) for axis in self.axes)

    def points(self, values: Values, dl_signature: float | None = None) -> NomogramReading | None:
        """Points of one patient.

        Parameters
        ----------
        values : mapping of str to float, str or None
            Clinical values by variable name.
        dl_signature : float or None
            Recalibrated probability from the image, in [0, 1].

        Returns
        -------
        NomogramReading or None
            None where a needed value is missing or a level was never seen in training. A value
            off the axis keeps its exact points and is flagged.
        """
        given = {**values, DL_SIGNATURE: dl_signature}
        read: list[VariablePoints] = []
        for term in self.terms:
            value = given.get(term.variable)
            contribution = term.contribution(value)
            if contribution is None or value is None:
                return None
            points = self._points(term, contribution)
            read.append(VariablePoints(term.variable, value, points, term.on_axis(value)))
        total = sum(entry.points for entry in read)
        return NomogramReading(tuple(read), total, self.linear_predictor(total))

    def linear_predictor(self, total_points: float) -> float:
        """Linear predictor of a total."""
        return self.lowest + total_points / self.points_per_unit

    def total_points_of(self, linear_predictor: float) -> float:
        """Total of a linear predictor."""
        return (linear_predictor - self.lowest) * self.points_per_unit

    def _points(self, term: NomogramTerm, contribution: float) -> float:
        return (contribution - min(term.contributions)) * self.points_per_unit


def make_nomogram(terms: Sequence[NomogramTerm], constant: float) -> Nomogram:
    """Scale the points of some terms; without outcome axes.

    Parameters
    ----------
    terms : sequence of NomogramTerm
        At least one, whose contributions are not all the same.
    constant : float
        What the linear predictor holds besides the terms: the intercept, or minus the
        contribution of the means where it is centred.

    Returns
    -------
    Nomogram
        The term with the widest range has 100 points.

    Raises
    ------
    ModelError
        If no term contributes anything.
    """
    widest = max((max(t.contributions) - min(t.contributions) for t in terms), default=0.0)
    if widest == 0.0:
        raise ModelError("model_nomogram_flat")
    lowest = constant + sum(min(term.contributions) for term in terms)
    return Nomogram(tuple(terms), lowest, MOST_POINTS / widest, ())


def fusion_nomogram(model: FusionModel) -> Nomogram:
    """Nomogram of the fusion model: total points to the probability of good response.

    Parameters
    ----------
    model : FusionModel
        The DL signature's axis shows probabilities and is spaced by their log odds.

    Returns
    -------
    Nomogram
        With one outcome axis.
    """
    coefficient = float(model.model.coefficients[0])
    signature = NomogramTerm(DL_SIGNATURE, {}, coefficient, SIGNATURE_TICKS, "logit")
    terms = [signature, *_clinical_terms(model.design, model.model.coefficients[1:])]
    nomogram = make_nomogram(terms, model.model.intercept)
    return _with_outcome(nomogram, [(None, logit_of)])


def survival_nomogram(model: SurvivalModel, horizons_months: Sequence[float]) -> Nomogram:
    """Nomogram of the survival model: total points to survival at each horizon.

    Parameters
    ----------
    model : SurvivalModel
        Its linear predictor is centred at the training means.
    horizons_months : sequence of float
        Months within the training follow-up and after the first death.

    Returns
    -------
    Nomogram
        With one outcome axis per horizon.

    Raises
    ------
    ModelError
        If a horizon is beyond the follow-up or before the first death.
    """
    coefficient = float(model.coefficients[0])
    signature = NomogramTerm(DL_SIGNATURE, {}, coefficient, SIGNATURE_TICKS_LINEAR)
    terms = [signature, *_clinical_terms(model.design, model.coefficients[1:])]
    nomogram = make_nomogram(terms, -float(model.coefficients @ model.means))
    return with_survival_axes(nomogram, {t: model.baseline.hazard(t) for t in horizons_months})


def with_survival_axes(nomogram: Nomogram, hazards: Mapping[float, float]) -> Nomogram:
    """Add a line per horizon that turns total points into survival.

    Parameters
    ----------
    nomogram : Nomogram
        Of a Cox regression.
    hazards : mapping of float to float
        By horizon in months the cumulative hazard of a patient whose linear predictor is 0.

    Raises
    ------
    ModelError
        If a hazard is not above 0: the horizon is beyond the follow-up or before the first death.
    """
    return _with_outcome(nomogram, [(t, _log_ratio_at(t, h)) for t, h in hazards.items()])


def _clinical_terms(design: Design, coefficients: FloatArray) -> list[NomogramTerm]:
    """One term per clinical variable."""
    by_column = dict(zip(design.columns, map(float, coefficients), strict=True))
    terms = []
    for variable in design.variables:
        if variable in design.levels:
            seen = design.levels[variable]
            levels = {level: by_column.get(variable + level, 0.0) for level in seen}
            terms.append(NomogramTerm(variable, levels))
        else:
            low, high = VARIABLE_BY_NAME[variable].soft_limits or (0.0, 1.0)
            terms.append(NomogramTerm(variable, {}, by_column[variable], ticks_over(low, high)))
    return terms


def _with_outcome(
    nomogram: Nomogram, outcomes: Sequence[tuple[float | None, Callable[[float], float]]]
) -> Nomogram:
    """Add outcome axes: per horizon the linear predictor of a probability."""
    axes = []
    for horizon, linear_predictor_of in outcomes:
        places = [nomogram.total_points_of(linear_predictor_of(p)) for p in OUTCOME_TICKS]
        inside = [
            (p, place)
            for p, place in zip(OUTCOME_TICKS, places, strict=True)
            if 0.0 <= place <= nomogram.most_total_points
        ]
        marked = tuple(p for p, _ in inside)
        axes.append(OutcomeAxis(horizon, marked, tuple(place for _, place in inside)))
    return replace(nomogram, outcome=tuple(axes))


def _log_ratio_at(horizon_months: float, hazard: float) -> Callable[[float], float]:
    """Linear predictor with which a given survival is reached at a horizon."""
    if not hazard > 0.0:
        raise ModelError("model_horizon_unknown", horizon=horizon_months)
    return lambda survival: math.log(-math.log(survival) / hazard)
