"""The consultation: one rounding for every format, both frames, nothing when the case abstains."""

import re
from dataclasses import replace

import pytest

from dlcs_core.report.case import assess_case
from dlcs_core.report.case_view import headline, make_case_view
from dlcs_core.report.consultation import make_consultation, make_outlook
from dlcs_core.report.consultation_document import consultation_html, outlook_text


@pytest.fixture
def report(study, record, bundle):
    return assess_case(study, record, bundle)


@pytest.mark.parametrize("probability", [0.0, 0.004, 0.005, 0.335, 0.5, 0.995, 0.996, 1.0])
def test_both_frames_add_up_to_100(probability):
    outlook = make_outlook(probability, None)
    assert outlook.good + outlook.poor == 100
    assert abs(outlook.good - 100 * probability) <= 0.5


def test_what_is_possible_is_never_told_as_never():
    outlook = make_outlook(0.004, None)
    assert (outlook.good_text, outlook.poor_text) == ("<1", ">99")
    assert "fewer than 1 respond well" in outlook_text(outlook, "en")


def test_the_outcomes_are_those_of_the_case(report, bundle):
    told = make_consultation(report, bundle)
    assert told.outlooks[0].probability == headline(report).probability
    survival = report.survival.at_horizons
    assert [one.month for one in told.outlooks[1:]] == list(survival.times_months)
    assert [one.probability for one in told.outlooks[1:]] == list(survival.survival)
    assert told.n_good == bundle.manifest.cohort_sizes["training"]["good_response"]
    assert told.n_deaths == bundle.survival.fit.events


def test_an_abstaining_case_tells_nothing(report, bundle):
    silent = replace(
        report,
        dlcs=replace(report.dlcs, probability=None),
        dl_signature=replace(report.dl_signature, probability=None),
    )
    assert make_consultation(silent, bundle) is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_words_icons_and_table_of_the_page_agree(report, study, bundle, language):
    told = make_consultation(report, bundle)
    view = make_case_view(report, study, bundle, is_demo=True)
    html = consultation_html(report, view, told, language)
    response = told.outlooks[0]
    icons = re.findall(r"<svg.*?</svg>", html, re.DOTALL)[0]
    assert icons.count('fill="#0072b2"') == response.good
    assert f"<td>{response.good_text}</td><td>{response.poor_text}</td>".replace(
        "<1", "&lt;1"
    ) in html.replace("&gt;", ">")
    assert str(response.good) in html
    assert report.record.patient_id not in html
    assert "http" not in re.sub(r'xmlns="[^"]*"|http-equiv', "", html)
