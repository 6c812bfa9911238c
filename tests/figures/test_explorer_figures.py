"""Figures of the explorers draw the numbers that they are given."""

import numpy as np

from dlcs_core.figures.flags_avoided import flags_avoided_figure
from dlcs_core.figures.missing_map import missing_map_figure, missing_share_figure
from dlcs_core.figures.over_time import auc_over_time_figure
from dlcs_core.figures.precision_recall import precision_recall_figure
from dlcs_core.figures.risk_histogram import risk_histogram_figure
from dlcs_core.figures.score_groups import MAX_BARS, violin_figure, waterfall_figure
from dlcs_core.statistics.decision_curve import decision_curve
from dlcs_core.statistics.missingness import missingness
from dlcs_core.statistics.precision_recall import precision_recall_curve
from dlcs_core.statistics.time_dependent_auc import time_dependent_auc

GOOD = np.array([True, False, True, False, False, True])
SCORE = np.array([0.9, 0.2, 0.6, 0.4, 0.1, 0.7])


def test_precision_recall_names_the_average_precision():
    curve = precision_recall_curve(GOOD, SCORE)
    chance, drawn = precision_recall_figure({"DLCS": curve}).data
    assert drawn.name == f"DLCS: {curve.average_precision:.2f}"
    assert list(chance.y) == [0.5, 0.5]


def test_flags_avoided_are_told_per_hundred():
    curve = decision_curve(GOOD, SCORE, [0.0, 0.3])
    (drawn,) = flags_avoided_figure({"DLCS": curve}).data
    assert list(drawn.y) == [100 * curve.net_interventions_avoided[1]]


def test_histogram_bars_count_responders_up_and_others_down():
    up, down = risk_histogram_figure({"DLCS": (SCORE, GOOD)}).data
    assert (sum(up.y), sum(down.y)) == (3, -3)


def test_a_waterfall_of_many_patients_has_no_more_bars_than_pixels():
    value = np.linspace(-1, 1, 50_000)
    figure = waterfall_figure(value, (value > 0).astype(np.intp), ["good", "poor"])
    assert sum(len(trace.x) for trace in figure.data) <= MAX_BARS


def test_violins_of_a_score_stand_side_by_side():
    figure = violin_figure({"DLCS": {"good": SCORE[GOOD], "poor": SCORE[~GOOD]}}, ["DLCS"])
    assert [trace.name for trace in figure.data] == ["good", "poor"]
    assert sorted(figure.data[0].y) == sorted(SCORE[GOOD])


def test_months_without_an_area_are_left_out():
    time, event = np.arange(1.0, 7.0), np.ones(6, dtype=bool)
    found = time_dependent_auc(time, event, -time, [0.5, 2.0, 4.0])
    figure = auc_over_time_figure({"risk": found})
    assert list(figure.data[-1].x) == [2.0, 4.0]


def test_the_missing_map_fills_what_is_missing_together():
    found = missingness({"cea": [True, False, True], "afp": [False, False, True]})
    (bars,) = missing_share_figure(found, ["CEA", "AFP"]).data
    assert list(bars.x) == [2 / 3, 1 / 3]
    (cells,) = missing_map_figure(found, ["CEA", "AFP"]).data
    assert np.sum(cells.z) == 3
