"""What the threshold bench adds to a curve can be clicked, and does not hide it."""

import numpy as np

from dlcs_core.figures.bench_marks import (
    MAX_TARGETS,
    add_place,
    add_targets,
    clickable,
    selected_threshold,
)
from dlcs_core.figures.roc import RocResult, roc_figure
from dlcs_core.figures.theme import new_figure
from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.roc import roc_curve


def empty_figure():
    return new_figure(x_title="", y_title="", language="en")


def test_targets_are_invisible_few_and_carry_their_threshold():
    figure = empty_figure()
    threshold = np.r_[np.inf, np.linspace(1, 0, 5_000)]
    add_targets(figure, threshold, threshold, threshold, name="DLCS", language="en")
    (trace,) = figure.data
    assert trace.marker.opacity == 0
    assert len(trace.x) <= MAX_TARGETS
    assert np.isfinite(trace.customdata).all()


def test_the_threshold_of_a_clicked_point_is_read_back():
    assert selected_threshold([{"x": 0.1}, {"customdata": [0.37]}]) == 0.37
    assert selected_threshold([{"customdata": 0.2}]) == 0.2


def test_a_point_without_a_threshold_chooses_nothing():
    assert selected_threshold([]) is None
    assert selected_threshold([{"customdata": None}, "x", {"customdata": ["a"]}]) is None


def test_a_name_from_a_table_is_never_markup():
    figure = empty_figure()
    add_place(figure, 0.5, 0.5, name="<b>x</b>", language="en")
    assert "<" not in figure.data[0].name


def test_a_clickable_figure_selects_on_a_click():
    assert clickable(empty_figure()).layout.clickmode == "event+select"


def test_only_the_targets_answer_the_mouse(outcome, score):
    curve = roc_curve(outcome, score)
    figure = roc_figure({"DLCS": RocResult(curve, auc_estimate(outcome, score))})
    x, y = 1 - curve.specificity, curve.sensitivity
    add_targets(figure, x, y, curve.threshold, name="DLCS", language="en")
    for trace in clickable(figure).data:
        assert (trace.hoverinfo == "skip") == (trace.mode == "lines")
        assert (trace.hovertemplate is None) == (trace.mode == "lines")
