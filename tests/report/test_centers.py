"""Performance by hospital, and pooled as the meta-analysis pools it."""

import json

import numpy as np
import pandas as pd
import pytest

from dlcs_core.report.response import ResponseRequest, response_report
from dlcs_core.report.response_json import response_json
from dlcs_core.statistics.delong import auc_estimate
from dlcs_core.statistics.meta_analysis import logit_auc, random_effects


@pytest.fixture
def table():
    rng = np.random.default_rng(11)
    n = 900
    center = rng.choice(list("ABCDE"), n)
    logit = rng.normal(-0.4, 1.2, n)
    shift = {"A": 0.0, "B": 0.0, "C": 0.9, "D": -0.6, "E": 0.2}
    moved = logit + np.array([shift[c] for c in center])
    good = rng.random(n) < 1 / (1 + np.exp(-moved))
    columns = {"center": center, "dlcs": 1 / (1 + np.exp(-logit))}
    return pd.DataFrame({"good_response": pd.array(good, dtype="boolean"), **columns})


def pooled(table):
    return response_report(table, ResponseRequest(centers="center"))


def test_areas_are_pooled_on_the_logit_scale(table):
    found = pooled(table).centers["dlcs"]
    areas = [auc_estimate(t["good_response"].astype(bool), t["dlcs"]) for _, t in
             table.groupby("center")]  # fmt: skip
    assert [row.auc for row in found.by_center] == areas
    expected = random_effects(*zip(*(logit_auc(a.auc, a.se) for a in areas), strict=True))
    overall = found.pooled["auc"].overall
    assert overall.estimate == pytest.approx(1 / (1 + np.exp(-expected.estimate)))
    assert overall.prediction95[0] < overall.ci95[0] < overall.estimate < overall.ci95[1]


def test_a_centre_with_more_responders_than_predicted_shows(table):
    rows = {row.center: row for row in pooled(table).centers["dlcs"].by_center}
    assert rows["C"].oe_ratio > 1.15
    assert rows["D"].oe_ratio < 0.9
    part = table[table["center"] == "C"]
    assert rows["C"].oe_ratio == pytest.approx(part["good_response"].sum() / part["dlcs"].sum())


def test_each_centre_is_left_out_once(table):
    stored = response_json(pooled(table))["centers"]["dlcs"]
    assert [row["left_out"] for row in stored["auc"]["leave_one_out"]] == list("ABCDE")
    assert all(row["k"] == 4 for row in stored["oe_ratio"]["leave_one_out"])
    json.dumps(stored, allow_nan=False)


def test_centres_without_an_estimate_do_not_enter_the_pool(table):
    table.loc[table["center"] == "E", "good_response"] = False
    found = pooled(table).centers["dlcs"]
    assert found.by_center[4].auc is None
    assert found.pooled["auc"].overall.k == 4


def test_two_centres_are_shown_but_not_pooled(table):
    report = pooled(table[table["center"].isin(["A", "B"])])
    assert len(report.centers["dlcs"].by_center) == 2
    assert not report.centers["dlcs"].pooled
    assert response_json(report)["centers"]["dlcs"]["auc"] is None
    assert [n.code for n in report.warnings].count("centers_not_pooled") == 3


def test_nothing_is_pooled_unless_asked_for(table):
    assert response_report(table).centers == {}
