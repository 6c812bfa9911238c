"""The response report counts, compares and leaves out rows by name."""

import json

import numpy as np
import pandas as pd
import pytest

from dlcs_core.errors import ClinicalError, CohortError
from dlcs_core.report.response import ResponseRequest, response_report
from dlcs_core.report.response_json import response_json
from dlcs_core.statistics.delong import auc_estimate, delong_test
from dlcs_core.translation import LANGUAGES, catalogue


@pytest.fixture
def table():
    rng = np.random.default_rng(1)
    good = rng.random(240) < 0.4
    scores = {
        name: 1 / (1 + np.exp(-(strength * good - 0.5 + rng.normal(0, 1, 240))))
        for name, strength in (("dl_signature", 2), ("clinical_signature", 0.5), ("dlcs", 2.2))
    }
    columns = {"sex": rng.choice(["male", "female"], 240), "age_years": rng.normal(60, 9, 240)}
    return pd.DataFrame({"good_response": pd.array(good, dtype="boolean"), **scores, **columns})


def codes(report):
    return [notice.code for notice in report.warnings]


def test_each_score_is_evaluated_as_by_the_statistics(table):
    report = response_report(table)
    expected = auc_estimate(table["good_response"].astype(bool), table["dlcs"])
    assert report.scores["dlcs"].auc == expected
    assert (report.n, report.events) == (240, int(table["good_response"].sum()))


def test_every_pair_is_compared_once_in_order(table):
    report = response_report(table, ResponseRequest(scores=("dlcs", "dl_signature")))
    assert list(report.comparisons) == [("dlcs", "dl_signature")]
    expected = delong_test(
        table["good_response"].astype(bool), table["dlcs"], table["dl_signature"]
    )
    assert report.comparisons["dlcs", "dl_signature"] == expected


def test_a_pair_is_compared_on_the_rows_complete_for_both(table):
    table.loc[:9, "dlcs"] = np.nan
    table.loc[20:24, "dl_signature"] = np.nan
    found = response_report(table).comparisons["dl_signature", "dlcs"]
    both = table.dropna(subset=["dlcs", "dl_signature"])
    expected = delong_test(both["good_response"].astype(bool), both["dl_signature"], both["dlcs"])
    assert found.z == pytest.approx(expected.z, rel=1e-12)


def test_rows_without_outcome_or_score_are_left_out_and_counted(table):
    table.loc[:4, "good_response"] = pd.NA
    table.loc[10:11, "dlcs"] = np.nan
    report = response_report(table)
    assert (report.n, report.scores["dlcs"].n) == (235, 233)
    left_out = {
        notice.values["score"]: (notice.values["without_outcome"], notice.values["count"])
        for notice in report.warnings
        if notice.code == "score_rows_left_out"
    }
    assert left_out == {"dl_signature": (5, 5), "clinical_signature": (5, 5), "dlcs": (5, 7)}


def test_scores_are_those_that_the_table_has(table):
    report = response_report(table.drop(columns="clinical_signature"))
    assert list(report.scores) == ["dl_signature", "dlcs"]


@pytest.mark.parametrize(
    ("dropped", "code"),
    [
        (["good_response"], "report_outcome_missing"),
        (["dl_signature", "clinical_signature", "dlcs"], "report_scores_missing"),
    ],
)
def test_what_makes_it_impossible_is_named(table, dropped, code):
    with pytest.raises(CohortError) as refusal:
        response_report(table.drop(columns=dropped))
    assert refusal.value.code == code


def test_one_class_is_refused(table):
    with pytest.raises(CohortError) as refusal:
        response_report(table[table["good_response"]])
    assert refusal.value.code == "statistic_single_class"


def test_a_score_of_one_class_has_no_results_beside_others_that_have(table):
    table.loc[table["good_response"].astype(bool), "dlcs"] = np.nan
    report = response_report(table)
    assert "score_single_class" in codes(report)
    stored = response_json(report)
    assert stored["models"]["dlcs"]["auc"] is None
    assert stored["models"]["dlcs"].keys() == stored["models"]["dl_signature"].keys()
    pair = next(row for row in stored["delong"] if row["b"] == "dlcs")
    assert pair["p"] is None


@pytest.mark.parametrize("code", [(1, 2), (0, 2), ("yes", "no")])
def test_an_outcome_of_other_codes_is_refused(table, code):
    table["response"] = np.where(table["good_response"].astype(bool), *code)
    with pytest.raises(ClinicalError) as refusal:
        response_report(table, ResponseRequest(outcome="response"))
    expected = {(1, 2): "column_coded_1_2", ("yes", "no"): "column_not_numeric"}
    assert refusal.value.code == expected.get(code, "outcome_not_0_1")


def test_text_as_a_score_is_refused(table):
    with pytest.raises(ClinicalError) as refusal:
        response_report(table, ResponseRequest(scores=("sex",)))
    assert refusal.value.code == "column_not_numeric"


def test_a_constant_score_is_said_to_be_one_and_knows_nothing(table):
    table["dlcs"] = 0.4
    report = response_report(table)
    assert "score_constant" in codes(report)
    found = report.scores["dlcs"]
    assert (found.auc.auc, found.auc.se) == (0.5, 0.0)
    assert found.calibration.slope is None
    assert found.calibration.curve is None
    json.dumps(response_json(report), allow_nan=False)


def test_a_score_outside_0_and_1_has_discrimination_only(table):
    table["index"] = 10 * table["dlcs"] - 3
    report = response_report(table, ResponseRequest(scores=("dlcs", "index")))
    stored = response_json(report)["models"]["index"]
    assert stored["auc"] == pytest.approx(report.scores["dlcs"].auc.auc)
    assert stored["brier"] is stored["hosmer_lemeshow"] is stored["net_benefit"] is None
    assert "score_not_a_probability" in codes(report)


def test_probabilities_of_exactly_0_or_1_leave_intercept_and_slope_open(table):
    table.loc[0, "dlcs"] = 1.0
    report = response_report(table)
    assert report.scores["dlcs"].calibration.slope is None
    assert report.scores["dlcs"].calibration.curve is not None
    assert "score_has_certainties" in codes(report)


def test_a_cutoff_chosen_on_the_same_patients_is_called_optimistic(table):
    assert "cutoff_is_optimistic" in codes(response_report(table))
    given = response_report(table, ResponseRequest(threshold=0.5))
    assert "cutoff_is_optimistic" not in codes(given)
    assert given.scores["dlcs"].threshold_source == "given"


def test_the_cutoff_of_a_bundle_is_used_for_its_score(table):
    report = response_report(table, ResponseRequest(cutoffs={"dlcs": 0.37}))
    assert report.scores["dlcs"].at_threshold.threshold == 0.37
    sources = {name: result.threshold_source for name, result in report.scores.items()}
    assert (sources["dlcs"], sources["dl_signature"]) == ("bundle", "same_data")


@pytest.mark.parametrize(
    ("n", "code"), [(18, "events_fewer_than_10"), (240, "events_fewer_than_100")]
)
def test_few_events_are_warned_of(table, n, code):
    assert code in codes(response_report(table.head(n)))


def test_subgroups_have_their_own_areas_and_an_interaction(table):
    report = response_report(
        table, ResponseRequest(scores=("dlcs",), subgroups=("sex", "age_years"))
    )
    women, men, young, old = report.subgroups
    assert (women.level, men.level) == ("female", "male")
    assert women.found.n + men.found.n == young.found.n + old.found.n == 240
    part = table[table["sex"] == "female"]
    expected = auc_estimate(part["good_response"].astype(bool), part["dlcs"])
    assert women.found.auc == expected
    assert women.interaction == men.interaction
    assert 0 < women.interaction.p < 1
    assert young.level == f"up to {table['age_years'].median():g}"


def test_a_subgroup_of_one_class_has_no_area(table):
    table["center"] = np.where(table["good_response"].astype(bool) & (table.index < 40), "B", "A")
    report = response_report(table, ResponseRequest(scores=("dlcs",), subgroups=("center",)))
    assert [row.found.auc is None for row in report.subgroups] == [False, True]
    assert {"subgroup_interaction_missing", "subgroup_of_one_class"} <= set(codes(report))


def test_every_notice_has_its_sentence_in_both_languages(table):
    table["dlcs"] = 0.4
    table.loc[0, "dl_signature"] = np.nan
    report = response_report(table, ResponseRequest(subgroups=("sex",)))
    for language in LANGUAGES:
        assert set(codes(report)) <= catalogue(language).keys()
