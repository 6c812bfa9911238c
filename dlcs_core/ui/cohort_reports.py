"""Reports of the cohort in use, computed once per table, selection and question.

Everything here lives in the visitor's session: a table of patients never enters a cache that
others share. Arguments count by what identifies them, so none of them is left out of the key.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from dlcs_core.errors import ClinicalError, CohortError
from dlcs_core.report.association import (
    AssociationReport,
    AssociationRequest,
    AssociationRow,
    association_report,
)
from dlcs_core.report.cohort_correlation import Correlations, correlations
from dlcs_core.report.cohort_grouping import LOW, Division, divided
from dlcs_core.report.cohort_recalibration import CohortRecalibration, cohort_recalibration
from dlcs_core.report.cohort_selection import Selection, select
from dlcs_core.report.response import ResponseReport, ResponseRequest, response_report
from dlcs_core.report.table_one import TableOneReport, TableOneRequest, table_one_report
from dlcs_core.ui.cohort_source import CohortInUse

if TYPE_CHECKING:
    import pandas as pd


def _cohort_key(in_use: CohortInUse) -> str:
    return in_use.key


def _selection_key(selection: Selection) -> str:
    return repr(selection.key)


_HASHED: dict[str | type[Any], Callable[[Any], Any]] = {
    Division: repr,
    CohortInUse: _cohort_key,
    Selection: _selection_key,
}


@st.cache_resource(scope="session", max_entries=4, show_spinner=False, hash_funcs=_HASHED)
def selected(in_use: CohortInUse, selection: Selection) -> "pd.DataFrame":
    """Return the selected patients; not to be changed.

    Raises
    ------
    CohortError
        If nobody is left.
    """
    return select(in_use.cohort.table, selection)


@st.cache_resource(scope="session", max_entries=8, show_spinner=False, hash_funcs=_HASHED)
def response(
    in_use: CohortInUse,
    selection: Selection,
    scores: tuple[str, ...],
    subgroups: tuple[str, ...] = (),
    centers: str | None = None,
    resamples: int = 0,
    summarized: bool = False,
) -> ResponseReport:
    """Return the evaluation of scores for good response; see :class:`ResponseRequest`.

    Raises
    ------
    CohortError
        If it is impossible.
    """
    request = ResponseRequest(
        scores=scores, subgroups=subgroups, centers=centers, resamples=resamples,
        summarized=summarized,
    )  # fmt: skip
    return response_report(selected(in_use, selection), request)


@st.cache_resource(scope="session", max_entries=4, show_spinner=False, hash_funcs=_HASHED)
def correlated(in_use: CohortInUse, selection: Selection, names: tuple[str, ...]) -> Correlations:
    """Return the rank correlations of columns.

    Raises
    ------
    CohortError
        If there are fewer than two.
    """
    return correlations(selected(in_use, selection), names)


@st.cache_resource(scope="session", max_entries=4, show_spinner=False, hash_funcs=_HASHED)
def recalibration(
    in_use: CohortInUse, selection: Selection, column: str, score: str, cohort: str
) -> CohortRecalibration:
    """Return the local recalibration of one of the bundle's scores.

    Raises
    ------
    CohortError, ModelError, UsageError
        If there is none.
    """
    return cohort_recalibration(selected(in_use, selection), column, score, cohort)


@st.cache_resource(scope="session", max_entries=8, show_spinner=False, hash_funcs=_HASHED)
def hazard_ratios(
    in_use: CohortInUse, selection: Selection, division: Division
) -> tuple[AssociationRow, ...]:
    """Return the hazard ratios between the groups; none where Cox regression is impossible."""
    name = division.group_column
    if name is None:
        return ()
    references = {name: LOW} if division.kind == "risk" else {}
    request = AssociationRequest(
        (name,), time="os_months", event="os_event", categorical=(name,), references=references
    )
    try:
        return association_report(
            divided(selected(in_use, selection), division), request
        ).univariable
    except (CohortError, ClinicalError):
        # The survival report says why: no death, or a single group.
        return ()


@st.cache_resource(scope="session", max_entries=8, show_spinner=False, hash_funcs=_HASHED)
def cox(in_use: CohortInUse, selection: Selection, variables: tuple[str, ...]) -> AssociationReport:
    """Return the Cox regressions of variables.

    Raises
    ------
    CohortError
        If there is no death.
    """
    request = AssociationRequest(variables, time="os_months", event="os_event")
    return association_report(selected(in_use, selection), request)


@st.cache_resource(scope="session", max_entries=8, show_spinner=False, hash_funcs=_HASHED)
def baseline(in_use: CohortInUse, selection: Selection, by: str) -> TableOneReport:
    """Return the baseline table of groups.

    Raises
    ------
    CohortError
        If there is no variable to describe, or nobody belongs to a group.
    """
    return table_one_report(selected(in_use, selection), TableOneRequest(by=by))
