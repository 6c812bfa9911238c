"""Numbers of the paper's abstract, methods and results, held against its tables."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dlcs_core.errors import Notice
from dlcs_core.report.ledger_entry import LedgerEntry, Status
from dlcs_core.report.paper import (
    COHORT_SIZES,
    DEATHS,
    FOLLOWED_UP,
    printed_rows,
    rounded_range,
)
from dlcs_core.report.table_one_text import p_text
from dlcs_core.statistics.checks import NORMAL_QUANTILE_975, normal_p

MODEL_OF = {"dlcs": "DLCS model", "dl_signature": "DL signature"}
"""Score to its name in Table 2."""

ONLY_IN_TABLE_THREE = 3
"""Wall thickness, enlarged lymph nodes and signet ring composition have no counts in Table 1."""

REMARKS = {
    ("os_3_years_percent", "Results"): "ledger_plain_proportion",
    ("candidates", "Methods"): "ledger_three_without_counts",
    ("auc_dl_signature", "Results"): "ledger_training_auc_optimistic",
    ("auc_dlcs", "Results"): "ledger_training_auc_optimistic",
    ("auc_clinical_signature", "Results"): "ledger_training_auc_optimistic",
    ("p_calibration", "Abstract"): "ledger_calibration_test_unnamed",
    ("p_correlation_others", "Results"): "ledger_correlation_misprint",
    ("hr_dl_signature", "Results"): "ledger_hr_text_differs",
    ("hr_p_dl_signature", "Results"): "ledger_wald_not_log_rank",
    ("associated_characteristics", "Results"): "ledger_list_has_eleven",
    ("risk_cutoff", "Results"): "ledger_cutoff_scale_unknown",
    ("c_index", "Results"): "ledger_os_in_sample",
    ("c_index", "Abstract"): "ledger_os_in_sample",
    ("integrated_auc", "Results"): "ledger_os_in_sample",
    ("integrated_auc", "Abstract"): "ledger_abstract_swapped",
    ("integrated_brier_score", "Results"): "ledger_outside_unit_interval",
    ("integrated_brier_score", "Abstract"): "ledger_abstract_swapped",
}
"""What has to be known beside the arithmetic, by quantity and place."""


@dataclass(frozen=True)
class _Found:
    """What other printed numbers say."""

    recomputed: str | None
    status: Status
    code: str | None = None


Row = dict[str, str]


def text_entries() -> Iterator[LedgerEntry]:
    """Yield every number of the text; its item is the part of the article where it stands."""
    for row in printed_rows("text"):
        found = _recompute(row)
        code = found.code or REMARKS.get((row["key"], row["place"]))
        yield LedgerEntry(
            "text", row["place"], None, row["cohort"], row["key"], row["printed"],
            found.recomputed, found.status, Notice(code, {}) if code else None,
        )  # fmt: skip


def hanley_mcneil_se(auc: float, positives: int, negatives: int) -> float:
    """Return the standard error of an AUC from its size and the numbers of both classes.

    References
    ----------
    .. [1] Hanley JA, McNeil BJ. The meaning and use of the area under a receiver operating
       characteristic (ROC) curve. Radiology 1982;143:29-36.

    Examples
    --------
    >>> round(hanley_mcneil_se(0.91, 162, 502), 4)
    0.016
    """
    one_beaten_twice, two_beaten = auc / (2.0 - auc), 2.0 * auc**2 / (1.0 + auc)
    variance = auc * (1.0 - auc) + (positives - 1) * (one_beaten_twice - auc**2)
    variance += (negatives - 1) * (two_beaten - auc**2)
    return math.sqrt(variance / (positives * negatives))


def _recompute(row: Row) -> _Found:
    key = row["key"]
    if key in _RULES:
        return _RULES[key](row)
    if key.startswith(("accuracy_", "sensitivity_", "specificity_")):
        return _as_in_table_two(row)
    if key.startswith("auc_ci95_"):
        return _interval(row)
    return _Found(None, "given")


def _same(recomputed: str, row: Row) -> _Found:
    return _Found(recomputed, "reproduced" if recomputed == row["printed"] else "not_reproduced")


def _patients(row: Row) -> _Found:
    sizes = COHORT_SIZES.values() if row["cohort"] == "all" else [COHORT_SIZES[row["cohort"]]]
    return _same(str(sum(map(sum, sizes))), row)


def _good_response_percent(row: Row) -> _Found:
    good, poor = COHORT_SIZES[row["cohort"]]
    return _same(f"{100 * good / (good + poor):.2f}", row)


def _candidates(row: Row) -> _Found:
    in_table_one = {line["characteristic"] for line in printed_rows("table1")}
    return _same(str(len(in_table_one) + ONLY_IN_TABLE_THREE), row)


def _associated(row: Row) -> _Found:
    starred = [
        line["parameter"]
        for line in printed_rows("table3")
        if line["uni_starred"] == "yes" and line["parameter"] != "DL signature"
    ]
    return _same(str(len(starred)), row)


def _as_in_table_two(row: Row) -> _Found:
    """Hold a rate of the text, all of them of the training cohort, against Table 2."""
    rate, _, score = row["key"].partition("_")
    (line,) = [
        line
        for line in printed_rows("table2")
        if line["cohort"] == "Training cohort" and line["model"] == MODEL_OF[score]
    ]
    return _same(line[rate], row)


def _interval(row: Row) -> _Found:
    """Give the interval that so many patients allow; the printed one is narrower."""
    score = row["key"].removeprefix("auc_ci95_")
    (auc,) = [
        float(line["printed"])
        for line in printed_rows("text")
        if line["key"] == f"auc_{score}" and line["cohort"] == row["cohort"]
    ]
    half = NORMAL_QUANTILE_975 * hanley_mcneil_se(auc, *COHORT_SIZES[row["cohort"]])
    recomputed = f"{auc - half:.3f}–{auc + half:.3f}"
    return _Found(recomputed, "not_reproduced", "ledger_interval_too_narrow")


def _dl_signature_row() -> Row:
    return next(line for line in printed_rows("table3") if line["parameter"] == "DL signature")


def _limits() -> tuple[str, str]:
    low, _, high = _dl_signature_row()["multi_ci_as_printed"].partition("–")
    return low, high


def _hazard_ratio(row: Row) -> _Found:
    """Hold the hazard ratio against the geometric mean of its limits in Table 3."""
    (low, high), printed = map(rounded_range, _limits()), rounded_range(row["printed"])
    middle = math.sqrt(low[0] * high[0]), math.sqrt(low[1] * high[1])
    fits = middle[0] <= printed[1] and printed[0] <= middle[1]
    recomputed = f"{sum(middle) / 2:.3f}"
    return _Found(recomputed, "within_rounding" if fits else "not_reproduced")


def _hazard_ratio_limits(row: Row) -> _Found:
    return _same("–".join(_limits()), row)


def _hazard_ratio_p(row: Row) -> _Found:
    low, high = map(float, _limits())
    se = math.log(high / low) / (2.0 * NORMAL_QUANTILE_975)
    return _same(p_text(normal_p(math.log(float(_dl_signature_row()["multi_hr"])) / se)), row)


def _unit_interval(row: Row) -> _Found:
    """Hold an abstract's number against the results; refuse one outside [0, 1]."""
    status: Status = "given" if 0.0 <= float(row["printed"]) <= 1.0 else "impossible"
    if row["place"] != "Abstract":
        return _Found(None, status)
    (in_results,) = [
        line["printed"]
        for line in printed_rows("text")
        if line["place"] == "Results"
        and (line["key"], line["cohort"]) == (row["key"], row["cohort"])
    ]
    same = _same(in_results, row)
    return _Found(in_results, "impossible" if status == "impossible" else same.status)


_RULES: dict[str, Callable[[Row], _Found]] = {
    "patients": _patients,
    "good_response_percent": _good_response_percent,
    "followed_up": lambda row: _same(str(sum(COHORT_SIZES["training"]) - 10), row),
    "never_followed_up": lambda row: _same(str(sum(COHORT_SIZES["training"]) - FOLLOWED_UP), row),
    "deaths": lambda row: _same(f"{(1 - 0.5948) * FOLLOWED_UP:.0f}", row),
    "os_3_years_percent": lambda row: _same(f"{100 * (1 - DEATHS / FOLLOWED_UP):.2f}", row),
    "candidates": _candidates,
    "associated_characteristics": _associated,
    "hr_dl_signature": _hazard_ratio,
    "hr_ci95_dl_signature": _hazard_ratio_limits,
    "hr_p_dl_signature": _hazard_ratio_p,
    "c_index": _unit_interval,
    "integrated_auc": _unit_interval,
    "integrated_brier_score": _unit_interval,
}
