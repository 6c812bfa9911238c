"""Label sets: their guarantee by simulation, their thresholds by counting, their file."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dlcs_core.errors import ModelError
from dlcs_core.models.conformal import (
    ConformalModel,
    ConformalScore,
    LabelThresholds,
    fit_thresholds,
)
from dlcs_core.models.proportion import proportion
from dlcs_core.models.set_performance import set_performance


def draw(rng, n, prevalence=0.25):
    """Outcomes and scores of two overlapping classes."""
    good = rng.random(n) < prevalence
    return good, 1 / (1 + np.exp(-(rng.normal(size=n) + 1.8 * good - 1.5)))


def by_definition(good, calibration, probability, error_rate):
    """Membership by counting the p value of each label, as in the book."""
    inside = []
    for label, nonconformity in ((True, -calibration), (False, calibration)):
        own = nonconformity[good == label]
        new = -probability if label else probability
        p = (1 + np.count_nonzero(own >= new)) / (1 + own.size)
        inside.append(p > error_rate + 1e-12)
    return inside


@pytest.mark.parametrize("error_rate", [0.05, 0.1, 0.2, 0.37])
def test_thresholds_are_the_definition(error_rate):
    rng = np.random.default_rng(3)
    for n in (12, 40, 133):
        good, calibration = draw(rng, n)
        calibration = np.round(calibration, 2)  # with ties
        thresholds = fit_thresholds(good, calibration, error_rate)
        for probability in np.r_[calibration, 0.0, 1.0, rng.random(20)]:
            found = thresholds.contain([probability])[0].tolist()
            assert found == by_definition(good, calibration, probability, error_rate)


def test_each_class_is_covered_whatever_the_prevalence():
    rng = np.random.default_rng(1)
    covered = {0.1: [], 0.6: []}
    for _ in range(300):
        thresholds = fit_thresholds(*draw(rng, 300))
        for prevalence, found in covered.items():
            good, probability = draw(rng, 400, prevalence)
            contained = thresholds.contain(probability)
            found.append([contained[good, 0].mean(), contained[~good, 1].mean()])
    for found in covered.values():
        # the guarantee is on average; 300 calibrations of about 75 good responders
        assert np.mean(found, axis=0) == pytest.approx([0.9, 0.9], abs=0.012)


def test_too_few_of_a_class_rule_nothing_out():
    thresholds = fit_thresholds(np.arange(30) < 8, np.linspace(0.01, 0.99, 30))
    assert thresholds.good_from == 0.0
    assert "good" in thresholds.label_set(0.0)


def test_missing_scores_and_their_outcomes_do_not_count():
    rng = np.random.default_rng(5)
    good, probability = draw(rng, 90)
    gaps = np.r_[probability, np.nan, np.nan]
    assert fit_thresholds(np.r_[good, True, False], gaps) == fit_thresholds(good, probability)


@pytest.mark.parametrize("error_rate", [0.0, 0.51, -1.0])
def test_an_error_rate_that_says_nothing_is_refused(error_rate):
    with pytest.raises(ModelError):
        fit_thresholds([True, False], [0.4, 0.5], error_rate)


def test_performance_counts_sets_by_hand():
    good = [True, True, True, False, False]
    contained = np.array(
        [[True, False], [False, True], [True, True], [False, True], [False, False]]
    )
    found = set_performance(good, contained)
    assert (found.coverage["good"].count, found.coverage["good"].n) == (2, 3)
    assert (found.coverage["poor"].count, found.coverage["poor"].n) == (1, 2)
    assert (found.singletons.count, found.singleton_errors.count) == (3, 1)
    assert (found.both.count, found.empty.count) == (1, 1)
    assert (found.predictive_value["good"].count, found.predictive_value["good"].n) == (1, 1)
    assert (found.predictive_value["poor"].count, found.predictive_value["poor"].n) == (1, 2)


def test_nobody_has_no_share():
    found = set_performance([False], np.array([[False, True]]))
    assert found.coverage["good"] is None
    assert found.predictive_value["good"] is None


@pytest.fixture
def model():
    share = proportion(27, 30)
    score = ConformalScore(
        LabelThresholds(0.2, 0.5, 30, 90),
        {"good": share, "poor": None},
        {"good": None, "poor": share},
        "internal_validation (served)",
    )
    return ConformalModel(0.1, {"dlcs": score, "dl_signature": replace(score)})


def test_the_file_brings_back_the_model(model):
    assert ConformalModel.from_dict(json.loads(json.dumps(model.to_dict()))) == model


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(error_rate=0.9),
        lambda d: d["scores"].update(unknown=d["scores"]["dlcs"]),
        lambda d: d["scores"]["dlcs"]["thresholds"].update(good_from=1.5),
        lambda d: d["scores"]["dlcs"]["coverage"].pop("good"),
        lambda d: d["scores"]["dlcs"]["coverage"]["good"].update(count=31),
        lambda d: d["scores"]["dlcs"]["coverage"]["good"].update(ci95=[0.95, 0.99]),
        lambda d: d["scores"]["dlcs"].pop("measured_on"),
    ],
)
def test_a_spoilt_file_is_refused(model, spoil):
    data = json.loads(json.dumps(model.to_dict()))
    spoil(data)
    with pytest.raises(ModelError):
        ConformalModel.from_dict(data)
