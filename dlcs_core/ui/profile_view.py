"""The parts of the cohort profile."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from dlcs_core.clinical.variables import Variable
from dlcs_core.figures.distribution import histogram_figure, levels_figure
from dlcs_core.figures.theme import Figure
from dlcs_core.report.profile import (
    CategoricalSummary,
    ContinuousSummary,
    VariableProfile,
    response_groups,
)
from dlcs_core.ui.charts import show_figure
from dlcs_core.ui.controls import unit_label
from dlcs_core.ui.words import language, level_label, say, variable_label

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, str]


def show_distribution(table: "pd.DataFrame", profiles: tuple[VariableProfile, ...]) -> None:
    """Draw one variable, chosen above the figure, in good and poor responders."""
    name = st.selectbox(
        say("ui_variable"), [p.variable.name for p in profiles], format_func=variable_label,
        key="profile_variable", persist_state="session",
    )  # fmt: skip
    profile = next(p for p in profiles if p.variable.name == name)
    show_figure(_figure(table, profile), f"distribution_{name}", say("ui_distribution_caption"))


def _figure(table: "pd.DataFrame", profile: VariableProfile) -> Figure:
    variable = profile.variable
    if variable.kind == "continuous":
        values = {
            say(f"ui_{group}_responders"): part[variable.name].dropna().to_numpy(np.float64)
            for group, part in response_groups(table).items()
        }
        title = f"{variable_label(variable.name)} ({unit_label(variable)})"
        return histogram_figure(values, title, language())
    shares = {
        say(f"ui_{group}_responders"): [summary.share(level) for level in variable.levels]
        for group, summary in profile.groups.items()
        if isinstance(summary, CategoricalSummary)
    }
    names = [level_label(variable.name, level) for level in variable.levels]
    return levels_figure(shares, names, language())


def show_table(profiles: tuple[VariableProfile, ...]) -> None:
    """Draw all variables: mean and spread, or count and share of each level."""
    rows = [row for profile in profiles for row in _rows(profile)]
    st.dataframe(rows, hide_index=True, height=620, key="profile_table")


def _rows(profile: VariableProfile) -> list[Row]:
    variable = profile.variable
    if variable.kind == "continuous":
        return [_row(variable, unit_label(variable), _means(profile))]
    return [
        _row(variable, level_label(variable.name, level), _counts(profile, level))
        for level in variable.levels
    ]


def _row(variable: Variable, level: str, cells: Row) -> Row:
    label = variable_label(variable.name)
    return {say("ui_variable"): label, say("ui_level_or_unit"): level, **cells}


def _means(profile: VariableProfile) -> Row:
    cells = {}
    for group, summary in profile.groups.items():
        if isinstance(summary, ContinuousSummary):
            cells[say(f"ui_{group}_responders")] = f"{summary.mean:.2f} ± {summary.sd:.2f}"
    return {**cells, say("ui_missing"): _missing(profile)}


def _counts(profile: VariableProfile, level: str) -> Row:
    cells = {}
    for group, summary in profile.groups.items():
        if isinstance(summary, CategoricalSummary):
            share = f"{summary.counts[level]} ({summary.share(level):.0%})"
            cells[say(f"ui_{group}_responders")] = share
    return {**cells, say("ui_missing"): _missing(profile)}


def _missing(profile: VariableProfile) -> str:
    return str(sum(summary.missing for summary in profile.groups.values()))
