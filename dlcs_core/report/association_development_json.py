"""Imputed tables and the model's development as JSON: parts of the association report."""

import math
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np

from dlcs_core.report.association_design import Term
from dlcs_core.report.association_development import Development
from dlcs_core.report.association_imputation import Imputed, PooledRow
from dlcs_core.statistics.bootstrap import OptimismResult
from dlcs_core.statistics.firth import FirthFit

Json = dict[str, object]

_LARGEST_EXPONENT = 709.0


def imputed_json(found: Imputed) -> Json:
    """Return the pooled regressions; rows as the complete cases', with what is missing of them.

    Parameters
    ----------
    found : Imputed
        From :func:`dlcs_core.report.association_imputation.imputed_associations`.
    """
    return {
        "imputations": found.imputations,
        "cycles": found.cycles,
        "seed": found.seed,
        "n": found.n,
        "events": found.events,
        "univariable": [_pooled(row) for row in found.univariable],
        "multivariable": {"rows": [_pooled(row) for row in found.multivariable]},
    }


_POOLED_FIELDS = (
    "estimate", "se", "ratio", "ci95", "t", "df", "p", "fraction_missing_information",
    "relative_increase_in_variance",
)  # fmt: skip


def _pooled(row: PooledRow) -> Json:
    named = _term(row.term)
    found = row.pooled
    if found is None:
        return {**named, **dict.fromkeys(_POOLED_FIELDS)}
    return {
        **named,
        "estimate": found.estimate,
        "se": found.se,
        "ratio": _exp(found.estimate),
        "ci95": [_exp(limit) for limit in found.ci95],
        "t": found.statistic,
        "df": found.df if math.isfinite(found.df) else None,
        "p": found.p,
        "fraction_missing_information": found.fraction_missing,
        "relative_increase_in_variance": found.relative_increase,
    }


def development_json(found: Development) -> Json:
    """Return what the common model rests on.

    Parameters
    ----------
    found : Development
        From :func:`dlcs_core.report.association_development.development`.
    """
    rho = found.spearman
    return {
        "profile_likelihood_ci95": found.profile and [
            {"column": row.name, "ci95": [_exp(row.low), _exp(row.high)]} for row in found.profile
        ],
        "term_tests": found.term_tests and [
            {"variable": row.name, "statistic": row.statistic, "df": row.df, "p": row.p}
            for row in found.term_tests
        ],
        "firth": found.firth and _firth(found.terms, found.firth),
        "spearman": None if rho is None else {
            "columns": [term.column for term in found.terms],
            "rho": [[_finite(value) for value in row] for row in np.asarray(rho).tolist()],
        },
        "expected_shrinkage": found.shrinkage,
        "riley_sample_size": found.sample_size and asdict(found.sample_size),
        "optimism": found.optimism and _optimism(found.optimism),
        "selected_optimism": found.selected_optimism and _optimism(found.selected_optimism),
    }  # fmt: skip


def selection_json(found: Development) -> Json:
    """Return how far the LASSO can be relied on; None where it was not asked for.

    Parameters
    ----------
    found : Development
        From :func:`dlcs_core.report.association_development.development`.
    """
    stability = found.stability
    return {
        "stability": stability and {
            "columns": list(stability.columns),
            "frequency_min": stability.frequency_min.tolist(),
            "frequency_1se": stability.frequency_1se.tolist(),
            "subsamples": stability.subsamples,
            "failed": stability.failed,
        }
    }  # fmt: skip


def _optimism(found: OptimismResult) -> Json:
    return {
        "measures": {name: asdict(part) for name, part in found.measures.items()},
        "resamples": found.resamples,
        "failed": found.failed,
    }


def _firth(terms: Sequence[Term], fit: FirthFit) -> list[Json]:
    """Return Firth's rows without the intercept; P by the penalised likelihood ratio."""
    rows = zip(terms, fit.rows[1:], fit.p_likelihood_ratio, strict=True)
    return [
        {
            **_term(term),
            "estimate": row.estimate,
            "se": row.se,
            "ratio": _finite(row.ratio),
            "ci95": [_finite(limit) for limit in row.ci95],
            "p": p,
        }
        for term, row, p in rows
    ]


def _term(term: Term) -> Json:
    return {
        "variable": term.variable, "level": term.level, "reference_level": term.reference_level,
    }  # fmt: skip


def _exp(value: float | None) -> float | None:
    """Return a ratio; None where it is unbounded."""
    return None if value is None or value > _LARGEST_EXPONENT else math.exp(value)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
