"""Table 3 of the paper on another cohort, coded as its standard errors imply."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.errors import DlcsError
from dlcs_core.report.ledger_entry import Key
from dlcs_core.report.paper import printed_rows
from dlcs_core.report.paper_coding import survival_column
from dlcs_core.report.table_one_text import p_text
from dlcs_core.statistics.checks import FloatArray
from dlcs_core.statistics.cox_regression import fit_cox
from dlcs_core.statistics.survival_metrics import harrell_c
from dlcs_core.statistics.wald import WaldRow

if TYPE_CHECKING:
    import pandas as pd

HORIZON_MONTHS = 36.0

Parameter = tuple[str, str | None]
Values = Iterator[tuple[Key, str]]


def demo_survival_values(table: "pd.DataFrame") -> Mapping[Key, str]:
    """Return Table 3 and the survival numbers of the text on another cohort's training patients.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.

    Returns
    -------
    mapping of key to str
        Univariable hazard ratios per unit, or level against all others; multivariable ones per
        standard deviation of the column. Empty without survival columns or deaths.
    """
    if not {"os_months", "os_event", "cohort"} <= set(table.columns):
        return {}
    part = table[(table["cohort"] == "training") & table["os_months"].notna()]
    part = part[part["os_event"].notna()]
    time = part["os_months"].to_numpy(dtype=np.float64)
    event = part["os_event"].to_numpy(dtype=np.float64)
    if not event.any():
        return {}
    found = dict(_text_values(part, time, event))
    for parameter in _parameters("uni_hr"):
        columns = _columns(part, [parameter])
        found |= dict(_rows("univariable", [parameter], columns, time, event))
    listed = _parameters("multi_hr")
    return found | dict(
        _rows("multivariable", listed, _standardized(_columns(part, listed)), time, event)
    )


def _parameters(filled: str) -> list[Parameter]:
    """Return the parameters of Table 3 that have a hazard ratio in a model."""
    rows = [row for row in printed_rows("table3") if row[filled] not in ("", "Ref")]
    return [
        (row["group"], row["parameter"]) if row["group"] else (row["parameter"], None)
        for row in rows
    ]


def _columns(part: "pd.DataFrame", parameters: Sequence[Parameter]) -> FloatArray | None:
    """Return the design of the parameters; None where one has no column."""
    found = [survival_column(part, item, level) for item, level in parameters]
    known = [column for column in found if column is not None]
    return np.column_stack(known) if len(known) == len(found) else None


def _standardized(columns: FloatArray | None) -> FloatArray | None:
    if columns is None:
        return None
    complete = columns[np.isfinite(columns).all(axis=1)]
    if len(complete) < 2:
        return None
    spread = complete.std(axis=0, ddof=1)
    return np.asarray((columns - complete.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0))


def _rows(
    model: str,
    parameters: Sequence[Parameter],
    columns: FloatArray | None,
    time: FloatArray,
    event: FloatArray,
) -> Values:
    """Yield a Cox fit of the complete rows; nothing where these patients allow none."""
    if columns is None:
        return
    complete = np.isfinite(columns).all(axis=1)
    names = [f"{item} {level}" for item, level in parameters]
    try:
        fit = fit_cox(columns[complete], time[complete], event[complete], names)
    except DlcsError:
        return
    for parameter, row in zip(parameters, fit.rows, strict=True):
        yield from _printed(model, parameter, row)


def _printed(model: str, parameter: Parameter, row: WaldRow) -> Values:
    texts = {
        "hr": f"{row.ratio:.3f}",
        "ci95_low": f"{row.ci95[0]:.3f}",
        "ci95_high": f"{row.ci95[1]:.3f}",
        "p": p_text(row.p),
    }
    for quantity, text in texts.items():
        yield ("3", *parameter, "follow_up", f"{quantity}_{model}"), text
    if model == "multivariable" and parameter == ("DL signature", None):
        yield ("text", "", None, "follow_up", "hr_dl_signature"), texts["hr"]
        limits = f"{texts['ci95_low']}–{texts['ci95_high']}"
        yield ("text", "", None, "follow_up", "hr_ci95_dl_signature"), limits
        yield ("text", "", None, "follow_up", "hr_p_dl_signature"), texts["p"]


def _text_values(part: "pd.DataFrame", time: FloatArray, event: FloatArray) -> Values:
    """Yield follow-up, the plain proportion that the paper calls 3-year survival, and C."""
    deaths = int(((event == 1.0) & (time <= HORIZON_MONTHS)).sum())
    yield ("text", "", None, "follow_up", "followed_up"), str(time.size)
    yield ("text", "", None, "follow_up", "deaths"), str(deaths)
    alive_percent = f"{100 * (1 - deaths / time.size):.2f}"
    yield ("text", "", None, "follow_up", "os_3_years_percent"), alive_percent
    if "os_linear_predictor" not in part.columns:
        return
    risk = part["os_linear_predictor"].to_numpy(dtype=np.float64)
    complete = np.isfinite(risk)
    if event[complete].any():
        concordance = harrell_c(time[complete], event[complete], risk[complete])
        yield ("text", "", None, "os_training", "c_index"), f"{concordance.c_index:.2f}"
