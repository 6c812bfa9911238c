"""What the browser is given of the two models: everything, and nothing when the case abstains."""

import json
from dataclasses import replace

import pytest

from dlcs_core.report.case import assess_case
from dlcs_core.report.living_nomogram import arrow_step, living_models


@pytest.fixture
def report(study, record, bundle):
    return assess_case(study, record, bundle)


def test_the_patients_dots_add_up_to_the_reports_predictors(report, bundle):
    models = living_models(report, bundle, "en")
    for name, expected in (
        ("response", report.dlcs.linear_predictor),
        ("survival", report.survival.linear_predictor),
    ):
        nomogram = models[name]["nomogram"]
        points = sum(points_of(nomogram, term) for term in nomogram["terms"])
        assert nomogram["lowest"] + points / nomogram["points_per_unit"] == pytest.approx(
            expected, abs=1e-9
        )


def points_of(nomogram, term):
    """Points of the patient's own value, from the layout alone."""
    from dlcs_core.models.design import logit_of

    if term["levels"]:
        found = {one["value"]: one["contribution"] for one in term["levels"]}[term["value"]]
    else:
        value = logit_of(term["value"]) if term["scale"] == "logit" else term["value"]
        found = term["coefficient"] * value
    return (found - term["lowest"]) * nomogram["points_per_unit"]


def test_every_design_column_has_its_term(report, bundle):
    nomogram = living_models(report, bundle, "en")["response"]["nomogram"]
    size = len(nomogram["covariance"])
    columns = [0]
    for term in nomogram["terms"]:
        width = len(term["levels"]) - 1 if term["levels"] else 1
        columns += range(term["column"], term["column"] + width)
    assert columns == list(range(size))


def test_an_interval_without_coverage_on_record_is_not_given(report, bundle):
    assert report.dlcs.ci95 is None
    assert living_models(report, bundle, "en")["response"]["interval"] is None


def test_an_abstaining_case_gives_the_browser_nothing(report, bundle):
    abstained = replace(report, abstained_because=("outline_too_small",))
    assert living_models(abstained, bundle, "en") == {"response": None, "survival": None}


def test_the_layout_is_json_without_identifiers(report, bundle):
    text = json.dumps(living_models(report, bundle, "zh"), allow_nan=False)
    assert report.record.patient_id not in text


@pytest.mark.parametrize(
    ("span", "step"), [(0.98, 0.01), (12.0, 0.1), (0.6, 0.01), (60.0, 1.0), (0.0, 1.0)]
)
def test_an_arrow_moves_by_a_power_of_ten(span, step):
    assert arrow_step(span) == pytest.approx(step)
