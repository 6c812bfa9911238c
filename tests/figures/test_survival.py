import numpy as np

from dlcs_core.figures.survival import survival_figure
from dlcs_core.models.survival import SurvivalEstimate

PREDICTED = SurvivalEstimate(
    times_months=(0.0, 12.0, 24.0, 36.0),
    survival=(1.0, 0.9, 0.7, None),
    ci95_low=(None, 0.8, 0.6, None),
    ci95_high=(None, 0.95, 0.8, None),
)


def test_the_patient_is_drawn_over_both_risk_groups(curve, names):
    drawn = names(survival_figure(PREDICTED, {"low": curve, "high": curve}))
    assert drawn.index("This patient") > drawn.index("High risk group")
    assert "Low risk group" in drawn


def test_horizons_are_read_from_the_curve():
    figure = survival_figure(PREDICTED, {}, horizons_months=(12, 24))
    assert [note.text for note in figure.layout.annotations] == ["<b>90%</b>", "<b>70%</b>"]


def test_beyond_the_follow_up_there_is_a_gap():
    figure = survival_figure(PREDICTED, {})
    (patient,) = [trace for trace in figure.data if trace.name == "This patient"]
    assert np.isnan(patient.y[-1])


def test_a_horizon_beyond_the_follow_up_is_not_given_a_number():
    figure = survival_figure(PREDICTED, {}, horizons_months=(12, 36))
    assert [note.text for note in figure.layout.annotations] == ["<b>90%</b>"]
