"""Every field of the survival oracles: compared, or left out for a stated reason."""

from collections import Counter

import numpy as np
import pytest

from dlcs_core.statistics.checks import chi_square_p
from dlcs_core.statistics.cox_regression import fit_cox
from dlcs_core.statistics.group_tests import log_rank_test
from dlcs_core.statistics.kaplan_meier import kaplan_meier, median_survival, survival_at
from dlcs_core.statistics.proportional_hazards import GLOBAL, proportional_hazards_test
from dlcs_core.statistics.restricted_mean import restricted_mean_survival
from dlcs_core.statistics.survival_brier import survival_brier
from dlcs_core.statistics.survival_metrics import harrell_c, uno_c
from dlcs_core.statistics.time_dependent_auc import time_dependent_auc

OTHER_WEIGHTS = "weights by G(T) or by other patients are scikit-survival's convention, not R's"
OTHER_INTEGRAL = "the contract integrates by deaths (AUC) or by the trapezoid (Brier)"
LEFT_OUT = {
    "peto_chi2": "the log-rank test is the only test of groups that is shown",
    "peto_p": "the log-rank test is the only test of groups that is shown",
    "p_bh": "no output compares groups by pairs",
    "p_bonferroni": "no output compares groups by pairs",
    "means": "R centres factors at their reference, we at the mean; survival is the same",
    "tied.y": "pairs tied in time are not counted, as no measure uses them",
    "tied.xy": "pairs tied in time are not counted, as no measure uses them",
    "hmisc_c": "the same number as c, from another package",
    "se_survival": "no output shows an error of Uno's C",
    "c_right": OTHER_WEIGHTS,
    "c_survAUC": "gives ties in the score no credit",
    "right_continuous": OTHER_WEIGHTS,
    "null_right_continuous": OTHER_WEIGHTS,
    "survival_weighted_right": OTHER_WEIGHTS,
    "grid_trapezoid_right": OTHER_WEIGHTS,
    "null_grid_trapezoid_right": OTHER_WEIGHTS,
    "survAUC_uno": OTHER_WEIGHTS,
    "survAUC_AUC_uno": OTHER_INTEGRAL,
    **dict.fromkeys(
        ("trapezoid_left", "trapezoid_right", "mean_left", "mean_right", "riskRegression_grid",
         "exact_step", "exact_step_last_followup", "pec", "pec_reference"),
        OTHER_INTEGRAL,
    ),
    "mean_predicted_survival": "an input",
    "train_test": OTHER_WEIGHTS,
    "residuals": "no output shows residuals",
    "predicted_median": "no output shows a single patient's median",
    "predicted": "compared by tests/models/test_baseline.py",
}  # fmt: skip
INPUT = (
    "times", "levels", "pairs", "tau", "term", "drop1_term", "patients", "time", "rows",
    "term_rows", "ties",
)  # fmt: skip
ITERATED = 1e-6


def listed(value):
    return value if isinstance(value, list) else [value]


def curve_fields(time, event, value, ci_type="log-log"):
    curve = kaplan_meier(time, event, ci_type=ci_type)
    at, median = survival_at(curve, value["times"]), median_survival(curve)
    # R repeats the last step beyond the follow-up; we say that nothing is known there.
    beyond = np.asarray(value["times"]) > curve.time_months[-1]
    steps = {"surv": at.survival, "std_err": at.se, "low": at.ci95_low, "high": at.ci95_high}
    known = {
        key: np.where(beyond, np.array(value[key], dtype=float), found)
        for key, found in steps.items()
    }
    return known | {
        "n_risk": at.n_at_risk, "n": curve.n, "events": curve.events, "median": median.median,
        "median_low": median.ci95_low, "median_high": median.ci95_high,
    }  # fmt: skip


def kaplan_meier_entry(name, entry, value, data):
    time, event = data["time"].to_numpy(), data["status"].to_numpy()
    if name.startswith("overall."):
        return curve_fields(time, event, value, entry["conf_type"])
    if name == "curve":
        curve = kaplan_meier(time, event)
        return {
            "surv": curve.survival, "n_risk": curve.n_at_risk, "n_event": curve.n_events,
            "n_censor": curve.n_censored,
        }  # fmt: skip
    if name == "reverse_km":
        found = median_survival(kaplan_meier(time, 1 - event, ci_type="log"))
        return {"median": found.median, "low": found.ci95_low, "high": found.ci95_high}
    if name == "rmst":
        found = restricted_mean_survival(kaplan_meier(time, event), value["tau"])
        return {"rmst": found.mean_months, "se": found.se}
    return groups_entry(name, value, time, event, data[entry["group"]].astype(str).to_numpy())


def groups_entry(name, value, time, event, group):
    if name.startswith("logrank."):
        test = log_rank_test(time, event, group)
        place = [test.groups.index(str(level)) for level in value["levels"]]
        counts = {key: np.array(getattr(test, key))[place] for key in ("n", "observed", "expected")}
        return counts | {"chi2": test.statistic, "df": test.df, "p": test.p}
    if name.startswith("pairwise."):
        pairs = [np.isin(group, [str(level) for level in pair]) for pair in value["pairs"]]
        return {"p": [log_rank_test(time[two], event[two], group[two]).p for two in pairs]}
    found = {}
    for level, fields in value.items():
        of_level = curve_fields(time[group == level], event[group == level], fields)
        found |= {f"{level}.{key}": number for key, number in of_level.items()}
    return found


def cox_entry(name, entry, value, reference):
    if name.startswith("zph."):
        return hazards_fields(entry, value, reference)
    ties = entry.get("ties", "efron")
    terms = listed(reference.entries.get(f"multivariable.{ties}", {})["value"]["term"])
    if not name.startswith("baseline."):
        terms = listed(value["term"])
    X, data = reference.columns(terms), reference.data
    fit = fit_cox(X, data["time"], data["status"], terms, ties=ties)
    at_zero = float(fit.means @ fit.coefficients)
    if name.startswith("baseline."):
        step = np.searchsorted(fit.baseline.time_months, value["time"], side="right") - 1
        hazard = fit.baseline.cumulative_hazard[step] * np.exp(-at_zero)
        return {"cumhaz": hazard, "surv": np.exp(-hazard)}
    return coefficient_fields(fit) | model_fields(fit, X, data, value, reference, ties)


def coefficient_fields(fit):
    rows = fit.rows
    return {
        "coef": fit.coefficients, "se": fit.standard_errors, "vcov": fit.covariance,
        "z": [row.z for row in rows], "p": [row.p for row in rows],
        "hr": [row.ratio for row in rows], "hr_low": [row.ci95[0] for row in rows],
        "hr_high": [row.ci95[1] for row in rows],
    }  # fmt: skip


def model_fields(fit, X, data, value, reference, ties):
    risk, df = fit.linear_predictor(X).round(10), len(fit.names)
    c = harrell_c(data["time"], data["status"], risk)
    wald = float(fit.coefficients @ np.linalg.solve(fit.covariance, fit.coefficients))
    found = {
        "loglik": [fit.null_log_likelihood, fit.log_likelihood],
        "lr": fit.likelihood_ratio,
        "wald": [round(wald, 2), df, chi_square_p(wald, df)],
        "wald_full": [wald, df, chi_square_p(wald, df)],
        "score": [fit.score_statistic, df, chi_square_p(fit.score_statistic, df)],
        "concordance": c.c_index, "concordance_se": c.se,
        "aic": 2 * df - 2 * fit.log_likelihood, "n": fit.n, "events": fit.events,
        "lp_uncentered_first10": (fit.linear_predictor(X) + fit.means @ fit.coefficients)[:10],
    }  # fmt: skip
    dropped = [
        [term for term in fit.names if not term.startswith(variable)]
        for variable in value.get("drop1_term", ())
    ]
    without = [
        fit_cox(reference.columns(kept), data["time"], data["status"], kept, ties=ties)
        for kept in dropped
    ]
    ratio = [2 * (fit.log_likelihood - other.log_likelihood) for other in without]
    removed = [df - len(kept) for kept in dropped]
    p = [chi_square_p(statistic, k) for statistic, k in zip(ratio, removed, strict=True)]
    return found | {"drop1_lrt": ratio, "drop1_df": removed, "drop1_p": p}


def hazards_fields(entry, value, reference):
    terms = reference.entries["multivariable.efron"]["value"]["term"]
    found = {}
    for rows, prefix in (("rows", ""), ("term_rows", "term_")):
        names = [row for row in value[rows] if row != GLOBAL]
        columns_of = {v: [term for term in terms if term.startswith(v)] for v in names}
        tests = proportional_hazards_test(
            reference.columns(terms), reference.data["time"], reference.data["status"], terms,
            columns_of, time_scale=entry["transform"],
        )  # fmt: skip
        for field, attribute in (("chisq", "statistic"), ("df", "df"), ("p", "p")):
            found[prefix + field] = [getattr(row, attribute) for row in tests]
    return found


def metrics_entry(name, entry, value, reference, alive):
    data = reference.data
    follow_up = (data["time"], data["status"])
    if name.startswith("harrell."):
        found = harrell_c(*follow_up, data[entry["score"]])
        return {
            "c": found.c_index, "se": found.se, "counts.concordant": found.concordant,
            "counts.discordant": found.discordant, "counts.tied.x": found.tied_risk,
        }  # fmt: skip
    if name.startswith("uno."):
        found = uno_c(*follow_up, data[entry["score"]], entry["tau"])
        return {"c_survival": found, "c_left": found}
    auc = time_dependent_auc(*follow_up, data["lp"], value["times"])
    km = survival_at(kaplan_meier(*follow_up), value["times"]).survival
    brier = survival_brier(*follow_up, alive(value["times"]), value["times"])
    areas = {
        "left_limit": auc.auc, "riskRegression_auc": auc.auc, "timeROC": auc.auc,
        "riskRegression_se": auc.se, "riskRegression_low": auc.ci95_low,
        "riskRegression_high": auc.ci95_high,
    }  # fmt: skip
    errors = {
        "left_limit": brier.brier, "null_left_limit": brier.null, "ipa": brier.ipa,
        "riskRegression": brier.brier, "riskRegression_se": brier.se,
        "riskRegression_low": brier.brier - 1.959963984540054 * brier.se,
        "riskRegression_high": brier.brier + 1.959963984540054 * brier.se,
        "riskRegression_null": brier.null,
    }  # fmt: skip
    integrals = {
        "grid_trapezoid_left": brier.integrated, "null_grid_trapezoid_left": brier.integrated_null,
    }  # fmt: skip
    weighted = {"km": km, "survival_weighted_left": auc.integrated}
    return {"cd_auc": areas, "iauc": weighted, "brier": errors, "ibs": integrals}[name]


@pytest.fixture
def alive(oracle):
    """Survival of every patient at some times by the oracle's Cox model."""

    def predicted(dataset):
        reference = oracle(dataset, "cox")
        terms = reference.entries["multivariable.efron"]["value"]["term"]
        X = reference.columns(terms)
        fit = fit_cox(X, reference.data["time"], reference.data["status"], terms)

        def at(times):
            step = np.searchsorted(fit.baseline.time_months, times, side="right") - 1
            hazard = fit.baseline.cumulative_hazard[step]
            return np.exp(-np.outer(np.exp(fit.linear_predictor(X)), hazard))

        return at

    return predicted


def fields(value):
    """Every field of an entry that R gives, nested ones with a dot."""
    for field, content in value.items():
        if isinstance(content, dict):
            yield from ((f"{field}.{key}", inner) for key, inner in content.items())
        else:
            yield field, content


def compared(reference, computed, tally):
    """Compare every field of a file and print what is left out."""
    left_out = Counter()
    for name, entry, value in reference.starting(""):
        if name.partition(".")[0] in LEFT_OUT:
            left_out[name.partition(".")[0]] += 1
            continue
        found = computed(name, entry, value)
        for field, expected in fields(value):
            outer, _, inner = field.partition(".")
            reason = next((key for key in (field, outer, inner) if key in LEFT_OUT), None)
            if reason:
                left_out[reason] += 1
            elif field.rpartition(".")[2] not in INPUT or field in found:
                flat = np.ravel(np.array(expected, dtype=object)).tolist()
                tally.compare(f"{name} {field}", np.ravel(found[field]), flat, ITERATED)
    for field, count in left_out.items():
        print(f"left out: {field} ({count} times), because {LEFT_OUT[field]}")
    tally.all_agree()


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_every_field_of_the_km_oracle_agrees_or_is_left_out_by_name(dataset, oracle, tally):
    reference = oracle(dataset, "km")
    compared(reference, lambda *entry: kaplan_meier_entry(*entry, reference.data), tally)


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_every_field_of_the_cox_oracle_agrees_or_is_left_out_by_name(dataset, oracle, tally):
    reference = oracle(dataset, "cox")
    compared(reference, lambda *entry: cox_entry(*entry, reference), tally)


@pytest.mark.parametrize("dataset", ["lung", "gbsg"])
def test_every_field_of_the_metrics_oracle_agrees_or_is_left_out_by_name(
    dataset, oracle, tally, alive
):
    reference = oracle(dataset, "survival_metrics")
    at = alive(dataset)
    compared(reference, lambda *entry: metrics_entry(*entry, reference, at), tally)
