"""Tables 1 and 2 of the paper on another cohort, as the paper would print them."""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.errors import DlcsError
from dlcs_core.report.ledger_entry import Key
from dlcs_core.report.paper import COHORT_SIZES
from dlcs_core.report.paper_coding import CATEGORIES, LABORATORY, Coded, coded
from dlcs_core.report.table_one_text import p_text
from dlcs_core.statistics.checks import BoolArray, FloatArray
from dlcs_core.statistics.classification import ConfusionMatrix, confusion_matrix
from dlcs_core.statistics.comparison import Comparison
from dlcs_core.statistics.contingency import independence_test
from dlcs_core.statistics.correlation import spearman_matrix
from dlcs_core.statistics.delong import auc_estimate, delong_test
from dlcs_core.statistics.roc import roc_curve, youden_point
from dlcs_core.statistics.two_sample import student_t_test

if TYPE_CHECKING:
    import pandas as pd

CORRELATED = ("src_component", "ct_stage", "max_diameter_cm")
"""Variables that the paper finds correlated with the DL signature."""

MODELS = {
    "DL signature": "dl_signature",
    "Clinical model": "clinical_signature",
    "DLCS model": "dlcs",
}
"""Model of Table 2 to its score column."""

Values = Iterator[tuple[Key, str]]


def demo_response_values(table: "pd.DataFrame") -> Mapping[Key, str]:
    """Return Tables 1 and 2 and the response numbers of the text on another cohort.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort` with ``cohort`` and
        ``good_response``.

    Returns
    -------
    mapping of key to str
        What its columns and patients allow. The thresholds of Table 2 are Youden's of the training
        cohort, since the paper's are not given.
    """
    known = table[table["good_response"].notna() & table["cohort"].notna()]
    found = {_text_key("all", "patients"): str(len(known))}
    for cohort in COHORT_SIZES:
        part = known[known["cohort"] == cohort]
        good = part["good_response"].to_numpy(dtype=np.bool_)
        if 0 < good.sum() < good.size:
            found |= dict(_cohort_values(cohort, good))
            found |= dict(_table_one_values(part, cohort, good))
            found |= dict(_score_values(known, part, cohort))
    return found | dict(_comparisons(known)) | dict(_correlations(known))


def _text_key(cohort: str, quantity: str) -> Key:
    return "text", "", None, cohort, quantity


def _cohort_values(cohort: str, good: BoolArray) -> Values:
    yield _text_key(cohort, "patients"), str(good.size)
    yield _text_key(cohort, "good_response_percent"), f"{100 * good.mean():.2f}"


def _table_one_values(part: "pd.DataFrame", cohort: str, good: BoolArray) -> Values:
    for item, variable in LABORATORY.items():
        if variable in part.columns:
            numbers = part[variable].to_numpy(dtype=np.float64)
            has_value = np.isfinite(numbers)
            yield from _moments(item, cohort, numbers[good & has_value], numbers[~good & has_value])
    for item in CATEGORIES:
        found = coded(part, item)
        if found is not None:
            yield from _counts(item, cohort, found, good)


def _moments(item: str, cohort: str, good: FloatArray, poor: FloatArray) -> Values:
    if min(good.size, poor.size) < 2:
        return
    for name, numbers in (("good", good), ("poor", poor)):
        yield ("1", item, None, cohort, f"mean_{name}"), f"{numbers.mean():.2f}"
        yield ("1", item, None, cohort, f"sd_{name}"), f"{numbers.std(ddof=1):.2f}"
    yield from _p(item, cohort, lambda: student_t_test(good, poor))


def _counts(item: str, cohort: str, found: Coded, good: BoolArray) -> Values:
    rows = [found.codes == code for code in range(len(found.categories))]
    counts = [(int((row & good).sum()), int((row & ~good).sum())) for row in rows]
    for category, (n_good, n_poor) in zip(found.categories, counts, strict=True):
        yield ("1", item, category, cohort, "n_good"), str(n_good)
        yield ("1", item, category, cohort, "n_poor"), str(n_poor)
    total_good, total_poor = (sum(column) for column in zip(*counts, strict=True))
    yield ("1", item, None, cohort, "n_good_poor"), f"{total_good} / {total_poor}"
    yield from _p(item, cohort, lambda: independence_test(counts))


def _p(item: str, cohort: str, test: Callable[[], Comparison]) -> Values:
    """Yield the P of a test; nothing where these patients allow none, e.g. without spread."""
    try:
        found = test()
    except DlcsError:
        return
    yield ("1", item, None, cohort, "p"), p_text(found.p)


def _score_values(known: "pd.DataFrame", part: "pd.DataFrame", cohort: str) -> Values:
    for model, score in MODELS.items():
        training = _scored(known[known["cohort"] == "training"], score)
        here = _scored(part, score)
        if here is None or training is None:
            continue
        outcome, values = here
        estimate = auc_estimate(outcome, values)
        yield _text_key(cohort, f"auc_{score}"), f"{estimate.auc:.2f}"
        if estimate.ci95 is not None:
            low, high = estimate.ci95
            yield _text_key(cohort, f"auc_ci95_{score}"), f"{low:.3f}–{high:.3f}"
        cutoff = youden_point(roc_curve(*training)).threshold
        yield from _rates(model, score, cohort, confusion_matrix(outcome, values, cutoff))


def _rates(model: str, score: str, cohort: str, calls: ConfusionMatrix) -> Values:
    rates = {
        "accuracy": calls.accuracy,
        "sensitivity": calls.sensitivity,
        "specificity": calls.specificity,
    }
    for name, rate in rates.items():
        yield ("2", model, None, cohort, name), f"{rate:.2f}"
        yield _text_key(cohort, f"{name}_{score}"), f"{rate:.2f}"


def _scored(part: "pd.DataFrame", *scores: str) -> tuple[FloatArray, ...] | None:
    """Return outcome and scores of the complete rows; None without a column or a class."""
    if not set(scores) <= set(part.columns):
        return None
    complete = part[["good_response", *scores]].dropna()
    columns = tuple(complete[name].to_numpy(dtype=np.float64) for name in complete.columns)
    return columns if 0 < columns[0].sum() < len(columns[0]) else None


def _comparisons(known: "pd.DataFrame") -> Values:
    """Yield DeLong's P between the models, in the training cohort as the paper does."""
    for a, b in pairwise(("dlcs", "dl_signature", "clinical_signature")):
        scored = _scored(known[known["cohort"] == "training"], a, b)
        p = delong_test(*scored).p if scored else None
        if p is not None:
            yield _text_key("training", f"p_{a}_{b}"), p_text(p)


def _correlations(known: "pd.DataFrame") -> Values:
    """Yield the P of Spearman's correlation with the DL signature in the training cohort."""
    part = known[known["cohort"] == "training"]
    for name in CORRELATED:
        if not {name, "dl_signature"} <= set(part.columns):
            continue
        levels = VARIABLE_BY_NAME[name].levels
        rank = part[name].astype(object).map(levels.index, "ignore") if levels else part[name]
        pair = np.column_stack([_numbers(rank), _numbers(part["dl_signature"])])
        pair = pair[np.isfinite(pair).all(axis=1)]
        if len(pair) > 2:
            yield _text_key("training", f"p_correlation_{name}"), p_text(_spearman_p(pair))


def _numbers(cells: "pd.Series") -> FloatArray:
    return cells.to_numpy(dtype=np.float64, na_value=np.nan)


def _spearman_p(pair: FloatArray) -> float:
    """Return the P of a rank correlation by the t distribution, as R with ties."""
    from scipy.special import stdtr

    rho, df = float(spearman_matrix(pair)[0, 1]), len(pair) - 2
    return 2.0 * float(stdtr(df, -abs(rho) * np.sqrt(df / max(1.0 - rho**2, 1e-300))))
