"""Reference: ``metafor::rma`` on its vaccine trials (``dat.bcg``, log risk ratios)."""

import numpy as np
import pytest

from dlcs_core.errors import CohortError
from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.meta_analysis import (
    leave_one_out,
    log_oe_ratio,
    logit_auc,
    random_effects,
)

TRIALS = np.array([
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619),
    (33, 5036, 47, 5761), (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892),
    (29, 7470, 45, 7232), (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338),
    (27, 16886, 29, 17825),
])  # fmt: skip
"""Cases and others, vaccinated and not, of Colditz et al. 1994."""


@pytest.fixture(scope="module")
def trials():
    a, b, c, d = TRIALS.T
    estimate = np.log(a / (a + b)) - np.log(c / (c + d))
    return estimate, np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


def test_reml_equals_metafor(trials):
    found = random_effects(*trials)
    assert found.tau2 == pytest.approx(0.3132, abs=5e-5)
    assert found.estimate == pytest.approx(-0.7145, abs=5e-5)
    assert found.q == pytest.approx(152.2330, abs=5e-5)


def test_dersimonian_laird_equals_metafor(trials):
    found = random_effects(*trials, method="dersimonian_laird")
    assert found.tau2 == pytest.approx(0.3088, abs=5e-5)
    assert found.estimate == pytest.approx(-0.7141, abs=5e-5)
    assert found.i2 == pytest.approx(1 - 12 / 152.2330, abs=1e-5)


def test_the_hartung_knapp_interval_equals_statsmodels(trials):
    from statsmodels.stats.meta_analysis import combine_effects

    expected = combine_effects(trials[0], trials[1] ** 2, method_re="dl", use_t=True)
    found = random_effects(*trials, method="dersimonian_laird")
    assert found.se == pytest.approx(expected.sd_eff_w_re_hksj, rel=1e-10)
    low, high = expected.conf_int(use_t=True)[3]
    assert found.ci95 == pytest.approx((low, high), rel=1e-10)


def test_reml_is_the_largest_restricted_likelihood(trials):
    y, variance = trials[0], trials[1] ** 2

    def restricted(tau2):
        w = 1 / (variance + tau2)
        mean = w @ y / w.sum()
        return 0.5 * (np.log(w).sum() - np.log(w.sum()) - w @ (y - mean) ** 2)

    best = random_effects(*trials).tau2
    assert restricted(best) >= max(restricted(best + d) for d in (-1e-3, -1e-5, 1e-5, 1e-3))


def test_centres_that_agree_have_no_variance_between_them():
    found = random_effects([0.5, 0.5, 0.5, 0.5], [0.1, 0.2, 0.1, 0.2])
    assert (found.estimate, found.tau2, found.i2) == (0.5, 0.0, 0.0)
    assert found.prediction95 == found.ci95 == (0.5, 0.5)


def test_the_interval_of_a_new_centre_is_the_wider_one(trials):
    found = random_effects(*trials)
    assert found.prediction95[0] < found.ci95[0] < found.ci95[1] < found.prediction95[1]


def test_each_centre_is_left_out_once(trials):
    found = leave_one_out(*trials)
    assert len(found) == 13
    assert found[0] == random_effects(trials[0][1:], trials[1][1:])


def test_areas_of_centres_are_pooled_on_the_logit_scale(rng):
    centers = []
    for _ in range(8):
        outcome = rng.random(300) < 0.4
        auc = auc_estimate(outcome, outcome + rng.normal(0, 1, 300))
        centers.append(logit_auc(auc.auc, auc.se))
    found = random_effects(*zip(*centers, strict=True))
    # Two normal classes one standard deviation apart have an area of 0.760.
    assert 1 / (1 + np.exp(-found.estimate)) == pytest.approx(0.760, abs=0.03)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: random_effects([1, 2], [1, 1]), "meta_too_few_centers"),
        (lambda: random_effects([1, 2, 3], [1, 0, 1]), "meta_se_not_positive"),
        (lambda: logit_auc(1.0, 0.1), "meta_auc_certain"),
        (lambda: log_oe_ratio(0, 3.0, 10), "meta_no_event"),
    ],
)
def test_what_cannot_be_pooled_is_refused(call, code):
    with pytest.raises(CohortError) as refusal:
        call()
    assert refusal.value.code == code
