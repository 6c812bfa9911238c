"""A figure on a page, with its image and its numbers to take away."""

from typing import Any

import streamlit as st

from dlcs_core.figures.data import figure_csv
from dlcs_core.figures.theme import Figure
from dlcs_core.ui.words import say


def show_figure(figure: Figure, name: str, caption: str = "", alt: str = "") -> None:
    """Draw a figure and, under it, its caption and the download of its numbers.

    Parameters
    ----------
    figure : plotly Figure
        From :mod:`dlcs_core.figures`.
    name : str
        Stable name: widget key and file name.
    caption : str
        One line under the figure, already worded.
    alt : str
        What the figure says, for a screen reader.
    """
    st.plotly_chart(
        figure, key=f"figure_{name}", theme=None, config=_config(name), alt=alt or caption or None
    )
    with st.container(
        horizontal=True, wrap=False, vertical_alignment="center", key=f"under_{name}"
    ):
        st.caption(caption)
        st.download_button(
            say("ui_numbers"), data=lambda: figure_csv(figure), file_name=f"{name}.csv",
            mime="text/csv", icon=":material/download:", type="tertiary", on_click="ignore",
            key=f"numbers_{name}", width="content",
        )  # fmt: skip


def _config(name: str) -> dict[str, Any]:
    """Return plotly's tool bar: save as image, zoom and reset; no logo, no lasso."""
    return {
        "displaylogo": False,
        "displayModeBar": "hover",
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
        "toImageButtonOptions": {"format": "svg", "filename": name},
    }
