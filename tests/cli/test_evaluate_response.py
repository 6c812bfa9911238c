"""``evaluate response``: the JSON of the contract, one-line refusals, a page on its own."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from dlcs_core.statistics.classification import wilson_interval
from dlcs_core.statistics.delong import auc_estimate

ORACLES = Path(__file__).resolve().parents[1] / "statistics" / "oracles"

MODEL_FIELDS = {
    "n", "auc", "auc_se", "auc_ci95", "average_precision", "brier", "scaled_brier",
    "calibration_intercept", "calibration_slope", "hosmer_lemeshow", "e50", "e90", "emax", "ici",
    "calibration_method", "youden", "at_threshold", "net_benefit",
}  # fmt: skip


@pytest.fixture(scope="module")
def cohort():
    rng = np.random.default_rng(5)
    good = rng.random(300) < 0.4
    logit = {"dl_signature": 1.5, "dlcs": 2.0}
    scores = {
        name: 1 / (1 + np.exp(-(strength * good - 1 + rng.normal(0, 1, 300))))
        for name, strength in logit.items()
    }
    return pd.DataFrame(
        {"patient_id": [f"Secret-{i}" for i in range(300)], "trg": np.where(good, 1, 3), **scores}
    )


@pytest.fixture
def evaluate(run_cli, tmp_path):
    """Run the verb on a table, changed columns or raw bytes."""

    def run(table, *options, **writing):
        path = tmp_path / "cohort.csv"
        content = table if isinstance(table, bytes) else table.to_csv(index=False, **writing)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return run_cli("evaluate", "response", "--table", path, *options)

    return run


def test_json_holds_every_field_and_nothing_of_a_patient(evaluate, cohort):
    done = evaluate(cohort, "--json")
    assert (done.code, done.err) == (0, "")
    found = done.json
    assert found["schema"] == "dlcs.response/1"
    assert found["research_use_only"] is True
    assert (found["n"], found["events"]) == (300, int((cohort["trg"] == 1).sum()))
    assert list(found["models"]) == ["dl_signature", "dlcs"]
    for model in found["models"].values():
        assert model.keys() >= MODEL_FIELDS
        assert len(model["net_benefit"]) == len(found["treat_all"]) == 99
    expected = auc_estimate(cohort["trg"] == 1, cohort["dlcs"])
    assert found["models"]["dlcs"]["auc"] == pytest.approx(expected.auc, rel=1e-12)
    assert [(row["a"], row["b"]) for row in found["delong"]] == [("dl_signature", "dlcs")]
    assert "Secret" not in done.out


def test_options_reach_the_result(evaluate, cohort):
    done = evaluate(
        cohort, "--json", "--scores", "dlcs", "--threshold", "0.5", "--thresholds", "0.1:0.3:0.1",
        "--external", "--outcome", "good_response", "--subgroups", "trg",
    )  # fmt: skip
    assert done.code == 0, done.err
    model = done.json["models"]["dlcs"]
    assert [row["threshold"] for row in model["net_benefit"]] == [0.1, 0.2, 0.3]
    assert model["at_threshold"]["threshold"] == 0.5
    assert model["at_threshold"]["threshold_source"] == "given"
    assert model["hosmer_lemeshow"]["df"] == len(model["hosmer_lemeshow"]["groups"])
    assert [row["level"] for row in done.json["subgroups"]] == ["1", "3"]


def test_threshold_0_has_no_interventions_avoided(evaluate, cohort):
    done = evaluate(cohort, "--json", "--thresholds", "0:0.2:0.1")
    assert done.json["models"]["dlcs"]["net_benefit"][0]["interventions_avoided"] is None


def test_the_bundle_gives_the_cutoff_of_its_score(evaluate, cohort, untrained_bundle):
    done = evaluate(cohort, "--json", "--bundle", untrained_bundle)
    assert done.code == 0, done.err
    sources = {k: m["at_threshold"]["threshold_source"] for k, m in done.json["models"].items()}
    assert sources == {"dl_signature": "same_data", "dlcs": "bundle"}


def test_slips_in_columns_that_are_not_used_are_warnings(evaluate, cohort):
    table = cohort.assign(age_years=[500, *[60] * 299], os_months=[-1, *[9] * 299])
    done = evaluate(table, "--json")
    assert done.code == 0, done.err
    codes = {warning["code"] for warning in done.json["warnings"]}
    assert {"column_outside_limits", "survival_time_outside_limits"} <= codes


def test_a_semicolon_table_in_gb18030_reads_alike(evaluate, cohort):
    table = cohort.rename(columns={"dlcs": "评分"})
    text = table.to_csv(index=False, sep=";").encode("gb18030")
    done = evaluate(text, "--json", "--scores", "评分")
    assert done.code == 0, done.err
    assert done.json["models"]["评分"]["n"] == 300


@pytest.mark.parametrize(
    ("change", "options"),
    [
        ({"trg": 1}, ()),
        ({"trg": 7}, ()),
        ({"dlcs": "high"}, ()),
        ({"dlcs": np.inf}, ()),
        ({"dlcs": ""}, ("--scores", "dlcs")),
        ({"response": 2}, ("--outcome", "response")),
        ({}, ("--outcome", "nowhere")),
        ({}, ("--scores", "nowhere")),
        ({}, ("--scores", "dlcs,,dl_signature")),
        ({}, ("--subgroups", "patient_id")),
        ({}, ("--threshold", "nan")),
        ({}, ("--thresholds", "0.5:0.1:0.1")),
        ({}, ("--thresholds", "0:0.9:1e-9")),
        ({}, ("--thresholds", "0.1:0.9")),
        ({}, ("--html", "nowhere/report.html")),
    ],
)
def test_what_cannot_be_evaluated_is_refused_in_one_line(
    evaluate, refused, cohort, change, options
):
    refused(evaluate(cohort.assign(**change), "--json", *options))


@pytest.mark.parametrize(
    "table", [b"", b"trg,dlcs\n", b"trg,dlcs\n1,0.5\n", b"a,b\n1,2\n"], ids=repr
)
def test_tables_without_a_cohort_are_refused(evaluate, refused, table):
    refused(evaluate(table, "--json"))


def test_the_page_stands_alone_and_shows_the_numbers(evaluate, cohort, tmp_path):
    page = tmp_path / "report.html"
    table = cohort.rename(columns={"dlcs": "<script>x"})
    done = evaluate(table, "--scores", "<script>x,dl_signature", "--html", page)
    assert done.code == 0, done.err
    text = page.read_text()
    assert "<script" not in text
    assert "src=" not in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    expected = auc_estimate(cohort["trg"] == 1, cohort["dl_signature"])
    assert f"{expected.auc:.3f} ({expected.ci95[0]:.3f} to {expected.ci95[1]:.3f})" in text
    assert text.count("<svg") == 4
    assert "Research use only" in text
    assert "Secret" not in text


def test_text_output_names_scores_and_warnings(evaluate, cohort):
    done = evaluate(cohort)
    assert done.code == 0
    assert "dlcs: n 300 | AUC" in done.out
    assert "optimistic" in done.out


def test_hospitals_are_pooled_when_asked_for(evaluate, cohort, tmp_path):
    table = cohort.assign(center=np.resize(list("ABCD"), len(cohort)))
    page = tmp_path / "report.html"
    done = evaluate(table, "--json", "--centers", "center", "--html", page)
    assert done.code == 0, done.err
    assert done.json["centers"]["dlcs"]["auc"]["k"] == 4
    assert "Random-effects meta-analysis" in page.read_text()


@pytest.mark.parametrize(("dataset", "outcome"), [("aSAH", "poor"), ("birthwt", "low")])
def test_the_numbers_of_the_command_line_are_those_of_r(run_cli, dataset, outcome):
    topics = {
        topic: json.loads((ORACLES / f"{dataset}.{topic}.json").read_text())
        for topic in ("roc", "calibration", "dca")
    }
    table = ORACLES / topics["roc"]["csv"]
    scores = [name for name in pd.read_csv(table).columns if name.startswith("p_")]
    listed = ",".join(scores)
    done = run_cli(
        "evaluate", "response", "--table", table, "--outcome", outcome, "--scores", listed, "--json"
    )
    assert done.code == 0, done.err
    compared = [
        compare_with_r(done.json["models"][score], topics, score)
        for score in scores
        if f"recalibration.{score}" in topics["calibration"]["entries"]
    ]
    print(f"{dataset}: {sum(compared)} numbers of {len(compared)} scores agree")
    assert compared


def compare_with_r(model, topics, score):
    """Hold one score's numbers against R's and count them."""
    entries = {k: e["value"] for t in topics.values() for k, e in t["entries"].items()}
    line, brier = entries[f"recalibration.{score}"], entries[f"brier.{score}"]
    loess, groups = entries[f"loess_ici.{score}"], entries[f"hl10.quantile.{score}"]
    pairs = [
        (model["calibration_intercept"], line["citl"]),
        (model["calibration_slope"], line["slope"]),
        (model["brier"], brier["brier"]),
        (model["scaled_brier"], brier["scaled"]),
        (model["ici"], loess["ICI"]),
        (model["emax"], loess["Emax"]),
        (model["hosmer_lemeshow"]["statistic"], groups["chi2"]),
        (model["hosmer_lemeshow"]["df"], groups["df_internal"]),
    ]
    if area := entries.get(f"auc.{score}"):
        pairs += [(model["auc"], area["auc"]), (model["auc_se"] ** 2, area["delong_var"])]
    if score in entries["net_benefit"]:
        benefit = [row["net_benefit"] for row in model["net_benefit"]]
        pairs += zip(benefit, entries["net_benefit"][score], strict=True)
        avoided = [row["interventions_avoided"] for row in model["net_benefit"]]
        per_100 = entries["net_benefit"][f"{score}_interventions_avoided_per_100"]
        pairs += zip(avoided, per_100, strict=True)
    for found, expected in pairs:
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-8)
    return len(pairs)


def test_shares_at_the_cutoff_have_wilson_and_exact_intervals(evaluate, cohort):
    found = evaluate(cohort, "--json", "--bootstrap", "0").json["models"]["dlcs"]["at_threshold"]
    low, high = wilson_interval(found["tp"], found["tp"] + found["fn"])
    assert found["sensitivity_ci95"] == [pytest.approx(low), pytest.approx(high)]
    exact = binomtest(found["tn"], found["tn"] + found["fp"]).proportion_ci(method="exact")
    assert found["specificity_ci95_exact"] == pytest.approx([exact.low, exact.high])
    nobody = evaluate(cohort, "--json", "--bootstrap", "0", "--threshold", "2")
    assert nobody.json["models"]["dlcs"]["at_threshold"]["ppv_ci95"] is None


def test_net_benefit_of_two_scores_is_compared_with_an_interval(evaluate, cohort):
    done = evaluate(cohort, "--json", "--thresholds", "0.1:0.5:0.1", "--bootstrap", "200")
    ((pair),) = done.json["net_benefit_differences"]
    assert (pair["a"], pair["b"], pair["resamples"]) == ("dl_signature", "dlcs", 200)
    benefit = {k: m["net_benefit"] for k, m in done.json["models"].items()}
    for row, a, b in zip(
        pair["differences"], benefit["dl_signature"], benefit["dlcs"], strict=True
    ):
        expected = a["net_benefit"] - b["net_benefit"]
        assert row["difference"] == pytest.approx(expected, abs=1e-12)
        assert row["ci95"][0] <= row["difference"] <= row["ci95"][1]
    again = evaluate(cohort, "--json", "--thresholds", "0.1:0.5:0.1", "--bootstrap", "200")
    assert again.out == done.out
    other = evaluate(
        cohort, "--json", "--thresholds", "0.1:0.5:0.1", "--bootstrap", "200", "--seed", "9"
    )
    assert other.json["net_benefit_differences"] != done.json["net_benefit_differences"]


@pytest.mark.parametrize("option", [("--bootstrap", "1"), ("--seed", "-3"), ("--bootstrap", "x")])
def test_resamples_and_seeds_are_whole_numbers_within_limits(evaluate, refused, cohort, option):
    refused(evaluate(cohort, "--json", *option))


@pytest.mark.parametrize(("dataset", "outcome"), [("aSAH", "poor"), ("birthwt", "low")])
def test_the_summary_of_the_command_line_is_that_of_val_prob(run_cli, dataset, outcome):
    entries = json.loads((ORACLES / f"{dataset}.calibration.json").read_text())["entries"]
    names = [k.partition(".")[2] for k in entries if k.startswith("val_prob.")]
    done = run_cli(
        "evaluate", "response", "--table", ORACLES / "data" / f"{dataset}.csv", "--outcome",
        outcome, "--scores", ",".join(names), "--json", "--bootstrap", "0",
    )  # fmt: skip
    fields = {
        "R2": "r2", "D": "d", "D:Chi-sq": "d_chi_square", "U": "u",
        "Q": "q", "Brier": "brier", "Intercept": "intercept", "Slope": "slope", "Eavg": "eavg",
        "S:z": "spiegelhalter_z", "S:p": "spiegelhalter_p",
    }  # fmt: skip
    for name in names:
        expected, found = entries[f"val_prob.{name}"]["value"], done.json["models"][name]
        for theirs, ours in fields.items():
            assert found["val_prob"][ours] == pytest.approx(expected[theirs], 1e-6, 1e-7), theirs
        curve = found["calibration_curve"]
        assert len(curve["ci95_low"]) == len(curve["predicted"]) == 101
        assert all(low < high for low, high in zip(curve["ci95_low"], curve["ci95_high"], strict=1))
