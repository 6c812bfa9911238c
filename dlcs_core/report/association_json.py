"""The association report as JSON, schema ``dlcs.association/1``, without its warnings."""

import math
from collections.abc import Sequence
from dataclasses import asdict

from dlcs_core.report.association import AssociationReport, AssociationRow, Multivariable
from dlcs_core.report.association_development_json import (
    development_json,
    imputed_json,
    selection_json,
)
from dlcs_core.report.association_fit import Fitted
from dlcs_core.statistics.lasso import LassoFit
from dlcs_core.statistics.logistic_regression import INTERCEPT
from dlcs_core.statistics.proportional_hazards import ProportionalHazardsRow
from dlcs_core.statistics.wald import WaldRow

SCHEMA = "dlcs.association/1"

Json = dict[str, object]


def association_json(report: AssociationReport) -> Json:
    """Return an association report as JSON values.

    Parameters
    ----------
    report : AssociationReport
        The associations.

    Returns
    -------
    dict
        Every field of the contract, filled or None; ``lasso`` only where it was asked for.
    """
    content: Json = {
        "kind": report.kind,
        "n": report.n,
        "events": report.events,
        "univariable": [_row(row) for row in report.univariable],
        "multivariable": {
            **_multivariable(report.multivariable), **development_json(report.development)
        },
        "complete_case": asdict(report.complete_cases),
        "imputed": report.imputed and imputed_json(report.imputed),
    }  # fmt: skip
    if report.lasso is None:
        return content
    return content | {"lasso": _lasso(report.lasso) | selection_json(report.development)}


def _row(row: AssociationRow) -> Json:
    term = row.term
    return {
        "variable": term.variable,
        "level": term.level,
        "reference_level": term.reference_level,
        **(_estimate(row.wald) if row.wald else dict.fromkeys(_ESTIMATE_FIELDS)),
    }


_ESTIMATE_FIELDS = ("estimate", "se", "ratio", "ci95", "z", "p")


def _estimate(wald: WaldRow) -> Json:
    return {
        "estimate": wald.estimate,
        "se": wald.se,
        "ratio": _finite(wald.ratio),
        "ci95": [_finite(limit) for limit in wald.ci95],
        "z": wald.z,
        "p": wald.p,
    }


def _multivariable(found: Multivariable) -> Json:
    fit: Fitted | None = found.fit
    return {
        "n": found.n,
        "events": found.events,
        "rows": [_row(row) for row in found.rows],
        "log_likelihood": fit and fit.log_likelihood,
        "likelihood_ratio": fit
        and dict(zip(("statistic", "df", "p"), fit.likelihood_ratio, strict=True)),
        "concordance": fit and fit.concordance,
        "concordance_se": fit and fit.concordance_se,
        "variance_inflation": fit and dict(fit.variance_inflation),
        "proportional_hazards": _hazards(found.proportional_hazards),
    }


def _hazards(rows: Sequence[ProportionalHazardsRow] | None) -> list[Json] | None:
    if rows is None:
        return None
    return [
        {"variable": row.variable, "statistic": row.statistic, "df": row.df, "p": row.p}
        for row in rows
    ]


def _lasso(fit: LassoFit) -> Json:
    names = (INTERCEPT, *fit.columns)
    at_min, at_1se = fit.coefficients[fit.index_min], fit.coefficients[fit.index_1se]
    return {
        "measure": fit.measure,
        "columns": list(fit.columns),
        "lambda": fit.penalty.tolist(),
        "cv_mean": fit.cv_mean.tolist(),
        "cv_se": fit.cv_se.tolist(),
        "nonzero": fit.nonzero.tolist(),
        "lambda_min": fit.lambda_min,
        "lambda_1se": fit.lambda_1se,
        "coefficients_min": dict(zip(names, at_min.tolist(), strict=True)),
        "coefficients_1se": dict(zip(names, at_1se.tolist(), strict=True)),
        "selected_min": list(fit.selected_min),
        "selected_1se": list(fit.selected_1se),
    }


def _finite(value: float) -> float | None:
    """Return a ratio; None where it is beyond every number."""
    return value if math.isfinite(value) else None
