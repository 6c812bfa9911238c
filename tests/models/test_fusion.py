import json

import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.models.fusion import FusionModel, fit_fusion
from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.roc import roc_curve, youden_point


def test_known_effects_are_found(fusion):
    by_column = dict(zip(fusion.columns, fusion.model.coefficients, strict=True))
    errors = dict(zip(fusion.columns, np.sqrt(np.diag(fusion.model.covariance))[1:], strict=True))
    truth = {"logit_dl_signature": 1.0, "max_diameter_cm": -0.2, "src_componentyes": -0.9}
    for column, value in truth.items():
        assert by_column[column] == pytest.approx(value, abs=3 * errors[column])


def test_one_patient_and_the_table_get_the_same_probability(phantom, fusion, dl_signature):
    together = fusion.probabilities(dl_signature, phantom.table)
    alone = [fusion.probability(dl_signature[i], phantom.patient(i)) for i in range(20)]
    np.testing.assert_allclose(together[:20], alone, rtol=1e-12)


def test_fusion_beats_the_signature_alone(phantom, fusion, dl_signature):
    fused = auc_estimate(phantom.good_response, fusion.probabilities(dl_signature, phantom.table))
    assert fused.auc > auc_estimate(phantom.good_response, dl_signature).auc


def test_cutoff_is_youdens_on_the_training_patients(phantom, fusion, dl_signature):
    fused = fusion.probabilities(dl_signature, phantom.table)
    best = youden_point(roc_curve(phantom.good_response, fused))
    assert fusion.cutoff == pytest.approx(best.threshold)
    assert fusion.cutoff_cohort == "training"


@pytest.mark.parametrize("missing", ["max_diameter_cm", "borrmann_type", "src_component"])
def test_a_missing_value_leaves_no_probability(phantom, fusion, missing):
    values = {**phantom.patient(0), missing: None}
    assert fusion.probability(0.3, values) is None
    assert fusion.linear_predictor_variance(0.3, values) is None


def test_a_missing_signature_leaves_no_probability(phantom, fusion):
    assert fusion.probability(None, phantom.patient(0)) is None


def test_other_variables_do_not_matter(phantom, fusion):
    values = phantom.patient(0)
    changed = {**values, "age_years": None, "cea": "unknown"}
    assert fusion.probability(0.3, changed) == fusion.probability(0.3, values)


def test_variance_adds_the_disagreement_of_the_folds(phantom, fusion):
    values = phantom.patient(0)
    own = fusion.linear_predictor_variance(0.3, values)
    more = fusion.linear_predictor_variance(0.3, values, dl_logit_variance=0.5)
    assert own > 0.0
    assert more - own == pytest.approx(0.5 * fusion.model.coefficients[0] ** 2)


def test_incomplete_rows_are_left_out_and_counted(phantom, dl_signature):
    table = phantom.table.copy()
    table.loc[:9, "max_diameter_cm"] = np.nan
    signature = np.where(np.arange(len(table)) == 20, np.nan, dl_signature)
    found = fit_fusion(table, signature, phantom.good_response)
    assert found.fit.n_dropped == 11
    assert found.fit.n_complete == len(table) - 11


def test_a_level_of_one_outcome_only_is_fitted_with_a_penalty(phantom, dl_signature):
    table = phantom.table.copy()
    table["src_component"] = np.where(phantom.good_response, "no", table["src_component"])
    found = fit_fusion(table, dl_signature, phantom.good_response)
    assert found.fit.penalized
    assert np.isfinite(found.model.coefficients).all()


def test_a_constant_column_has_no_effect_and_is_named(phantom, dl_signature):
    table = phantom.table.assign(max_diameter_cm=5.0)
    found = fit_fusion(table, dl_signature, phantom.good_response)
    assert found.fit.dependent_columns == ("max_diameter_cm",)
    assert found.model.coefficients[found.columns.index("max_diameter_cm")] == 0.0


def test_too_few_complete_rows_are_refused(phantom, dl_signature):
    with pytest.raises(ModelError) as refusal:
        fit_fusion(phantom.table[:6], dl_signature[:6], phantom.good_response[:6])
    assert refusal.value.code == "model_too_few_rows"


def test_json_round_trip(fusion):
    stored = json.loads(json.dumps(fusion.to_dict(), allow_nan=False))
    assert FusionModel.from_dict(stored).to_dict() == fusion.to_dict()


@pytest.mark.parametrize(
    "path",
    [("cutoff",), ("model", "intercept"), ("model", "coefficients", 0), ("design", "variables")],
)
def test_a_malformed_model_is_refused(fusion, path):
    stored = json.loads(json.dumps(fusion.to_dict()))
    inner = stored
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = float("inf")
    with pytest.raises(ModelError) as refusal:
        FusionModel.from_dict(stored)
    assert refusal.value.code == "model_part_malformed"


def test_columns_that_do_not_belong_to_the_design_are_refused(fusion):
    stored = fusion.to_dict()
    stored["model"]["columns"] = ["logit_dl_signature"] * len(fusion.columns)
    with pytest.raises(ModelError) as refusal:
        FusionModel.from_dict(stored)
    assert refusal.value.values["field"] == "columns"
