import numpy as np
import pytest

from dlcs_core.figures.nomogram import (
    NomogramWords,
    nomogram_figure,
    nomogram_rows,
    readable,
    short_level,
)
from dlcs_core.models.nomogram import fusion_nomogram, survival_nomogram

VALUES = {"max_diameter_cm": 6.0, "borrmann_type": "III", "src_component": "no"}


@pytest.fixture
def nomogram(bundle_contents):
    return fusion_nomogram(bundle_contents.fusion)


def test_there_is_a_line_for_points_each_variable_total_and_outcome(nomogram):
    assert [name for name, _ in nomogram_rows(nomogram, "en")] == [
        "Points",
        "DL signature",
        "Maximum diameter",
        "Borrmann type",
        "Signet ring cell component",
        "Total points",
        "Probability of good response",
    ]


def test_the_patients_dots_stand_at_the_points(nomogram):
    reading = nomogram.points(VALUES, 0.3)
    dots = nomogram_figure(nomogram, reading).data[-1]
    np.testing.assert_allclose(dots.x[:4], [entry.points for entry in reading.variables])
    assert dots.x[4] == pytest.approx(reading.total_points / nomogram.most_total_points * 100)
    assert dots.x[5] == dots.x[4]


def test_each_dot_says_its_value(nomogram):
    reading = nomogram.points(VALUES, 0.3)
    probability = 1 / (1 + np.exp(-reading.linear_predictor))
    dots = nomogram_figure(nomogram, reading).data[-1]
    assert list(dots.text) == [
        "30%", "6", "III", "No", f"{reading.total_points:.0f}", f"{probability:.0%}"
    ]  # fmt: skip


def test_a_value_beyond_its_line_is_an_arrow_at_the_end(nomogram):
    reading = nomogram.points(VALUES, 1e-6)
    dots = nomogram_figure(nomogram, reading).data[-1]
    assert (dots.x[0], dots.marker.symbol[0], dots.text[0]) == (0, "triangle-left", "&#60;1%")
    assert dots.customdata[0] == reading.variables[0].points < 0
    assert dots.marker.symbol[1] == "circle"


def test_without_a_patient_there_are_lines_only(nomogram, names):
    assert "This patient" not in names(nomogram_figure(nomogram))


def test_texts_never_stand_on_each_other():
    ticks = [(0.0, "10%"), (1.0, "20%"), (30.0, "30%")]
    assert readable(ticks) == ["10%", "", "30%"]


def test_levels_lose_their_explanation():
    assert short_level("borrmann_type", "III", "en") == "III"
    assert short_level("borrmann_type", "III", "zh") == "III 型"


def test_a_survival_nomogram_has_a_line_per_horizon_and_words_of_the_caller(bundle_contents):
    nomogram = survival_nomogram(bundle_contents.survival, (12, 24))
    words = NomogramWords(lambda name: f"<{name}>", lambda _, x: f"t{x}", lambda _, x: f"v{x}")
    assert [name for name, _ in nomogram_rows(nomogram, "en", words)][-2:] == [
        "Survival at 12 months",
        "Survival at 24 months",
    ]
    values = {"max_diameter_cm": 6.0, "ct_stage": "T3", **VALUES}
    reading = nomogram.points(values, 0.3)
    figure = nomogram_figure(nomogram, reading, words=words, survival=(0.9, 0.7))
    assert figure.data[1].name == "&#60;dl_signature&#62;"
    assert list(figure.data[-1].text)[-2:] == ["90%", "70%"]
    assert figure.data[-1].text[0] == "v0.3"
