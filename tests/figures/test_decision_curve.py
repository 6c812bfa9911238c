import numpy as np

from dlcs_core.figures.decision_curve import decision_curve_figure
from dlcs_core.statistics.decision_curve import decision_curve


def test_both_references_are_drawn_once_before_the_scores(outcome, score, names):
    curve = decision_curve(outcome, score, [0.1, 0.2, 0.3])
    figure = decision_curve_figure({"DLCS": curve, "Clinical": curve})
    assert names(figure) == ["Flag everyone", "Flag no one", "DLCS", "Clinical"]
    np.testing.assert_allclose(figure.data[0].y, curve.treat_all)
    np.testing.assert_allclose(figure.data[2].y, curve.net_benefit)


def test_the_axis_ends_above_the_prevalence_and_not_far_below_zero(outcome, score):
    curve = decision_curve(outcome, score, [0.1, 0.9])
    low, high = decision_curve_figure({"DLCS": curve}).layout.yaxis.range
    assert low == -0.05
    assert high >= curve.prevalence
