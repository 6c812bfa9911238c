"""Training patients most like this one, and how the model did on them."""

import html

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dlcs_core.clinical.variables import VARIABLE_BY_NAME
from dlcs_core.figures.icon_array import of_hundred_text
from dlcs_core.figures.png import data_png
from dlcs_core.models.similar_cases import SimilarCase, SimilarGroup
from dlcs_core.report.case_report import CaseReport, SimilarPatients
from dlcs_core.report.document import value_text
from dlcs_core.ui.words import language, say, variable_label

KEY_VARIABLES = ("max_diameter_cm", "borrmann_type", "differentiation")
"""What stands on a line of its own under a slice; stage, age and sex share one."""

SLICE_PIXELS = 150

_LEAST = 5e-5


def show_similar(report: CaseReport) -> None:
    """Draw similar patients in an expander of their own; nothing where there are none."""
    found = report.similar
    if found is None or report.abstained or not (found.cases or found.group):
        return
    with st.expander(say("more_similar_title"), icon=":material/group:", key="similar_patients"):
        if found.synthetic:
            st.info(say("more_similar_synthetic"), icon=":material/science:")
        st.caption(say("more_similar_hint"))
        if found.cases:
            _show_strip(found)
            right = sum(case.model_right for case in found.cases)
            st.markdown(say("more_similar_cases", right=right, count=len(found.cases)))
        if found.group is not None:
            st.markdown(_group_text(found.group))
        st.caption(say("more_similar_caution"))


def _show_strip(found: SimilarPatients) -> None:
    """Draw the nearest patients side by side, the nearest on the left."""
    for place, column in enumerate(st.columns(len(found.cases), gap="small")):
        case = found.cases[place]
        with column, st.container(key=f"similar_{place}"):
            if found.slices:
                st.html(slice_html(found.slices[place], alt_text(case, place)))
            outcome, *others = _lines(case, place)
            st.markdown(outcome)
            st.caption("  \n".join(others))


def slice_html(pixels: NDArray[np.uint8], alt: str) -> str:
    """Return an image that lies in the page itself and not under an address of the server."""
    return (
        f'<img src="{data_png(pixels)}" alt="{html.escape(alt, quote=True)}" '
        f'style="width:100%;max-width:{SLICE_PIXELS}px;border-radius:4px">'
    )


def alt_text(case: SimilarCase, place: int) -> str:
    """Say what stands under a slice, for a screen reader."""
    said = "; ".join(line.replace("**", "") for line in _lines(case, place))
    return say("more_similar_alt", number=place + 1, said=said)


def _lines(case: SimilarCase, place: int) -> list[str]:
    outcome = "more_outcome_good" if case.good_response else "more_outcome_poor"
    probability = case.dl_signature if case.dlcs is None else case.dlcs
    score = "more_similar_score_image" if case.dlcs is None else "more_similar_score"
    lines = [
        f"**{place + 1}. {say(outcome)}**",
        # The bundle keeps four decimals; what is possible must not read as never.
        say(score, percent=of_hundred_text(min(max(probability, _LEAST), 1 - _LEAST))),
        say("more_model_right" if case.model_right else "more_model_wrong"),
        f"{_cell(case, 'ct_stage')} {_cell(case, 'cn_stage')} · {_cell(case, 'age_years')} · "
        f"{_cell(case, 'sex')}",
        *(f"{variable_label(name)}: {_cell(case, name)}" for name in KEY_VARIABLES),
    ]
    return [*lines, *_follow_up(case)]


def _cell(case: SimilarCase, name: str) -> str:
    return value_text(VARIABLE_BY_NAME[name], case.variables.get(name), language())


def _follow_up(case: SimilarCase) -> list[str]:
    months, event = case.variables.get("os_months"), case.variables.get("os_event")
    if not isinstance(months, int | float) or event is None:
        return []
    return [say("more_died_after" if event else "more_alive_at", months=f"{months:.0f}")]


def _group_text(group: SimilarGroup) -> str:
    return say(
        "more_similar_group", n=group.n, good=group.good_response, right=group.model_right,
        percent=of_hundred_text(group.mean_probability),
        observed=of_hundred_text(group.good_response / group.n),
    )  # fmt: skip
