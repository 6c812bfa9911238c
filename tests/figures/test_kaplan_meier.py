import numpy as np

from dlcs_core.figures.kaplan_meier import (
    at_risk_times,
    cumulative_events,
    kaplan_meier_figure,
    numbers_at_risk,
    shortened,
    starting_at_one,
    text_units,
)
from dlcs_core.report.cohort_curves import thinned_survival
from dlcs_core.statistics.kaplan_meier import kaplan_meier


def test_a_group_has_an_interval_a_curve_and_its_censoring_marks(curve, names):
    assert names(kaplan_meier_figure({"Low": curve})) == [
        "95% interval, Low",
        "95% interval, Low",
        "Low",
        "Censored, Low",
        "At risk: Low",
        "Deaths so far: Low",
    ]


def test_the_curve_starts_at_one(curve):
    time, survival = starting_at_one(curve.time_months, curve.survival)
    assert (time[0], survival[0]) == (0, 1)
    np.testing.assert_array_equal(time[1:], curve.time_months)


def test_censoring_marks_stand_where_patients_left(curve):
    marks = kaplan_meier_figure({"Low": curve}).data[3]
    assert list(marks.x) == [12, 30]


def test_numbers_at_risk_are_counted_just_before_each_time(curve):
    assert numbers_at_risk(curve, [0, 6, 12, 13, 24, 30, 36]) == [5, 5, 4, 2, 2, 1, 0]


def test_times_of_the_table_are_round_and_few():
    assert at_risk_times(35) == [0, 6, 12, 18, 24, 30]
    assert at_risk_times(60) == [0, 12, 24, 36, 48, 60]
    assert len(at_risk_times(400)) <= 8


def test_deaths_are_counted_up_to_and_including_each_time(curve):
    assert cumulative_events(curve, [0, 6, 12, 13, 24, 36]) == [0, 1, 2, 2, 3, 3]


def test_a_thinned_curve_counts_the_same_patients():
    rng, n = np.random.default_rng(3), 60_000
    full = kaplan_meier(rng.exponential(40, n), rng.random(n) < 0.5)
    thin = thinned_survival(full)
    times = at_risk_times(float(full.time_months[-1]))
    assert thin.time_months.size < full.time_months.size
    assert cumulative_events(thin, times) == cumulative_events(full, times)
    assert numbers_at_risk(thin, times) == numbers_at_risk(full, times)


def test_every_line_of_the_table_has_its_groups_name_beside_it(curve):
    figure = kaplan_meier_figure({"Low <b>": curve, "High": curve})
    beside = [(note.text, note.y) for note in figure.layout.annotations if note.xanchor == "right"]
    assert beside == [
        ("Low &#60;b&#62;", 1), ("High", 2), ("Low &#60;b&#62;", 4), ("High", 5),
    ]  # fmt: skip


def test_long_names_are_cut_to_the_margin():
    assert shortened("High risk group") == "High risk group"
    assert shortened("a" * 40) == "a" * 19 + "…"
    assert shortened("弥漫浸润型弥漫浸润型弥漫") == "弥漫浸润型弥漫浸润…"
    assert text_units("弥漫 II") == 7
