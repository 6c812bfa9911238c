"""The band of the calibration curve equals R's, and holds what it promises."""

import numpy as np
import pytest

from dlcs_core.statistics import loess_band as module
from dlcs_core.statistics.calibration_curve import calibration_curve
from dlcs_core.statistics.loess import LoessPoints, loess
from dlcs_core.statistics.loess_band import loess_band
from dlcs_core.statistics.logistic_regression import sigmoid
from dlcs_core.statistics.ranking import rank_risk

OUTCOME = {"aSAH": "poor", "birthwt": "low"}


def smoothed(outcome, risk):
    ranked = rank_risk(outcome, risk)
    count = ranked.count.astype(float)
    points = LoessPoints(ranked.distinct, ranked.positives / count, count, ranked.score)
    residual = ranked.outcome - np.repeat(loess(points, points.x), ranked.count)
    return points, float(residual @ residual)


@pytest.mark.parametrize("dataset", OUTCOME)
def test_standard_errors_and_degrees_of_freedom_equal_loess(dataset, oracle, tally):
    reference = oracle(dataset, "loess_band")
    for name, entry, value in reference.starting("loess_band"):
        complete = reference.data[[entry["score"], OUTCOME[dataset]]].dropna()
        points, residual = smoothed(complete[OUTCOME[dataset]], complete[entry["score"]])
        at = np.array(value["at"])
        band = loess_band(points, at, loess(points, at), residual)
        tally.compare(f"{name} fit", loess(points, at), value["fit"])
        tally.compare(f"{name} se", band.se, value["se_fit"])
        tally.compare(f"{name} df", band.df, value["df"])
        tally.compare(f"{name} residual", band.residual_se, value["residual_scale"])
    tally.all_agree()


def test_interpolated_leverages_agree_with_the_exact_ones(rng, monkeypatch):
    logit = rng.normal(-0.8, 1.2, 450)
    outcome, risk = rng.random(450) < sigmoid(logit), sigmoid(logit)
    exact = calibration_curve(outcome, risk)
    monkeypatch.setattr(module, "EXACT_POINTS", 0)
    near = calibration_curve(outcome, risk)
    width = exact.ci95_high - exact.ci95_low
    np.testing.assert_allclose(near.ci95_high - near.ci95_low, width, rtol=2e-3)


def test_the_band_covers_the_truth_about_as_often_as_it_says(rng):
    inside = []
    for _ in range(200):
        risk = rng.uniform(0.2, 0.8, 250)
        curve = calibration_curve(rng.random(250) < risk, risk, n_points=21)
        low, high = curve.ci95_low[5:16], curve.ci95_high[5:16]
        inside.append((low <= curve.predicted[5:16]) & (curve.predicted[5:16] <= high))
    assert 0.93 < np.mean(inside) < 0.97


def test_the_band_narrows_with_the_patients_and_holds_the_curve(rng):
    widths = []
    for n in (400, 40_000):
        logit = rng.normal(-0.8, 1.2, n)
        curve = calibration_curve(rng.random(n) < sigmoid(logit), sigmoid(logit))
        assert (curve.ci95_low <= curve.observed).all()
        assert (curve.observed <= curve.ci95_high).all()
        widths.append(np.median(curve.ci95_high - curve.ci95_low))
    assert widths[1] == pytest.approx(widths[0] / 10, rel=0.35)


def test_rows_at_few_places_have_limits_where_they_determine_a_curve():
    risk, outcome = np.tile([0.1, 0.3, 0.6, 0.9], 30), np.tile([0, 1, 1, 0, 0, 1, 1, 1], 15)
    curve = calibration_curve(outcome, risk)
    known = ~np.isnan(curve.ci95_low)
    assert (curve.ci95_low[known] <= curve.observed[known]).all()


def test_a_curve_through_every_row_has_no_band():
    curve = calibration_curve([0, 1, 0, 1], [0.1, 0.3, 0.6, 0.8])
    assert np.isnan(curve.ci95_low).all()
