"""A whole smoke run: what it wrote is a bundle that serves what training recorded."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlcs_core.bundle.reader import Bundle, read_bundle
from dlcs_core.clinical.cohort import read_cohort
from trainer.train import SCORES_FILE, run_folder


@pytest.fixture(scope="module")
def bundle(smoke_run: Any) -> Bundle:
    return read_bundle(smoke_run.bundle)


@pytest.fixture(scope="module")
def scored(smoke_run: Any) -> pd.DataFrame:
    path = run_folder(smoke_run.bundle) / SCORES_FILE
    return pd.read_csv(path, float_precision="round_trip")


def test_serving_gives_held_out_patients_the_scores_on_record(
    bundle: Bundle, scored: pd.DataFrame, smoke_run: Any
) -> None:
    rows = np.flatnonzero(scored["cohort"] != "training")[:3]
    network = bundle.network()
    for row in rows:
        image = np.asarray(smoke_run.cache.images[row])
        logits = network.run_views(image, bundle.manifest.n_views).fold_logits
        ensemble = bundle.recalibration.ensemble_logit(logits)
        assert bundle.recalibration.score(logits) == pytest.approx(
            scored["dl_score"][row], abs=1e-5
        )
        assert bundle.recalibration.probability(ensemble) == pytest.approx(
            scored["dl_signature"][row], abs=1e-4
        )


def test_difference_between_training_and_serving_is_measured_and_tiny(bundle: Bundle) -> None:
    assert 0 < bundle.manifest.onnx_logit_error < 1e-4


def test_every_patient_has_every_score_unless_a_variable_is_missing(scored: pd.DataFrame) -> None:
    assert scored[["dl_score", "dl_signature"]].notna().all(axis=None)
    complete = scored.drop(columns=["os_months", "os_event"]).dropna()
    assert len(complete) > 0.9 * len(scored)


def test_out_of_fold_signature_has_the_prevalence_of_the_training_cohort(
    scored: pd.DataFrame,
) -> None:
    training = scored[scored["cohort"] == "training"]
    assert training["dl_signature"].mean() == pytest.approx(training["good_response"].mean())


def test_manifest_tells_cutoffs_sizes_and_ranges_of_the_training_cohort(
    bundle: Bundle, scored: pd.DataFrame
) -> None:
    training = scored[scored["cohort"] == "training"]
    manifest = bundle.manifest
    assert manifest.cutoffs["dlcs"].cohort == "training"
    assert manifest.cutoffs["dlcs"].value in training["dlcs"].to_numpy()
    assert manifest.cohort_sizes["training"]["patients"] == len(training)
    assert manifest.trained_ranges["mean_hu"][1] == pytest.approx(training["mean_hu"].max())
    assert manifest.synthetic_training_data


def test_auc_on_record_is_that_of_the_scores(bundle: Bundle, scored: pd.DataFrame) -> None:
    from sklearn.metrics import roc_auc_score

    training = scored[scored["cohort"] == "training"]
    found: Any = bundle.manifest.metrics["training"]
    expected = roc_auc_score(training["good_response"], training["dl_signature"])
    assert found["dl_signature"]["auc"]["estimate"] == pytest.approx(expected)
    assert found["predictions"] == "out_of_fold"


def test_model_card_says_what_it_is_and_carries_the_numbers(bundle: Bundle) -> None:
    card = bundle.model_card
    assert "Research use only" in card
    assert "synthetic phantoms, not on patients" in card
    assert f"{bundle.manifest.cutoffs['dlcs'].value:.4f}" in card


def test_five_networks_in_eight_bits_stay_below_fifty_megabytes(smoke_run: Any) -> None:
    sizes = [path.stat().st_size for path in smoke_run.bundle.glob("network-*.safetensors")]
    assert 5 * max(sizes) < 50e6


def test_written_scores_are_a_cohort_table_that_passes_every_check(
    scored: pd.DataFrame, smoke_run: Any
) -> None:
    cohort = read_cohort(run_folder(smoke_run.bundle) / SCORES_FILE)
    assert [notice.code for notice in cohort.warnings if "score" in notice.code] == []
    assert set(scored["good_response"]) == {0, 1}
    assert len(cohort.table) == len(smoke_run.cache.table)
