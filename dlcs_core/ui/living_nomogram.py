"""The living nomogram: the case's models with dots that can be moved in the browser."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import streamlit as st

from dlcs_core.bundle.reader import Bundle
from dlcs_core.figures.data import figure_csv
from dlcs_core.figures.nomogram import nomogram_figure
from dlcs_core.report.case_view import nomogram_reading
from dlcs_core.report.living_nomogram import living_models
from dlcs_core.ui.assessment import AssessedCase
from dlcs_core.ui.words import language, say

KEY = "living_nomogram"

WORDS = (
    "hint", "reset", "notice", "hypothetical", "points", "total_points", "response", "survival",
    "response_outcome", "survival_outcome", "response_own", "response_moved", "survival_own",
    "survival_moved", "interval", "at_month", "months", "separator",
)  # fmt: skip
"""Sentences that the browser fills in, by the end of their code."""

FIELDS = ("points", "percent", "months", "month", "low", "high")
"""What they hold."""

MODELS = ("response", "survival")


@cache
def _component() -> Callable[..., Any]:
    """Declare the browser part, at its first use: declaring needs a running Streamlit."""
    declared: Callable[..., Any] = st.components.v2.component(
        "dlcs-core.living_nomogram",
        html='<div class="living"></div>',
        js="index.js",
        css="style.css",
    )
    return declared


def is_hypothetical(case: AssessedCase) -> bool:
    """Whether a dot of this case stands elsewhere than the patient's own."""
    states = (st.session_state.get(_key(case, kind)) for kind in MODELS)
    return any(bool(state.get("moved")) for state in states if state)


def show_living_nomogram(case: AssessedCase, bundle: Bundle, kind: str) -> bool:
    """Draw one model's nomogram; the dots of both move together.

    Parameters
    ----------
    case : AssessedCase
        The result.
    bundle : Bundle
        The model that gave it.
    kind : {"response", "survival"}
        Which model.

    Returns
    -------
    bool
        False where the model lacks a value of this patient and nothing was drawn.
    """
    code = language()
    models = living_models(case.report, bundle, code)
    if models[kind] is None:
        return False
    words = {name: _template(f"ui_living_{name}") for name in WORDS}
    told_by = next(name for name in MODELS if models[name] is not None)
    _component()(
        key=_key(case, kind),
        data={
            "identity": case.inputs, "language": code, "words": words, "kind": kind,
            "model": models[kind], "primary": kind == told_by,
        },
        on_moved_change=lambda: None,
        height="content",
    )  # fmt: skip
    return True


def show_nomogram_downloads(case: AssessedCase) -> None:
    """Draw the downloads of the patient's own nomogram; none while a dot is moved."""
    reading = nomogram_reading(case.report)
    if reading is None or is_hypothetical(case):
        return
    figure = nomogram_figure(case.view.nomogram, reading, language())
    with st.container(horizontal=True, key="under_nomogram"):
        st.caption(say("ui_nomogram_caption"))
        st.download_button(
            "SVG", data=partial(_svg, case, language()), file_name="nomogram.svg",
            mime="image/svg+xml", icon=":material/download:", type="tertiary", on_click="ignore",
            key="nomogram_svg", width="content",
        )  # fmt: skip
        st.download_button(
            say("ui_numbers"), data=lambda: figure_csv(figure), file_name="nomogram.csv",
            mime="text/csv", icon=":material/download:", type="tertiary", on_click="ignore",
            key="numbers_nomogram", width="content",
        )  # fmt: skip


def _template(code: str) -> str:
    """Return a sentence with its fields still open, for the browser to fill in."""
    return say(code, **{name: f"{{{name}}}" for name in FIELDS})


def _key(case: AssessedCase, kind: str) -> str:
    return f"{KEY}_{kind}_{case.inputs[:16]}"


def _svg(case: AssessedCase, code: str) -> str:
    from dlcs_core.report.print_figures import nomogram_svg

    return str(nomogram_svg(case.view.nomogram, nomogram_reading(case.report), code))
