import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlcs_core.statistics.kaplan_meier import (
    kaplan_meier,
    median_followup,
    median_survival,
    survival_at,
)

DATASETS = ["lung", "gbsg"]
ROWS = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=50)


def compare_summary(tally, name, curve, value):
    at, median = survival_at(curve, value["times"]), median_survival(curve)
    tally.compare(name, at.n_at_risk, value["n_risk"])
    # R repeats the last step beyond the follow-up; we say that nothing is known there.
    known = np.asarray(value["times"]) <= curve.time_months[-1]
    pairs = (
        (at.survival, "surv"),
        (at.se, "std_err"),
        (at.ci95_low, "low"),
        (at.ci95_high, "high"),
    )
    for found, key in pairs:
        expected = [v for v, k in zip(value[key], known, strict=True) if k]
        tally.compare(f"{name} {key}", found[known], expected)
    expected = [value["median"], value["median_low"], value["median_high"]]
    tally.compare(name, [median.median, median.ci95_low, median.ci95_high], expected)


@pytest.mark.parametrize("dataset", DATASETS)
def test_survival_intervals_and_median_equal_survfit_on_every_scale(dataset, oracle, tally):
    reference = oracle(dataset, "km")
    time, event = reference.data["time"], reference.data["status"]
    for name, entry, value in reference.starting("overall."):
        curve = kaplan_meier(time, event, ci_type=entry["conf_type"])
        compare_summary(tally, name, curve, value)
    tally.all_agree()


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_group_equals_survfit(dataset, oracle, tally):
    reference = oracle(dataset, "km")
    for name, entry, groups in reference.starting("by."):
        labels = reference.data[entry["group"]].astype(str)
        for level, value in groups.items():
            rows = reference.data[labels == level]
            compare_summary(tally, name, kaplan_meier(rows["time"], rows["status"]), value)
    tally.all_agree()


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_step_and_median_followup_equal_survfit(dataset, oracle, tally):
    reference = oracle(dataset, "km")
    time, event = reference.data["time"], reference.data["status"]
    curve, ((_, _, value),) = kaplan_meier(time, event), reference.starting("curve")
    tally.compare("time", curve.time_months, value["time"])
    tally.compare("survival", curve.survival, value["surv"])
    tally.compare("at risk", curve.n_at_risk, value["n_risk"])
    tally.compare("events", curve.n_events, value["n_event"])
    tally.compare("censored", curve.n_censored, value["n_censor"])
    ((_, _, value),) = reference.starting("reverse_km")
    tally.compare("median follow-up", median_followup(time, event), value["median"])
    tally.all_agree()


@given(ROWS)
def test_survival_never_rises_and_limits_enclose_it(rows):
    time, event = zip(*rows, strict=True)
    curve = kaplan_meier(time, event)
    assert (np.diff(curve.survival) <= 0).all()
    limited = np.isfinite(curve.ci95_low)
    assert (curve.ci95_low <= curve.survival + 1e-12)[limited].all()
    assert (curve.survival <= curve.ci95_high + 1e-12)[limited].all()
    assert curve.n == len(rows)
    assert curve.events == sum(event)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=50))
def test_without_censoring_it_is_the_share_still_alive(times):
    curve = kaplan_meier(times, [True] * len(times))
    alive = [(np.array(times) > t).mean() for t in curve.time_months]
    np.testing.assert_allclose(curve.survival, alive, atol=1e-12)


def test_median_is_the_midpoint_where_the_curve_rests_at_one_half():
    assert median_survival(kaplan_meier([1, 2, 5, 8], [1, 1, 1, 1])).median == 3.5
    assert median_survival(kaplan_meier([1, 2, 5], [1, 0, 0])).median is None


def test_nobody_dead_is_a_curve_at_one():
    curve = kaplan_meier([3, 1], [0, 0])
    np.testing.assert_array_equal(curve.survival, [1.0, 1.0])
    assert median_followup([3, 1], [1, 1]) is None


def test_nothing_is_known_beyond_the_follow_up():
    read = survival_at(kaplan_meier([1, 2], [1, 0]), [0.0, 2.0, 2.1])
    np.testing.assert_array_equal(read.survival, [1.0, 0.5, np.nan])
    np.testing.assert_array_equal(read.n_at_risk, [2.0, 1.0, 0.0])
