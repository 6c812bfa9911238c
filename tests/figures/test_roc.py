import numpy as np
import pytest

from dlcs_core.figures.roc import RocResult, auc_text, roc_figure
from dlcs_core.statistics.delong import AucEstimate, auc_estimate
from dlcs_core.statistics.roc import roc_curve


@pytest.fixture
def result(outcome, score):
    return RocResult(roc_curve(outcome, score), auc_estimate(outcome, score))


def test_there_is_a_chance_line_and_one_curve_per_score(result, names):
    figure = roc_figure({"DLCS": result, "Clinical": result})
    assert names(figure)[0] == "Chance"
    assert [name.split(":")[0] for name in names(figure)[1:]] == ["DLCS", "Clinical"]


def test_the_curve_is_drawn_as_computed(result):
    drawn = roc_figure({"DLCS": result}).data[1]
    np.testing.assert_allclose(drawn.y, result.curve.sensitivity)
    np.testing.assert_allclose(drawn.x, 1 - result.curve.specificity)


def test_the_legend_carries_the_area_and_its_interval():
    assert auc_text(AucEstimate(0.82, 0.03, (0.76, 0.88), 10, 30)) == "0.82 (0.76–0.88)"
    assert auc_text(AucEstimate(1.0, None, None, 1, 3)) == "1.00"


def test_a_score_name_from_a_file_is_never_markup(result, names):
    figure = roc_figure({"<b>x</b>": result})
    assert "<b>" not in names(figure)[1]


def test_chinese_has_chinese_axes(result):
    figure = roc_figure({"DLCS": result}, "zh")
    assert figure.layout.yaxis.title.text == "灵敏度"
