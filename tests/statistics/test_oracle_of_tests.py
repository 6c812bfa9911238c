"""Every field of the ``tests`` oracles: compared, or left out for a stated reason."""

from collections import Counter

import numpy as np
import pytest

from dlcs_core.statistics.contingency import (
    expected_counts,
    fisher_exact_test,
    fisher_odds_ratio,
    likelihood_ratio_chi_square,
    pearson_chi_square,
    yates_chi_square,
)
from dlcs_core.statistics.correlation import spearman_matrix
from dlcs_core.statistics.effect_size import cramers_v, standardized_mean_difference
from dlcs_core.statistics.normality import shapiro_wilk_test
from dlcs_core.statistics.rank_tests import kruskal_wallis_test, mann_whitney_test
from dlcs_core.statistics.two_sample import (
    anova_test,
    student_t_test,
    welch_anova_test,
    welch_t_test,
)

LEFT_OUT = {
    "student.ci": "no output of the project shows an interval of a mean difference",
    "welch.ci": "no output of the project shows an interval of a mean difference",
    "var_test_F": "no output compares variances; the choice of the t test is the paper's",
    "var_test_p": "no output compares variances; the choice of the t test is the paper's",
    "sample_or": "the cross product is no estimate that is shown",
    "spearman_p": "the correlation matrix is shown without P",
    "pearson_r": "the paper correlates ranks",
    "pearson_p": "the paper correlates ranks",
    "pearson_ci": "the paper correlates ranks",
    "kendall_tau": "the paper correlates by Spearman",
    "kendall_p": "the paper correlates by Spearman",
}
INPUT = ("table", "row_levels", "col_levels", "ties", "n")
"""Fields that state the question."""

TOLERANCES = {"shapiro_p": 1e-6, "fisher_or_conditional": 1e-3, "fisher_or_ci": 1e-3}


def computed(name, entry, value, data):
    """Return what the project computes for an entry, by field."""
    kind = name.partition(".")[0]
    return {
        "two_groups": lambda: two_groups(entry, data),
        "table": lambda: contingency(np.array(value["table"])),
        "k_groups": lambda: several(entry, data, value),
        "correlation": lambda: {
            "spearman_rho": spearman_matrix(data[[entry["x"], entry["y"]]].dropna())[0, 1]
        },
    }[kind]()


def two_groups(entry, data):
    a, b = (
        data.loc[data[entry["group"]] == entry[side], entry["variable"]].dropna() for side in "ab"
    )
    pair = (a, b)
    found = {"smd": standardized_mean_difference(a, b), "kruskal_p": kruskal_wallis_test(pair).p}
    for name, test in (("student", student_t_test(a, b)), ("welch", welch_t_test(a, b))):
        found |= {f"{name}.statistic": test.statistic, f"{name}.df": test.df, f"{name}.p": test.p}
    found["W"] = mann_whitney_test(a, b).statistic
    for field, method in (("p_asymptotic", "asymptotic"), ("p_continuity", "continuity")):
        found[field] = mann_whitney_test(a, b, method).p
    found["p_exact"] = found["p_exact_ties"] = mann_whitney_test(a, b, "exact").p
    found["shapiro_w"] = [shapiro_wilk_test(x).statistic for x in pair]
    found["shapiro_p"] = [shapiro_wilk_test(x).p for x in pair]
    found |= {"mean": [x.mean() for x in pair], "sd": [x.std() for x in pair]}
    quartiles = {"q1": 0.25, "median": 0.5, "q3": 0.75}
    return found | {field: [np.quantile(x, q) for x in pair] for field, q in quartiles.items()}


def contingency(table):
    two_by_two = table.shape == (2, 2)
    found = {"expected_min": expected_counts(table).min(), "cramers_v": cramers_v(table)}
    found |= {"fisher_p": fisher_exact_test(table).p}
    found |= {"lr_chi2": likelihood_ratio_chi_square(table).statistic}
    corrected = yates_chi_square if two_by_two else pearson_chi_square
    for name, test in (("pearson", pearson_chi_square(table)), ("yates", corrected(table))):
        found |= {f"{name}.statistic": test.statistic, f"{name}.df": test.df, f"{name}.p": test.p}
    if two_by_two:
        ratio = fisher_odds_ratio(table)
        found |= {"fisher_or_conditional": ratio.estimate, "fisher_or_ci": ratio.ci95}
    return found


def several(entry, data, value):
    complete = data[[entry["x"], entry["by"]]].dropna()
    groups = [part[entry["x"]].to_numpy(float) for _, part in complete.groupby(entry["by"])]
    ranks, means = kruskal_wallis_test(groups), anova_test(groups)
    found = {"anova_F": means.statistic, "anova_p": means.p}
    found |= {"kruskal.statistic": ranks.statistic, "kruskal.df": ranks.df, "kruskal.p": ranks.p}
    if value["welch_anova_p"] is not None:
        found["welch_anova_p"] = welch_anova_test(groups).p
    return found


def fields(value):
    """Every field of an entry that R gives, nested ones with a dot; null is none."""
    for field, content in value.items():
        if isinstance(content, dict):
            yield from ((f"{field}.{key}", inner) for key, inner in content.items())
        elif content is not None and field not in INPUT:
            yield field, content


@pytest.mark.parametrize("dataset", ["aSAH", "aSAH_untied", "birthwt"])
def test_every_field_of_the_tests_oracle_agrees_or_is_left_out_by_name(dataset, oracle, tally):
    reference, left_out = oracle(dataset, "tests"), Counter()
    for name, entry, value in reference.starting(""):
        found = computed(name, entry, value, reference.data)
        for field, expected in fields(value):
            if field in LEFT_OUT:
                left_out[field] += 1
            else:
                tolerance = TOLERANCES.get(field, 1e-8)
                tally.compare(f"{name} {field}", found[field], expected, tolerance)
    for field, count in left_out.items():
        print(f"left out: {field} ({count} times), because {LEFT_OUT[field]}")
    tally.all_agree()
