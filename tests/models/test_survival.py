import json

import numpy as np
import pandas as pd
import pytest

from dlcs_core.errors import CohortError, ModelError
from dlcs_core.models.survival import SurvivalModel, fit_survival
from dlcs_core.statistics.group_tests import log_rank_test
from dlcs_core.statistics.kaplan_meier import kaplan_meier, survival_at


def test_signature_is_always_in_and_screening_keeps_what_matters(survival):
    assert survival.columns[0] == "dl_signature"
    assert "max_diameter_cm" in survival.columns
    kept = {name for name, p in survival.screening_p.items() if p < 0.05}
    assert set(survival.design.variables) == kept
    assert len(survival.screening_p) == 22


def test_higher_signature_has_a_lower_hazard(survival):
    assert survival.coefficients[0] < 0.0


def test_linear_predictor_is_centred_at_the_training_means(phantom, survival, dl_signature):
    lp = survival.linear_predictors(phantom.table, dl_signature)
    assert lp.mean() == pytest.approx(0.0, abs=1e-9)
    assert lp[3] == pytest.approx(survival.linear_predictor(phantom.patient(3), dl_signature[3]))


def test_cutoff_is_the_median_and_groups_differ(phantom, survival, dl_signature):
    lp = survival.linear_predictors(phantom.table, dl_signature)
    assert survival.risk_cutoff == pytest.approx(np.median(lp))
    assert survival.risk_group(survival.risk_cutoff) == "low"
    assert survival.risk_group(np.nextafter(survival.risk_cutoff, np.inf)) == "high"
    assert log_rank_test(phantom.time, phantom.event, lp > survival.risk_cutoff).p < 0.001


def test_stored_curves_are_those_of_the_training_groups(phantom, survival, dl_signature):
    high = survival.linear_predictors(phantom.table, dl_signature) > survival.risk_cutoff
    curve = kaplan_meier(phantom.time[high], phantom.event[high])
    np.testing.assert_array_equal(survival.risk_groups["high"].survival, curve.survival)
    assert survival.risk_groups["low"].n == (~high).sum()


def test_mean_predicted_survival_is_near_kaplan_meier(phantom, survival, dl_signature):
    lp = survival.linear_predictors(phantom.table, dl_signature)
    predicted = survival.survival_probabilities(lp, [12, 24, 35]).mean(axis=0)
    seen = survival_at(kaplan_meier(phantom.time, phantom.event), [12, 24, 35]).survival
    np.testing.assert_allclose(predicted, seen, atol=0.02)


def test_survival_falls_with_time_and_limits_enclose_it(phantom, survival):
    read = survival.survival(phantom.patient(0), 0.4, [6, 12, 24, 35])
    assert list(read.survival) == sorted(read.survival, reverse=True)
    for low, value, high in zip(read.ci95_low, read.survival, read.ci95_high, strict=True):
        assert 0.0 < low < value < high < 1.0


def test_nothing_is_said_beyond_the_training_follow_up(phantom, survival):
    read = survival.survival(phantom.patient(0), 0.4, [0, 1e6])
    assert read.survival == (1.0, None)
    assert read.ci95_low == (None, None)
    assert np.isnan(survival.survival_probabilities([0.0], [1e6])).all()


def test_a_missing_value_leaves_no_prediction(phantom, survival):
    values = {**phantom.patient(0), "max_diameter_cm": None}
    assert survival.linear_predictor(values, 0.4) is None
    assert survival.survival(values, 0.4, [12]) is None
    assert survival.survival(phantom.patient(0), None, [12]) is None


def test_a_variable_that_nobody_has_is_screened_out(phantom, dl_signature):
    table = phantom.table.assign(cea=None, cm_stage="M0")
    found = fit_survival(
        table, dl_signature, phantom.time, phantom.event, candidates=["cea", "cm_stage"]
    )
    assert found.screening_p == {"cea": 1.0, "cm_stage": 1.0}
    assert found.columns == ("dl_signature",)


def test_patients_without_a_signature_are_left_out_and_counted(phantom, dl_signature):
    signature = pd.Series(dl_signature).mask(phantom.fold == 0)
    found = fit_survival(
        phantom.table, signature, phantom.time, phantom.event, candidates=["max_diameter_cm"]
    )
    assert found.fit.n_dropped == (phantom.fold == 0).sum()


def test_nobody_dead_is_refused(phantom, dl_signature):
    with pytest.raises(CohortError) as refusal:
        fit_survival(phantom.table, dl_signature, phantom.time, np.zeros(len(phantom.time)))
    assert refusal.value.code == "statistic_no_event"


def test_json_round_trip(survival):
    stored = json.loads(json.dumps(survival.to_dict(), allow_nan=False))
    assert SurvivalModel.from_dict(stored).to_dict() == survival.to_dict()


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("baseline", "time_months", [3.0, 1.0]),
        ("baseline", "variance", [0.1]),
        ("risk_groups", "low", {}),
        ("fit", "penalized", "no"),
        ("screening_p", "shoe_size", 0.1),
    ],
)
def test_a_malformed_model_is_refused(survival, part, field, value):
    stored = json.loads(json.dumps(survival.to_dict()))
    stored[part][field] = value
    with pytest.raises(ModelError) as refusal:
        SurvivalModel.from_dict(stored)
    assert refusal.value.code == "model_part_malformed"
