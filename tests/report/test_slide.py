"""The slide of a case: its words, its hundred people and its curve, read back from the file."""

import io

import pytest
from pptx import Presentation
from pptx.util import Mm

from dlcs_core.figures.icon_array import of_hundred
from dlcs_core.report.case import assess_case
from dlcs_core.report.case_view import headline, make_case_view
from dlcs_core.report.slide import case_pptx
from dlcs_core.translation import sentence


@pytest.fixture
def report(study, record, bundle):
    return assess_case(study, record, bundle)


@pytest.fixture
def view(report, study, bundle):
    return make_case_view(report, study, bundle, is_demo=False)


def shapes_of(content):
    deck = Presentation(io.BytesIO(content))
    assert (deck.slide_width, deck.slide_height) == (Mm(338.67), Mm(190.5))
    assert len(deck.slides) == 1
    return list(deck.slides[0].shapes)


def text_of(shapes):
    return "\n".join(shape.text_frame.text for shape in shapes if shape.has_text_frame)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_slide_says_what_the_case_says(report, view, language):
    text = text_of(shapes_of(case_pptx(report, language, view, notes=("assessed twice",))))
    good = of_hundred(headline(report).probability)
    for expected in (
        sentence("doc_natural_frequency", language, good=good, poor=100 - good),
        sentence("ui_research_use", language), sentence("ui_overprint", language),
        report.bundle.sha256[:16], "assessed twice",
    ):  # fmt: skip
        assert expected in text
    assert "PH-1" not in text


def test_filled_people_are_the_good_responders(report, view):
    dots = [
        shape
        for shape in shapes_of(case_pptx(report, "en", view))
        if shape.shape_type is not None and "Oval" in shape.name
    ]
    filled = sum(str(dot.fill.fore_color.rgb) == "0072B2" for dot in dots)
    assert (len(dots), filled) == (100, of_hundred(headline(report).probability))


def test_the_curve_holds_the_predicted_survival(report, view):
    chart = next(s.chart for s in shapes_of(case_pptx(report, "en", view)) if s.has_chart)
    predicted = [100 * s for s in report.survival.curve.survival if s is not None]
    assert list(chart.plots[0].series[0].values) == pytest.approx(predicted)


def test_every_slice_is_a_picture_with_its_outline(report, view):
    shapes = shapes_of(case_pptx(report, "en", view))
    assert sum(shape.shape_type == 13 for shape in shapes) == 6
    assert sum("Freeform" in shape.name for shape in shapes) >= 3


def test_an_abstained_case_shows_its_reasons_only(make, record, bundle):
    study = make(center=0.0)
    report = assess_case(study, record, bundle)
    view = make_case_view(report, study, bundle, is_demo=False)
    shapes = shapes_of(case_pptx(report, "en", view))
    assert sentence("doc_abstained") in text_of(shapes)
    assert not any(shape.has_chart or "Oval" in shape.name for shape in shapes)
