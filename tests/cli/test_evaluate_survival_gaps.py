"""``evaluate survival`` on poor tables: named gaps, named warnings, refusals in one line."""

from functools import partial

import pytest

SURVIVAL = "12=s12,24=s24,35=s35"


@pytest.fixture
def evaluate(run_json):
    return partial(run_json, "evaluate", "survival", "--table")


@pytest.fixture
def columns(followed_up):
    return followed_up


def codes_of(content):
    return [warning["code"] for warning in content["warnings"]]


def test_incomplete_rows_are_left_out_where_they_are_needed(evaluate, write, columns):
    columns["os_event"][0] = columns["os_linear_predictor"][1] = columns["arm"][2] = ""
    found = evaluate(write(columns), "--group", "arm")
    assert found["n"] == 119
    assert found["n_risk"] == 118
    assert sum(curve["n_at_risk"][0] for curve in found["kaplan_meier"].values()) == 118
    wanted = {
        "survival_rows_without_follow_up", "survival_rows_without_risk",
        "survival_rows_without_group",
    }  # fmt: skip
    assert wanted <= set(codes_of(found))


def test_nobody_dead_shows_curves_and_says_so(evaluate, write, columns):
    columns["os_event"] = [0] * 120
    found = evaluate(write(columns), "--group", "arm", "--survival", SURVIVAL)
    assert found["harrell_c"] is found["uno_c"] is found["log_rank"] is None
    assert set(found["kaplan_meier"]["a"]["survival"]) == {1.0}
    assert found["median_survival_months"]["a"]["median"] is None
    assert "survival_no_event" in codes_of(found)


@pytest.mark.parametrize(
    ("column", "cells", "code"),
    [
        ("os_linear_predictor", [1.5] * 120, "survival_risk_constant"),
        ("s12", [55.0] * 120, "survival_not_a_probability"),
        ("arm", ["a"] * 120, "survival_single_group"),
    ],
)
def test_what_says_nothing_is_a_warning(evaluate, write, columns, column, cells, code):
    columns[column] = cells
    found = evaluate(write(columns), "--group", "arm", "--survival", SURVIVAL)
    assert code in codes_of(found)


@pytest.mark.parametrize(
    ("column", "cells", "code"),
    [
        ("os_months", [0.0] * 120, "survival_time_zero"),
        ("os_months", [10.0] * 120, "survival_auc_missing"),
        ("os_event", [1] + [0] * 119, "survival_fewest_events"),
        ("os_event", [1] * 20 + [0] * 100, "survival_few_events"),
        ("os_linear_predictor", [""] * 120, "survival_rows_without_risk"),
        ("s24", [""] * 120, "survival_rows_without_prediction"),
        ("patient_id", ["P"] * 120, "patient_id_twice"),
    ],
)
def test_poor_tables_have_named_gaps(evaluate, write, columns, column, cells, code):
    columns[column] = cells
    found = evaluate(write(columns), "--group", "arm", "--survival", SURVIVAL)
    assert code in codes_of(found)
    assert found["n"] == 120


def test_one_patient_has_a_curve_and_nothing_more(evaluate, write, columns):
    found = evaluate(write({name: cells[:1] for name, cells in columns.items()}))
    assert found["kaplan_meier"]["all"]["n_at_risk"] == [1]
    assert found["harrell_c"] is None


def test_a_reversed_risk_is_named_and_not_flipped(evaluate, write, columns):
    columns["os_linear_predictor"] = [-risk for risk in columns["os_linear_predictor"]]
    found = evaluate(write(columns))
    assert found["harrell_c"] < 0.5
    assert "survival_risk_reversed" in codes_of(found)


def test_beyond_the_follow_up_nothing_is_said(evaluate, write, columns):
    found = evaluate(write(columns), "--times", "12,90")
    assert found["auc"]["90"] is None
    assert found["integrated_auc"] is None
    assert "survival_auc_missing" in codes_of(found)


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("os_event", 2, "os_event"),
        ("os_months", 700, "30.4375"),
        ("os_months", -1, "0 to 600"),
        ("os_linear_predictor", "high", "os_linear_predictor"),
    ],
)
def test_cells_that_break_a_rule_are_refused(evaluate, write, columns, column, cell, words):
    columns[column][3] = cell
    assert words in evaluate(write(columns))


def test_days_in_any_time_column_are_refused(evaluate, write, columns):
    columns["days"] = [30.4375 * months for months in columns["os_months"]]
    assert "30.4375" in evaluate(write(columns), "--time", "days")


def test_event_coded_1_2_is_refused(evaluate, write, columns):
    columns["status"] = [1 + event for event in columns["os_event"]]
    assert "1/2" in evaluate(write(columns), "--event", "status")


@pytest.mark.parametrize(
    "options",
    [
        ("--times", "0,12"),
        ("--times", "a year"),
        ("--times", "nan"),
        ("--survival", "s12"),
        ("--survival", "12="),
        ("--ci", "wald"),
        ("--risk", "no_such_column"),
        ("--survival", "12=no_such_column"),
        ("--group", "no_such_column"),
        ("--group", "patient_id"),
    ],
)
def test_unusable_options_are_refused_in_one_line(evaluate, write, columns, options):
    assert isinstance(evaluate(write(columns), *options), str)


def test_mean_time_alive_and_interventions_avoided_are_told(evaluate, write, columns):
    found = evaluate(write(columns), "--group", "arm", "--survival", SURVIVAL)
    for group, curve in found["kaplan_meier"].items():
        mean = found["restricted_mean_months"][group]
        assert mean["horizon"] == 35
        times = [0.0, *(t for t in curve["time"] if t < 35), 35.0]
        levels = [1.0, *curve["survival"]][: len(times) - 1]
        area = sum(s * (b - a) for s, a, b in zip(levels, times, times[1:], strict=False))
        assert mean["mean"] == pytest.approx(area)
        assert mean["ci95"][0] < mean["mean"] < mean["ci95"][1]
    told = [row for row in found["net_benefit"]["12"] if row["net_benefit"] is not None]
    assert len(told) > 20
    for row in told:
        odds = row["threshold"] / (1 - row["threshold"])
        expected = 100 * (row["net_benefit"] - row["treat_all"]) / odds
        assert row["interventions_avoided"] == pytest.approx(expected)
    low, high = found["auc_ci95_low"], found["auc_ci95_high"]
    assert all(low[t] < found["auc"][t] < high[t] for t in ("12", "24", "35"))


def test_no_mean_time_is_told_beyond_the_follow_up(evaluate, write, columns):
    mean = evaluate(write(columns), "--times", "12,90")["restricted_mean_months"]["all"]
    assert mean == {"horizon": 90, "mean": None, "se": None, "ci95": None}
