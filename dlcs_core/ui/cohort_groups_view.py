"""Scores by response, patient by patient and in subgroups."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dlcs_core.figures.forest import ForestRow, forest_figure
from dlcs_core.figures.roc import auc_text
from dlcs_core.figures.score_groups import violin_figure, waterfall_figure
from dlcs_core.report.cohort_scores import (
    TRG_GRADES,
    Quartiles,
    ScoreByResponse,
    scores_by_response,
    waterfall,
)
from dlcs_core.report.cohort_selection import Selection, divisions_of, measurements_of
from dlcs_core.report.response import ResponseReport
from dlcs_core.report.response_parts import Subgroup
from dlcs_core.statistics.comparison import Comparison
from dlcs_core.ui.cohort_address import (
    choices_in_use,
    keep,
    settle_choice,
    settle_choices,
    widget_key,
)
from dlcs_core.ui.cohort_centers_view import show_centers
from dlcs_core.ui.cohort_charts import show_figure, show_rows
from dlcs_core.ui.cohort_reports import response, selected
from dlcs_core.ui.cohort_source import CohortInUse
from dlcs_core.ui.cohort_words import cell_label, column_label, p_phrase, p_text
from dlcs_core.ui.messages import refusals_shown
from dlcs_core.ui.words import language, say

if TYPE_CHECKING:
    import pandas as pd

FIRST_SUBGROUPS = ("sex", "ct_stage", "cn_stage", "borrmann_type", "max_diameter_cm")


def show_groups(report: ResponseReport, table: "pd.DataFrame") -> None:
    """Draw each score in good and poor responders, then the waterfall of one."""
    names = tuple(report.scores)
    found = scores_by_response(table, names)
    st.subheader(say("explorer_by_response"))
    titles = [f"{column_label(name)}: {_test_text(one.comparison)}" for name, one in found.items()]
    groups = {name: _groups(one) for name, one in found.items()}
    show_figure(violin_figure(groups, titles, language()), "by_response",
                say("explorer_by_response_caption"))  # fmt: skip
    show_rows([_summary_row(name, one) for name, one in found.items()], "by_response")
    st.subheader(say("explorer_waterfall"))
    score = _choose_score(names, "waterfall_score")
    with refusals_shown():
        _show_waterfall(report, table, score)


def _choose_score(names: Sequence[str], key: str) -> str:
    settle_choice(key, names, names[-1])
    chosen = st.selectbox(
        say("ui_score"), names, format_func=column_label, key=widget_key(key), width=260,
        persist_state="session",
    )  # fmt: skip
    keep(key, chosen, names[-1])
    return chosen


def _groups(one: ScoreByResponse) -> dict[str, np.ndarray]:
    return {say("ui_good_responders"): one.good, say("ui_poor_responders"): one.poor}


def _test_text(found: Comparison | None) -> str:
    return p_phrase(found.p if found else None)


def _summary_row(name: str, one: ScoreByResponse) -> dict[str, str]:
    cells = {say("ui_score"): column_label(name)}
    for group, quartiles in zip(_groups(one), one.quartiles, strict=True):
        cells[group] = _quartiles_text(quartiles)
    statistic = "–" if one.comparison is None else f"{one.comparison.statistic:.1f}"
    p = one.comparison.p if one.comparison else None
    return {**cells, "W": statistic, "P": p_text(p)}


def _quartiles_text(found: Quartiles | None) -> str:
    if found is None:
        return "–"
    low, middle, high = found
    return f"{middle:.3f} [{low:.3f}, {high:.3f}]"


def _show_waterfall(report: ResponseReport, table: "pd.DataFrame", score: str) -> None:
    cutoff = report.scores[score].at_threshold.threshold
    bars = waterfall(table, score, cutoff)
    names = [f"TRG {grade}" for grade in TRG_GRADES]
    if not bars.by_trg:
        names = [say("ui_good_responders"), say("ui_poor_responders")]
    figure = waterfall_figure(bars.distance, bars.group, names, language())
    show_figure(figure, "waterfall", say("explorer_waterfall_caption", cutoff=f"{cutoff:.3f}"))


def show_subgroups(in_use: CohortInUse, selection: Selection, report: ResponseReport) -> None:
    """Draw one score's area in parts of the cohort."""
    table = selected(in_use, selection)
    options = _options(table, report.names)
    names = tuple(report.scores)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        score = _choose_score(names, "subgroup_score")
        first = [*first_subgroups(options)]
        settle_choices("subgroups", options, first)
        columns = st.multiselect(
            say("explorer_subgroup_columns"), options, format_func=column_label,
            key=widget_key("subgroups"), persist_state="session",
            placeholder=say("explorer_choose"),
        )  # fmt: skip
        keep("subgroups", columns, first)
    if columns:
        _show_parts(in_use, selection, report, score, tuple(columns))
    else:
        st.info(say("explorer_no_subgroups"))
    show_centers(in_use, selection, score)


def subgroup_columns(table: "pd.DataFrame", scores: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of the subgroups that this visit has chosen, else those shown at first."""
    options = _options(table, scores)
    return tuple(choices_in_use("subgroups", options, first_subgroups(options)))


def first_subgroups(options: Sequence[str]) -> tuple[str, ...]:
    """Return the columns whose subgroups are shown at first."""
    return tuple(name for name in FIRST_SUBGROUPS if name in options)


def _options(table: "pd.DataFrame", scores: Sequence[str]) -> list[str]:
    named = [*divisions_of(table), *measurements_of(table)]
    return [name for name in named if name not in (*scores, "good_response", "trg")]


def _show_parts(
    in_use: CohortInUse,
    selection: Selection,
    report: ResponseReport,
    score: str,
    columns: tuple[str, ...],
) -> None:
    with refusals_shown():
        found = response(in_use, selection, (score,), columns)
    st.subheader(say("explorer_subgroups"))
    figure = forest_figure(
        _forest_rows(found.subgroups, report, score), x_title="fig_auc",
        reference=report.scores[score].auc.auc, language=language(),
    )  # fmt: skip
    show_figure(figure, "subgroups", say("explorer_subgroups_caption"))
    show_rows([_subgroup_row(row) for row in found.subgroups], "subgroups", height=320)


def _forest_rows(
    subgroups: tuple[Subgroup, ...], report: ResponseReport, score: str
) -> list[ForestRow]:
    whole = report.scores[score].auc
    rows = [ForestRow(say("explorer_all_patients"), whole.auc, whole.ci95, auc_text(whole))]
    previous = None
    for row in subgroups:
        if row.variable != previous:
            test = p_phrase(row.interaction.p if row.interaction else None)
            rows.append(ForestRow(column_label(row.variable), text=test, is_heading=True))
            previous = row.variable
        auc = row.found.auc
        label = f"{_part_label(row)} ({row.found.events}/{row.found.n})"
        rows.append(
            ForestRow(label, auc.auc if auc else None, auc.ci95 if auc else None,
                      auc_text(auc) if auc else "–")
        )  # fmt: skip
    return rows


def _part_label(row: Subgroup) -> str:
    """Return a part's name; halves of a measurement are worded here."""
    side, _, number = row.level.rpartition(" ")
    if side in ("up to", "above"):
        return say("explorer_up_to" if side == "up to" else "explorer_above", value=number)
    return cell_label(row.variable, row.level)


def _subgroup_row(row: Subgroup) -> dict[str, str]:
    auc = row.found.auc
    return {
        say("ui_variable"): column_label(row.variable),
        say("explorer_level"): _part_label(row),
        say("ui_patients"): str(row.found.n),
        say("ui_good_responders"): str(row.found.events),
        say("explorer_auc"): auc_text(auc) if auc else "–",
        say("explorer_interaction_p"): p_text(row.interaction.p if row.interaction else None),
    }
