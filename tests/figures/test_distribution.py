import numpy as np
import pytest

from dlcs_core.figures.distribution import histogram_figure, levels_figure


def test_shares_of_a_group_add_up_to_one():
    values = {"good": np.arange(10.0), "poor": np.arange(5.0, 30.0)}
    figure = histogram_figure(values, "Age (years)")
    for bars in figure.data:
        assert sum(bars.y) == pytest.approx(1)
    assert list(figure.data[0].x) == list(figure.data[1].x)


def test_a_group_without_values_is_drawn_empty():
    figure = histogram_figure({"good": np.array([]), "poor": np.array([1.0, 2.0])}, "x")
    assert sum(figure.data[0].y) == 0


def test_levels_stand_in_their_order():
    figure = levels_figure({"good": [0.2, 0.8], "poor": [0.5, 0.5]}, ["T1", "T2"])
    assert list(figure.data[0].x) == ["T1", "T2"]
    assert list(figure.data[1].y) == [0.5, 0.5]
