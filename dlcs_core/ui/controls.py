"""The clinical form, made from the one list of variables."""

from collections.abc import Mapping

import streamlit as st

from dlcs_core.clinical.variables import VARIABLES, Variable
from dlcs_core.ui.words import level_label, say, variable_label

COLUMNS = 2
"""Fields side by side."""

Value = float | str | None


def clinical_form(prefilled: Mapping[str, Value], key: str) -> dict[str, Value]:
    """Draw one field per variable and return what stands in them.

    Parameters
    ----------
    prefilled : mapping of str to value
        What the case's file or the DICOM header gives; a missing variable starts empty.
    key : str
        Prefix of the widget keys; a new case needs a new one, so that its values show.

    Returns
    -------
    dict of str to value
        All 22 variables; None where the field is empty. Limits are not checked here but where
        the record is parsed, so that page and command line refuse alike.
    """
    values: dict[str, Value] = {}
    for start in range(0, len(VARIABLES), COLUMNS):
        row = VARIABLES[start : start + COLUMNS]
        for column, variable in zip(st.columns(COLUMNS, gap="small"), row, strict=False):
            draw = _number if variable.kind == "continuous" else _level
            with column:
                values[variable.name] = draw(variable, prefilled.get(variable.name), key)
    return values


def _number(variable: Variable, prefilled: Value, key: str) -> float | None:
    """Draw a number field; no bounds on the widget: it would silently keep the old value."""
    return st.number_input(
        f"{variable_label(variable.name)} ({unit_label(variable)})",
        value=None if prefilled is None else float(prefilled),
        step=1.0 if variable.whole or variable.name == "age_years" else 0.1,
        format="%g",
        key=f"{key}_{variable.name}",
        help=_limits_text(variable),
        placeholder=say("ui_not_recorded"),
        persist_state="session",
    )


def _level(variable: Variable, prefilled: Value, key: str) -> str | None:
    known = isinstance(prefilled, str) and prefilled in variable.levels
    return st.selectbox(
        variable_label(variable.name),
        variable.levels,
        index=variable.levels.index(str(prefilled)) if known else None,
        format_func=lambda level: level_label(variable.name, level),
        key=f"{key}_{variable.name}",
        placeholder=say("ui_not_recorded"),
        persist_state="session",
    )


def unit_label(variable: Variable) -> str:
    """Return a unit as it is written in print."""
    return say(f"unit.{variable.unit}")


def _limits_text(variable: Variable) -> str:
    """Return what the field accepts, what is usual and which unit slip to look out for."""
    low, high = variable.hard_limits or (float("-inf"), float("inf"))
    unit = "" if variable.whole else unit_label(variable)
    parts = [say("ui_accepted", low=f"{low:g}", high=f"{high:g}", unit=unit)]
    if variable.usual:
        usual_low, usual_high = variable.usual
        parts.append(say("ui_usual", low=f"{usual_low:g}", high=f"{usual_high:g}", unit=unit))
    meant = [trap.unit for trap in variable.traps if trap.factor is not None]
    if meant:
        parts.append(say("ui_not_in", units=", ".join(meant)))
    return " ".join(parts).replace(" .", ".")
