"""Label sets, intervals, similar patients and abstention as the trainer makes them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlcs_core.errors import TrainingError
from dlcs_core.models.conformal import fit_thresholds
from dlcs_core.models.fusion import FusionModel
from dlcs_core.models.interval import true_logit
from dlcs_core.models.recalibration import fit_recalibration
from dlcs_core.network.uncertainty import fit_reference
from trainer.config import read_config
from trainer.later_config import LaterStagesConfig
from trainer.stages.abstention import would_abstain
from trainer.stages.conformal import signature_as_served
from trainer.stages.dl_signature import DlSignatureResult
from trainer.stages.intervals import (
    ServedLogOdds,
    fit_interval_stage,
    read_truth,
    served_log_odds,
)
from trainer.stages.similar import carried_rows, fit_similar_stage, small_slices

FOLDS = 5


def draw(n: int, training: int, seed: int) -> tuple[np.ndarray, DlSignatureResult]:
    """Draw outcomes and the logits of five networks, each noisy on its own."""
    rng = np.random.default_rng(seed)
    good = rng.random(n) < 0.25
    logits = 1.8 * good + rng.normal(0, 0.8, n) + rng.normal(0, 1.0, (FOLDS, n))
    fold = np.where(np.arange(n) < training, np.arange(n) % FOLDS, -1)
    features = rng.normal(size=(FOLDS, n, 32)).astype(np.float32)
    return good, DlSignatureResult(fold, logits, features, ())


def test_sets_calibrated_out_of_fold_cover_what_is_served() -> None:
    """Without bringing the scatter down, the sets of the sharper mean cover too much."""
    found: dict[str, list[tuple[float, float]]] = {"as_served": [], "as_it_is": []}
    for seed in range(12):
        good, result = draw(4000, 1000, seed)
        fold, training = result.fold, result.fold >= 0
        raw, unseen = result.out_of_fold_logit[training], result.logits[:, ~training]
        fitted = fit_recalibration(raw, fold[training], good[training], unseen)
        served = np.array(
            [fitted.probability(fitted.ensemble_logit(column)) for column in unseen.T]
        )
        z = fitted.out_of_fold_logits(raw, fold[training])
        plain = 1 / (1 + np.exp(-fitted.intercept - fitted.slope * z))
        moved = signature_as_served(result, fitted, good)[training]
        for name, scores in (("as_served", moved), ("as_it_is", plain)):
            contained = fit_thresholds(good[training], scores).contain(served)
            truth = good[~training]
            found[name].append((contained[truth, 0].mean(), contained[~truth, 1].mean()))
    assert np.mean(found["as_served"], axis=0) == pytest.approx([0.9, 0.9], abs=0.015)
    assert np.mean(found["as_it_is"], axis=0).min() > 0.93


def test_the_class_means_stay_where_they_are() -> None:
    good, result = draw(600, 600, 3)
    fitted = fit_recalibration(result.out_of_fold_logit, result.fold, good)
    half = replace(fitted, shrinkage=0.6)
    z = fitted.out_of_fold_logits(result.out_of_fold_logit, result.fold)
    moved = true_logit(signature_as_served(result, half, good))
    back = (moved - fitted.intercept) / fitted.slope
    assert back[good].mean() == pytest.approx(z[good].mean())
    assert z[good].var() - back[good].var() == pytest.approx(0.4 * z.var(), rel=1e-6)


@pytest.fixture
def truth_file(tmp_path: Path) -> Path:
    path = tmp_path / "truth.csv"
    pd.DataFrame(
        {
            "patient_id": ["B", "A"],
            "bayes_score": [0.2, 0.7],
            "bayes_score_dlcs": [0.1, 0.8],
            "latent_score": [1.0, 2.0],
        }
    ).to_csv(path, index=False)
    return path


def test_truths_follow_the_order_of_the_cohort(truth_file: Path) -> None:
    table = pd.DataFrame({"patient_id": ["A", "C", "B"]})
    found = read_truth(truth_file, table)
    assert found["bayes_score"].tolist()[::2] == [0.7, 0.2]
    assert np.isnan(found["bayes_score"][1])


@pytest.mark.parametrize(
    "text",
    ["", "patient_id,bayes_score\nA,0.5\n", "patient_id,bayes_score,bayes_score_dlcs\nA,1.5,0.5\n",
     "patient_id,bayes_score,bayes_score_dlcs\nA,0.5,0.5\nA,0.5,0.5\n"],
)  # fmt: skip
def test_a_table_of_truths_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(text)
    with pytest.raises(TrainingError):
        read_truth(path, pd.DataFrame({"patient_id": ["A"]}))


def interval_case(n: int, noise: float) -> tuple[pd.DataFrame, ServedLogOdds, pd.DataFrame]:
    """Draw served log odds whose errors are independent of everything."""
    rng = np.random.default_rng(5)
    eta = rng.normal(-1, 1.5, n)
    truth = 1 / (1 + np.exp(-eta - rng.normal(0, noise, n)))
    table = pd.DataFrame({"cohort": "internal_validation", "center": "C1"}, index=range(n))
    served = ServedLogOdds(
        {"dl_signature": eta, "dlcs": np.full(n, np.nan)},
        {"dl_signature": np.full(n, 0.1), "dlcs": np.full(n, np.nan)},
    )
    known = pd.DataFrame({"bayes_score": truth, "bayes_score_dlcs": truth})
    return table, served, known


def test_an_interval_needs_a_hundred_known_truths_and_a_probability() -> None:
    table, served, known = interval_case(400, 1.0)
    stage = fit_interval_stage(table, served, known, np.ones(400, bool), "x")
    assert stage.model is not None
    assert set(stage.model.scores) == {"dl_signature"}
    found = stage.evidence["dl_signature"]
    assert 0.90 <= found["coverage"]["estimate"] <= 0.98
    assert found["by_center"]["internal_validation C1"]["n"] == 400
    few = np.arange(400) < 99
    assert fit_interval_stage(table, served, known, few, "x").model is None


def test_a_coverage_outside_the_band_is_recorded_and_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a level of 60 % in place of 95 % the same measurement must refuse the interval."""
    monkeypatch.setattr("dlcs_core.models.interval.LEVEL", 0.6)
    table, served, known = interval_case(400, 1.0)
    stage = fit_interval_stage(table, served, known, np.ones(400, bool), "x")
    assert stage.model is None
    assert stage.evidence["dl_signature"]["coverage"]["estimate"] < 0.7


def test_training_patients_are_never_behind_an_interval(
    bundle_contents: object, tmp_path: Path
) -> None:
    fusion: FusionModel = bundle_contents.fusion  # type: ignore[attr-defined]
    good, result = draw(40, 30, 1)
    fitted = fit_recalibration(result.out_of_fold_logit[:30], result.fold[:30], good[:30])
    table = pd.DataFrame(
        {"max_diameter_cm": 4.0, "borrmann_type": "III", "src_component": "no"}, index=range(40)
    )
    found = served_log_odds(table, result, fitted, fusion)
    for name in ("dl_signature", "dlcs"):
        assert np.isnan(found.log_odds[name][:30]).all()
        assert np.isfinite(found.log_odds[name][30:]).all()
    ensemble = fitted.ensemble_logit(result.logits[:, 35])
    served = 1 / (1 + np.exp(-found.log_odds["dl_signature"][35]))
    assert served == pytest.approx(fitted.probability(ensemble))


def test_a_training_patient_lies_where_its_unseeing_network_puts_it() -> None:
    good, result = draw(120, 100, 2)
    reference = fit_reference([result.features[k, result.fold == k] for k in range(FOLDS)])
    fitted = fit_recalibration(result.out_of_fold_logit[:100], result.fold[:100], good[:100])
    table = pd.DataFrame({"dl_signature": 0.3, "dlcs": 0.4, "good_response": good})
    rows = np.arange(100)
    found = fit_similar_stage(table, result, fitted, reference, rows, with_patients=False)
    own = result.features[result.fold[41], 41]
    kept = found.coordinates.shape[1]
    places = np.stack([reference.coordinates(own, k, kept) for k in range(FOLDS)])
    assert found.distances(places, found.log_odds[41])[41] == pytest.approx(0)
    assert found.patients is None


def test_a_large_cohort_is_carried_in_part_with_its_share_of_responders() -> None:
    good = np.random.default_rng(0).random(5000) < 0.2
    fold = np.where(np.arange(5000) < 4000, 0, -1)
    rows = carried_rows(fold, good, 7)
    assert len(rows) <= 1501
    assert (fold[rows] >= 0).all()
    assert (np.diff(rows) > 0).all()
    assert good[rows].mean() == pytest.approx(good[:4000].mean(), abs=0.001)
    assert np.array_equal(rows, carried_rows(fold, good, 7))


@pytest.mark.parametrize(("most_bytes", "side"), [(10**6, 56), (7 * 48**2, 48), (1, 32)])
def test_slices_fit_and_keep_their_mean(most_bytes: int, side: int) -> None:
    images = np.random.default_rng(1).random((9, 3, 112, 112)).astype(np.float32)
    small = small_slices(images, np.arange(7), most_bytes)
    assert small.shape == (7, side, side)
    assert small.mean((1, 2)) / 255 == pytest.approx(images[:7, 1].mean((1, 2)), abs=2e-3)


def test_who_is_refused_follows_the_widened_ranges_and_the_distance() -> None:
    table = pd.DataFrame({"slice_spacing_mm": [2.0, 5.0, 5.05, 7.0, 5.0]})
    distance = np.array([0.0, 0.0, 0.0, 0.0, 9.0])
    ranges = {"slice_spacing_mm": (5.0, 5.0)}
    assert would_abstain(table, ranges, distance, 1.0).tolist() == [True, False, False, True, True]
    slabs = would_abstain(table, ranges, distance, 1.0, slab_mm=5.0)
    assert slabs.tolist() == [False, False, False, True, True]


def test_settings_of_the_later_stages_leave_the_networks_as_they_are() -> None:
    config = read_config("smoke")
    other = replace(config, later=LaterStagesConfig(fusion_variables="screened"))
    assert other.fingerprint() == config.fingerprint()
    assert replace(config, seed=8).fingerprint() != config.fingerprint()
