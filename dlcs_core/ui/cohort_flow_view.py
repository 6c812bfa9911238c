"""The flow diagram of the cohort: from the table's rows to the patients analysed."""

import streamlit as st

from dlcs_core.figures.flow_diagram import FlowBox, flow_figure
from dlcs_core.report.cohort_flow import CohortFlow, LeftOut, cohort_flow
from dlcs_core.report.cohort_selection import Selection
from dlcs_core.ui.cohort_charts import Row, rows_csv, show_figure, show_rows
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.cohort_words import cell_label, column_label
from dlcs_core.ui.messages import refusals_shown
from dlcs_core.ui.words import say

MAX_LINES = 8
"""Lines beside an arrow; further reasons are added up."""


def show_flow(in_use: CohortInUse, selection: Selection, scores: tuple[str, ...]) -> None:
    """Draw the flow diagram and its numbers as a table."""
    with refusals_shown():
        flow = cohort_flow(in_use.cohort.table, selection, scores, in_use.refused)
    rows = _rows(flow, selection)
    st.subheader(say("explorer_flow"))
    show_figure(flow_figure(_boxes(flow, selection), say("explorer_flow")), "flow",
                say("explorer_flow_caption"), numbers=lambda: rows_csv(rows))  # fmt: skip
    show_rows(rows, "flow")


def _boxes(flow: CohortFlow, selection: Selection) -> list[FlowBox]:
    boxes = []
    for step in flow.steps:
        title = say(f"explorer_flow_{step.kind}", n=f"{step.n:,}")
        lines = [_why(lost, selection) for lost in step.left_out[:MAX_LINES]]
        if rest := sum(lost.n for lost in step.left_out[MAX_LINES:]):
            lines.append(say("explorer_flow_other_reasons", n=f"{rest:,}"))
        boxes.append(FlowBox(title, tuple(lines)))
    split = say("explorer_flow_responses", good=f"{flow.good:,}", poor=f"{flow.poor:,}")
    boxes[-1] = FlowBox(boxes[-1].title, boxes[-1].left_out, (split,))
    analysed = tuple(
        say("explorer_flow_score", score=column_label(name), n=f"{n:,}")
        for name, n in flow.by_score
    )
    return [*boxes, FlowBox(say("explorer_flow_analysed"), below=analysed)]


def _why(lost: LeftOut, selection: Selection) -> str:
    """Word who does not go on; a filter names the levels that it keeps."""
    kept = ""
    if lost.kind == "filter":
        levels = selection.levels[lost.column]
        kept = ", ".join(cell_label(lost.column, level) for level in levels)
    elif lost.kind == "cohort" and selection.cohort is not None:
        kept = cell_label("cohort", selection.cohort)
    return say(f"explorer_flow_lost_{lost.kind}", n=f"{lost.n:,}", kept=kept,
               column=column_label(lost.column))  # fmt: skip


def _rows(flow: CohortFlow, selection: Selection) -> list[Row]:
    step, patients = say("explorer_flow_step"), say("ui_patients")
    rows: list[Row] = []
    for found in flow.steps:
        rows += [{step: _why(lost, selection), patients: f"−{lost.n}"} for lost in found.left_out]
        rows.append({step: say(f"explorer_flow_{found.kind}_row"), patients: str(found.n)})
    rows.append({step: say("ui_good_responders"), patients: str(flow.good)})
    rows.append({step: say("ui_poor_responders"), patients: str(flow.poor)})
    rows += [
        {step: say("explorer_flow_score_row", score=column_label(name)), patients: str(n)}
        for name, n in flow.by_score
    ]
    return rows
