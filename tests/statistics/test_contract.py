"""Every statistic refuses an impossible cohort, in words that say what to do."""

from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from dlcs_core.errors import DlcsError
from dlcs_core.statistics.bootstrap import net_benefit_difference
from dlcs_core.statistics.brier import brier_score
from dlcs_core.statistics.calibration import (
    calibration_in_the_large,
    calibration_slope,
    grouped_calibration,
    hosmer_lemeshow,
)
from dlcs_core.statistics.calibration_curve import calibration_curve
from dlcs_core.statistics.classification import confusion_matrix
from dlcs_core.statistics.cox_regression import fit_cox
from dlcs_core.statistics.decision_curve import decision_curve, net_benefit
from dlcs_core.statistics.delong import auc_estimate, delong_test, delong_test_unpaired
from dlcs_core.statistics.firth import fit_firth
from dlcs_core.statistics.group_tests import log_rank_test
from dlcs_core.statistics.kaplan_meier import kaplan_meier, median_followup
from dlcs_core.statistics.lasso import fit_lasso
from dlcs_core.statistics.logistic_regression import fit_logistic
from dlcs_core.statistics.precision_recall import precision_recall_curve
from dlcs_core.statistics.profile_likelihood import profile_intervals
from dlcs_core.statistics.proportional_hazards import proportional_hazards_test
from dlcs_core.statistics.recalibration import recalibrate
from dlcs_core.statistics.roc import roc_curve
from dlcs_core.statistics.subgroups import subgroup_aucs
from dlcs_core.statistics.survival_brier import survival_brier
from dlcs_core.statistics.survival_calibration import (
    survival_calibration,
    survival_calibration_slope,
)
from dlcs_core.statistics.survival_decision_curve import survival_decision_curve
from dlcs_core.statistics.survival_metrics import harrell_c, uno_c
from dlcs_core.statistics.time_dependent_auc import time_dependent_auc
from dlcs_core.statistics.validation_summary import (
    lowess_curve,
    uniform_bins,
    validation_summary,
)
from dlcs_core.translation import LANGUAGES, sentence_of

BINARY = {
    "roc_curve": roc_curve,
    "auc_estimate": auc_estimate,
    "delong_test": lambda y, s: delong_test(y, s, s),
    "delong_test_unpaired": lambda y, s: delong_test_unpaired(y, s, y, s),
    "precision_recall_curve": precision_recall_curve,
    "confusion_matrix": lambda y, s: confusion_matrix(y, s, 0.5),
    "brier_score": brier_score,
    "calibration_in_the_large": calibration_in_the_large,
    "calibration_slope": calibration_slope,
    "hosmer_lemeshow": hosmer_lemeshow,
    "grouped_calibration": grouped_calibration,
    "calibration_curve": calibration_curve,
    "net_benefit": lambda y, s: net_benefit(y, s, [0.5]),
    "decision_curve": lambda y, s: decision_curve(y, s, [0.5]),
    "fit_logistic": lambda y, s: fit_logistic(np.reshape(s, (-1, 1)), y, ["x"]),
    "fit_firth": lambda y, s: fit_firth(np.reshape(s, (-1, 1)), y, ["x"]),
    "profile_intervals": lambda y, s: profile_intervals(np.reshape(s, (-1, 1)), y, ["x"]),
    "validation_summary": validation_summary,
    "lowess_curve": lowess_curve,
    "uniform_bins": uniform_bins,
    "recalibrate": recalibrate,
    "net_benefit_difference": lambda y, s: net_benefit_difference(
        y, s, s, [0.5], np.random.default_rng(0), resamples=10
    ),
    "subgroup_aucs": lambda y, s: subgroup_aucs(y, s, np.zeros(len(s), dtype=int), 1),
    "fit_lasso": lambda y, s: fit_lasso(np.reshape(s, (-1, 1)), y, ["x"], np.arange(len(s)) % 3),
}
PROBABILITY = [
    name
    for name in BINARY
    if name.endswith(("score", "slope", "large", "lemeshow", "calibration", "benefit"))
] + [
    "calibration_curve", "decision_curve", "validation_summary", "lowess_curve", "uniform_bins",
    "recalibrate", "net_benefit_difference",
]  # fmt: skip
SURVIVAL = {
    "kaplan_meier": kaplan_meier,
    "median_followup": median_followup,
    "log_rank_test": lambda t, e: log_rank_test(t, e, np.arange(len(t)) % 2),
    "harrell_c": lambda t, e: harrell_c(t, e, np.arange(len(t))),
    "uno_c": lambda t, e: uno_c(t, e, np.arange(len(t)), 9),
    "time_dependent_auc": lambda t, e: time_dependent_auc(t, e, np.arange(len(t)), [2]),
    "survival_brier": lambda t, e: survival_brier(t, e, np.full((len(t), 1), 0.5), [2]),
    "survival_calibration": lambda t, e: survival_calibration(
        t, e, np.linspace(0.1, 0.9, len(t)), 2
    ),
    "survival_calibration_slope": lambda t, e: survival_calibration_slope(
        t, e, np.arange(len(t), dtype=float)
    ),
    "survival_decision_curve": lambda t, e: survival_decision_curve(
        t, e, np.full(len(t), 0.5), 2, [0.5]
    ),
    "fit_cox": lambda t, e: fit_cox(np.reshape(np.arange(len(t)), (-1, 1)), t, e, ["x"]),
    "proportional_hazards_test": lambda t, e: proportional_hazards_test(
        np.reshape(np.arange(len(t)), (-1, 1)), t, e, ["x"], {"x": ["x"]}
    ),
}
CURVES = ("kaplan_meier", "median_followup")
GOOD_OUTCOME, GOOD_SCORE = [1, 0, 1, 0, 1, 0], [0.6, 0.2, 0.4, 0.5, 0.8, 0.3]
BAD_BINARY = {
    "empty": ([], [], "statistic_without_rows"),
    "one class": ([1] * 6, GOOD_SCORE, "statistic_single_class"),
    "missing score": (GOOD_OUTCOME, [np.nan, *GOOD_SCORE[1:]], "statistic_values_missing"),
    "missing outcome": ([np.nan, *GOOD_OUTCOME[1:]], GOOD_SCORE, "statistic_values_missing"),
    "coded 1 and 2": ([2, 1, 2, 1, 2, 1], GOOD_SCORE, "statistic_not_coded_0_1"),
    "text": (["yes"] * 6, GOOD_SCORE, "statistic_values_not_numeric"),
    "one row short": (GOOD_OUTCOME, GOOD_SCORE[1:], "statistic_sizes_differ"),
}
BAD_SURVIVAL = {
    "empty": ([], [], "statistic_without_rows"),
    "missing time": ([1, np.nan, 3], [1, 0, 1], "statistic_values_missing"),
    "missing event": ([1, 2, 3], [1, np.nan, 1], "statistic_values_missing"),
    "negative time": ([1, -2, 3], [1, 0, 1], "statistic_time_negative"),
    "coded 1 and 2": ([1, 2, 3], [1, 2, 1], "statistic_not_coded_0_1"),
    "one row short": ([1, 2, 3], [1, 0], "statistic_sizes_differ"),
}


def refusal_of(statistic, *columns):
    with pytest.raises(DlcsError) as refusal:
        statistic(*columns)
    for language in LANGUAGES:
        worded = sentence_of(refusal.value, language)
        assert worded != refusal.value.code
        assert "\n" not in worded
    return refusal.value.code


@pytest.mark.parametrize("cohort", BAD_BINARY)
@pytest.mark.parametrize("name", BINARY)
def test_response_statistics_refuse_an_impossible_cohort(name, cohort):
    outcome, score, code = BAD_BINARY[cohort]
    assert refusal_of(BINARY[name], outcome, score) == code


@pytest.mark.parametrize("name", BINARY)
def test_response_statistics_accept_a_small_sound_cohort(name):
    outcome, score = np.tile(GOOD_OUTCOME, 2), np.tile(GOOD_SCORE, 2)
    assert BINARY[name](outcome, score + np.arange(12) / 100) is not None


@pytest.mark.parametrize("name", PROBABILITY)
def test_a_score_outside_0_and_1_is_no_probability(name):
    code = refusal_of(BINARY[name], GOOD_OUTCOME, [1.2, *GOOD_SCORE[1:]])
    assert code == "statistic_not_a_probability"


@pytest.mark.parametrize("cohort", BAD_SURVIVAL)
@pytest.mark.parametrize("name", SURVIVAL)
def test_survival_statistics_refuse_an_impossible_cohort(name, cohort):
    time, event, code = BAD_SURVIVAL[cohort]
    assert refusal_of(SURVIVAL[name], time, event) == code


@pytest.mark.parametrize("name", [n for n in SURVIVAL if n not in CURVES])
def test_comparing_survival_needs_a_death(name):
    assert refusal_of(SURVIVAL[name], [1, 2, 3], [0, 0, 0]) == "statistic_no_event"


def leaves(result):
    """Every number of a result, whatever holds it."""
    if is_dataclass(result):
        result = [getattr(result, field.name) for field in fields(result)]
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, list | tuple):
        return [leaf for part in result for leaf in leaves(part)]
    if result is None or isinstance(result, str | bytes):
        return []
    return np.ravel(np.asarray(result, dtype=float)).tolist()


ROW_BY_ROW = ("lowess_curve", "fit_lasso", "proportional_hazards_test", "fit_cox", "log_rank_test",
              "harrell_c", "uno_c", "time_dependent_auc", "survival_calibration",
              "survival_calibration_slope", "net_benefit_difference", "recalibrate")  # fmt: skip
"""Their arguments here are made from the place of a row, or they draw at random."""


def sound(n=60):
    rng = np.random.default_rng(6)
    outcome = rng.random(n) < 0.45
    return outcome.astype(float), (0.25 + 0.3 * outcome + 0.4 * rng.random(n)).round(3)


def followed(n=60):
    rng = np.random.default_rng(7)
    return rng.exponential(9, n).round(1) + 3, (rng.random(n) < 0.6).astype(float)


@pytest.mark.parametrize("name", [n for n in (*BINARY, *SURVIVAL) if n not in ROW_BY_ROW])
def test_the_order_of_patients_is_irrelevant(name):
    statistic = BINARY.get(name) or SURVIVAL[name]
    first, second = sound() if name in BINARY else followed()
    order = np.random.default_rng(8).permutation(first.size)
    found, again = statistic(first, second), statistic(first[order], second[order])
    assert leaves(found)
    np.testing.assert_allclose(leaves(again), leaves(found), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", [*BINARY, *SURVIVAL])
def test_inputs_are_never_modified(name):
    statistic = BINARY.get(name) or SURVIVAL[name]
    columns = sound() if name in BINARY else followed()
    kept = [column.copy() for column in columns]
    for column in columns:
        column.flags.writeable = False
    statistic(*columns)
    for column, before in zip(columns, kept, strict=True):
        np.testing.assert_array_equal(column, before)
