"""The flow diagram counts every row of the table once."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from dlcs_core.clinical.table import RawTable
from dlcs_core.errors import CohortError
from dlcs_core.report.cohort_flow import LeftOut, cohort_flow
from dlcs_core.report.cohort_guess import guess_columns
from dlcs_core.report.cohort_mapping import ColumnChoice, map_table
from dlcs_core.report.cohort_selection import Selection


@pytest.fixture
def table():
    """Twelve patients, three of the training cohort, one without outcome, two without score."""
    good = pd.array([1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, None], dtype="boolean")
    return pd.DataFrame(
        {
            "patient_id": [f"P{i}" for i in range(12)],
            "cohort": ["training"] * 3 + ["external_validation"] * 9,
            "sex": ["female", "male"] * 6,
            "good_response": good,
            "dlcs": [0.5] * 8 + [np.nan, np.nan] + [0.5] * 2,
        }
    )


def test_each_box_holds_those_of_the_box_above_without_those_left_out(table):
    selection = Selection("external_validation", {"sex": ("male",)})
    flow = cohort_flow(table, selection, ["dlcs"])
    assert [step.n for step in flow.steps] == [12, 12, 5, 4]
    for above, step in pairwise(flow.steps):
        assert above.n - sum(lost.n for lost in step.left_out) == step.n
    assert flow.steps[2].left_out == (
        LeftOut("cohort", "cohort", 3),
        LeftOut("filter", "sex", 4),
    )
    assert flow.steps[3].left_out == (LeftOut("outcome", "good_response", 1),)


def test_responders_add_up_and_each_score_has_its_own_count(table):
    flow = cohort_flow(table, Selection(), ["dlcs"])
    assert (flow.good, flow.poor) == (4, 7)
    assert flow.by_score == (("dlcs", 9),)


def test_refused_rows_are_counted_by_column():
    frame = pd.DataFrame(
        {"patient_id": ["A", "B", "B", "D"], "sex": ["female", "X", "male", "male"],
         "trg": ["0", "1", "2", "7"]},
        index=range(2, 6),
    )  # fmt: skip
    choices = [ColumnChoice(g.column, g.target, g.conversion) for g in guess_columns(frame)]
    mapped = map_table(RawTable(frame, ()), choices)
    flow = cohort_flow(mapped.cohort.table, Selection(), [], mapped.refused)
    assert flow.steps[0].n == 4
    assert flow.steps[1].n == len(mapped.cohort.table)
    assert sum(lost.n for lost in flow.steps[1].left_out) == len(mapped.refused)
    assert {lost.column for lost in flow.steps[1].left_out} >= {"sex"}


def test_a_selection_of_nobody_is_refused(table):
    with pytest.raises(CohortError):
        cohort_flow(table, Selection(None, {"sex": ()}), ["dlcs"])
