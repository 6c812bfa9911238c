"""The association report as plain text: a line per coefficient."""

from collections.abc import Iterator, Sequence

from dlcs_core.clinical.record import displayable
from dlcs_core.report.association import AssociationReport, AssociationRow
from dlcs_core.report.association_development_text import (
    complete_line,
    development_lines,
    imputed_lines,
)
from dlcs_core.report.response_text import NOTHING, number, p_text
from dlcs_core.statistics.lasso import LassoFit
from dlcs_core.translation import sentence


def association_lines(report: AssociationReport, language: str) -> Iterator[str]:
    """Return the lines of a report.

    Parameters
    ----------
    report : AssociationReport
        The associations.
    language : str
        Language of the words.

    Yields
    ------
    str
        One line: the cohort, each coefficient alone and together, the model, its tests, the LASSO.
    """
    ratio = sentence(f"association_ratio_{report.kind}", language)
    yield sentence(f"association_cohort_{report.kind}", language, n=report.n, events=report.events)
    yield sentence("association_univariable", language)
    yield from _row_lines(report.univariable, ratio, language)
    together = report.multivariable
    yield sentence("association_multivariable", language, n=together.n, events=together.events)
    yield from _row_lines(together.rows, ratio, language)
    if together.fit is not None:
        statistic, df, p = together.fit.likelihood_ratio
        yield sentence(
            "association_model", language,
            statistic=f"{statistic:.2f}", df=df, p=p_text(p), c=number(together.fit.concordance),
        )  # fmt: skip
    for row in together.proportional_hazards or ():
        yield sentence(
            "association_hazards", language, variable=displayable(row.variable),
            statistic=f"{row.statistic:.2f}", df=row.df, p=p_text(row.p),
        )  # fmt: skip
    if report.lasso is not None:
        yield _lasso_line(report.lasso, language)
    yield complete_line(report, language)
    yield from development_lines(report, language)
    yield from imputed_lines(report, language)


def _row_lines(rows: Sequence[AssociationRow], ratio: str, language: str) -> Iterator[str]:
    for row in rows:
        term, wald = row.term, row.wald
        name = displayable(term.variable)
        if term.level is not None:
            name += f" {displayable(term.level)} / {displayable(term.reference_level or '')}"
        value = NOTHING if wald is None else f"{wald.ratio:.3g}"
        limits = "" if wald is None else f" ({wald.ci95[0]:.3g} - {wald.ci95[1]:.3g})"
        yield sentence(
            "association_row", language,
            name=name, ratio=ratio, value=value + limits, p=p_text(wald.p if wald else None),
        )  # fmt: skip


def _lasso_line(fit: LassoFit, language: str) -> str:
    """Return both penalties and what they select."""
    return sentence(
        "association_lasso", language,
        lambda_min=f"{fit.lambda_min:.4g}", lambda_1se=f"{fit.lambda_1se:.4g}",
        selected_min=", ".join(map(displayable, fit.selected_min)) or NOTHING,
        selected_1se=", ".join(map(displayable, fit.selected_1se)) or NOTHING,
    )  # fmt: skip
