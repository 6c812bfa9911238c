"""Arms change what they name, comparisons are paired, and the report says its budget."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from dlcs_core.errors import TrainingError
from trainer.ablate import Ablation, run_ablation
from trainer.ablation_arms import ARM_BY_NAME, ARMS, REFERENCE, arm_config, changed, choose_arms
from trainer.ablation_report import draw_differences, write_report
from trainer.ablation_result import ArmRun, compare_arms, foldwise_difference
from trainer.config import read_config
from trainer.fusion_leak import IN_SAMPLE_FILE
from trainer.loop import FoldData, draw_batches

PATIENTS = 400
FACTS = {
    "recipe": "ablation",
    "epochs": 8,
    "crop_px": 64,
    "batch_size": 16,
    "folds": 2,
    "of_folds": 5,
    "seeds": [1],
}


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.name)
def test_every_arm_is_a_recipe_that_differs_from_the_reference_in_what_it_names(arm) -> None:  # type: ignore[no-untyped-def]
    base = read_config("ablation")
    reference = arm_config(base, ARM_BY_NAME[REFERENCE], 5).to_dict()
    own = arm_config(base, arm, 5)
    assert own.seed == 5
    different = {
        f"{part}.{setting}"
        for part, values in own.to_dict().items()
        if isinstance(values, dict) and isinstance(reference.get(part), dict)
        for setting, value in values.items()
        if value != reference[part].get(setting)
    }
    assert different <= set(arm.changes)
    assert bool(different) or arm.name in (REFERENCE, "deepsmote_ours") or "deepsmote" in arm.name


def test_arms_are_chosen_by_name_with_the_reference_first() -> None:
    assert [arm.name for arm in choose_arms(["focal", "none"], None)] == [
        REFERENCE,
        "none",
        "focal",
    ]
    everything = choose_arms([], None)
    assert not any(arm.needs_weights for arm in everything)
    assert len(choose_arms([], Path("weights.pth"))) == len(ARMS)


@pytest.mark.parametrize(
    ("name", "code"), [("smote", "ablation_arm_unknown"), ("imagenet", "imagenet_file_missing")]
)
def test_arms_that_cannot_run_are_refused(name: str, code: str) -> None:
    with pytest.raises(TrainingError) as refusal:
        choose_arms([name], None)
    assert refusal.value.code == code


def test_a_setting_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TrainingError):
        changed(read_config("ablation"), "sampling.balance", "none")


def test_every_arm_sees_only_rows_of_its_training_fold() -> None:
    response = np.arange(90) % 4 == 0
    data = FoldData(np.zeros((90, 1)), response, np.arange(60), np.arange(60, 90))
    for arm in ARMS:
        config = arm_config(read_config("ablation"), arm, 1)
        if config.sampling.balancing != "deepsmote":
            rows = np.concatenate(draw_batches(data, config, 0, 0))
            assert set(rows) <= set(range(60))


def draw_runs(signal: dict[str, float]) -> tuple[pd.DataFrame, list[ArmRun]]:
    """Draw arms whose logits carry the response more or less well, two folds of five."""
    rng = np.random.default_rng(0)
    response = rng.random(PATIENTS) < 0.3
    fold = np.where(np.arange(PATIENTS) < 300, np.arange(PATIENTS) % 5, -1)
    shared = rng.normal(size=PATIENTS)
    runs = []
    for name, strength in signal.items():
        logits = np.full((1, 2, PATIENTS), np.nan)
        for number in range(2):
            unseen = (fold == number) | (fold < 0)
            drawn = strength * response + shared + 0.3 * rng.normal(size=PATIENTS)
            logits[0, number, unseen] = (3 + number) * drawn[unseen] + 5 * number
        runs.append(ArmRun(ARM_BY_NAME[name], fold[None], logits, 100))
    return pd.DataFrame({"good_response": response}), runs


def test_pooled_auc_is_that_of_scores_on_one_scale_and_the_better_arm_wins() -> None:
    table, runs = draw_runs({REFERENCE: 0.4, "none": 2.0})
    reference, better = compare_arms(table, runs)
    scores, response = runs[1].out_of_fold(), table["good_response"].to_numpy()
    held_out = np.isfinite(scores)
    assert held_out.sum() == 120
    assert better.out_of_fold.auc == pytest.approx(
        roc_auc_score(response[held_out], scores[held_out])
    )
    assert reference.difference is None
    assert better.difference is not None
    assert better.difference.ci95[0] > 0
    assert better.unseen_difference is not None
    assert better.unseen_difference.difference == pytest.approx(
        better.unseen.auc - reference.unseen.auc  # type: ignore[union-attr]
    )


def test_an_arm_that_is_the_reference_again_differs_by_nothing() -> None:
    table, runs = draw_runs({REFERENCE: 1.0})
    again = replace(runs[0], arm=ARM_BY_NAME["none"])
    result = compare_arms(table, [runs[0], again])[1]
    assert result.difference.difference == 0  # type: ignore[union-attr]
    assert result.by_fold.differences == (0, 0)  # type: ignore[union-attr]


def test_differences_by_fold_pair_the_same_patients() -> None:
    table, runs = draw_runs({REFERENCE: 0.5, "none": 1.5})
    result = compare_arms(table, runs)[1]
    response = table["good_response"].to_numpy()
    for fold, difference in enumerate(result.by_fold.differences):  # type: ignore[union-attr]
        rows = runs[0].fold[0] == fold
        own, other = (
            roc_auc_score(response[rows], run.logits[0, fold, rows]) for run in runs[::-1]
        )
        assert difference == pytest.approx(own - other)


def test_one_fold_has_no_interval_over_folds() -> None:
    assert foldwise_difference([0.1]).ci95 is None


def test_report_says_budget_and_numbers_alike_in_every_form(tmp_path: Path) -> None:
    table, runs = draw_runs({REFERENCE: 0.4, "none": 2.0, "focal": 1.0})
    results = compare_arms(table, runs)
    write_report(tmp_path, results, [], FACTS)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "ablation.csv").read_text())))
    assert [row["arm"] for row in rows] == [REFERENCE, "none", "focal"]
    assert float(rows[1]["oof_difference"]) == pytest.approx(results[1].difference.difference)  # type: ignore[union-attr]
    stored = json.loads((tmp_path / "ablation.json").read_text())
    assert stored["arms"][2]["oof_auc"] == results[2].out_of_fold.auc
    text = (tmp_path / "ablation.md").read_text()
    assert "2 of 5 folds" in text
    assert f"{results[1].out_of_fold.auc:.3f}" in text
    assert "nan" not in text.lower()
    svg = (tmp_path / "ablation.svg").read_text()
    assert "no balancing" in svg
    assert draw_differences(results, FACTS, "svg").decode() == svg


@pytest.mark.slow
def test_ablation_takes_up_what_is_there_and_shows_the_leak(smoke_run: Any, tmp_path: Path) -> None:
    config = replace(smoke_run.config, folds=4)
    arms = choose_arms(["key_slice"], None)
    ablation = Ablation(smoke_run.cache.directory, config, arms[:1], [7], 2, tmp_path)
    run_ablation(ablation, jobs=1)
    scores = sorted(tmp_path.glob("oversampling-7.training/fold-*/scores.npz"))
    before = {path: path.stat().st_mtime_ns for path in scores}
    assert len(before) == 2
    run_ablation(replace(ablation, arms=arms), jobs=1)
    assert {path: path.stat().st_mtime_ns for path in scores} == before
    stored = json.loads((tmp_path / "ablation.json").read_text())
    assert [row["arm"] for row in stored["arms"]] == [REFERENCE, "key_slice"]
    assert stored["arms"][0]["oof_n"] == stored["arms"][1]["oof_n"]
    assert [row["fitted_on"] for row in stored["fusion_leak"]] == ["in_sample", "out_of_fold"]
    assert len(list(tmp_path.glob(f"*/fold-*/{IN_SAMPLE_FILE}"))) == 2
