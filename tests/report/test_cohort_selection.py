"""Parts of a cohort, and which columns divide or score it."""

import numpy as np
import pandas as pd
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.report.cohort_selection import (
    Selection,
    cohorts_of,
    divisions_of,
    measurements_of,
    scores_of,
    select,
)


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "patient_id": list("abcdefgh"),
            "cohort": ["training"] * 4 + ["external_validation"] * 4,
            "sex": ["female", "male"] * 4,
            "age_years": np.linspace(40.0, 75.0, 8),
            "dlcs": np.linspace(0.1, 0.8, 8),
            "radiomics": np.linspace(-1.5, 2.0, 8),
            "nodes": [0, 1] * 4,
        }
    )


def test_cohort_and_levels_select_together(table):
    found = select(table, Selection("training", {"sex": ("male",)}))
    assert found["patient_id"].tolist() == ["b", "d"]


def test_a_filter_on_a_column_of_another_table_keeps_everybody(table):
    assert len(select(table, Selection(None, {"borrmann_type": ("I",)}))) == len(table)


def test_nobody_is_refused(table):
    with pytest.raises(CohortError) as refusal:
        select(table, Selection("training", {"sex": ()}))
    assert refusal.value.code == "selection_empty"


def test_validation_cohorts_come_first(table):
    assert list(cohorts_of(table)) == ["external_validation", "training"]
    assert cohorts_of(table.drop(columns="cohort")) == {}


def test_identifiers_do_not_divide_and_measurements_are_told_apart(table):
    assert list(divisions_of(table)) == ["cohort", "sex", "nodes"]
    assert measurements_of(table) == ("age_years", "dlcs", "radiomics")


def test_known_scores_come_before_unknown_columns_with_fractions(table):
    assert scores_of(table) == ("dlcs", "radiomics")


def test_an_empty_score_is_none(table):
    assert scores_of(table.assign(dlcs=np.nan)) == ("radiomics",)
