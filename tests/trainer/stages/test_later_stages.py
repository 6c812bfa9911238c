"""The stages after the networks on made-up logits: nothing held out reaches a model."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from dlcs_core.models.recalibration import Recalibration
from dlcs_core.network.architecture import FEATURES
from trainer.stages.calibrated_signature import (
    calibrate_signature,
    fit_reference_cases,
    unseen_rows,
)
from trainer.stages.clinical_signature import fit_clinical_stage
from trainer.stages.dl_signature import DlSignatureResult
from trainer.stages.evaluation import evaluate_cohorts
from trainer.stages.fusion import fit_fusion_stage, training_cutoff
from trainer.stages.survival import fit_survival_stage

FOLDS, PATIENTS = 5, 400


@dataclass(frozen=True)
class Case:
    """A cohort with the logits of five networks."""

    table: pd.DataFrame
    result: DlSignatureResult


@pytest.fixture(scope="module")
def case(make_clinical_table: Callable[[int], pd.DataFrame]) -> Case:
    table = make_clinical_table(PATIENTS)
    rng = np.random.default_rng(2)
    response = table["good_response"].to_numpy(bool)
    training = (table["cohort"] == "training").to_numpy(bool)
    fold = np.where(training, np.arange(PATIENTS) % FOLDS, -1)
    latent = 1.5 * response + rng.normal(0, 1, PATIENTS)
    logits = latent + rng.normal(0, 0.8, (FOLDS, PATIENTS))
    features = rng.normal(0, 1, (FOLDS, PATIENTS, FEATURES)).astype(np.float32)
    return Case(table, DlSignatureResult(fold, logits, features, ()))


def models_of(table: pd.DataFrame, result: DlSignatureResult) -> list[dict[str, object]]:
    signature = calibrate_signature(result, table)
    fusion, _ = fit_fusion_stage(table, signature.probability, result.fold)
    clinical, _ = fit_clinical_stage(table, result.fold)
    survival, _ = fit_survival_stage(table, signature.probability, result.fold)
    return [one.to_dict() for one in (signature.recalibration, clinical, fusion, survival)]


def test_held_out_outcomes_and_variables_reach_no_model(case: Case) -> None:
    disturbed = case.table.copy()
    held_out = case.result.fold < 0
    disturbed.loc[held_out, "good_response"] = 1 - disturbed.loc[held_out, "good_response"]
    disturbed.loc[held_out, "os_event"] = 1 - disturbed.loc[held_out, "os_event"]
    disturbed.loc[held_out, "max_diameter_cm"] = 3.0
    assert models_of(disturbed, case.result) == models_of(case.table, case.result)


def test_training_outcomes_do_reach_them(case: Case) -> None:
    disturbed = case.table.copy()
    disturbed.loc[case.result.fold == 0, "good_response"] = 1
    models = zip(models_of(disturbed, case.result), models_of(case.table, case.result), strict=True)
    assert [one == other for one, other in models] == [False, False, False, False]


def test_out_of_fold_clinical_signature_does_not_know_its_own_fold(case: Case) -> None:
    disturbed = case.table.copy()
    own = case.result.fold == 2
    disturbed.loc[own, "good_response"] = 1 - disturbed.loc[own, "good_response"]
    _, before = fit_clinical_stage(case.table, case.result.fold)
    _, after = fit_clinical_stage(disturbed, case.result.fold)
    assert np.array_equal(before[own], after[own], equal_nan=True)
    others = (case.result.fold >= 0) & ~own & np.isfinite(before)
    assert (before[others] != after[others]).any()


def test_served_signature_is_sharper_than_a_single_network_and_no_less_calibrated(
    case: Case,
) -> None:
    recalibration: Recalibration = calibrate_signature(case.result, case.table).recalibration
    # var(latent + mean of five noises) / var(latent + one noise), by the way they were drawn
    prevalence = case.table["good_response"].mean()
    latent = 1.5**2 * prevalence * (1 - prevalence) + 1
    expected = (latent + 0.64 / 5) / (latent + 0.64)
    assert recalibration.shrinkage == pytest.approx(expected, abs=0.12)
    assert recalibration.slope > recalibration.out_of_fold_slope


def test_score_and_signature_of_everybody_are_probabilities(case: Case) -> None:
    signature = calibrate_signature(case.result, case.table)
    for values in (signature.score, signature.probability):
        assert ((values > 0) & (values < 1)).all()


def test_the_most_alike_held_out_cohort_of_enough_patients_is_taken(case: Case) -> None:
    table = case.table
    internal = np.flatnonzero(table["cohort"] == "internal_validation")
    assert np.array_equal(unseen_rows(table), internal)
    few = table.drop(index=internal[5:]).reset_index(drop=True)
    external = np.flatnonzero(few["cohort"] == "external_validation")
    assert np.array_equal(unseen_rows(few), external)
    assert unseen_rows(table[table["cohort"] == "training"]) is None


def test_hardly_any_held_out_patient_lies_beyond_the_reference(case: Case) -> None:
    reference = fit_reference_cases(case.result, case.table)
    rows = unseen_rows(case.table)
    assert rows is not None
    features = case.result.features[:, rows].transpose(1, 0, 2)
    assert (reference.distance(features) > reference.threshold).sum() <= 1


def test_cutoff_is_an_observed_training_score(case: Case) -> None:
    response = case.table["good_response"].to_numpy(bool)
    score = np.linspace(0.1, 0.9, PATIENTS)
    score[::7] = np.nan
    cutoff = training_cutoff(response, score, case.result.fold)
    assert cutoff in score[case.result.fold >= 0]


def test_a_cohort_of_one_class_gets_no_auc_and_no_invented_number(case: Case) -> None:
    scores = ("dl_score", "dl_signature", "clinical_signature", "dlcs", "os_linear_predictor")
    table = case.table.assign(**dict.fromkeys(scores, 0.3))
    table.loc[table["cohort"] == "external_validation", "good_response"] = 0
    found = evaluate_cohorts(table, cutoff=0.5)["external_validation"]
    assert found["dlcs"]["auc"] is None
    assert found["dlcs"]["calibration_slope"] is None
    assert found["dlcs_at_cutoff"]["fn"] == 0


def test_counts_at_the_cutoff_include_the_cutoff_itself(case: Case) -> None:
    scores = ("dl_score", "dl_signature", "clinical_signature", "dlcs", "os_linear_predictor")
    table = case.table.assign(**dict.fromkeys(scores, 0.3))
    found = evaluate_cohorts(table, cutoff=0.3)["training"]["dlcs_at_cutoff"]
    training = table[table["cohort"] == "training"]
    assert found["tp"] == training["good_response"].sum()
    assert found["tp"] + found["fp"] == len(training)
