"""The nomograms of the fusion and the survival model."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.errors import ModelError
from dlcs_core.models.design import Design, logit_of
from dlcs_core.models.fusion import FusionModel
from dlcs_core.models.nomogram import (
    Nomogram,
    NomogramTerm,
    OutcomeAxis,
    make_nomogram,
    ticks_over,
)
from dlcs_core.models.serialization import FloatArray
from dlcs_core.models.survival import DL_SIGNATURE, SurvivalModel

SIGNATURE_TICKS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Axis of the DL signature where it enters as log odds."""
SIGNATURE_TICKS_LINEAR = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Axis of the DL signature where it enters as a probability."""
OUTCOME_TICKS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Probabilities marked on the outcome axes."""


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
    return _with_outcome(nomogram, [(t, _log_ratio_at(model, t)) for t in horizons_months])


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


def _log_ratio_at(model: SurvivalModel, horizon_months: float) -> Callable[[float], float]:
    """Linear predictor with which a given survival is reached at a horizon."""
    hazard = model.baseline.hazard(horizon_months)
    if not hazard > 0.0:
        raise ModelError("model_horizon_unknown", horizon=horizon_months)
    return lambda survival: math.log(-math.log(survival) / hazard)
