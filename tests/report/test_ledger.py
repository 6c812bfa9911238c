import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.report.ledger import ledger_rows, reproduction_ledger, status_counts
from dlcs_core.report.ledger_entry import STATUSES
from dlcs_core.report.ledger_table_one import student_p
from dlcs_core.report.paper import COHORT_SIZES, printed_rows
from dlcs_core.statistics.contingency import (
    independence_test,
    pearson_chi_square,
    yates_chi_square,
)
from dlcs_core.translation import LANGUAGES, catalogue

AUDIT = Path(__file__).resolve().parents[3] / "shared" / "paper" / "audit.csv"
COHORTS = {"TC": "training", "IVC": "internal_validation", "EVC": "external_validation"}
LABORATORY = {"ALB", "PCT", "Lymph%", "Glu", "Neut"}


@pytest.fixture(scope="module")
def entries():
    return reproduction_ledger()


@pytest.fixture(scope="module")
def demo():
    """Patients of three cohorts with scores and survival; nothing depends on anything."""
    rng, n = np.random.default_rng(5), 600
    table = pd.DataFrame({"cohort": rng.choice(list(COHORT_SIZES), n)})
    for variable in VARIABLES:
        low, high = variable.soft_limits or variable.hard_limits or (0, 0)
        drawn = rng.choice(variable.levels, n) if variable.levels else rng.uniform(low, high, n)
        table[variable.name] = drawn
    table["good_response"] = pd.array(rng.random(n) < 0.3, dtype="boolean")
    for score in ("dl_signature", "clinical_signature", "dlcs"):
        table[score] = rng.random(n)
    table["os_months"], table["os_event"] = rng.exponential(40, n), rng.random(n) < 0.6
    table["os_linear_predictor"] = rng.normal(size=n)
    return table


def p_values(entries, *, laboratory):
    return [
        entry
        for entry in entries
        if (entry.table, entry.quantity) == ("1", "p") and (entry.item in LABORATORY) is laboratory
    ]


def test_39_of_42_categorical_p_values_are_reproduced_to_all_printed_digits(entries):
    found = p_values(entries, laboratory=False)
    print(f"{sum(e.status == 'reproduced' for e in found)} of {len(found)} P values agree")
    assert len(found) == 42
    missed = [
        (e.item, e.cohort, e.printed, e.recomputed) for e in found if e.recomputed != e.printed
    ]
    assert missed == [
        ("CEA", "training", "0.100", "0.124"),
        ("CA125", "training", "0.448", "0.558"),
        ("AFP", "training", "0.246", "0.755"),
    ]
    assert all(e.reason is not None for e in found if e.status == "not_reproduced")


def test_continuous_p_values_are_as_audited(entries):
    found = p_values(entries, laboratory=True)
    assert Counter(e.status for e in found) == {
        "reproduced": 1, "within_rounding": 11, "not_reproduced": 3,
    }  # fmt: skip
    missed = {e.item: e.reason.values["percent"] for e in found if e.status == "not_reproduced"}
    assert missed == {"Lymph%": "77", "Glu": "70", "Neut": "72"}
    assert {e.cohort for e in found if e.status == "not_reproduced"} == {"external_validation"}


def test_no_single_chi_square_test_does_as_well_as_the_rule():
    tables = {}
    for row in printed_rows("table1"):
        if row["kind"] == "count":
            found = tables.setdefault((row["characteristic"], row["cohort"]), [[], ""])
            found[0].append([int(row["gr"]), int(row["pr"])])
            found[1] = found[1] or row["p_as_printed"]

    def agreeing(test):
        texts = [(test(counts).p, printed) for counts, printed in tables.values()]
        return sum(("< 0.001" if p < 0.001 else f"{p:.3f}") == text for p, text in texts)

    def with_yates(counts):
        return yates_chi_square(counts) if len(counts) == 2 else pearson_chi_square(counts)

    assert agreeing(independence_test) == 39
    assert agreeing(pearson_chi_square) == 24
    assert agreeing(with_yates) == 14


@pytest.mark.skipif(not AUDIT.is_file(), reason="the audit of the paper is not beside the checkout")
def test_recomputed_values_equal_the_audit(entries):
    with AUDIT.open(encoding="utf-8", newline="") as stream:
        audit = [row for row in csv.DictReader(stream) if row["table"] == "1"]
    found = {(e.item, e.cohort): e for e in entries if (e.table, e.quantity) == ("1", "p")}
    assert len(audit) == len(found) == 57
    for row in audit:
        entry = found[row["item"], COHORTS[row["cohort"]]]
        assert (entry.printed, entry.recomputed) == (row["printed"], row["recomputed"])
    (albumin,) = [row for row in audit if (row["item"], row["cohort"]) == ("ALB", "IVC")]
    found_p = student_p((39.99, 4.63), (39.84, 4.48), COHORT_SIZES["internal_validation"])
    assert found_p == pytest.approx(float(albumin["recomputed_full"]), rel=1e-12)


def test_column_totals_name_the_missing_patients(entries):
    short = {
        e.item: (e.recomputed, e.reason.values["count"])
        for e in entries
        if e.quantity == "n_good_poor" and e.status != "reproduced"
    }
    assert short == {"BMI (kg/m2)": ("161 / 495", 8), "Maximum diameter": ("162 / 498", 4)}


def test_one_row_of_table_two_fits_no_patients(entries):
    rows = [e for e in entries if e.table == "2"]
    assert len(rows) == 27
    bad = [e for e in rows if e.status != "reproduced"]
    assert {(e.item, e.cohort, e.status) for e in bad} == {
        ("Clinical model", "internal_validation", "impossible")
    }
    assert next(e.recomputed for e in bad if e.quantity == "accuracy") == "0.649"


def test_hazard_ratios_outside_their_interval_are_impossible(entries):
    bad = [e for e in entries if (e.table, e.status) == ("3", "impossible")]
    assert {e.item for e in bad} == {"cT stage", "cN stage"}
    assert len(bad) == 8
    ratios = {e.item: e.recomputed for e in bad if e.quantity == "hr_univariable"}
    assert ratios == {"cT stage": "1.420", "cN stage": "1.071"}


def test_what_table_three_cannot_mean_is_named(entries):
    named = {
        (e.item, e.level, e.quantity): (e.recomputed, e.reason.code)
        for e in entries
        if (e.table, e.status) == ("3", "not_reproduced")
    }
    signet = "Signet ring cell carcinoma"
    assert named == {
        ("Borrmann type", "IV", "ci95_high_univariable"): ("2.219", "ledger_digit_lost"),
        ("Pathological type", None, "hr_univariable"): ("1.111", "ledger_hr_not_middle"),
        ("Pathological type", None, "p_univariable"): ("0.515", "ledger_p_not_of_interval"),
        ("Pathological type", signet, "p_multivariable"): ("0.753", "ledger_p_blank"),
    }


def test_survival_scores_outside_their_range_are_impossible(entries):
    bad = [e for e in entries if (e.table, e.status) == ("text", "impossible")]
    assert sorted((e.item, e.quantity, e.printed) for e in bad) == [
        ("Abstract", "integrated_auc", "1.24"),
        ("Results", "integrated_brier_score", "1.24"),
        ("Results", "integrated_brier_score", "2.03"),
    ]


def test_text_follows_from_the_tables_where_it_can(entries):
    found = {(e.item, e.cohort, e.quantity): e for e in entries if e.table == "text"}
    for cohort in COHORT_SIZES:
        assert found["Results", cohort, "good_response_percent"].status == "reproduced"
    assert found["Results", "follow_up", "os_3_years_percent"].recomputed == "59.48"
    assert found["Results", "follow_up", "hr_dl_signature"].status == "not_reproduced"
    assert found["Abstract", "follow_up", "hr_dl_signature"].status == "within_rounding"
    interval = found["Results", "training", "auc_ci95_dl_signature"]
    assert (interval.recomputed, interval.status) == ("0.879–0.941", "not_reproduced")


def test_every_printed_number_is_there_once(entries):
    assert len({entry.key for entry in entries}) == len(entries)
    printed = printed_rows("table1")
    counts = sum(row["kind"] == "count" for row in printed)
    assert sum(e.quantity in ("n_good", "n_poor") for e in entries) == 2 * counts
    assert sum(e.quantity.startswith(("mean_", "sd_")) for e in entries) == 4 * 15
    ratios = [row[f"{model}_hr"] for row in printed_rows("table3") for model in ("uni", "multi")]
    expected = sum(text not in ("", "Ref") for text in ratios)
    assert sum(e.quantity.startswith("hr_") and e.table == "3" for e in entries) == expected
    assert sum(status_counts(entries).values()) == len(entries)
    assert list(status_counts(entries)) == list(STATUSES)


def test_whatever_cannot_be_right_has_a_reason(entries):
    assert all(e.reason for e in entries if e.status in ("not_reproduced", "impossible"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_ledger_is_in_the_catalogues(entries, language):
    rows = ledger_rows(entries, language)
    assert not any(cell.startswith("ledger_") for row in rows for cell in row.values())
    used = {f"ledger_quantity_{e.quantity}" for e in entries}
    used |= {f"ledger_status_{e.status}" for e in entries}
    used |= {f"ledger_cohort_{e.cohort}" for e in entries}
    used |= {e.reason.code for e in entries if e.reason}
    worded = {code for code in catalogue(language) if code.startswith("ledger_")}
    assert used == worded


def test_demo_cohort_fills_the_tables_and_changes_nothing_else(entries, demo):
    filled = reproduction_ledger(demo)
    assert [(e.key, e.recomputed, e.status) for e in filled] == [
        (e.key, e.recomputed, e.status) for e in entries
    ]
    empty = {e.item for e in filled if e.table != "text" and e.demo is None and e.level is None}
    # One hazard ratio of five types without an order has no meaning to compute.
    assert empty == {"Pathological type"}


def test_demo_values_are_those_of_the_statistics(demo):
    filled = {e.key: e.demo for e in reproduction_ledger(demo)}
    part = demo[demo["cohort"] == "external_validation"]
    good = part["good_response"].to_numpy(bool)
    old = (part["age_years"] >= 60).to_numpy()
    counts = [
        [(old & good).sum(), (old & ~good).sum()],
        [(~old & good).sum(), (~old & ~good).sum()],
    ]
    place = ("1", "Age (year)", None, "external_validation", "p")
    assert filled[place] == f"{independence_test(counts).p:.3f}"
    assert filled["1", "Age (year)", "≥ 60", "external_validation", "n_good"] == str(counts[0][0])
    albumin = part["albumin_g_l"].to_numpy()[good]
    assert filled["1", "ALB", None, "external_validation", "mean_good"] == f"{albumin.mean():.2f}"


@pytest.mark.parametrize("lacks", ["dlcs", "os_months", "good_response", "cea", "cohort"])
def test_a_demo_cohort_without_a_column_leaves_what_needs_it_empty(demo, lacks):
    filled = reproduction_ledger(demo.drop(columns=lacks))
    assert sum(e.demo is None for e in filled) > sum(
        e.demo is None for e in reproduction_ledger(demo)
    )


def test_a_demo_cohort_without_events_or_response_is_no_obstacle(demo):
    one_class = demo.assign(good_response=pd.array([True] * len(demo), dtype="boolean"), os_event=0)
    assert all(e.demo is None for e in reproduction_ledger(one_class) if e.table in "123")
