"""Printed figures: round ticks, escaped words, curves inside the frame."""

import re

import numpy as np
import pytest

from dlcs_core.report.line_plot import Dots, Line, LinePlot, line_plot_svg

UNIT = np.array([0.0, 1.0])


def drawn(lines, dots=(), y_range=(0.0, 1.0)):
    return str(line_plot_svg(LinePlot("x", "y", "a & b", (0.0, 1.0), y_range, lines, dots)))


def corners(svg):
    found = re.search(r'<polyline points="([^"]+)"', svg)[1]
    return np.array([pair.split(",") for pair in found.split()], dtype=float)


def test_words_are_escaped():
    svg = drawn([Line(UNIT, UNIT, "<i>score</i>", 0)])
    assert "&lt;i&gt;score" in svg
    assert "<i>" not in svg
    assert 'aria-label="a &amp; b"' in svg


def test_a_line_runs_from_corner_to_corner():
    (x0, y0), (x1, y1) = corners(drawn([Line(UNIT, UNIT)]))
    assert (x0, y1) == (58.0, 14.0)
    assert (x1, y0) == (406.0, 312.0)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.05, 0.4), (0.0, 0.15), (-3.0, 250.0)])
def test_ticks_are_round_few_and_inside(low, high):
    svg = drawn([], y_range=(low, high))
    ticks = [float(text) for text in re.findall(r'text-anchor="end">([^<]+)<', svg)]
    assert 3 <= len(ticks) <= 8
    assert low - 1e-9 <= min(ticks)
    assert max(ticks) <= high + 1e-9
    steps = np.diff(sorted(ticks))
    np.testing.assert_allclose(steps, steps[0])


def test_points_that_are_no_numbers_are_left_out():
    line = Line(np.array([0.0, 0.5, 1.0]), np.array([0.0, np.nan, 1.0]))
    assert len(corners(drawn([line]))) == 2


def test_a_step_stays_level_until_the_next_point():
    svg = drawn([Line(UNIT, np.array([1.0, 0.0]), is_step=True)])
    assert corners(svg).tolist() == [[58.0, 14.0], [406.0, 14.0], [406.0, 312.0]]


def test_a_million_points_stay_a_small_file():
    x = np.linspace(0, 1, 1_000_000)
    assert len(drawn([Line(x, x**2, "many", 0)])) < 200_000


def test_dots_carry_their_interval():
    half = np.array([0.5])
    svg = drawn([], [Dots(half, half, half - 0.1, half + 0.1, 0)])
    assert svg.count("<circle") == 1
    assert "M232.0 192.8V133.2" in svg
