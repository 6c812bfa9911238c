"""``associate`` on the command line: R's values, the contract's object, named refusals."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from dlcs_core.cli.main import main
from dlcs_core.clinical.variables import VARIABLE_BY_NAME

ORACLES = Path(__file__).resolve().parents[1] / "statistics" / "oracles"
ITERATED = 1e-6
ROW_FIELDS = {
    "variable", "level", "reference_level", "estimate", "se", "ratio", "ci95", "p",
}  # fmt: skip
OPTIONS = {
    "aSAH": ("--outcome", "poor"),
    "birthwt": ("--outcome", "low", "--reference", "race=white"),
    "lung": ("--time", "time", "--event", "status", "--reference", "sex=male"),
    "gbsg": ("--time", "time", "--event", "status", "--categorical", "grade"),
}
N = 200


@pytest.fixture
def associate(run_json):
    return partial(run_json, "associate", "--table")


@pytest.fixture
def columns():
    rng = np.random.default_rng(3)
    age = rng.normal(60, 8, N).round()
    return {
        "trg": rng.integers(0, 4, N).tolist(),
        "age_years": age.tolist(),
        "cea": rng.choice(["negative", "positive", "unknown"], N).tolist(),
        "arm": rng.choice(["b", "a"], N).tolist(),
        "os_months": rng.exponential(30, N).clip(0.5, 60).round(2).tolist(),
        "os_event": rng.integers(0, 2, N).tolist(),
    }


def entries_of(dataset, topic):
    return json.loads((ORACLES / f"{dataset}.{topic}.json").read_text())["entries"]


def listed(value):
    return value if isinstance(value, list) else [value]


def codes_of(content):
    return [warning["code"] for warning in content["warnings"]]


def column_name(row):
    return row["variable"] + (row["level"] or "")


def compare_rows(rows, value, ratio, skip=()):
    """Hold rows against R's coefficient table, term by term."""
    p = "p_wald" if "p_wald" in value else "p"
    found = {column_name(row): row for row in rows}
    keys = ("coef", "se", p, ratio, f"{ratio}_low", f"{ratio}_high")
    expected = {
        term: {key: listed(value[key])[i] for key in keys}
        for i, term in enumerate(listed(value["term"]))
        if term not in skip
    }  # fmt: skip
    assert set(found) == set(expected)
    for term, row in found.items():
        r = expected[term]
        assert row["estimate"] == pytest.approx(r["coef"], rel=ITERATED, abs=2e-5 * r["se"])
        assert row["se"] == pytest.approx(r["se"], rel=ITERATED)
        assert row["ratio"] == pytest.approx(r[ratio], rel=ITERATED)
        limits = [r[f"{ratio}_low"], r[f"{ratio}_high"]]
        assert row["ci95"] == pytest.approx(limits, rel=ITERATED)
        assert row["p"] == pytest.approx(r[p], rel=1e-5)


@pytest.mark.parametrize("dataset", ["aSAH", "birthwt"])
def test_logistic_regressions_equal_glm(associate, dataset):
    reference = entries_of(dataset, "logistic")
    alone = {k.split(".")[1]: e["value"] for k, e in reference.items() if "univariable." in k}
    found = associate(
        ORACLES / "data" / f"{dataset}.csv", *OPTIONS[dataset], "--variables", ",".join(alone)
    )
    assert found["kind"] == "logistic"
    for name, value in alone.items():
        rows = [row for row in found["univariable"] if row["variable"] == name]
        compare_rows(rows, value, "or", skip=("(Intercept)",))
    together, value = found["multivariable"], reference["multivariable"]["value"]
    compare_rows(together["rows"], value, "or")
    assert together["rows"][0]["variable"] == "(Intercept)"
    assert together["log_likelihood"] == pytest.approx(value["loglik"], rel=ITERATED)
    ratio = together["likelihood_ratio"]
    assert ratio["statistic"] == pytest.approx(value["lr_chi2"], rel=ITERATED)
    assert (ratio["df"], ratio["p"]) == (value["lr_df"], pytest.approx(value["lr_p"], rel=1e-5))
    assert together["concordance"] == pytest.approx(value["c_index"], rel=ITERATED)
    assert together["proportional_hazards"] is None
    assert (found["n"], found["events"]) == (value["n"], found["multivariable"]["events"])


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_cox_regressions_equal_coxph(associate, dataset):
    reference = entries_of(dataset, "cox")
    alone = {k.split(".")[1]: e["value"] for k, e in reference.items() if "univariable." in k}
    found = associate(
        ORACLES / "data" / f"{dataset}.csv", *OPTIONS[dataset], "--variables", ",".join(alone)
    )
    assert found["kind"] == "cox"
    for name, value in alone.items():
        rows = [row for row in found["univariable"] if row["variable"] == name]
        compare_rows(rows, value, "hr")
    together, value = found["multivariable"], reference["multivariable.efron"]["value"]
    compare_rows(together["rows"], value, "hr")
    assert together["log_likelihood"] == pytest.approx(value["loglik"][1], rel=ITERATED)
    ratio = [together["likelihood_ratio"][key] for key in ("statistic", "df", "p")]
    assert ratio == pytest.approx(value["lr"], rel=1e-5)
    assert together["concordance"] == pytest.approx(value["concordance"], rel=ITERATED)
    assert together["concordance_se"] == pytest.approx(value["concordance_se"], rel=ITERATED)
    tests, zph = together["proportional_hazards"], reference["zph.km"]["value"]
    assert [row["variable"] for row in tests] == zph["term_rows"]
    assert [row["statistic"] for row in tests] == pytest.approx(zph["term_chisq"], rel=ITERATED)
    assert [row["df"] for row in tests] == zph["term_df"]
    assert [row["p"] for row in tests] == pytest.approx(zph["term_p"], rel=1e-5)


@pytest.mark.parametrize("measure", ["deviance", "auc", "class"])
@pytest.mark.parametrize("dataset", ["aSAH", "birthwt"])
def test_lasso_equals_cv_glmnet(associate, dataset, measure):
    value = entries_of(dataset, "lasso")[f"binomial.{measure}"]["value"]
    alone = entries_of(dataset, "logistic")
    names = [k.split(".")[1] for k in alone if "univariable." in k]
    found = associate(
        ORACLES / "data" / f"{dataset}.csv", *OPTIONS[dataset], "--variables", ",".join(names),
        "--lasso", "--foldid", "foldid", "--lasso-measure", measure,
    )["lasso"]  # fmt: skip
    assert found["columns"] == value["columns"]
    assert len(found["lambda"]) == len(value["lambda"])
    assert found["lambda"] == pytest.approx(value["lambda"], rel=ITERATED)
    assert found["cv_mean"] == pytest.approx(value["cvm"], rel=1e-5)
    assert found["cv_se"] == pytest.approx(value["cvsd"], rel=1e-4)
    assert found["nonzero"] == value["nzero"]
    for which in ("min", "1se"):
        assert found[f"lambda_{which}"] == pytest.approx(value[f"lambda_{which}"], rel=ITERATED)
        assert found[f"selected_{which}"] == value[f"selected_{which}"]
        coefficients = value[f"coef_{which}"]
        assert found[f"coefficients_{which}"] == {
            name: pytest.approx(b, abs=1e-5) for name, b in coefficients.items()
        }


def test_object_is_that_of_the_contract(associate, write, columns):
    found = associate(
        write(columns), "--outcome", "good_response", "--variables", "age_years,cea",
        "--variables", "arm",
    )  # fmt: skip
    assert found["schema"] == "dlcs.association/1"
    assert found["research_use_only"] is True
    assert found["events"] == sum(grade <= 1 for grade in columns["trg"])
    assert set(found["multivariable"]) >= {
        "rows", "log_likelihood", "likelihood_ratio", "concordance", "proportional_hazards",
    }  # fmt: skip
    assert all(set(row) >= ROW_FIELDS for row in found["univariable"])
    shown = [
        (row["variable"], row["level"], row["reference_level"]) for row in found["univariable"]
    ]
    levels = VARIABLE_BY_NAME["cea"].levels
    assert shown == [
        ("age_years", None, None),
        *(("cea", level, levels[0]) for level in levels[1:]),
        ("arm", "b", "a"),
    ]
    assert "lasso" not in found


def test_the_other_reference_turns_the_ratio_over(associate, write, columns):
    path = write(columns)
    options = ("--outcome", "good_response", "--variables", "arm")
    first = associate(path, *options)["univariable"][0]
    other = associate(path, *options, "--reference", "arm=b")["univariable"][0]
    assert (other["level"], other["reference_level"]) == ("a", "b")
    assert other["ratio"] == pytest.approx(1 / first["ratio"])


def test_kinds_can_be_set(associate, write, columns):
    columns["grade"] = [i % 3 for i in range(N)]
    options = ("--time", "os_months", "--event", "os_event", "--variables", "grade")
    as_number = associate(write(columns), *options)["univariable"]
    as_levels = associate(write(columns), *options, "--categorical", "grade")["univariable"]
    assert [row["level"] for row in as_number] == [None]
    assert [row["level"] for row in as_levels] == ["1", "2"]
    assert {row["reference_level"] for row in as_levels} == {"0"}
    against_1 = associate(write(columns), *options, "--reference", "grade=1")["univariable"]
    assert [(row["level"], row["reference_level"]) for row in against_1] == [("0", "1"), ("2", "1")]


def test_each_regression_uses_the_rows_complete_for_it(associate, write, columns):
    columns["age_years"][:30] = [""] * 30
    found = associate(write(columns), "--outcome", "good_response", "--variables", "age_years,arm")
    assert (found["n"], found["multivariable"]["n"]) == (N, N - 30)
    assert "association_rows_without_variable" in codes_of(found)


def test_columns_that_say_nothing_have_no_estimate(associate, write, columns):
    columns["twice"] = [2 * age for age in columns["age_years"]]
    columns["same"] = [7] * N
    found = associate(
        write(columns), "--outcome", "good_response", "--variables", "age_years,twice,same"
    )
    alone = {row["variable"]: row["estimate"] for row in found["univariable"]}
    assert alone["same"] is None
    assert alone["twice"] == pytest.approx(alone["age_years"] / 2)
    together = {row["variable"]: row["estimate"] for row in found["multivariable"]["rows"]}
    assert together["twice"] is together["same"] is None
    assert together["age_years"] is not None
    assert "association_columns_left_out" in codes_of(found)


def test_a_level_that_no_complete_row_has_leaves_the_reference_right(associate, write, columns):
    columns["arm"][:60] = ["0 first"] * 60
    columns["age_years"][:60] = [""] * 60
    found = associate(write(columns), "--outcome", "good_response", "--variables", "arm,age_years")
    rows = {row["level"]: row for row in found["multivariable"]["rows"] if row["level"]}
    assert rows["b"]["reference_level"] == "a"
    assert rows["0 first"]["estimate"] is None


def test_separated_data_are_null_with_the_reason(associate, write, columns):
    columns["arm"] = ["a" if grade <= 1 else "b" for grade in columns["trg"]]
    found = associate(write(columns), "--outcome", "good_response", "--variables", "arm,cea")
    assert found["univariable"][0]["p"] is None
    assert found["univariable"][1]["p"] is not None
    assert found["multivariable"]["log_likelihood"] is None
    assert {"association_not_estimable", "model_separated"} <= set(codes_of(found))


def test_variables_that_say_the_same_are_inflated(associate, write, columns):
    rng = np.random.default_rng(8)
    columns["like_age"] = [age + rng.normal(0, 2) for age in columns["age_years"]]
    options = ("--time", "os_months", "--event", "os_event")
    found = associate(write(columns), *options, "--variables", "age_years,like_age,cea")
    inflation = found["multivariable"]["variance_inflation"]
    assert list(inflation) == ["age_years", "like_age", "cea"]
    assert min(inflation["age_years"], inflation["like_age"]) > 5 > 1.2 > inflation["cea"]


def test_lasso_without_folds_is_the_same_in_every_run(associate, write, columns):
    options = ("--outcome", "good_response", "--variables", "age_years,cea,arm", "--lasso")
    first, second = (associate(write(columns), *options)["lasso"] for _ in range(2))
    assert first == second


COX = ("--time", "os_months", "--event", "os_event", "--variables", "age_years,arm,cea")


@pytest.mark.parametrize(
    ("column", "cells", "code"),
    [
        ("os_event", [1] + [0] * (N - 1), "model_separated"),
        ("os_months", [10.0] * N, "association_hazards_not_tested"),
        ("age_years", [""] * N, "association_columns_left_out"),
        ("arm", ["a"] * N, "association_columns_left_out"),
    ],
)
def test_poor_tables_have_named_gaps(associate, write, columns, column, cells, code):
    columns[column] = cells
    found = associate(write(columns), *COX)
    assert code in codes_of(found)
    assert {row["variable"] for row in found["univariable"]} == {"age_years", "arm", "cea"}


def test_a_variable_that_orders_every_death_is_named(associate, write, columns):
    columns["order"] = [-months for months in columns["os_months"]]
    found = associate(write(columns), *COX, "--variables", "order")
    assert found["univariable"][-1]["p"] is None
    assert found["univariable"][0]["p"] is not None
    assert "model_separated" in codes_of(found)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--variables", "arm"), "--outcome"),
        (("--variables", "arm", "--time", "os_months"), "--event"),
        (("--variables", "arm", "--outcome", "trg", "--time", "os_months"), "--outcome"),
        (("--variables", "arm", "--outcome", "trg"), "trg"),
        (("--variables", "no_such", "--outcome", "good_response"), "no_such"),
        (("--variables", "good_response", "--outcome", "good_response"), "good_response"),
        (("--variables", "arm", "--outcome", "good_response", "--reference", "arm=c"), "a, b"),
        (("--variables", "arm", "--outcome", "good_response", "--reference", "arm"), "VAR=LEVEL"),
        (("--variables", "arm", "--outcome", "good_response", "--reference", "cea=x"), "cea"),
        (
            ("--variables", "age_years", "--outcome", "good_response",
             "--reference", "age_years=60",
             "--continuous", "age_years"),
            "age_years",
        ),
        (("--variables", "arm", "--outcome", "good_response", "--continuous", "arm"), "arm"),
        (("--variables", "arm,,cea", "--outcome", "good_response"), "comma"),
        (("--variables", "arm", "--time", "os_months", "--event", "os_event", "--lasso"), "LASSO"),
    ],
)  # fmt: skip
def test_unusable_requests_are_refused_in_one_line(associate, write, columns, options, words):
    assert words in associate(write(columns), *options)


@pytest.mark.parametrize(
    ("column", "cells"), [("os_event", [0] * N), ("os_event", [1, 2] * 100), ("trg", [3] * N)]
)
def test_outcomes_that_nothing_relates_to_are_refused(associate, write, columns, column, cells):
    columns[column] = cells
    options = ("--time", "os_months", "--event", "os_event")
    options = ("--outcome", "good_response") if column == "trg" else options
    assert isinstance(associate(write(columns), *options, "--variables", "arm"), str)


def test_words_tell_the_same(capfd, write, columns):
    path = write(columns)
    options = ("--time", "os_months", "--event", "os_event", "--variables", "cea,age_years")
    assert main(["associate", "--table", str(path), *options]) == 0
    text = capfd.readouterr().out
    assert "hazard ratio" in text
    assert "GLOBAL" in text
    assert "Research use only" in text
