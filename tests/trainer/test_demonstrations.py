"""The demonstrations on tiny cohorts whose answer is known."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dlcs_core.errors import TrainingError
from dlcs_core.statistics.delong import auc_estimate
from trainer.__main__ import main
from trainer.cache import TrainingCache
from trainer.config import TrainingConfig, read_config
from trainer.demonstrations.leak import interval_widths
from trainer.demonstrations.liar import center_folds, score_elsewhere
from trainer.demonstrations.networks import train_folds
from trainer.demonstrations.served import _finished
from trainer.demonstrations.truth import EVERYBODY, read_served, truth_test

Make = Callable[..., TrainingCache]


def served_table(patients: int = 400, seed: int = 2) -> pd.DataFrame:
    """Patients whose displayed probability is the truth itself."""
    rng = np.random.default_rng(seed)
    true = rng.uniform(0.05, 0.95, patients).round(6)
    response = rng.uniform(size=patients) < true
    return pd.DataFrame(
        {
            "patient_id": [f"T{n}" for n in range(patients)],
            "center": np.where(np.arange(patients) % 2, "C1", "E1"),
            "good_response": response.astype(int),
            "bayes_score": true,
            "bayes_score_dlcs": true,
            "status": "ok",
            "dl_score": true,
            "dl_signature": true,
            "dl_signature_low": true - 0.01,
            "dl_signature_high": np.where(np.arange(patients) % 4, true + 0.01, true - 0.005),
            "dlcs": true,
        }
    )


def test_a_perfect_reader_passes_the_truth_test() -> None:
    found = truth_test(served_table())
    one = found[EVERYBODY].scores["dl_signature"]
    assert found[EVERYBODY].share is not None
    assert found[EVERYBODY].share.estimate == pytest.approx(1.0)
    assert one.true_slope == pytest.approx(1.0)
    assert one.true_intercept == pytest.approx(0.0, abs=1e-9)
    assert one.mean_absolute_error == 0.0
    low, high = one.slope.ci95
    assert low < 1.0 < high
    assert set(found) == {EVERYBODY, "C1", "E1"}


def test_coverage_counts_the_displayed_intervals_that_hold_the_truth() -> None:
    found = truth_test(served_table())[EVERYBODY].scores
    assert found["dl_signature"].coverage is not None
    assert found["dl_signature"].coverage.count == 300
    assert found["dlcs"].coverage is None


def test_overconfident_probabilities_are_seen_as_such() -> None:
    table = served_table()
    log_odds = np.log(table["dlcs"] / (1 - table["dlcs"]))
    table["dlcs"] = 1 / (1 + np.exp(-2 * log_odds))
    assert truth_test(table)[EVERYBODY].scores["dlcs"].true_slope == pytest.approx(0.5)


def test_abstained_patients_count_for_the_score_but_show_nothing() -> None:
    table = served_table()
    table.loc[:99, "status"] = "abstained"
    found = truth_test(table)[EVERYBODY]
    assert found.n == 400
    assert found.abstained is not None
    assert found.abstained.count == 100
    assert found.scores["dl_signature"].n == 300


def test_truth_test_from_tables_writes_a_report_and_refuses_a_foreign_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, cohort = served_table(), tmp_path / "cohort"
    cohort.mkdir()
    table[["patient_id", "center", "good_response"]].to_csv(cohort / "manifest.csv", index=False)
    table[["patient_id", "bayes_score", "bayes_score_dlcs"]].to_csv(
        cohort / "truth.csv", index=False
    )
    scores = table.drop(columns=["center", "good_response", "bayes_score", "bayes_score_dlcs"])
    scores.to_csv(tmp_path / "scores.csv", index=False)
    command = ["demonstrate", "truth", "--bundle", str(tmp_path), "--cohort", str(cohort)]
    command += ["--out", str(tmp_path / "out"), "--scores"]
    assert main([*command, str(tmp_path / "scores.csv")]) == 0
    page = (tmp_path / "out" / "truth.html").read_text()
    assert "0.750 (0.70" in page
    assert "<script" not in page
    scores.assign(patient_id="other").to_csv(tmp_path / "other.csv", index=False)
    assert main([*command, str(tmp_path / "other.csv")]) == 2
    assert "0 of the phantoms" in capsys.readouterr().err


def test_phantoms_without_truth_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as refusal:
        read_served(tmp_path, tmp_path / "scores.csv")
    assert refusal.value.code == "demonstration_truth_missing"


def test_a_demonstration_without_what_it_needs_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demonstrate", "leak", "--out", str(tmp_path)]) == 2
    assert "--cache" in capsys.readouterr().err


def test_a_row_that_was_cut_off_is_served_again(tmp_path: Path) -> None:
    path = tmp_path / "served.csv"
    path.write_text("patient_id,status\nA,ok\nB,o")
    assert _finished(path) == {"A"}
    assert path.read_text() == "patient_id,status\nA,ok\n"


def test_repeating_to_balance_narrows_the_interval_but_tells_nothing_new() -> None:
    rng = np.random.default_rng(1)
    response = np.arange(200) % 4 == 0
    score = rng.normal(size=200) + response
    found = interval_widths(response, score)
    assert found.balanced.n_positive == found.balanced.n_negative == 150
    assert found.balanced.auc == pytest.approx(found.patients.auc)
    assert found.width_ratio < 0.85


@pytest.fixture(scope="module")
def quick() -> TrainingConfig:
    """One epoch, two folds."""
    return replace(read_config("smoke"), folds=2)


def test_small_centers_are_left_out_together_and_scored_by_who_has_not_seen_them(
    tmp_path: Path,
    make_cache: Make,
    small_cohort: tuple[np.ndarray, pd.DataFrame],
    quick: TrainingConfig,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trainer.demonstrations.liar.FEWEST_IN_CENTER", 6)
    images, table = small_cohort
    table = table.assign(center=["A"] * 9 + ["B"] * 5 + ["C"] * 4)
    cache = make_cache(images, table)
    fold, names = center_folds(cache)
    assert names == ("A", "B + C")
    assert fold.tolist() == [0] * 9 + [1] * 9
    stage, result = train_folds(cache, quick, fold, tmp_path, 1)
    assert np.isfinite(result.logits[0]).tolist() == [True] * 9 + [False] * 9
    same = score_elsewhere(stage, result, cache)
    np.testing.assert_allclose(same.out_of_fold_logit, result.out_of_fold_logit, atol=1e-7)
    other = score_elsewhere(stage, result, make_cache(images[::-1], table))
    assert not np.allclose(other.out_of_fold_logit, result.out_of_fold_logit, atol=1e-5)
    with pytest.raises(TrainingError) as refusal:
        center_folds(make_cache(images, table.assign(center="A")))
    assert refusal.value.code == "demonstration_one_center"


def test_leak_theatre_runs_both_ways_on_the_same_patients(tmp_path: Path, smoke_run: Any) -> None:
    command = ["demonstrate", "leak", "--cache", str(smoke_run.cache.directory)]
    command += ["--config", "smoke", "--folds", "2", "--jobs", "1", "--out", str(tmp_path)]
    assert main(command) == 0
    found = json.loads((tmp_path / "leak.json").read_text())
    # One epoch: the best is the last, so both ways must end in the same networks.
    assert found["paper"] == found["honest"]
    assert [row["fitted_on"] for row in found["fusion"]] == ["in_sample", "out_of_fold"]
    text = (tmp_path / "leak.md").read_text()
    assert "AUC on unseen cohorts" in text
    assert "2 folds" in text
    assert (tmp_path / "figures" / "leak.svg").is_file()


def test_best_possible_area_is_that_of_the_truth() -> None:
    table = served_table()
    one = truth_test(table)[EVERYBODY].scores["dlcs"]
    expected = auc_estimate(table["good_response"].to_numpy(bool), table["bayes_score"])
    assert one.best.auc == expected.auc
