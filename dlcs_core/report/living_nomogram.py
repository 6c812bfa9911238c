"""What a browser needs to recompute a case's nomograms while a dot is moved.

Nothing here computes a probability: the coefficients, axes and variances of the two served models
are laid out so that :file:`ui/components/living_nomogram/model.js` gives what
:mod:`dlcs_core.models` gives.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from dlcs_core.bundle.reader import Bundle
from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.errors import ModelError
from dlcs_core.figures.nomogram import short_level
from dlcs_core.models.design import Design, logit_of
from dlcs_core.models.nomogram import Nomogram, fusion_nomogram, survival_nomogram
from dlcs_core.models.nomogram_terms import NomogramTerm
from dlcs_core.models.survival import DL_SIGNATURE, SurvivalModel
from dlcs_core.report.case_report import CURVE_MONTHS, HORIZONS_MONTHS, CaseReport
from dlcs_core.report.living_nomogram_layout import (
    LivingInterval,
    LivingLevel,
    LivingNomogram,
    LivingOutcome,
    LivingResponse,
    LivingSurvival,
    LivingTerm,
)
from dlcs_core.translation import sentence

SIGNATURE_RANGE = (0.01, 0.99)
"""Where the DL signature's dot can be moved to."""


def living_models(
    report: CaseReport, bundle: Bundle, language: str
) -> dict[str, dict[str, Any] | None]:
    """Lay out the case's models for the browser.

    Parameters
    ----------
    report : CaseReport
        Not abstained; its probabilities are not used, only its values.
    bundle : Bundle
        The model that assessed it.
    language : str
        Language of names and levels.

    Returns
    -------
    dict
        ``response`` and ``survival``: JSON-ready, each None where the model lacks a value.
    """
    response = living_response(report, bundle, language)
    survival = living_survival(report, bundle, language)
    return {
        "response": None if response is None else asdict(response),
        "survival": None if survival is None else asdict(survival),
    }


def living_response(report: CaseReport, bundle: Bundle, language: str) -> LivingResponse | None:
    """Lay out the fusion model; None without a DLCS."""
    if report.abstained or report.dlcs.linear_predictor is None:
        return None
    fusion = bundle.fusion
    nomogram = _laid_out(
        fusion_nomogram(fusion), fusion.design, report, language,
        covariance=fusion.model.covariance.tolist(), first_column=1,
    )  # fmt: skip
    layer = report.local.get("dlcs")
    return LivingResponse(
        nomogram=nomogram,
        interval=_interval(report, bundle),
        local_intercept=layer.layer.intercept if layer else 0.0,
        local_slope=layer.layer.slope if layer else 1.0,
        cutoff=report.dlcs.cutoff,
    )


def living_survival(report: CaseReport, bundle: Bundle, language: str) -> LivingSurvival | None:
    """Lay out the survival model; None where it lacks a value or has no horizon to show."""
    model = bundle.survival
    horizons = _horizons(model)
    if report.abstained or report.survival.linear_predictor is None or not horizons:
        return None
    try:
        drawn = survival_nomogram(model, horizons)
    except ModelError:
        return None  # every coefficient is 0: there is no line to move along
    baseline = model.baseline
    months = [month for month in CURVE_MONTHS if month <= baseline.last_time_months]
    steps = [int((baseline.time_months <= month).sum()) - 1 for month in months]
    size = len(model.columns)
    zero = (0.0,) * size
    return LivingSurvival(
        nomogram=_laid_out(
            drawn, model.design, report, language,
            covariance=model.covariance.tolist(), first_column=0,
        ),
        means=tuple(model.means.tolist()),
        months=tuple(months),
        hazard=tuple(float(baseline.cumulative_hazard[s]) if s >= 0 else 0.0 for s in steps),
        variance=tuple(float(baseline.variance[s]) if s >= 0 else 0.0 for s in steps),
        weighted_mean=tuple(
            tuple(baseline.weighted_mean[s].tolist()) if s >= 0 else zero for s in steps
        ),
        horizons_months=horizons,
        risk_cutoff=model.risk_cutoff,
    )  # fmt: skip


def _horizons(model: SurvivalModel) -> tuple[float, ...]:
    """Return the paper's months at which this model has a hazard."""
    return tuple(month for month in HORIZONS_MONTHS if model.baseline.hazard(month) > 0.0)


def _interval(report: CaseReport, bundle: Bundle) -> LivingInterval | None:
    """Return how the shown interval is made; None where none is shown."""
    model = bundle.extras.interval
    if report.dlcs.ci95 is None or model is None or "dlcs" not in model.scores:
        return None
    made = model.scores["dlcs"]
    logits = np.array([logit_of(score) for score in report.dl_signature.fold_scores])
    recalibrated = bundle.recalibration.slope**2 * float(logits.var(ddof=1)) / logits.size
    return LivingInterval(
        shift=made.shift,
        slope=made.slope,
        residual_variance=made.residual_variance,
        inflation=made.inflation,
        quantile=made.quantile,
        fold_variance=float(bundle.fusion.model.coefficients[0] ** 2) * recalibrated,
    )


def original_signature(report: CaseReport) -> float | None:
    """Return the DL signature that fusion and survival use: without a local layer."""
    layer = report.local.get(DL_SIGNATURE)
    return layer.original_probability if layer else report.dl_signature.probability


def _laid_out(
    nomogram: Nomogram,
    design: Design,
    report: CaseReport,
    language: str,
    *,
    covariance: Sequence[Sequence[float]],
    first_column: int,
) -> LivingNomogram:
    values = {**report.record.values, DL_SIGNATURE: original_signature(report)}
    return LivingNomogram(
        terms=tuple(
            _term(
                term, values[term.variable], first_column + _place(term.variable, design), language
            )
            for term in nomogram.terms
        ),
        lowest=nomogram.lowest,
        points_per_unit=nomogram.points_per_unit,
        most_total_points=nomogram.most_total_points,
        outcome=tuple(
            LivingOutcome(axis.horizon_months, axis.probabilities, axis.total_points)
            for axis in nomogram.outcome
        ),
        covariance=tuple(map(tuple, covariance)),
    )


def _place(variable: str, design: Design) -> int:
    """Return the first column of a term: the DL signature's is the first of all."""
    if variable == DL_SIGNATURE:
        return 0
    before = design.variables[: design.variables.index(variable)]
    return 1 + sum(len(design.columns_of(name)) for name in before)


def _term(term: NomogramTerm, value: float | str | None, column: int, language: str) -> LivingTerm:
    variable = VARIABLE_BY_NAME.get(term.variable)
    if value is None:
        raise ModelError("model_variable_empty", variable=term.variable)
    signature = variable is None
    low, high = _range(term)
    whole = variable is not None and variable.whole
    unit = variable.unit if variable and variable.unit else ""
    return LivingTerm(
        variable=term.variable,
        name=sentence(f"variable.{term.variable}", language),
        unit=sentence(f"unit.{unit}", language) if unit else "",
        levels=tuple(
            LivingLevel(level, short_level(term.variable, level, language), contribution)
            for level, contribution in term.levels.items()
        ),
        coefficient=term.coefficient,
        scale=term.scale,
        ticks=term.ticks,
        lowest=min(term.contributions),
        column=column,
        low=low,
        high=high,
        step=1.0 if whole else arrow_step(high - low),
        percent=signature,
        value=value,
    )


def arrow_step(span: float) -> float:
    """Return how far an arrow key moves a dot: a power of ten, at most a fiftieth of the line.

    Examples
    --------
    >>> arrow_step(0.98), arrow_step(12.0), arrow_step(0.6), arrow_step(60.0)
    (0.01, 0.1, 0.01, 1.0)
    """
    if span <= 0.0:
        return 1.0
    return float(10.0 ** math.floor(math.log10(span / 50) + 1e-9))


def _range(term: NomogramTerm) -> tuple[float, float]:
    """Return how far a dot can be moved: along its line, within what the form accepts."""
    if term.levels:
        return 0.0, 0.0
    if term.variable == DL_SIGNATURE:
        return SIGNATURE_RANGE
    low, high = VARIABLE_BY_NAME[term.variable].hard_limits or (-math.inf, math.inf)
    return max(term.ticks[0], low), min(term.ticks[-1], high)
