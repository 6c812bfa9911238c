"""Complete cases, imputed tables and the model's development as plain text."""

import math
from collections.abc import Iterator

from dlcs_core.clinical.record import displayable
from dlcs_core.report.association import AssociationReport
from dlcs_core.report.association_imputation import PooledRow
from dlcs_core.report.response_text import NOTHING, number, p_text
from dlcs_core.statistics.bootstrap import OptimismResult
from dlcs_core.translation import sentence

MOST = 0.5
"""Selected more often than this is selected mostly."""


def complete_line(report: AssociationReport, language: str) -> str:
    """Return who is complete and what the others lack."""
    found = report.complete_cases
    missing = {k: count for k, count in found.dropped_by_variable.items() if count}
    listed = ", ".join(f"{displayable(name)} {count}" for name, count in missing.items())
    return sentence(
        "association_complete_cases", language,
        n=found.n, events=found.events, dropped=found.dropped, by_variable=listed or NOTHING,
    )  # fmt: skip


def imputed_lines(report: AssociationReport, language: str) -> Iterator[str]:
    """Return the pooled coefficients of the common model."""
    found = report.imputed
    if found is None:
        return
    values = {"imputations": found.imputations, "n": found.n, "events": found.events}
    yield sentence("association_imputed", language, **values)
    ratio = sentence(f"association_ratio_{report.kind}", language)
    for row in found.multivariable:
        yield _pooled_line(row, ratio, language)


def _pooled_line(row: PooledRow, ratio: str, language: str) -> str:
    name, pooled = displayable(row.term.column), row.pooled
    value, missing = NOTHING, NOTHING
    if pooled is not None:
        limits = [math.exp(min(limit, 700.0)) for limit in (pooled.estimate, *pooled.ci95)]
        value = f"{limits[0]:.3g} ({limits[1]:.3g} - {limits[2]:.3g})"
        missing = f"{pooled.fraction_missing:.0%}"
    return sentence(
        "association_pooled_row", language,
        name=name, ratio=ratio, value=value, p=p_text(pooled.p if pooled else None),
        missing=missing,
    )  # fmt: skip


def development_lines(report: AssociationReport, language: str) -> Iterator[str]:
    """Return sample size, optimism and stability."""
    found = report.development
    if found.shrinkage is not None and found.sample_size is not None:
        yield sentence(
            "association_shrinkage", language,
            shrinkage=number(found.shrinkage), needed=found.sample_size.n,
            n=report.multivariable.n,
        )  # fmt: skip
    yield from _optimism_lines("association_optimism_fixed", found.optimism, language)
    yield from _optimism_lines("association_optimism_selected", found.selected_optimism, language)
    stability = found.stability
    if stability is not None:
        pairs = zip(stability.columns, stability.frequency_min.tolist(), strict=True)
        mostly = [displayable(name) for name, share in pairs if share > MOST]
        yield sentence("association_stable", language, columns=", ".join(mostly) or NOTHING)


def _optimism_lines(what: str, found: OptimismResult | None, language: str) -> Iterator[str]:
    for measure, part in (found.measures if found else {}).items():
        yield sentence(
            "association_optimism", language,
            what=sentence(what, language), measure=measure, apparent=number(part.apparent),
            corrected=number(part.corrected), resamples=found.resamples if found else 0,
        )  # fmt: skip
