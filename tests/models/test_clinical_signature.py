import json

import numpy as np
import pytest

from dlcs_core.models.clinical_signature import ClinicalSignature, fit_clinical_signature


def test_the_variables_that_matter_are_chosen(clinical_signature):
    assert {"max_diameter_cm", "src_component"} <= set(clinical_signature.variables)


def test_a_chosen_variable_enters_with_all_its_levels(clinical_signature):
    design = clinical_signature.design
    for variable in clinical_signature.variables:
        assert set(design.columns_of(variable)) <= set(clinical_signature.columns)
    chosen = set(clinical_signature.selection.selected)
    assert chosen <= set(clinical_signature.columns)


def test_refit_is_not_shrunken(phantom, clinical_signature):
    probability = clinical_signature.probabilities(phantom.table)
    assert probability.mean() == pytest.approx(phantom.good_response.mean())


def test_one_patient_and_the_table_get_the_same_probability(phantom, clinical_signature):
    together = clinical_signature.probabilities(phantom.table)
    alone = [clinical_signature.probability(phantom.patient(i)) for i in range(20)]
    np.testing.assert_allclose(together[:20], alone, rtol=1e-12)


def test_a_missing_value_leaves_no_probability(phantom, clinical_signature):
    values = {**phantom.patient(0), "max_diameter_cm": None}
    assert clinical_signature.probability(values) is None
    table = phantom.table.copy()
    table.loc[0, "max_diameter_cm"] = np.nan
    assert np.isnan(clinical_signature.probabilities(table)[0])


def test_correlated_columns_are_put_on_record(phantom):
    table = phantom.table.assign(wall_thickness_cm=phantom.table["max_diameter_cm"] / 4)
    found = fit_clinical_signature(
        table,
        phantom.good_response,
        phantom.fold,
        candidates=["max_diameter_cm", "wall_thickness_cm", "age_years"],
    )
    # An exact copy is no candidate; the LASSO could not tell the two apart.
    assert found.selection.candidates == ("age_years", "max_diameter_cm")
    noisy = table["wall_thickness_cm"] + np.linspace(0, 0.5, len(table))
    found = fit_clinical_signature(
        table.assign(wall_thickness_cm=noisy),
        phantom.good_response,
        phantom.fold,
        candidates=["max_diameter_cm", "wall_thickness_cm"],
    )
    assert list(found.selection.correlated) == ["max_diameter_cm ~ wall_thickness_cm"]


def test_with_nothing_to_choose_it_is_the_prevalence(phantom):
    rng = np.random.default_rng(4)
    outcome = rng.permutation(phantom.good_response)
    found = fit_clinical_signature(
        phantom.table, outcome, phantom.fold, candidates=["age_years", "glucose_mmol_l"]
    )
    assert found.variables == ()
    assert found.probability({}) == pytest.approx(outcome.mean())


def test_json_round_trip(clinical_signature):
    stored = json.loads(json.dumps(clinical_signature.to_dict(), allow_nan=False))
    assert ClinicalSignature.from_dict(stored).to_dict() == clinical_signature.to_dict()
