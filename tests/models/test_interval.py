"""Intervals: their coverage by simulation, and that a bad one is neither made nor read."""

import json

import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.models.interval import (
    METHOD,
    IntervalModel,
    ScoreInterval,
    fit_interval,
    is_honest,
    measure_interval,
)
from dlcs_core.models.proportion import proportion


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x)))


def draw(rng, n):
    """Served log odds that miss the true ones by more where the networks disagree."""
    eta = rng.normal(-1, 1.5, n)
    variance = rng.gamma(2, 0.1, n)
    noise = rng.normal(0, np.sqrt(0.6 + 3 * variance))
    return eta, variance, sigmoid(-0.3 + 1.2 * eta + noise)


def test_new_patients_are_covered_as_measured():
    rng = np.random.default_rng(0)
    fitted, held = measure_interval(*draw(rng, 2000))
    assert fitted.coverage.estimate == held.mean()
    eta, variance, truth = draw(rng, 4000)
    limits = np.array([fitted.limits(e, v) for e, v in zip(eta, variance, strict=True)])
    covered = ((limits[:, 0] <= truth) & (truth <= limits[:, 1])).mean()
    assert covered == pytest.approx(0.95, abs=0.015)
    assert covered == pytest.approx(fitted.coverage.estimate, abs=0.02)


def test_parts_of_the_error_are_found():
    fitted = fit_interval(*draw(np.random.default_rng(1), 20_000))
    assert (fitted.shift, fitted.slope) == pytest.approx((-0.3, 1.2), abs=0.05)
    assert fitted.residual_variance == pytest.approx(0.6, abs=0.1)
    assert fitted.inflation == pytest.approx(3, abs=0.4)
    assert fitted.quantile == pytest.approx(1.96, abs=0.08)


def test_heavy_tails_widen_the_interval_instead_of_losing_coverage():
    rng = np.random.default_rng(2)
    eta = rng.normal(size=3000)
    truth = sigmoid(eta + rng.standard_t(2.5, 3000))
    fitted, _ = measure_interval(eta, np.full(3000, 0.1), truth)
    assert fitted.coverage.estimate == pytest.approx(0.95, abs=0.01)


def test_limits_enclose_the_probability_and_widen_with_disagreement():
    fitted = ScoreInterval(3.0, 1.0, 0.1, 1.0, 2.0)
    low, high = fitted.limits(0.0, 0.1)
    assert low == 0.5 < high
    wide = fitted.limits(0.0, 2.0)
    assert wide[1] - wide[0] > high - low


def test_truths_of_0_and_1_are_no_infinite_log_odds():
    eta = np.linspace(-3, 3, 60)
    fitted = fit_interval(eta, np.full(60, 0.1), (eta > 0).astype(float))
    assert np.isfinite([fitted.shift, fitted.slope, fitted.residual_variance]).all()


@pytest.mark.parametrize(("count", "honest"), [(89, False), (90, True), (98, True), (99, False)])
def test_only_a_coverage_of_90_to_98_percent_is_shown(count, honest):
    coverage = proportion(count, 100)
    assert is_honest(coverage) is honest
    model = IntervalModel(METHOD, "x", {"dlcs": ScoreInterval(0, 1, 1, 1, 2, coverage)})
    data = json.loads(json.dumps(model.to_dict()))
    if honest:
        assert IntervalModel.from_dict(data) == model
        assert model.lowest_coverage == count / 100
    else:
        with pytest.raises(ModelError):
            IntervalModel.from_dict(data)


@pytest.mark.parametrize("field", ["residual_variance", "inflation", "quantile"])
def test_a_negative_width_is_refused(field):
    data = ScoreInterval(0, 1, 1, 1, 2, proportion(95, 100)).to_dict()
    with pytest.raises(ModelError):
        ScoreInterval.from_dict({**data, field: -0.1})
