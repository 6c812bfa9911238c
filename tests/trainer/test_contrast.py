"""The trainer on real slices: folds by patient, the same batches for both networks."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlcs_core.errors import TrainingError
from trainer.config import read_config
from trainer.contrast import patient_folds, read_labelled_slices, run_contrast
from trainer.contrast_report import ContrastScores, contrast_results, patient_interval

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "ct_contrast"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the labelled real slices are not here")


@needs_data
def test_every_slice_is_read_and_patients_stay_together() -> None:
    slices = read_labelled_slices(DATA)
    labels = pd.read_csv(DATA / "labels.csv")
    assert slices.images.shape == (len(labels), 3, 112, 112)
    assert (slices.contrast == labels["contrast"].to_numpy(bool)).all()
    assert ((slices.images >= 0) & (slices.images <= 1)).all()
    assert (slices.images.std((1, 2, 3)) > 0.05).all()
    fold = patient_folds(slices, read_config("contrast"))
    assert set(fold) == set(range(5))
    by_patient = pd.Series(fold).groupby(slices.patient_id).nunique()
    assert (by_patient == 1).all()
    for number in range(5):
        assert 0 < slices.contrast[fold == number].mean() < 1


@needs_data
@pytest.mark.slow
def test_both_networks_are_trained_and_reported(tmp_path: Path) -> None:
    config = read_config("contrast")
    config = replace(
        config,
        folds=4,
        optimization=replace(config.optimization, epochs=1, batch_size=16),
        sampling=replace(config.sampling, crop_px=32),
    )
    run_contrast(DATA, config, tmp_path)
    found = json.loads((tmp_path / "contrast.json").read_text())
    assert found["slices"] == 76
    assert found["patients"] == 44
    assert set(found["networks"]) == {"ours", "torchvision"}
    scores = pd.read_csv(tmp_path / "contrast.csv")
    assert np.isfinite(scores[["ours", "torchvision"]]).all(axis=None)
    assert "patient_id" not in scores.columns


def test_a_folder_without_the_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as refusal:
        read_labelled_slices(tmp_path)
    assert refusal.value.code == "contrast_table_missing"
    (tmp_path / "labels.csv").write_text("file,contrast\na.dcm,1\n")
    with pytest.raises(TrainingError):
        read_labelled_slices(tmp_path)


def draw_scores(per_patient: int) -> ContrastScores:
    rng = np.random.default_rng(1)
    patients = np.arange(60)
    response = patients % 2 == 0
    logit = 1.0 * response + rng.normal(size=60)
    repeat = np.repeat(patients, per_patient)
    logits = {"ours": logit[repeat], "torchvision": rng.normal(size=60)[repeat]}
    return ContrastScores(
        response[repeat], repeat.astype(str), repeat.astype(str), repeat % 5, logits
    )


def test_interval_by_patients_does_not_shrink_when_slices_are_repeated() -> None:
    widths = []
    for repeats in (1, 4):
        scores = draw_scores(repeats)
        low, high = patient_interval(scores.contrast, scores.logits["ours"], scores.patient_id)
        widths.append(high - low)
    assert widths[1] == pytest.approx(widths[0], rel=0.15)


def test_results_name_both_networks_and_their_difference() -> None:
    found = contrast_results(draw_scores(1), read_config("contrast"))
    ours, theirs = (found["networks"][name]["auc"] for name in ("ours", "torchvision"))  # type: ignore[index]
    assert found["difference"] == pytest.approx(ours - theirs)
    assert ours > 0.65
