import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.statistics.cox_regression import fit_cox
from dlcs_core.statistics.survival_metrics import harrell_c
from dlcs_core.statistics.survival_optimism import screened_cox, survival_optimism

NAMES = tuple(f"v{i}" for i in range(12))
COLUMNS_OF = {name: (name,) for name in NAMES}
EVERYTHING = 2.0


@pytest.fixture
def cohort(rng):
    """Deaths that depend on the first variable only."""
    X = rng.normal(size=(150, 12))
    death, censoring = rng.exponential(np.exp(-X[:, 0])), rng.exponential(2.0, 150)
    return X, np.minimum(death, censoring), death <= censoring


def test_screening_keeps_what_is_significant_alone(cohort):
    X, time, event = cohort
    found = screened_cox(X, time, event, NAMES, COLUMNS_OF)
    alone = [
        name
        for i, name in enumerate(NAMES)
        if fit_cox(X[:, [i]], time, event, (name,)).likelihood_ratio[2] < 0.05
    ]
    assert found.names == tuple(alone)
    assert "v0" in alone


def test_columns_of_a_factor_pass_together(cohort):
    X, time, event = cohort
    parts = {"first": ("v0", "v1"), "rest": ("v2", "v3")}
    assert screened_cox(X, time, event, NAMES, parts).names[:2] == ("v0", "v1")


def test_nothing_significant_is_no_model(cohort):
    X, time, event = cohort
    with pytest.raises(ModelError) as refusal:
        screened_cox(X, time, event, NAMES, COLUMNS_OF, screening_p=1e-300)
    assert refusal.value.code == "model_nothing_screened"


def test_the_corrected_c_is_that_of_new_patients(cohort, rng):
    X, time, event = cohort
    found = survival_optimism(
        X, time, event, NAMES, COLUMNS_OF, rng, screening_p=EVERYTHING, resamples=40
    ).measures
    fit = fit_cox(X, time, event, NAMES)
    apparent = harrell_c(time, event, fit.linear_predictor(X)).c_index
    assert found["c_index"].apparent == pytest.approx(apparent)
    assert found["slope"].apparent == pytest.approx(1.0)
    fresh = rng.normal(size=(20000, 12))
    death = rng.exponential(np.exp(-fresh[:, 0]))
    new = harrell_c(death, np.ones(20000), fit.linear_predictor(fresh)).c_index
    assert found["c_index"].optimism > 0.0
    assert abs(found["c_index"].corrected - new) < 0.05
    assert found["slope"].corrected < 1.0


def test_screening_that_is_repeated_shows_its_optimism(cohort):
    X, time, event = cohort
    kept = screened_cox(X, time, event, NAMES, COLUMNS_OF).names
    fixed = X[:, [NAMES.index(name) for name in kept]]
    repeated, once = (
        survival_optimism(
            matrix, time, event, names, {name: (name,) for name in names},
            np.random.default_rng(3), screening_p=p, resamples=40,
        ).measures["c_index"].optimism
        for matrix, names, p in ((X, NAMES, 0.05), (fixed, kept, EVERYTHING))
    )  # fmt: skip
    assert repeated > once


def test_duplicates_of_a_patient_are_drawn_together(cohort):
    X, time, event = (np.repeat(part, 2, axis=0) for part in cohort)
    options = {"screening_p": EVERYTHING, "resamples": 15}
    by_row = survival_optimism(
        X, time, event, NAMES, COLUMNS_OF, np.random.default_rng(1), **options
    )
    by_patient = survival_optimism(
        X, time, event, NAMES, COLUMNS_OF, np.random.default_rng(1),
        patient=np.repeat(np.arange(150), 2), **options,
    )  # fmt: skip
    gaps = [found.measures["c_index"].optimism for found in (by_row, by_patient)]
    assert gaps[0] < gaps[1]
