"""``evaluate survival`` on the command line: R's values, the contract's object, named refusals."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlcs_core.cli.main import main
from dlcs_core.statistics.cox_regression import fit_cox

ORACLES = Path(__file__).resolve().parents[1] / "statistics" / "oracles"
FIELDS = {
    "schema", "research_use_only", "warnings", "n", "events", "median_followup_months",
    "harrell_c", "harrell_c_se", "uno_c", "auc", "integrated_auc", "brier",
    "integrated_brier_score", "integrated_auc_monthly", "integrated_brier_score_monthly",
    "integrated_brier_score_null", "ipa", "log_rank", "kaplan_meier", "median_survival_months",
}  # fmt: skip
CURVE_FIELDS = {
    "time", "survival", "ci95_low", "ci95_high", "n_at_risk", "n_events", "n_censored",
}  # fmt: skip
TIGHT = 1e-8
ITERATED = 1e-6


@pytest.fixture
def evaluate(run_json):
    return partial(run_json, "evaluate", "survival", "--table")


@pytest.fixture
def columns(followed_up):
    return followed_up


SURVIVAL = "12=s12,24=s24,35=s35"


def codes_of(content):
    return [warning["code"] for warning in content["warnings"]]


def entries_of(dataset, topic):
    return json.loads((ORACLES / f"{dataset}.{topic}.json").read_text())["entries"]


def oracle_table(dataset, horizons, tmp_path):
    """The oracle's rows with the survival that its Cox model predicts."""
    data = pd.read_csv(ORACLES / "data" / f"{dataset}.csv")
    terms = entries_of(dataset, "cox")["multivariable.efron"]["value"]["term"]
    X = np.column_stack([column_of(data, term) for term in terms])
    fit = fit_cox(X, data["time"], data["status"], terms)
    for t in horizons:
        step = np.searchsorted(fit.baseline.time_months, t, side="right") - 1
        hazard = fit.baseline.cumulative_hazard[step]
        data[f"alive{t}"] = np.exp(-hazard * np.exp(fit.linear_predictor(X)))
    path = tmp_path / "table.csv"
    data.to_csv(path, index=False)
    return path


def column_of(data, term):
    if term in data:
        return data[term].to_numpy(dtype=float)
    factor = max((name for name in data if term.startswith(name)), key=len)
    return (data[factor].astype(str) == term[len(factor) :]).to_numpy(dtype=float)


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_order_and_errors_equal_r(evaluate, dataset, tmp_path):
    reference = entries_of(dataset, "survival_metrics")
    auc, brier = reference["cd_auc"]["value"], reference["brier"]["value"]
    times = auc["times"]
    found = evaluate(
        oracle_table(dataset, times, tmp_path),
        "--time", "time", "--event", "status", "--risk", "lp",
        "--times", ",".join(map(str, times)),
        "--survival", ",".join(f"{t}=alive{t}" for t in times),
    )  # fmt: skip
    harrell = reference["harrell.lp"]["value"]
    assert found["harrell_c"] == pytest.approx(harrell["c"], rel=TIGHT)
    assert found["harrell_c_se"] == pytest.approx(harrell["se"], rel=TIGHT)
    keys = [f"{t}" for t in times]
    assert list(found["auc"]) == list(found["brier"]) == keys
    assert list(found["auc"].values()) == pytest.approx(auc["left_limit"], rel=TIGHT)
    assert list(found["brier"].values()) == pytest.approx(brier["left_limit"], rel=ITERATED)
    integrals = reference["ibs"]["value"]
    iauc = reference["iauc"]["value"]["survival_weighted_left"]
    assert found["integrated_auc"] == pytest.approx(iauc, rel=TIGHT)
    ibs, null = integrals["grid_trapezoid_left"], integrals["null_grid_trapezoid_left"]
    assert found["integrated_brier_score"] == pytest.approx(ibs, rel=ITERATED)
    assert found["integrated_brier_score_null"] == pytest.approx(null, rel=TIGHT)
    assert found["ipa"] == pytest.approx(1 - ibs / null, rel=1e-5)


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_calibration_and_net_benefit_equal_r(evaluate, dataset, tmp_path):
    smooth = [
        e["value"] for k, e in entries_of(dataset, "survival_calibration").items() if "smooth" in k
    ]
    ((_, decision),) = entries_of(dataset, "dca").items()
    times = [value["horizon"] for value in smooth]
    found = evaluate(
        oracle_table(dataset, times, tmp_path),
        "--time", "time", "--event", "status", "--risk", "lp",
        "--times", ",".join(map(str, times)),
        "--survival", ",".join(f"{t}=alive{t}" for t in times),
    )  # fmt: skip
    for value in smooth:
        calibration = found["calibration"][str(value["horizon"])]
        for ours, theirs in (("ici", "ICI"), ("e50", "E50"), ("e90", "E90"), ("emax", "Emax")):
            assert calibration[ours] == pytest.approx(value[theirs], rel=1e-4, abs=1e-6)
    rows = found["net_benefit"][str(decision["horizon"])]
    expected = decision["value"][decision["risk"]]
    assert [row["net_benefit"] for row in rows] == [
        b if b is None else pytest.approx(b, abs=1e-8) for b in expected
    ]
    assert found["calibration_slope"] == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(("dataset", "tau"), [("lung", 12), ("lung", 24), ("gbsg", 35)])
def test_uno_is_truncated_at_the_last_time(evaluate, dataset, tau, tmp_path):
    expected = entries_of(dataset, "survival_metrics")[f"uno.lp.tau{tau}"]["value"]["c_survival"]
    found = evaluate(
        oracle_table(dataset, [], tmp_path),
        "--time", "time", "--event", "status", "--risk", "lp", "--times", f"{tau},6",
    )  # fmt: skip
    assert found["uno_c"] == pytest.approx(expected, rel=TIGHT)


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
@pytest.mark.parametrize("ci", ["log-log", "log", "plain"])
def test_curves_medians_and_follow_up_equal_survfit(evaluate, dataset, ci, tmp_path):
    reference = entries_of(dataset, "km")
    found = evaluate(
        oracle_table(dataset, [], tmp_path),
        "--time", "time", "--event", "status", "--risk", "lp", "--ci", ci,
    )  # fmt: skip
    curve, expected = found["kaplan_meier"]["all"], reference["curve"]["value"]
    pairs = {
        "time": "time", "survival": "surv", "n_at_risk": "n_risk", "n_events": "n_event",
        "n_censored": "n_censor",
    }  # fmt: skip
    for ours, theirs in pairs.items():
        assert curve[ours] == pytest.approx(expected[theirs], rel=TIGHT)
    overall = next(
        entry["value"]
        for name, entry in reference.items()
        if name.startswith("overall.") and entry["conf_type"] == ci
    )
    read = np.searchsorted(curve["time"], overall["times"], side="right") - 1
    known = np.array(overall["times"]) <= curve["time"][-1]
    for ours, theirs in (("ci95_low", "low"), ("ci95_high", "high")):
        limits = np.array(curve[ours], dtype=float)[read][known]
        np.testing.assert_allclose(
            limits, np.array(overall[theirs], dtype=float)[known], rtol=TIGHT
        )
    medians = [overall[key] for key in ("median", "median_low", "median_high")]
    assert list(found["median_survival_months"]["all"].values()) == [
        value and pytest.approx(value, rel=TIGHT) for value in medians
    ]
    followup = reference["reverse_km"]["value"]["median"]
    assert found["median_followup_months"] == pytest.approx(followup, rel=TIGHT)


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_groups_and_log_rank_equal_survdiff(evaluate, dataset, tmp_path):
    reference = entries_of(dataset, "km")
    path = oracle_table(dataset, [], tmp_path)
    tests = [entry for name, entry in reference.items() if name.startswith("logrank.")]
    assert tests
    for entry in tests:
        found = evaluate(
            path, "--time", "time", "--event", "status", "--risk", "lp", "--group", entry["group"]
        )
        value = entry["value"]
        assert found["log_rank"]["statistic"] == pytest.approx(value["chi2"], rel=TIGHT)
        assert found["log_rank"]["df"] == value["df"]
        assert found["log_rank"]["p"] == pytest.approx(value["p"], rel=TIGHT)
        assert sum(curve["n_at_risk"][0] for curve in found["kaplan_meier"].values()) == found["n"]


def test_object_is_that_of_the_contract(evaluate, write, columns):
    found = evaluate(write(columns), "--survival", SURVIVAL)
    assert set(found) >= FIELDS
    assert found["schema"] == "dlcs.survival/1"
    assert found["research_use_only"] is True
    assert (found["n"], found["events"]) == (120, sum(columns["os_event"]))
    assert list(found["auc"]) == list(found["brier"]) == ["12", "24", "35"]
    assert found["log_rank"] is None
    assert set(found["kaplan_meier"]["all"]) == CURVE_FIELDS
    assert set(found["median_survival_months"]["all"]) == {"median", "ci95_low", "ci95_high"}
    assert found["integrated_brier_score_monthly"] is None
    assert 0.5 < found["integrated_auc_monthly"] < 1.0


def test_times_are_keys_as_typed(evaluate, write, columns):
    found = evaluate(write(columns), "--times", "24.50,0.5,12.0")
    assert list(found["auc"]) == ["0.5", "12", "24.5"]


def test_without_predictions_brier_fields_are_null(evaluate, write, columns):
    found = evaluate(write(columns))
    assert found["brier"] == {"12": None, "24": None, "35": None}
    names = ("integrated_brier_score", "integrated_brier_score_null", "ipa")
    assert [found[name] for name in names] == [None] * 3
    assert found["auc"]["24"] > 0.5
    assert not [code for code in codes_of(found) if "brier" in code]


def test_monthly_predictions_have_a_monthly_integral(evaluate, write, columns):
    risk = np.array(columns["os_linear_predictor"])
    monthly = {f"m{t}": np.exp(-t / 30 * np.exp(risk)).tolist() for t in range(1, 36)}
    options = ",".join(f"{t}=m{t}" for t in range(1, 36))
    found = evaluate(write(columns | monthly), "--survival", options)
    scores = [found["brier"][f"{t}"] for t in range(1, 36)]
    expected = np.trapezoid(scores, np.arange(1, 36)) / 34
    assert found["integrated_brier_score_monthly"] == pytest.approx(expected)
    coarse = np.trapezoid([scores[11], scores[23], scores[34]], [12, 24, 35]) / 23
    assert found["integrated_brier_score"] == pytest.approx(coarse)


def test_group_keys_are_the_text_of_the_cells(evaluate, write, columns):
    assert list(evaluate(write(columns), "--group", "arm")["kaplan_meier"]) == ["a", "b"]
    columns["arm"] = [2, 10] * 60
    assert list(evaluate(write(columns), "--group", "arm")["kaplan_meier"]) == ["2", "10"]
    columns["arm"] = [True, False] * 60
    assert list(evaluate(write(columns), "--group", "arm")["kaplan_meier"]) == ["False", "True"]


def test_words_tell_the_same(capfd, write, columns):
    path = write(columns)
    assert main(["evaluate", "survival", "--table", str(path), "--survival", SURVIVAL]) == 0
    text = capfd.readouterr().out
    assert "120 patients" in text
    assert "Month 35" in text
    assert "Research use only" in text


@pytest.mark.parametrize(("language", "word"), [("en", "Kaplan-Meier"), ("zh", "生存")])
def test_page_is_self_contained_and_escapes_groups(
    capfd, write, columns, tmp_path, monkeypatch, language, word
):
    monkeypatch.setenv("DLCS_LANGUAGE", language)
    columns["arm"] = ["<script>x</script>", "b"] * 60
    page = tmp_path / "page.html"
    options = ("--survival", SURVIVAL, "--group", "arm", "--html", str(page))
    assert main(["evaluate", "survival", "--table", str(write(columns)), *options]) == 0
    html = page.read_text(encoding="utf-8")
    assert word in html
    assert "<script" not in html
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert html.count("<polyline") == 2
