"""Figures and tables of the explorers, each with its method and what can be taken away of it."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dlcs_core.figures.data import figure_csv
from dlcs_core.figures.theme import Figure
from dlcs_core.ui.words import say

Row = Mapping[str, str]

EXPORT_COMPONENT = "dlcs-core.figure_export"


def show_figure(
    figure: Figure,
    name: str,
    caption: str = "",
    *,
    method: str | None = None,
    on_select: Callable[[], None] | None = None,
    numbers: Callable[[], str] | None = None,
) -> None:
    """Draw a figure and, under it, its caption, its method, and it as SVG, PNG and CSV.

    Parameters
    ----------
    figure : plotly Figure
        From :mod:`dlcs_core.figures`.
    name : str
        Stable name: widget key and file name.
    caption : str
        One line under the figure, already worded.
    method : str, optional
        Suffix of the codes ``method_*`` and ``reference_*``; ``name`` by default.
    on_select : callable, optional
        Called after a click on a point.
    numbers : callable, optional
        Gives the CSV; what the figure's traces draw by default.
    """
    chosen: dict[str, Any] = {}
    if on_select is not None:
        chosen = {"on_select": on_select, "selection_mode": "points"}
    st.plotly_chart(figure, key=f"figure_{name}", theme=None, config=_config(name), **chosen)
    st.caption(caption)
    with st.container(
        horizontal=True, vertical_alignment="center", key=f"under_{name}", wrap=False, gap="small"
    ):
        _show_method(method or name)
        _show_images(name)
        st.download_button(
            say("ui_numbers"), data=numbers or (lambda: figure_csv(figure)),
            file_name=f"{name}.csv", mime="text/csv", icon=":material/download:",
            type="tertiary", on_click="ignore", key=f"numbers_{name}", width="content",
        )  # fmt: skip


def _show_images(name: str) -> None:
    """Draw the buttons that save a figure as SVG and PNG, in the browser."""
    # Declared where it is drawn: without a running app there is no component, as in a doctest.
    mount = st.components.v2.component(
        EXPORT_COMPONENT, html='<div class="formats"></div>', js="index.js", css="style.css"
    )
    mount(
        key=f"images_{name}", data={"name": name, "label": say("explorer_save_as")},
        width="content", height="content",
    )  # fmt: skip


def _show_method(name: str) -> None:
    with st.popover(say("explorer_method"), type="tertiary", width="content",
                    icon=":material/menu_book:"):  # fmt: skip
        st.markdown(say(f"method_{name}"))
        st.caption(say(f"reference_{name}"))


def show_rows(
    rows: Sequence[Row],
    name: str,
    caption: str = "",
    *,
    height: int | None = None,
    wide: Sequence[str] = (),
) -> None:
    """Draw a table, plain text in every cell, and the download of it.

    Parameters
    ----------
    rows : sequence of mapping of str to str
        Title of each column and the cell.
    name : str
        Stable name: widget key and file name.
    caption : str
        One line under the table, already worded.
    height : int, optional
        In pixels, for long tables.
    wide : sequence of str
        Titles of columns whose texts are long.
    """
    sized: dict[str, Any] = {} if height is None else {"height": height}
    sized["column_config"] = {title: st.column_config.Column(width=210) for title in wide}
    st.dataframe([dict(row) for row in rows], hide_index=True, key=f"table_{name}", **sized)
    with st.container(horizontal=True, vertical_alignment="center", key=f"below_{name}"):
        st.caption(caption)
        st.download_button(
            say("ui_numbers"), data=lambda: rows_csv(rows), file_name=f"{name}.csv",
            mime="text/csv", icon=":material/download:", type="tertiary", on_click="ignore",
            key=f"rows_{name}", width="content",
        )  # fmt: skip


def rows_csv(rows: Sequence[Row]) -> str:
    r"""Return a table as CSV with a byte order mark; cells that a spreadsheet would run are quoted.

    Parameters
    ----------
    rows : sequence of mapping of str to str
        All with the same titles.

    Examples
    --------
    >>> rows_csv([{"a": "=1+1", "b": "2"}]).split()
    ['\ufeffa,b', "'=1+1,2"]
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    if rows:
        writer.writerow([_cell(title) for title in rows[0]])
        writer.writerows([_cell(cell) for cell in row.values()] for row in rows)
    return "\ufeff" + stream.getvalue()


def _cell(text: object) -> str:
    shown = str(text)
    is_number = shown.replace("−", "-").lstrip("+-").replace(".", "", 1).isdigit()
    runs = shown[:1] in ("=", "+", "-", "@", "\t", "\r") and not is_number
    return "'" + shown if runs else shown


def _config(name: str) -> dict[str, Any]:
    """Return plotly's tool bar: save as image, zoom and reset; no logo, no lasso."""
    return {
        "displaylogo": False,
        "displayModeBar": "hover",
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
        "toImageButtonOptions": {"format": "svg", "filename": name},
    }
