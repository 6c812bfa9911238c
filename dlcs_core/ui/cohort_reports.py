"""Reports of the cohort in use, computed once per table, selection and question.

Everything here lives in the visitor's session: a table of patients never enters a cache that
others share. Arguments count by what identifies them, so none of them is left out of the key.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from dlcs_core.report.cohort_selection import Selection, select
from dlcs_core.report.response import ResponseReport, ResponseRequest, response_report
from dlcs_core.ui.cohort_source import CohortInUse

if TYPE_CHECKING:
    import pandas as pd


def _cohort_key(in_use: CohortInUse) -> str:
    return in_use.key


def _selection_key(selection: Selection) -> str:
    return repr(selection.key)


_HASHED: dict[str | type[Any], Callable[[Any], Any]] = {
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
) -> ResponseReport:
    """Return the evaluation of scores for good response.

    Raises
    ------
    CohortError
        If it is impossible.
    """
    request = ResponseRequest(scores=scores, subgroups=subgroups)
    return response_report(selected(in_use, selection), request)
