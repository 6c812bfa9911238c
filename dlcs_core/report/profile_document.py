"""The cohort profile as one HTML file that prints on A4: no script, no font, no request."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import dlcs_core
from dlcs_core.errors import CohortError, Notice
from dlcs_core.report.cohort_precision import cohort_precision
from dlcs_core.report.cohort_profile import drift, missing_cells, profile_variables
from dlcs_core.report.page_template import page_template
from dlcs_core.report.response_text import NOTHING, p_text
from dlcs_core.report.survival_sections import Section, column_name, level_name
from dlcs_core.report.table_one import TableOneRequest, table_one_report
from dlcs_core.report.table_one_text import summary_text
from dlcs_core.statistics.drift import NumberDrift
from dlcs_core.statistics.table_one_types import TableOne
from dlcs_core.translation import sentence, sentence_of

if TYPE_CHECKING:
    import pandas as pd


def profile_html(
    table: "pd.DataFrame",
    by: str | None,
    reference: "pd.DataFrame | None",
    notices: Iterable[Notice],
    language: str = "en",
    *,
    printed_at: datetime | None = None,
) -> str:
    """Return a cohort profile as a self-contained page.

    Parameters
    ----------
    table : pandas.DataFrame
        The patients, rows of a :class:`dlcs_core.clinical.cohort.Cohort`.
    by : str or None
        Column that divides them in Table 1; None for no such table.
    reference : pandas.DataFrame or None
        Training patients to compare with; None for no such comparison.
    notices : iterable of Notice
        Warnings of reading the table.
    language : str
        ``"en"`` or ``"zh"``.
    printed_at : datetime, optional
        Date on the page; now by default.

    Returns
    -------
    str
        HTML with inline style. Nothing in it comes from outside or runs; it holds no row of the
        table. What is impossible is left out and named among the warnings.
    """
    found = list(notices)
    sections = [
        _table_one(table, by, found, language),
        _missing(table, language),
        _drift(reference, table, language),
        _precision(table, language),
    ]
    date = (printed_at or datetime.now(UTC)).strftime("%Y-%m-%d %H:%M UTC")
    facts = {"doc_printed": date, "doc_program": f"DLCS {dlcs_core.__version__}"}
    return page_template("profile.html.j2").render(
        say=lambda code, **values: sentence(code, language, **values),
        language=language,
        n=len(table),
        sections=[section for section in sections if section is not None],
        warnings=list(dict.fromkeys(sentence_of(notice, language) for notice in found)),
        provenance=[(sentence(code, language), value) for code, value in facts.items()],
    )


def _table_one(
    table: "pd.DataFrame", by: str | None, notices: list[Notice], language: str
) -> Section | None:
    if by is None:
        return None
    try:
        report = table_one_report(table, TableOneRequest(by=by))
    except CohortError as refusal:
        notices.append(Notice(refusal.code, refusal.values))
        return None
    notices += report.warnings
    made = report.tables[""]
    groups = [f"{level_name(by, g, language)} (n = {n:,})" for g, n in made.groups.items()]
    titles = [sentence(f"table_one_title_{t}", language) for t in ("variable", "level", "p")]
    others = [sentence(f"table_one_title_{t}", language) for t in ("test", "smd", "missing")]
    return _section(
        "explorer_table_one", [*titles[:2], *groups, titles[2], *others],
        _table_one_rows(made, language), "table_one", language,
    )  # fmt: skip


def _table_one_rows(made: TableOne, language: str) -> list[list[str]]:
    rows, seen = [], set()
    for row in made.rows:
        test = row.comparison
        whole = [
            p_text(test.p if test else None),
            sentence(f"test_{test.test}", language) if test else NOTHING,
            NOTHING if row.smd is None else f"{row.smd:.2f}",
            str(row.missing),
        ]
        level = "" if row.level is None else level_name(row.variable, row.level, language)
        cells = [column_name(row.variable, language), level]
        cells += [summary_text(summary) for summary in row.by_group.values()]
        rows.append([*cells, *([""] * len(whole) if row.variable in seen else whole)])
        seen.add(row.variable)
    return rows


def _missing(table: "pd.DataFrame", language: str) -> Section | None:
    if not profile_variables(table):
        return None
    found = missing_cells(table)
    rows = [
        [column_name(name, language), f"{count:,}", f"{found.percent(name):.1f}"]
        for name, count in found.missing.items()
    ]
    heads = [sentence(c, language) for c in ("ui_variable", "ui_missing", "explorer_percent")]
    return _section("explorer_view_missing", heads, rows, "missing", language)


def _drift(
    reference: "pd.DataFrame | None", table: "pd.DataFrame", language: str
) -> Section | None:
    if reference is None:
        return None
    rows = []
    for one in drift(reference, table):
        if one.found is None:
            continue
        ks, p = NOTHING, NOTHING
        if isinstance(one.found, NumberDrift):
            ks, p = f"{one.found.ks:.3f}", p_text(one.found.ks_p)
        rows.append([column_name(one.variable, language), f"{one.found.psi:.3f}", ks, p])
    heads = [sentence("ui_variable", language), "PSI", sentence("explorer_ks", language),
             sentence("explorer_ks_p", language)]  # fmt: skip
    return _section("explorer_drift", heads, rows, "drift", language) if rows else None


def _precision(table: "pd.DataFrame", language: str) -> Section | None:
    rows = []
    for one in cohort_precision(table):
        name = sentence(f"precision_{one.code}", language)
        about = f": {column_name(one.score, language)}" if one.score else ""
        interval = "" if one.ci95 is None else f"{one.ci95[0]:.3f}–{one.ci95[1]:.3f}"
        value = f"{one.value:,.0f}" if one.ci95 is None else f"{one.value:.3f}"
        enough = sentence("explorer_yes" if one.is_enough else "explorer_no", language)
        rows.append([name + about, value, interval, enough])
    heads = [sentence(f"explorer_{t}", language)
             for t in ("quantity", "here", "interval", "enough")]  # fmt: skip
    return _section("explorer_precision", heads, rows, "precision", language) if rows else None


def _section(
    title: str, heads: Sequence[str], rows: list[list[str]], method: str, language: str
) -> Section:
    return Section(
        sentence(title, language), (), tuple(heads), rows, sentence(f"method_{method}", language)
    )
