import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.calibration_curve import calibration_curve
from dlcs_core.statistics.loess import LoessPoints, loess

OUTCOME = {"aSAH": "poor", "birthwt": "low"}


@pytest.mark.parametrize("dataset", OUTCOME)
def test_curve_and_distances_equal_r_loess(dataset, oracle, tally):
    reference = oracle(dataset, "calibration")
    outcome = reference.data[OUTCOME[dataset]]
    for name, entry, value in reference.starting("loess_ici."):
        found = calibration_curve(outcome, reference.data[entry["prob"]], n_points=21)
        tally.compare(name, found.ici, value["ICI"])
        tally.compare(name, found.e50, value["E50"])
        tally.compare(name, found.e90, value["E90"])
        tally.compare(name, found.emax, value["Emax"])
        tally.compare(name, found.predicted, value["grid"])
        tally.compare(name, found.observed, value["curve"])
        assert found.method == "loess"
    tally.all_agree()


def points_of_rows(x, y):
    at, index, count = np.unique(x, return_inverse=True, return_counts=True)
    return LoessPoints(at, np.bincount(index, weights=y) / count, count.astype(float), x)


@pytest.mark.parametrize("shape", [(1, 3), (0.4, 2), (5, 5)])
def test_bins_of_many_rows_agree_with_every_row(shape, rng):
    risk = rng.beta(*shape, size=6000)
    outcome = rng.random(6000) < risk**1.3
    found = calibration_curve(outcome, risk)
    ordered = np.argsort(risk)
    points = points_of_rows(risk[ordered], outcome[ordered].astype(float))
    distance = np.abs(loess(points, points.x) - points.x)
    assert found.method == "loess_binned"
    assert found.ici == pytest.approx(distance.mean(), abs=1e-4)
    assert found.emax == pytest.approx(distance.max(), abs=1e-3)


def test_many_rows_at_few_risks_are_smoothed_without_bins(rng):
    risk = rng.integers(1, 99, 8000) / 100
    assert calibration_curve(rng.random(8000) < risk, risk).method == "loess"


def test_a_parabola_is_reproduced_exactly(rng):
    x = np.sort(rng.random(50))
    y = 0.3 - 0.2 * x + 0.5 * x**2
    at = np.linspace(0, 1, 7)
    np.testing.assert_allclose(
        loess(points_of_rows(x, y), at), 0.3 - 0.2 * at + 0.5 * at**2, rtol=1e-9
    )


def test_most_rows_at_one_risk_leave_the_others_their_own_neighbourhood():
    risk = np.array([0.2] * 40 + [0.5, 0.6, 0.7, 0.8])
    outcome = np.array([1, 0] * 20 + [1, 0, 1, 1])
    found = calibration_curve(outcome, risk)
    assert np.isfinite(found.observed).all()
    assert found.observed[0] == pytest.approx(0.5)


def test_three_distinct_risks_are_too_few_for_a_curve():
    with pytest.raises(CohortError) as refusal:
        calibration_curve([1, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.3, 0.2])
    assert refusal.value.code == "statistic_too_few_values"


def test_many_rows_at_barely_enough_risks_for_bins(rng):
    # Bins of equal risk are merged, so that hardly more points than extremes may be left.
    risk = np.r_[np.full(400_000, 0.2), np.linspace(0.3, 0.4, 5100), np.full(400_000, 0.5)]
    outcome = rng.random(risk.size) < 0.3
    found = calibration_curve(outcome, risk)
    assert found.method == "loess_binned"
    assert np.isfinite(found.observed).all()
    assert 0.0 < found.ici <= found.emax
