"""Where the patients of a table went: what a flow diagram of the cohort shows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlcs_core.report.cohort_mapping import RefusedRow
from dlcs_core.report.cohort_selection import Selection, select
from dlcs_core.report.response_columns import GOOD_RESPONSE, outcome_column, score_column

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class LeftOut:
    """Patients who do not go on, and why.

    Attributes
    ----------
    kind : {"refused", "cohort", "filter", "outcome"}
        Which step leaves them out.
    column : str
        The column that decides; of a refused row that of its first unusable cell.
    n : int
        Their number.
    """

    kind: str
    column: str
    n: int


@dataclass(frozen=True)
class FlowStep:
    """One box of the flow.

    Attributes
    ----------
    kind : {"rows", "usable", "selected", "with_outcome"}
        What its patients have come through.
    n : int
        Their number.
    left_out : tuple of LeftOut
        Who was lost on the way from the box above.
    """

    kind: str
    n: int
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class CohortFlow:
    """The way from a table to the patients that were analysed.

    Attributes
    ----------
    steps : tuple of FlowStep
        From top to bottom; each holds no more patients than the one above.
    good, poor : int
        Good and poor responders among those with an outcome.
    by_score : tuple of (str, int)
        Patients analysed per score: those with outcome and score.
    """

    steps: tuple[FlowStep, ...]
    good: int
    poor: int
    by_score: tuple[tuple[str, int], ...]


def cohort_flow(
    table: "pd.DataFrame",
    selection: Selection,
    scores: Sequence[str],
    refused: Sequence[RefusedRow] = (),
) -> CohortFlow:
    """Count the patients from the table's rows to the analysis.

    Parameters
    ----------
    table : pandas.DataFrame
        Usable rows, before cohort and filters.
    selection : Selection
        Of cohort and levels; filters are counted in their order, each on who is left.
    scores : sequence of str
        Columns.
    refused : sequence of RefusedRow
        Rows of the file that could not be used.

    Raises
    ------
    CohortError
        If nobody is left.
    ClinicalError
        If outcome or score hold what they cannot.
    """
    chosen = select(table, selection)
    good = outcome_column(chosen, GOOD_RESPONSE)
    known = ~np.isnan(good)
    steps = [
        FlowStep("rows", len(table) + len(refused)),
        FlowStep("usable", len(table), _refused_by_column(refused)),
        FlowStep("selected", len(chosen), _deselected(table, selection)),
        FlowStep("with_outcome", int(known.sum()), _lost("outcome", GOOD_RESPONSE, ~known)),
    ]
    missing = {name: known & np.isnan(score_column(chosen, name)) for name in scores}
    return CohortFlow(
        steps=tuple(steps),
        good=int((good == 1.0).sum()),
        poor=int((good == 0.0).sum()),
        by_score=tuple((name, int((known & ~lost).sum())) for name, lost in missing.items()),
    )


def _refused_by_column(refused: Sequence[RefusedRow]) -> tuple[LeftOut, ...]:
    counts = Counter(row.column for row in refused)
    return tuple(LeftOut("refused", column, n) for column, n in counts.most_common())


def _deselected(table: "pd.DataFrame", selection: Selection) -> tuple[LeftOut, ...]:
    """Count who each part of a selection leaves out of those whom the parts before it kept."""
    parts = [("cohort", "cohort", Selection(selection.cohort))]
    levels: dict[str, tuple[str, ...]] = {}
    for name, kept in selection.levels.items():
        levels = {**levels, name: kept}
        parts.append(("filter", name, Selection(selection.cohort, levels)))
    found, before = [], len(table)
    for kind, column, part in parts:
        left = len(select(table, part))
        if left < before:
            found.append(LeftOut(kind, column, before - left))
        before = left
    return tuple(found)


def _lost(kind: str, column: str, rows: np.ndarray) -> tuple[LeftOut, ...]:
    count = int(rows.sum())
    return (LeftOut(kind, column, count),) if count else ()
