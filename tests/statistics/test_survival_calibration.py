import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.survival_calibration import (
    survival_calibration,
    survival_calibration_slope,
)

DATASETS = ["lung", "gbsg"]
ITERATED = 1e-6


@pytest.fixture
def cohort(rng):
    """Exponential deaths with known risk, a third of the patients censored."""
    rate = np.exp(rng.normal(-3.5, 0.8, 3000))
    death, censoring = rng.exponential(1 / rate), rng.uniform(0, 120, 3000)
    return np.minimum(death, censoring), death <= censoring, rate


@pytest.mark.parametrize("dataset", DATASETS)
def test_smooth_curve_and_distances_equal_r(dataset, oracle, tally):
    reference = oracle(dataset, "survival_calibration")
    time, event = reference.data["time"], reference.data["status"]
    for name, entry, value in reference.starting("smooth."):
        found = survival_calibration(
            time, event, reference.data[entry["risk"]], value["horizon"], n_points=21
        )
        distances = [found.ici, found.e50, found.e90, found.emax]
        expected = [value[key] for key in ("ICI", "E50", "E90", "Emax")]
        tally.compare(name, distances, expected, ITERATED)
        tally.compare(name, found.predicted, value["grid"])
        tally.compare(name, found.observed, value["curve"], ITERATED)
    tally.all_agree()


@pytest.mark.parametrize("dataset", DATASETS)
def test_groups_ratio_and_slope_equal_r(dataset, oracle, tally):
    reference = oracle(dataset, "survival_calibration")
    data = reference.data
    for name, entry, value in reference.starting("groups5."):
        risk = data[entry["risk"]]
        groups = survival_calibration(data["time"], data["status"], risk, value["horizon"]).groups
        # R repeats the last step beyond a group's follow-up; we say that nothing is known there.
        known = np.isfinite(groups.survival)
        pairs = (
            (groups.survival, "km"), (groups.se, "se"), (groups.ci95_low, "low"),
            (groups.ci95_high, "high"),
        )  # fmt: skip
        tally.compare(name, groups.n, value["n"])
        tally.compare(name, groups.predicted_survival, value["mean_predicted_survival"])
        for column, key in pairs:
            tally.compare(name, column[known], np.array(value[key], dtype=object)[known].tolist())
    for name, entry, value in reference.starting("oe."):
        found = survival_calibration(
            data["time"], data["status"], data[entry["risk"]], value["horizon"]
        )
        tally.compare(name, found.observed_expected, value["oe"])
    ((_, _, value),) = reference.starting("slope")
    slope = survival_calibration_slope(data["time"], data["status"], data["lp"])
    tally.compare("slope", [slope.slope, slope.se], [value["slope"], value["se"]], ITERATED)
    tally.all_agree()


def test_true_risks_lie_on_the_diagonal(cohort):
    time, event, rate = cohort
    found = survival_calibration(time, event, -np.expm1(-24 * rate), 24.0)
    assert found.ici < 0.02
    assert found.observed_expected == pytest.approx(1.0, abs=0.05)
    slope = survival_calibration_slope(time, event, np.log(rate))
    assert slope.ci95[0] < 1.0 < slope.ci95[1]


def test_doubled_hazards_lie_below_it(cohort):
    time, event, rate = cohort
    found = survival_calibration(time, event, -np.expm1(-48 * rate), 24.0)
    assert found.observed_expected < 0.8
    assert (found.observed < found.predicted)[5:-5].all()


def test_patient_order_does_not_matter(cohort, rng):
    time, event, rate = cohort
    risk, order = -np.expm1(-24 * rate), rng.permutation(time.size)
    first = survival_calibration(time, event, risk, 24.0)
    other = survival_calibration(time[order], event[order], risk[order], 24.0)
    assert other.ici == pytest.approx(first.ici, rel=1e-8)


@pytest.mark.parametrize(
    ("risk", "horizon", "code"),
    [
        (1.5, 24.0, "statistic_not_a_probability"),
        (0.3, 900.0, "statistic_horizon_beyond"),
    ],
)
def test_impossible_risks_and_horizons_are_refused(cohort, risk, horizon, code):
    time, event, rate = cohort
    risks = -np.expm1(-24 * rate)
    risks[7] = risk
    with pytest.raises(CohortError) as refusal:
        survival_calibration(time, event, risks, horizon)
    assert refusal.value.code == code


def test_a_certain_risk_is_one_bad_prediction_among_many(cohort):
    time, event, rate = cohort
    risk = -np.expm1(-24 * rate)
    first = survival_calibration(time, event, risk, 24.0)
    risk[7] = 1.0
    found = survival_calibration(time, event, risk, 24.0)
    assert found.ici == pytest.approx(first.ici, abs=0.01)
    assert found.predicted[-1] == 1.0
