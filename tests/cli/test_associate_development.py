"""``associate``: imputed tables beside complete cases, and what a model could rest on."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from dlcs_core.statistics.sample_size import development_sample_size

ORACLES = Path(__file__).resolve().parents[1] / "statistics" / "oracles"
N = 260


@pytest.fixture
def associate(run_json):
    return partial(run_json, "associate", "--table")


@pytest.fixture
def columns():
    rng = np.random.default_rng(8)
    size = rng.normal(5, 2, N)
    kind = rng.choice(["poor", "moderate", "well"], N)
    chance = 1 / (1 + np.exp(-(0.5 * (size - 5) + (kind == "well") - 0.5)))
    shown = size.round(2).astype(object)
    shown[rng.random(N) < 0.25] = ""
    kinds = kind.astype(object)
    kinds[rng.random(N) < 0.1] = ""
    return {
        "person": (np.arange(N) // 2).tolist(),
        "size": shown.tolist(),
        "kind": kinds.tolist(),
        "noise": rng.normal(size=N).round(3).tolist(),
        "good": (rng.random(N) < chance).astype(int).tolist(),
        "months": rng.exponential(20 * np.exp(0.2 * (size - 5))).clip(0.2, 500).round(1).tolist(),
        "dead": (rng.random(N) < 0.6).astype(int).tolist(),
    }


def codes_of(content):
    return [warning["code"] for warning in content["warnings"]]


def named(rows):
    return [(row["variable"], row["level"]) for row in rows]


OUTCOMES = [("--outcome", "good"), ("--time", "months", "--event", "dead")]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_pooled_rows_stand_beside_the_complete_cases(associate, write, columns, outcome):
    listed = ("--variables", "size,kind,noise")
    found = associate(write(columns), *outcome, *listed, "--impute", "20", "--seed", "3")
    imputed, complete = found["imputed"], found["complete_case"]
    assert (imputed["imputations"], imputed["seed"], imputed["n"]) == (20, 3, N)
    assert named(imputed["univariable"]) == named(found["univariable"])
    assert named(imputed["multivariable"]["rows"]) == named(found["multivariable"]["rows"])
    assert complete["n"] == found["multivariable"]["n"]
    assert complete["n"] + complete["dropped"] == found["n"]
    gaps = {name: columns[name].count("") for name in ("size", "kind", "noise")}
    assert complete["dropped_by_variable"] == gaps
    for row in imputed["multivariable"]["rows"]:
        assert row["ci95"][0] < row["ratio"] < row["ci95"][1]
        assert 0 <= row["fraction_missing_information"] < 1
        assert 0 < row["df"] < N
    by_name = {row["variable"]: row for row in imputed["multivariable"]["rows"]}
    missing = "fraction_missing_information"
    assert by_name["size"][missing] > by_name["noise"][missing]
    assert "association_few_imputations" in codes_of(found)


def test_the_seed_decides_the_tables(associate, write, columns):
    table, options = write(columns), ("--outcome", "good", "--variables", "size,kind")
    first, again, other = (
        associate(table, *options, "--impute", "3", "--seed", seed)["imputed"] for seed in "112"
    )
    assert first == again
    assert first != other | {"seed": 1}


def test_nothing_missing_leaves_nothing_to_impute(associate, write, columns):
    found = associate(write(columns), "--outcome", "good", "--variables", "noise", "--impute", "3")
    assert found["imputed"] is None
    assert "association_nothing_to_impute" in codes_of(found)
    assert found["complete_case"]["dropped"] == 0


def test_an_empty_variable_is_left_out_of_the_tables(associate, write, columns):
    columns["empty"] = [""] * N
    found = associate(
        write(columns), "--outcome", "good", "--variables", "size,empty", "--impute", "3"
    )
    assert named(found["imputed"]["multivariable"]["rows"]) == [
        ("(Intercept)", None),
        ("size", None),
    ]
    assert found["complete_case"]["n"] == 0
    assert "association_not_imputable" in codes_of(found)


def test_optimism_repeats_the_selection_and_is_larger_for_it(associate, write, columns):
    rng = np.random.default_rng(1)
    junk = {f"junk{i}": rng.normal(size=N).round(3).tolist() for i in range(15)}
    table = write(columns | junk)
    found = associate(
        table, "--outcome", "good", "--variables", ",".join(["noise", *junk]), "--screen", "0.3",
        "--lasso", "--bootstrap", "40", "--stability", "10", "--patient", "person",
    )  # fmt: skip
    fixed = found["multivariable"]["optimism"]["measures"]["auc"]
    assert fixed["apparent"] == pytest.approx(found["multivariable"]["concordance"])
    assert fixed["corrected"] == pytest.approx(fixed["apparent"] - fixed["optimism"])
    assert fixed["optimism"] > 0.03
    selected = found["multivariable"]["selected_optimism"]
    assert selected is None or selected["measures"]["auc"]["optimism"] > 0.03
    assert selected is not None or {"bootstrap_without_fit", "model_nothing_selected"} & set(
        codes_of(found)
    )
    stability = found["lasso"]["stability"]
    assert len(stability["frequency_min"]) == len(stability["columns"]) == 16


def test_optimism_of_a_screened_cox_model(associate, write, columns):
    found = associate(
        write(columns), "--time", "months", "--event", "dead", "--variables", "size,kind,noise",
        "--screen", "0.5", "--bootstrap", "20",
    )  # fmt: skip
    for key in ("optimism", "selected_optimism"):
        assert set(found["multivariable"][key]["measures"]) == {"c_index", "slope"}


@pytest.mark.parametrize(("dataset", "outcome"), [("aSAH", "poor"), ("birthwt", "low")])
def test_tests_by_variable_and_profile_limits_equal_r(associate, dataset, outcome):
    value = json.loads((ORACLES / f"{dataset}.logistic.json").read_text())["entries"][
        "multivariable"
    ]["value"]
    reference = ("--reference", "race=white") if dataset == "birthwt" else ()
    found = associate(
        ORACLES / "data" / f"{dataset}.csv", "--outcome", outcome, *reference, "--variables",
        ",".join(value["drop1_term"]),
    )["multivariable"]  # fmt: skip
    tests = {row["variable"]: row for row in found["term_tests"]}
    for name, statistic, p in zip(
        value["drop1_term"], value["drop1_lrt"], value["drop1_p"], strict=True
    ):
        assert tests[name]["statistic"] == pytest.approx(statistic, rel=1e-6)
        assert tests[name]["p"] == pytest.approx(p, rel=1e-5)
    limits = {row["column"]: row["ci95"] for row in found["profile_likelihood_ci95"]}
    for term, low, high in zip(
        value["term"], value["or_low_profile"], value["or_high_profile"], strict=True
    ):
        assert limits[term] == pytest.approx([low, high], rel=2e-3)


def test_sample_size_and_shrinkage_follow_from_the_model(associate, write, columns):
    found = associate(write(columns), "--outcome", "good", "--variables", "noise,size")
    model = found["multivariable"]
    statistic = model["likelihood_ratio"]["statistic"]
    shrinkage = 1 - 2 / statistic
    assert model["expected_shrinkage"] == pytest.approx(shrinkage)
    r2 = (1 - np.exp(-statistic / model["n"])) * shrinkage
    expected = development_sample_size(2, model["events"] / model["n"], r2)
    assert model["riley_sample_size"]["n"] == expected.n


def test_separated_classes_have_firths_estimate_beside_nulls(associate, write):
    columns = {"x": [*range(20)], "good": [0] * 10 + [1] * 10}
    found = associate(write(columns), "--outcome", "good", "--variables", "x")
    model = found["multivariable"]
    assert all(row["estimate"] is None for row in model["rows"])
    ((row),) = model["firth"]
    assert row["estimate"] > 0
    assert row["p"] < 0.001
    assert "association_firth" in codes_of(found)


@pytest.mark.parametrize(
    "options",
    [
        ("--impute", "1"),
        ("--impute", "many"),
        ("--impute", "99999999999999999999"),
        ("--seed", "-1"),
        ("--bootstrap", "1"),
        ("--screen", "0"),
        ("--screen", "nan"),
        ("--stability", "5"),
        ("--patient", "nowhere"),
    ],
)
def test_unusable_options_are_refused_in_one_line(associate, write, columns, options):
    table = write(columns)
    assert isinstance(associate(table, "--outcome", "good", "--variables", "noise", *options), str)
