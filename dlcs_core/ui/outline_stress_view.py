"""On the case page: what hangs on the outline, and what a second reader's outline gives."""

import streamlit as st

from dlcs_core.clinical.record import ClinicalRecord
from dlcs_core.errors import DlcsError
from dlcs_core.figures.icon_array import of_hundred_text
from dlcs_core.figures.outline_stress import outline_stress_figure
from dlcs_core.imaging.study import Study
from dlcs_core.report.case_view import headline
from dlcs_core.report.outline_stress import (
    OutlineStress,
    ReaderComparison,
    compare_readers,
    stress_outline,
)
from dlcs_core.ui.assessment import AssessedCase
from dlcs_core.ui.cache import served_bundle
from dlcs_core.ui.charts import show_figure
from dlcs_core.ui.messages import show_refusal
from dlcs_core.ui.opened_study import OpenedStudy, read_second_outline
from dlcs_core.ui.words import language, say

MOST_KEPT = 8


def has_number(case: AssessedCase) -> bool:
    """Tell whether the case has a probability that can hang on the outline."""
    return headline(case.report) is not None


def show_outline_stress(case: AssessedCase, opened: OpenedStudy, record: ClinicalRecord) -> None:
    """Draw the test of the outline; nothing runs before it is asked for."""
    with st.expander(say("stress_title"), icon=":material/draw:", key="outline_stress"):
        st.caption(say("stress_hint"))
        if st.button(say("stress_run"), key="run_outline_stress"):
            _run(case, opened.study, record)
        found = _kept().get(case.inputs)
        if found is not None:
            _show(found)
        _second_reader(case, opened, record)


@st.cache_resource(scope="session", show_spinner=False)
def _kept() -> dict[str, OutlineStress]:
    """Return this visit's results by the hash of their inputs."""
    return {}


def _run(case: AssessedCase, study: Study, record: ClinicalRecord) -> None:
    bar = st.progress(0.0, text=say("stress_running"))
    try:
        found = stress_outline(
            study, record, served_bundle(), case.report,
            lambda done, of: bar.progress(done / of, text=say("stress_running")),
        )  # fmt: skip
    except DlcsError as refusal:
        show_refusal(refusal)
        return
    finally:
        bar.empty()
    if found is not None:
        kept = _kept()
        kept[case.inputs] = found
        while len(kept) > MOST_KEPT:
            del kept[next(iter(kept))]


def _show(found: OutlineStress) -> None:
    low, high = of_hundred_text(found.lowest), of_hundred_text(found.highest)
    verdict = "stress_stable" if found.is_stable else "stress_depends"
    icon = ":material/check_circle:" if found.is_stable else ":material/warning:"
    box = st.success if found.is_stable else st.warning
    box(say(verdict, low=low, high=high, count=len(found.redrawn)), icon=icon)
    for code, shown in (
        ("stress_crosses", found.crosses_cutoff),
        ("stress_abstained", found.n_abstained > 0),
    ):
        if shown:
            st.caption(say(code, count=found.n_abstained))
    figure = outline_stress_figure(
        [one.area_ratio for one in found.redrawn], [one.probability for one in found.redrawn],
        found.original, found.cutoff, language(),
    )  # fmt: skip
    overlaps = [one.dice for one in found.redrawn]
    caption = say("stress_caption", low=f"{min(overlaps):.2f}", high=f"{max(overlaps):.2f}")
    show_figure(figure, "outline_stress", caption)
    if found.neighbors:
        moved = ", ".join(_percent(one.probability) for one in found.neighbors)
        st.caption(say("stress_neighbors", probabilities=moved))


def _percent(probability: float | None) -> str:
    return say("stress_no_number") if probability is None else f"{of_hundred_text(probability)}%"


def _second_reader(case: AssessedCase, opened: OpenedStudy, record: ClinicalRecord) -> None:
    """Draw the comparison with a second reader's outline, given as a file."""
    given = st.file_uploader(
        say("stress_second"), accept_multiple_files=True, key=f"second_outline_{case.inputs[:12]}",
        help=say("stress_second_help"),
    )  # fmt: skip
    if not given:
        return
    try:
        other = read_second_outline(given, opened.study.volume)
        _show_readers(compare_readers(opened.study, other, record, served_bundle()))
    except DlcsError as refusal:
        show_refusal(refusal)


def _show_readers(found: ReaderComparison) -> None:
    first, second = (_percent(probability) for probability in found.probabilities)
    st.markdown(say("stress_readers", dice=f"{found.dice:.2f}", first=first, second=second))
    if found.key_slices[0] != found.key_slices[1]:
        a, b = (index + 1 for index in found.key_slices)
        st.caption(say("stress_key_slices", first=a, second=b))
