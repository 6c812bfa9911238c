import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter

from dlcs_core.synthetic.copula import LATENT
from dlcs_core.synthetic.patients import draw_patients
from dlcs_core.synthetic.survival_times import (
    HAZARD_RATIOS,
    linear_predictor,
    log_hazard_ratio,
    risk_factors,
)


@pytest.fixture(scope="module")
def followed():
    drawn = draw_patients(20_000, 11)
    rows = (drawn.cohort == "training") & np.isfinite(drawn.os_months)
    columns = {**drawn.continuous, **drawn.codes, LATENT: drawn.latent_score}
    columns = {name: values[rows] for name, values in columns.items()}
    return columns, drawn.os_months[rows], drawn.os_event[rows]


def test_three_year_survival_is_the_papers(followed):
    _, months, event = followed
    survival = KaplanMeierFitter().fit(months, event).predict(36)
    assert survival == pytest.approx(0.595, abs=0.012)


def test_cox_model_recovers_the_planted_hazard_ratios(followed):
    columns, months, event = followed
    table = pd.DataFrame(risk_factors(columns))
    table = (table - table.mean()) / table.std()
    fit = CoxPHFitter().fit(table.assign(months=months, event=event), "months", "event")
    for name in HAZARD_RATIOS:
        margin = 4 * fit.standard_errors_[name] + 0.01
        assert fit.params_[name] == pytest.approx(log_hazard_ratio(name), abs=margin)


def test_linear_predictor_is_centered_on_the_training_population(followed):
    assert np.mean(linear_predictor(followed[0])) == pytest.approx(0, abs=0.02)


def test_follow_up_is_positive_and_ends_with_the_study(followed):
    _, months, event = followed
    assert months.min() > 0
    assert months.max() <= 168
    assert set(event) == {0.0, 1.0}


def test_about_one_and_a_half_percent_are_lost_to_follow_up(many_patients):
    lost = np.isnan(many_patients.os_months)
    assert lost.mean() == pytest.approx(10 / 664, abs=0.004)
    np.testing.assert_array_equal(lost, np.isnan(many_patients.os_event))
