import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from dlcs_core.errors import CohortError, ModelError
from dlcs_core.report.association import AssociationRequest, association_report
from dlcs_core.report.survival_nomogram import cohort_nomogram

NAMES = ("max_diameter_cm", "ct_stage", "sex")


@pytest.fixture(scope="module")
def table():
    """Patients without ties; a few cells are missing."""
    rng, n = np.random.default_rng(2), 240
    diameter = rng.uniform(2, 10, n).round(1)
    stage = rng.choice(["T2", "T3", "T4"], n)
    hazard = 0.03 * np.exp(0.15 * diameter + 0.5 * (stage == "T4"))
    frame = pd.DataFrame(
        {
            "max_diameter_cm": diameter,
            "ct_stage": stage,
            "sex": rng.choice(["female", "male"], n),
            "os_months": rng.exponential(1 / hazard),
            "os_event": (rng.random(n) < 0.7).astype(float),
        }
    )
    frame.loc[3, "max_diameter_cm"] = np.nan
    frame.loc[5, "sex"] = None
    return frame


@pytest.fixture(scope="module")
def found(table):
    return cohort_nomogram(table, NAMES, (12.0, 24.0))


def test_points_give_back_the_linear_predictor_of_every_patient(found, table):
    association = association_report(
        table, AssociationRequest(NAMES, time="os_months", event="os_event")
    )
    wald = {row.term.column: row.wald.estimate for row in association.multivariable.rows}
    assert found.fit.coefficients == pytest.approx([wald[name] for name in found.fit.names])
    for row in range(len(table)):
        values = found.values_of(row)
        reading = found.points(values)
        if row in (3, 5):
            assert reading is None
            continue
        own = values["max_diameter_cm"] * wald["max_diameter_cm"]
        own += wald.get("ct_stage" + values["ct_stage"], 0.0) + wald.get("sex" + values["sex"], 0.0)
        centered = own - float(found.fit.coefficients @ found.fit.means)
        assert reading.linear_predictor == pytest.approx(centered, abs=1e-9)
        assert reading.total_points == pytest.approx(sum(e.points for e in reading.variables))


def test_survival_is_that_of_lifelines(found, table):
    complete = table.dropna()
    columns = pd.get_dummies(complete, columns=["ct_stage", "sex"], drop_first=True, dtype=float)
    fitter = CoxPHFitter().fit(columns, "os_months", "os_event")
    steps = fitter.baseline_cumulative_hazard_.iloc[:, 0]
    ratio = fitter.predict_partial_hazard(columns.iloc[:5]).tolist()
    for place, row in enumerate(complete.index[:5]):
        at = found.survival(found.values_of(int(row)), (12.0, 24.0))
        # lifelines' baseline is Breslow's, ours Efron's: the same without ties.
        for value, month in zip(at.survival, (12.0, 24.0), strict=True):
            expected = np.exp(-steps[steps.index <= month].iloc[-1] * ratio[place])
            assert value == pytest.approx(expected, rel=1e-4)
        assert at.ci95_low[0] < at.survival[0] < at.ci95_high[0]


def test_the_survival_axes_stand_where_the_model_predicts_them(found):
    for axis in found.nomogram.outcome:
        step = np.searchsorted(found.fit.baseline.time_months, axis.horizon_months, side="right")
        hazard = found.fit.baseline.cumulative_hazard[step - 1]
        for probability, total in zip(axis.probabilities, axis.total_points, strict=True):
            lp = found.nomogram.linear_predictor(total)
            assert np.exp(-hazard * np.exp(lp)) == pytest.approx(probability)


def test_a_level_that_never_occurred_has_no_points(found):
    values = {"max_diameter_cm": 5.0, "ct_stage": "T1", "sex": "male"}
    assert found.points(values) is None
    assert found.survival(values, (12.0,)) is None


def test_a_month_beyond_the_follow_up_has_no_axis(table):
    made = cohort_nomogram(table, NAMES, (12.0, 600.0))
    assert [axis.horizon_months for axis in made.nomogram.outcome] == [12.0]


def test_what_cannot_be_fitted_is_refused(table):
    with pytest.raises(CohortError, match="cox_nothing_varies"):
        cohort_nomogram(table.assign(sex="male"), ("sex",), (12.0,))
    with pytest.raises(CohortError, match="cox_nobody_complete"):
        cohort_nomogram(table.assign(age_years=np.nan), ("sex", "age_years"), (12.0,))
    with pytest.raises((CohortError, ModelError)):
        cohort_nomogram(table.assign(os_event=0.0), NAMES, (12.0,))
