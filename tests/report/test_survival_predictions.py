import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from dlcs_core.report.survival import SurvivalRequest, survival_report
from dlcs_core.report.survival_groups import median_followup_of, restricted_means
from dlcs_core.report.survival_performance import FEWEST_ON_EITHER_SIDE, performance
from dlcs_core.report.survival_predictions import (
    column_predictions,
    prediction_months,
    refitted_predictions,
    served_predictions,
    training_part,
)
from dlcs_core.statistics.kaplan_meier import median_followup


@pytest.fixture(scope="module")
def table():
    rng, n = np.random.default_rng(4), 400
    risk = rng.normal(0, 0.8, n)
    return pd.DataFrame(
        {
            "cohort": rng.choice(["training", "external_validation"], n),
            "risk": risk,
            "os_months": rng.exponential(30 * np.exp(-risk)),
            "os_event": (rng.random(n) < 0.7).astype(float),
        }
    )


def test_a_regression_on_the_risk_predicts_as_lifelines_does(table):
    training, is_training = training_part(table, table)
    assert is_training
    found = refitted_predictions(training, table["risk"].to_numpy(), "risk", (12.0, 24.0))
    fitter = CoxPHFitter().fit(training[["risk", "os_months", "os_event"]], "os_months", "os_event")
    # lifelines draws a line between two deaths; the estimate is the step.
    steps = fitter.baseline_cumulative_hazard_.iloc[:, 0]
    ratio = fitter.predict_partial_hazard(table[["risk"]]).to_numpy()
    for month in (12.0, 24.0):
        expected = np.exp(-steps[steps.index <= month].iloc[-1] * ratio)
        np.testing.assert_allclose(found[month], expected, rtol=1e-3)


def test_months_beyond_the_fitted_follow_up_are_left_out(table):
    last = float(table["os_months"].max())
    risk = table["risk"].to_numpy()
    assert set(refitted_predictions(table, risk, "risk", (12.0, last + 1))) == {12.0}


def test_without_training_deaths_the_shown_patients_are_fitted(table):
    shown = table[table["cohort"] != "training"]
    alive = table.assign(os_event=table["os_event"].where(table["cohort"] != "training", 0.0))
    for whole in (alive, table.drop(columns="cohort")):
        fitted_on, is_training = training_part(whole, shown)
        assert not is_training
        assert fitted_on is shown


def test_the_served_model_predicts_from_its_linear_predictor(bundle_contents):
    model = bundle_contents.survival
    last = model.baseline.last_time_months
    found = served_predictions(model, np.array([0.0, np.nan, 1.0]), (12.0, last + 1))
    hazard = model.baseline.hazard(12.0)
    assert set(found) == {12.0}
    assert found[12.0][[0, 2]] == pytest.approx(np.exp(-hazard * np.exp([0.0, 1.0])))
    assert np.isnan(found[12.0][1])


def test_columns_are_taken_as_they_are(table):
    given = table.assign(survival_12=0.5, survival_24=0.25)
    found = column_predictions(given, (12.0, 35.0))
    assert list(found) == [12.0]


def test_memory_bounds_the_months():
    grid = [float(month) for month in range(1, 121)]
    assert len(prediction_months(1_000, grid, (12.0, 24.0, 35.0))) == 120
    many = prediction_months(1_000_000, grid, (12.0, 24.0, 35.0))
    assert {12.0, 24.0, 35.0} <= set(many)
    assert len(many) <= 12


def test_areas_are_drawn_only_where_enough_patients_stand_on_either_side(table):
    found = performance(table, "risk", {}, [float(m) for m in range(1, 121)], (12.0, 24.0))
    assert found.accuracy is None
    assert np.minimum(found.auc.n_cases, found.auc.n_controls).min() >= FEWEST_ON_EITHER_SIDE
    assert np.isfinite(found.auc.auc).all()


def test_follow_up_and_restricted_mean_of_each_group(table):
    report = survival_report(table, SurvivalRequest(risk="risk", group="cohort"))
    means = restricted_means(report)
    assert means.horizon_months == 35.0
    for name, group in report.groups.items():
        part = table[table["cohort"] == name]
        expected = median_followup(part["os_months"], part["os_event"])
        assert median_followup_of(group.curve) == expected
        # Area under the step curve to month 35, added up another way.
        grid = np.linspace(0, 35, 350_001)
        step = np.searchsorted(group.curve.time_months, grid, side="right")
        height = np.r_[1.0, group.curve.survival][step]
        area = float(height[:-1].mean() * 35)
        assert means.groups[name].mean_months == pytest.approx(area, abs=1e-3)


def test_no_restricted_mean_beyond_a_groups_follow_up(table):
    early = table.assign(os_months=table["os_months"].clip(upper=8.0), os_event=0.0)
    assert restricted_means(survival_report(early, SurvivalRequest(risk="risk"))) is None
