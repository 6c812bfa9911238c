"""Minutes hold what was decided, text as typed, and nothing of a case that was not revealed."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from pptx import Presentation
from pypdf import PdfReader

from dlcs_core.report.case import assess_case
from dlcs_core.report.case_view import make_case_view, reasons
from dlcs_core.report.minutes import Minutes, MinutesCase
from dlcs_core.report.minutes_pdf import minutes_pdf
from dlcs_core.report.minutes_performance import JudgedCase, board_performance
from dlcs_core.report.minutes_slides import minutes_pptx
from dlcs_core.translation import sentence, sentence_of

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TYPED = "<script>x</script> **no** =1+1 \U0001f600"


def text_of_pdf(content):
    read = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return " ".join(read.split())


def text_of_slides(content):
    deck = Presentation(io.BytesIO(content))
    frames = (shape.text_frame.text for slide in deck.slides for shape in slide.shapes
              if shape.has_text_frame)  # fmt: skip
    return " ".join(" ".join(frames).split())


@pytest.fixture
def minutes(study, record, bundle):
    """A revealed case with everything, and one that was not revealed."""
    report = assess_case(study, record, bundle)
    view = make_case_view(report, study, bundle, is_demo=True)
    told = MinutesCase(
        "Tuesday 1", report, view, ("good", "poor", "good"), ("surgery_first",) * 3,
        "staging_first", TYPED, "one member", date(2027, 1, 8), 1, 14.0, False,
    )  # fmt: skip
    performance = board_performance([JudgedCase(0.8, 2 / 3, 1)])
    cases = (told, MinutesCase("Tuesday 2", None, None))
    return Minutes("K7M2Q9XY", AT, ("AB", "CD"), cases, performance)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_both_forms_say_the_same(minutes, language):
    pdf = text_of_pdf(minutes_pdf(minutes, language, printed_at=AT))
    slides = text_of_slides(minutes_pptx(minutes, language, printed_at=AT))
    for expected in (
        "K7M2Q9XY", "AB, CD", "Tuesday 1", "Tuesday 2", "one member", "2027-01-08",
        "<script>x</script> **no** =1+1", sentence("board_plan_staging_first", language),
        sentence("ui_research_use", language), sentence("board_minutes_not_revealed", language),
    ):  # fmt: skip
        for said in (pdf, slides):
            assert expected.replace(" ", "") in said.replace(" ", "")


def test_a_character_that_the_font_lacks_is_marked(minutes):
    assert "=1+1 ?" in text_of_pdf(minutes_pdf(minutes, printed_at=AT))
    assert "\U0001f600" in text_of_slides(minutes_pptx(minutes, printed_at=AT))


def test_of_a_case_that_was_not_revealed_only_the_label_is_there(minutes):
    hidden = replace(minutes, cases=minutes.cases[1:])
    for said in (text_of_pdf(minutes_pdf(hidden)), text_of_slides(minutes_pptx(hidden))):
        assert "Tuesday 2" in said
        assert "respond well" not in said
        assert sentence("board_dissent", "en") not in said


def test_an_abstained_case_has_its_reason_and_no_number(minutes, study, record, bundle):
    header = replace(study.volume.header, body_part="HEAD")
    elsewhere = replace(study, volume=replace(study.volume, header=header))
    report = assess_case(elsewhere, record, bundle)
    assert report.abstained
    why = sentence_of(reasons(report)[0], "en")
    view = make_case_view(report, elsewhere, bundle, is_demo=True)
    only = replace(minutes, cases=(replace(minutes.cases[0], report=report, view=view),))
    for said in (text_of_pdf(minutes_pdf(only)), text_of_slides(minutes_pptx(only))):
        assert why.replace(" ", "") in said.replace(" ", "")
        assert "respond well, " not in said
