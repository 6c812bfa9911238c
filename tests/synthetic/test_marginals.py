import numpy as np
import pytest

from dlcs_core.synthetic.marginals import (
    EMPTY_CELL,
    BoundedNormal,
    LogNormal,
    Normal,
    count_distribution,
    ordinal,
)

LAWS = {
    "normal": Normal((3.0, 5.0), (1.0, 2.0)),
    "log-normal": LogNormal.from_moments((4.0, 4.1), (1.9, 1.5)),
    "bounded": BoundedNormal(1.8, 10.6, Normal((-0.2, 0.4), (1.0, 1.0))),
}


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_score_undoes_value(law):
    score = np.linspace(-3, 3, 50)
    good = np.arange(50) % 2 == 0
    np.testing.assert_allclose(law.score(law.value(score, good), good), score, atol=1e-9)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_log_slope_differs_between_classes_as_the_derivative_does(law):
    value = np.array([4.2])
    slopes = []
    for good in (np.array([False]), np.array([True])):
        step = 1e-6
        slopes.append((law.score(value + step, good) - law.score(value - step, good)) / (2 * step))
    stated = law.log_slope(value, np.array([True])) - law.log_slope(value, np.array([False]))
    assert stated[0] == pytest.approx(float(np.log(slopes[1] / slopes[0])[0]), abs=1e-6)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_law_without_response_treats_both_classes_alike(law):
    score = np.linspace(-2, 2, 9)
    blended = law.without_response(0.25)
    poor, good = (blended.value(score, np.full(9, is_good)) for is_good in (False, True))
    np.testing.assert_array_equal(poor, good)


def test_log_normal_has_the_stated_mean_and_sd():
    law = LogNormal.from_moments((5.62, 5.46), (1.39, 1.24))
    values = law.value(np.random.default_rng(0).standard_normal(200_000), np.zeros(200_000, bool))
    assert values.mean() == pytest.approx(5.62, abs=0.02)
    assert values.std() == pytest.approx(1.39, abs=0.02)


def test_ordinal_interval_contains_every_score_that_gave_the_level():
    law = ordinal(("a", "b", "c"), (2, 5, 3), (1, 1, 8))
    score = np.random.default_rng(1).standard_normal(500)
    good = np.arange(500) % 3 == 0
    low, high = law.bounds(law.code(score, good), good)
    assert np.all((low < score) & (score <= high))


def test_printed_zero_is_rare_not_impossible():
    law = ordinal(("a", "b"), (10, 0), (10, 5))
    assert law.poor[1] == pytest.approx(EMPTY_CELL / (10 + EMPTY_CELL))


def test_node_count_has_the_stated_mean_and_sd():
    law = count_distribution((3.0, 2.75), (3.1, 2.9))
    for shares, mean, sd in ((law.poor, 3.0, 3.1), (law.good, 2.75, 2.9)):
        counts = np.arange(len(shares))
        average = np.dot(shares, counts)
        assert average == pytest.approx(mean, abs=0.01)
        assert np.sqrt(np.dot(shares, (counts - average) ** 2)) == pytest.approx(sd, abs=0.02)
