"""The mapping assistant: what each column of a table is taken for, and what was refused."""

from typing import TYPE_CHECKING

import streamlit as st

from dlcs_core.report.cohort_conversions import NOTHING, Conversion, conversions_of
from dlcs_core.report.cohort_guess import KEPT, LEFT_OUT, TARGETS, ColumnGuess, guess_columns
from dlcs_core.report.cohort_mapping import ColumnChoice, MappedTable, RefusedRow
from dlcs_core.ui.cohort_address import remember, settle_choice, widget_key
from dlcs_core.ui.cohort_charts import show_rows
from dlcs_core.ui.cohort_words import column_label, with_unit
from dlcs_core.ui.words import plain, say

if TYPE_CHECKING:
    import pandas as pd

MAX_COLUMNS_SHOWN = 80
"""Columns with controls of their own; further unknown ones keep their names."""

_WIDTHS = (3, 4, 3, 2)


def choose_columns(frame: "pd.DataFrame", key: str) -> tuple[ColumnChoice, ...]:
    """Draw one line per column and return what stands in them.

    Parameters
    ----------
    frame : pandas.DataFrame
        As read.
    key : str
        Prefix of the widget keys; another table needs another one.
    """
    st.caption(say("explorer_mapping_hint"))
    guesses = guess_columns(frame)
    titles = ("column", "meaning", "conversion", "found_by")
    for place, title in zip(st.columns(_WIDTHS), titles, strict=True):
        place.markdown(f"**{say(f'explorer_mapping_{title}')}**")
    return tuple(
        _line(guess, f"{key}_{index}") if index < MAX_COLUMNS_SHOWN else _as_guessed(guess)
        for index, guess in enumerate(guesses)
    )


def _as_guessed(guess: ColumnGuess) -> ColumnChoice:
    return ColumnChoice(guess.column, guess.target, guess.conversion)


def _line(guess: ColumnGuess, key: str) -> ColumnChoice:
    name, meaning, conversion, how = st.columns(_WIDTHS, vertical_alignment="center")
    name.markdown(plain(guess.column))
    options = (KEPT, LEFT_OUT, *TARGETS)
    settle_choice(f"target_{key}", options, guess.target)
    target = meaning.selectbox(
        say("explorer_mapping_meaning"), options, format_func=_target_label,
        key=widget_key(f"target_{key}"), label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    remember(f"target_{key}", target)
    with conversion:
        chosen = _choose_conversion(guess, target, key)
    with how:
        st.caption(say(f"explorer_found_by_{guess.found_by}"))
    return ColumnChoice(guess.column, target, chosen)


def _choose_conversion(guess: ColumnGuess, target: str, key: str) -> Conversion:
    options = {option.code: option for option in conversions_of(target or None)}
    if len(options) == 1:
        return NOTHING
    known = guess.conversion in options.values()
    key = f"conversion_{key}_{target}"
    settle_choice(key, tuple(options), guess.conversion.code if known else NOTHING.code)
    chosen = st.selectbox(
        say("explorer_mapping_conversion"), tuple(options), key=widget_key(key),
        format_func=lambda code: say(f"explorer_conversion_{code}", unit=options[code].unit),
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    remember(key, chosen)
    return options[chosen]


def _target_label(target: str) -> str:
    if target == KEPT:
        return say("explorer_target_kept")
    return say("explorer_target_left_out") if target == LEFT_OUT else with_unit(target)


def show_refused_rows(mapped: MappedTable, n_rows: int) -> None:
    """Say how many rows are used, and name the others with the reason."""
    used = len(mapped.cohort.table)
    if not mapped.refused:
        st.caption(say("explorer_rows_all_used", used=used))
        return
    text = say("explorer_rows_refused", refused=len(mapped.refused), rows=n_rows, used=used)
    with st.expander(text, icon=":material/warning:"):
        show_rows(
            [_refused_cells(row) for row in mapped.refused], "refused_rows",
            say("explorer_rows_refused_caption"), height=240,
        )  # fmt: skip


def _refused_cells(row: RefusedRow) -> dict[str, str]:
    reason = dict(row.reason.values)
    named = {"column": column_label(str(reason.get("column", "")))}
    return {
        say("explorer_row"): str(row.row),
        say("explorer_mapping_column"): row.column,
        say("explorer_cell"): row.cell,
        say("explorer_reason"): say(row.reason.code, **(reason | named)),
    }
