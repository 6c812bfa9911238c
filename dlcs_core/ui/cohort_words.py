"""Names of columns and levels of any table, ours worded and foreign ones as they are."""

from dlcs_core.clinical.record import displayable
from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.translation import catalogue
from dlcs_core.ui.controls import unit_label
from dlcs_core.ui.words import level_label, say, variable_label


def column_label(name: str) -> str:
    """Return the display name of a column: worded where it is ours, else as in the table."""
    code = f"variable.{name}"
    if code in catalogue("en"):
        return variable_label(name)
    code = f"column.{name}"
    return say(code) if code in catalogue("en") else displayable(name)


def cell_label(column: str, level: str) -> str:
    """Return the display name of a level of a column."""
    if column in VARIABLE_BY_NAME and level in VARIABLE_BY_NAME[column].levels:
        return level_label(column, level)
    code = f"cell.{column}.{level}"
    return say(code) if code in catalogue("en") else displayable(level)


def with_unit(name: str) -> str:
    """Return the display name of a column with its unit, where it has one."""
    variable = VARIABLE_BY_NAME.get(name)
    if variable is None or variable.kind != "continuous":
        return column_label(name)
    return f"{column_label(name)} ({unit_label(variable)})"


def p_text(p: float | None) -> str:
    """Return a P value as print has it."""
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_phrase(p: float | None) -> str:
    """Return a P value with its letter: ``P = 0.030``, ``P < 0.001``."""
    text = p_text(p)
    if p is None:
        return text
    return f"P {text}" if text.startswith("<") else f"P = {text}"


def interval_text(ci95: tuple[float, float] | None, digits: int = 2) -> str:
    """Return an interval in brackets, with a space before; nothing where there is none."""
    if ci95 is None:
        return ""
    # A dash between negative numbers reads as another minus.
    between = "–" if ci95[0] >= 0.0 else ", "
    return f" ({ci95[0]:.{digits}f}{between}{ci95[1]:.{digits}f})"


def estimate_text(
    value: float | None, ci95: tuple[float, float] | None = None, digits: int = 2
) -> str:
    """Return an estimate with its interval; a dash where there is none."""
    if value is None:
        return "–"
    # Adding 0.0 takes the sign off a rounded zero.
    return f"{round(value, digits) + 0.0:.{digits}f}" + interval_text(ci95, digits)


def percent_text(value: float | None, ci95: tuple[float, float] | None = None) -> str:
    """Return a share in percent with its interval; a dash where there is none."""
    if value is None:
        return "–"
    shown = f" ({ci95[0]:.1%}–{ci95[1]:.1%})" if ci95 else ""
    return f"{value:.1%}{shown}"
