import io

import numpy as np
import pandas as pd
import pytest

from dlcs_core.errors import TrainingError
from trainer.split import assign_folds, folds_csv


def draw_table(patients: int = 400, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "patient_id": [f"P{n}" for n in range(patients)],
            "center": rng.choice(["A", "B", "C"], patients, p=[0.7, 0.28, 0.02]),
            "cohort": rng.choice(["training", "external_validation"], patients, p=[0.8, 0.2]),
            "good_response": rng.random(patients) < 0.25,
        }
    )


def test_every_training_patient_is_held_out_once_and_no_other_ever() -> None:
    table = draw_table()
    fold = assign_folds(table, 5, seed=1)
    training = (table["cohort"] == "training").to_numpy()
    assert set(fold[training]) == set(range(5))
    assert (fold[~training] == -1).all()


def test_rows_of_one_patient_share_a_fold() -> None:
    table = draw_table()
    table["patient_id"] = [f"P{n // 2}" for n in range(len(table))]
    table["cohort"] = "training"
    fold = assign_folds(table, 5, seed=1)
    of_first, of_second = fold[::2], fold[1::2]
    assert (of_first == of_second).all()


def test_folds_are_stratified_by_response_and_centre() -> None:
    table = draw_table(1000)
    table["fold"] = assign_folds(table, 5, seed=1)
    training = table[table["cohort"] == "training"]
    by_response = training.groupby("fold")["good_response"].sum()
    by_center = training[training["center"] == "B"].groupby("fold").size()
    assert by_response.max() - by_response.min() <= 3
    assert by_center.max() - by_center.min() <= 4


def test_same_seed_same_folds_and_another_seed_others() -> None:
    table = draw_table()
    first = assign_folds(table, 5, seed=1)
    assert (assign_folds(table, 5, seed=1) == first).all()
    assert (assign_folds(table, 5, seed=2) != first).any()


def test_a_class_smaller_than_the_number_of_folds_is_refused() -> None:
    table = draw_table(40)
    table["good_response"] = np.arange(40) < 3
    with pytest.raises(TrainingError) as refusal:
        assign_folds(table, 5, seed=1)
    assert refusal.value.code == "too_few_patients_for_folds"


def test_written_folds_name_each_patient_once_with_its_fold() -> None:
    table = draw_table(50)
    fold = assign_folds(table, 2, seed=1)
    read = pd.read_csv(io.BytesIO(folds_csv(table, fold)))
    assert read["patient_id"].tolist() == table["patient_id"].tolist()
    assert read["fold"].tolist() == fold.tolist()
