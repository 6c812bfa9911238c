"""Overall survival from the paper's hazard ratios.

A Weibull proportional-hazards model: the time is ``scale * (-ln U * exp(-LP)) ** (1 / shape)``
with ``LP`` the sum of ``ln(hazard ratio)`` times the standardised variable.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcs_core.synthetic.copula import COPULA_VARIABLES, LATENT, correlation_root, index_of
from dlcs_core.synthetic.paper_marginals import paper_marginals
from dlcs_core.synthetic.signal import SEPARATION

FloatArray = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]

TIME_ORIGIN = "start_of_chemotherapy"
SHAPE = 1.25
SCALE_MONTHS = 63.8
"""Gives 59.5 % alive at 36 months."""

SIGNATURE_RELIABILITY = 0.75
"""Assumed correlation of a network's signature with the latent score: the hazard ratio of the
signature in the paper is what a noisy reading of the latent score shows."""

HAZARD_RATIOS = {
    LATENT: 0.828,
    "well_differentiated": 0.795,
    "cea_positive": 1.165,
    "max_diameter_cm": 1.132,
    "plateletcrit_percent": 0.896,
    "ca125_positive": 1.102,
    "enlarged_lymph_nodes": 1.088,
    "cn_n2_n3": 1.052,
    "cm_m1": 1.031,
    "whole_stomach": 1.037,
    "borrmann_iv": 1.113,
    "src_component": 1.066,
}
"""Multivariable Table 3, per standard deviation."""

DROPOUT_PER_MONTH = 0.002
ACCRUAL_MONTHS, CLOSING_MONTHS = 144.0, 24.0
"""Accrual from January 2008 to December 2019, rising linearly; closed two years later."""

SHORTEST_MONTHS = 0.1
_REFERENCE_SIZE = 40_000
_LARGEST_DEVIATION = 3.0


def risk_factors(columns: Columns) -> dict[str, FloatArray]:
    """Return the columns of ``HAZARD_RATIOS`` from variables and level codes."""
    factors = {
        LATENT: columns[LATENT],
        "well_differentiated": columns["differentiation"] <= 1,
        "cea_positive": columns["cea"] == 1,
        "max_diameter_cm": columns["max_diameter_cm"],
        "plateletcrit_percent": columns["plateletcrit_percent"],
        "ca125_positive": columns["ca125"] == 1,
        "enlarged_lymph_nodes": columns["enlarged_lymph_nodes"],
        "cn_n2_n3": columns["cn_stage"] >= 2,
        "cm_m1": columns["cm_stage"] == 1,
        "whole_stomach": columns["tumor_location"] == 3,
        "borrmann_iv": columns["borrmann_type"] == 3,
        "src_component": columns["src_component"] == 1,
    }
    return {name: np.asarray(values, dtype=np.float64) for name, values in factors.items()}


def log_hazard_ratio(factor: str) -> float:
    """Return the planted coefficient per standard deviation of one factor."""
    coefficient = float(np.log(HAZARD_RATIOS[factor]))
    return coefficient / SIGNATURE_RELIABILITY if factor == LATENT else coefficient


def linear_predictor(columns: Columns) -> FloatArray:
    """Return the log hazard relative to the mean of the paper's training population."""
    moments, center = _reference()
    return _sum_of_terms(risk_factors(columns), moments) - center


def draw_survival(columns: Columns, uniform: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Draw follow-up.

    Parameters
    ----------
    columns : mapping
        Latent score, continuous values and level codes by name.
    uniform : float64 array (n_patients, 3)
        Uniform draws for death, accrual and dropout.

    Returns
    -------
    time_months, event_observed : float64 arrays (n_patients,)
        Months from the start of chemotherapy, at least ``SHORTEST_MONTHS``; 1 died, 0 censored.
    """
    hazard = np.exp(linear_predictor(columns))
    death = SCALE_MONTHS * (-np.log1p(-uniform[:, 0]) / hazard) ** (1 / SHAPE)
    closing = ACCRUAL_MONTHS * (1 - np.sqrt(uniform[:, 1])) + CLOSING_MONTHS
    dropout = -np.log1p(-uniform[:, 2]) / DROPOUT_PER_MONTH
    censoring = np.minimum(closing, dropout)
    observed = np.maximum(np.minimum(death, censoring), SHORTEST_MONTHS)
    months = np.round(observed, 2).astype(np.float64)
    return months, (death <= censoring).astype(np.float64)


def _sum_of_terms(
    factors: Mapping[str, FloatArray], moments: Mapping[str, tuple[float, float]]
) -> FloatArray:
    terms = []
    for name, values in factors.items():
        mean, sd = moments[name]
        deviation = np.clip((values - mean) / sd, -_LARGEST_DEVIATION, _LARGEST_DEVIATION)
        terms.append(log_hazard_ratio(name) * deviation)
    total: FloatArray = np.sum(terms, axis=0)
    return total


@cache
def _reference() -> tuple[dict[str, tuple[float, float]], float]:
    """Return mean and SD of each factor, and the mean sum, in the training population."""
    factors = risk_factors(_reference_population())
    moments = {
        name: (float(values.mean()), float(values.std())) for name, values in factors.items()
    }
    return moments, float(_sum_of_terms(factors, moments).mean())


def _reference_population() -> dict[str, NDArray[Any]]:
    laws = paper_marginals("training")
    generator = np.random.default_rng(0)
    good = generator.random(_REFERENCE_SIZE) < laws.prevalence
    scores = generator.standard_normal((_REFERENCE_SIZE, len(COPULA_VARIABLES)))
    scores = scores @ correlation_root().T
    columns: dict[str, NDArray[Any]] = {
        LATENT: scores[:, index_of(LATENT)] + SEPARATION * (good - 0.5)
    }
    for name, law in laws.continuous.items():
        columns[name] = law.value(scores[:, index_of(name)], good)
    for name, ordinal in laws.ordinal.items():
        columns[name] = ordinal.code(scores[:, index_of(name)], good)
    return columns
