"""Forest plots draw what is estimated and write what is not."""

import numpy as np

from dlcs_core.figures.forest import ForestRow, forest_figure

ROWS = (
    ForestRow("Sex", is_heading=True),
    ForestRow("Male", 2.0, (1.5, 3.0), "2.00"),
    ForestRow("Separated", np.inf, (0.0, np.inf), "no finite estimate"),
    ForestRow("Empty", text="–"),
)


def drawn(**options):
    return forest_figure(ROWS, x_title="fig_hazard_ratio", reference=1.0, **options)


def test_only_finite_estimates_are_drawn_with_their_interval():
    (trace,) = drawn().data
    assert list(trace.x) == [2.0]
    assert list(trace.error_x.array) == [1.0]
    assert list(trace.error_x.arrayminus) == [0.5]


def test_every_line_has_its_label_and_its_text():
    texts = [annotation.text for annotation in drawn().layout.annotations]
    assert "<b>Sex</b>" in texts
    assert {"2.00", "no finite estimate", "–"} <= set(texts)


def test_ratios_stand_on_a_logarithmic_axis():
    assert drawn(log_axis=True).layout.xaxis.type == "log"
