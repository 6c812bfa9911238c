"""Cox regression on a page: each variable alone and all together, with forest and check."""

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from dlcs_core.errors import Notice
from dlcs_core.figures.forest import ForestRow, forest_figure
from dlcs_core.report.association import AssociationReport, AssociationRow
from dlcs_core.report.cohort_selection import Selection
from dlcs_core.ui.cohort_address import keep, settle_choices, widget_key
from dlcs_core.ui.cohort_charts import show_figure, show_rows
from dlcs_core.ui.cohort_reports import cox, selected
from dlcs_core.ui.cohort_residuals_view import show_residuals
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.cohort_survival_reports import divisible
from dlcs_core.ui.cohort_words import (
    cell_label,
    column_label,
    estimate_text,
    p_phrase,
    p_text,
    with_unit,
)
from dlcs_core.ui.messages import refusals_shown
from dlcs_core.ui.words import language, say

if TYPE_CHECKING:
    from dlcs_core.report.association_design import Term
    from dlcs_core.statistics.wald import WaldRow

FIRST_VARIABLES = (
    "age_years", "sex", "max_diameter_cm", "borrmann_type", "ct_stage", "cn_stage", "dlcs",
)  # fmt: skip
NO_PREDICTORS = ("good_response", "trg", "os_months", "os_event")


def choose_variables(in_use: CohortInUse, selection: Selection) -> tuple[str, ...]:
    """Draw the choice of variables of the regressions and the nomogram."""
    options, first = _options(in_use, selection)
    settle_choices("cox_variables", options, first)
    variables = st.multiselect(
        say("explorer_cox_variables"), options, format_func=column_label,
        key=widget_key("cox_variables"), persist_state="session",
        placeholder=say("explorer_choose"),
    )  # fmt: skip
    keep("cox_variables", variables, first)
    return tuple(variables)


def variables_in_use(in_use: CohortInUse, selection: Selection) -> tuple[str, ...]:
    """Return what is chosen, also while another view is drawn."""
    return tuple(settle_choices("cox_variables", *_options(in_use, selection)))


def _options(in_use: CohortInUse, selection: Selection) -> tuple[list[str], list[str]]:
    """Return the variables that may be chosen, and the first choice."""
    divisions, measurements = divisible(in_use, selection)
    columns = selected(in_use, selection).columns
    known = {*divisions, *measurements}
    options = [n for n in columns if n in known and n not in NO_PREDICTORS]
    return options, [name for name in FIRST_VARIABLES if name in options] or options[:3]


def show_cox(in_use: CohortInUse, selection: Selection) -> tuple[Notice, ...]:
    """Draw the choice of variables and both regressions; return what was left out."""
    variables = choose_variables(in_use, selection)
    if not variables:
        st.info(say("explorer_no_cox_variables"))
        return ()
    with refusals_shown():
        report = cox(in_use, selection, variables)
    left, right = st.columns(2, gap="medium")
    for place, kind, rows in (
        (left, "univariable", report.univariable),
        (right, "multivariable", report.multivariable.rows),
    ):
        with place:
            st.subheader(say(f"explorer_{kind}"))
            _show_forest(rows, kind)
    _show_table(report)
    _show_check(report)
    if report.multivariable.fit is not None:
        show_residuals(in_use, selection, variables)
    return report.warnings


def _show_forest(rows: tuple[AssociationRow, ...], kind: str) -> None:
    figure = forest_figure(
        _forest_rows(rows), x_title="fig_hazard_ratio", reference=1.0, language=language(),
        log_axis=True,
    )  # fmt: skip
    show_figure(figure, f"cox_{kind}", say(f"explorer_{kind}_caption"), method="cox")


def _forest_rows(rows: tuple[AssociationRow, ...]) -> list[ForestRow]:
    lines: list[ForestRow] = []
    previous = None
    for row in rows:
        term = row.term
        if term.level is None:
            lines.append(replace(_line(with_unit(term.variable), row.wald), is_heading=True))
        else:
            if term.variable != previous:
                lines.append(ForestRow(_against(term), is_heading=True))
            lines.append(_line(cell_label(term.variable, term.level), row.wald))
        previous = term.variable
    return lines


def _against(term: "Term") -> str:
    """Return the name of a variable with the level that the others are compared with."""
    reference = cell_label(term.variable, term.reference_level or "")
    return say("explorer_against_level", variable=column_label(term.variable), reference=reference)


def _line(label: str, wald: "WaldRow | None") -> ForestRow:
    if wald is None:
        return ForestRow(label, text="–")
    return ForestRow(label, wald.ratio, wald.ci95, estimate_text(wald.ratio, wald.ci95))


def _show_table(report: AssociationReport) -> None:
    st.subheader(say("explorer_cox_table"))
    together = {row.term: row.wald for row in report.multivariable.rows}
    rows = [_row(row, together.get(row.term)) for row in report.univariable]
    found = report.multivariable
    caption = say("explorer_cox_table_caption", n=f"{found.n:,}", events=f"{found.events:,}")
    if found.fit is not None:
        statistic, df, p = found.fit.likelihood_ratio
        caption += " " + say(
            "explorer_cox_fit", c=f"{found.fit.concordance:.3f}", statistic=f"{statistic:.1f}",
            df=df, p=p_phrase(p),
        )  # fmt: skip
    show_rows(rows, "cox", caption)


def _row(row: AssociationRow, together: "WaldRow | None") -> dict[str, str]:
    term = row.term
    level = ""
    if term.level is not None:
        level = say(
            "explorer_level_against", level=cell_label(term.variable, term.level),
            reference=cell_label(term.variable, term.reference_level or ""),
        )  # fmt: skip
    cells = {say("ui_variable"): with_unit(term.variable), say("explorer_level"): level}
    for code, wald in (("univariable", row.wald), ("multivariable", together)):
        ratio = estimate_text(wald.ratio, wald.ci95) if wald else "–"
        cells[say(f"explorer_hr_{code}")] = ratio
        cells[say(f"explorer_p_{code}")] = p_text(wald.p if wald else None)
    return cells


def _show_check(report: AssociationReport) -> None:
    found = report.multivariable.proportional_hazards
    if found is None:
        return
    st.subheader(say("explorer_proportional_hazards"))
    rows = [
        {
            say("ui_variable"): say("explorer_global")
            if one.variable == "GLOBAL"
            else column_label(one.variable),
            say("explorer_chi_square"): f"{one.statistic:.2f}",
            say("explorer_df"): str(one.df),
            "P": p_text(one.p),
        }
        for one in found
    ]
    show_rows(rows, "proportional_hazards", say("explorer_proportional_hazards_caption"))
