import numpy as np

from trainer.stages.cross_fit import cross_fit

FOLD = np.array([0, 1, 0, 1, -1, -1])


def test_each_training_patient_is_predicted_by_a_model_without_him() -> None:
    model, predictions = cross_fit(
        FOLD,
        fit=lambda rows: frozenset(rows.tolist()),
        predict=lambda seen, rows: np.array([float(row in seen) for row in rows]),
    )
    assert model == {0, 1, 2, 3}
    assert (predictions == 0).all()


def test_held_out_cohorts_are_predicted_by_the_served_model() -> None:
    _, predictions = cross_fit(
        FOLD, fit=len, predict=lambda size, rows: np.full(len(rows), float(size))
    )
    assert predictions.tolist() == [2, 2, 2, 2, 4, 4]
