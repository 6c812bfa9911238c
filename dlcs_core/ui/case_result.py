"""The right side of the case review: the result, from the statement down to its parts."""

from collections.abc import Sequence

import streamlit as st

from dlcs_core.figures.ct_overlay import CtSlice, ct_slice_figure
from dlcs_core.figures.icon_array import icon_array_figure, of_hundred, of_hundred_text
from dlcs_core.figures.nomogram import nomogram_figure
from dlcs_core.figures.signatures import SignatureValue, signatures_figure
from dlcs_core.figures.survival import survival_figure
from dlcs_core.models.survival import SurvivalEstimate
from dlcs_core.report.case_report import CaseReport
from dlcs_core.report.case_view import (
    CaseView,
    frequency_code,
    headline,
    local_recalibrations,
    nomogram_reading,
    other_warnings,
    reasons,
    time_origin_text,
)
from dlcs_core.ui.assessment import AssessedCase
from dlcs_core.ui.cache import served_bundle
from dlcs_core.ui.charts import show_figure
from dlcs_core.ui.consultation_view import show_consultation
from dlcs_core.ui.downloads import history_text
from dlcs_core.ui.label_set_view import show_label_set
from dlcs_core.ui.living_nomogram import (
    is_hypothetical,
    show_living_nomogram,
    show_nomogram_downloads,
)
from dlcs_core.ui.messages import show_notices
from dlcs_core.ui.similar_view import show_similar
from dlcs_core.ui.words import language, plain, say, sentence_shown, variable_label

FIELD_MM = 150.0
"""Side of the square around the tumour that is shown first."""

CASE_VIEWS = ("review", "consultation")


def show_statement(case: AssessedCase) -> None:
    """Draw what stands above the viewer: the statement, or why there is none."""
    show_overprint(case.view)
    if not case.report.abstained and _chosen_view() == "consultation":
        show_consultation(case)
        return
    if is_hypothetical(case):
        st.info(say("ui_living_own_hidden"), icon=":material/visibility_off:")
    else:
        show_headline(case)


def show_result(case: AssessedCase) -> None:
    """Draw what stands below the viewer: the parts of the result from top to bottom."""
    if not case.report.abstained and st.session_state.get("case_view") == "consultation":
        return
    show_slices(case, height=250)
    if not case.report.abstained:
        show_living_case(case)
        if not is_hypothetical(case):
            show_similar(case.report)
    show_notices(other_warnings(case.report))


def _chosen_view() -> str:
    """Draw the choice between the surgeon's and the consulting room's view."""
    return st.segmented_control(
        say("ui_case_view"), CASE_VIEWS, default=CASE_VIEWS[0], key="case_view", required=True,
        format_func=lambda name: say(f"ui_case_view_{name}"), label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip


def show_living_case(case: AssessedCase) -> None:
    """Draw both nomograms with dots to move; the patient's own figures beside them."""
    bundle, own = served_bundle(), not is_hypothetical(case)
    left, right = st.columns([7, 4], gap="medium")
    with left:
        st.subheader(say("ui_nomogram"))
        if not show_living_nomogram(case, bundle, "response"):
            st.caption(say("ui_nomogram_needs_values"))
        show_nomogram_downloads(case)
    with right:
        if own:
            show_signatures(case)
    st.subheader(say("ui_survival"))
    left, right = st.columns([7, 4], gap="medium")
    with left:
        if not show_living_nomogram(case, bundle, "survival"):
            st.caption(say("ui_survival_needs_values"))
    with right:
        if own:
            show_survival_numbers(case)


def show_overprint(view: CaseView) -> None:
    """Say over a result that a model of phantoms knows nothing about this patient."""
    if view.overprinted:
        with st.container(key="overprint"):
            st.markdown(say("ui_overprint"))


def show_headline(case: AssessedCase) -> None:
    """Draw the probability in words and icons, or why there is none."""
    leading = headline(case.report)
    with st.container(key="headline", border=True):
        if leading is None:
            _show_abstention(case.report)
            return
        words, icons = st.columns([1, 1], gap="medium", vertical_alignment="center")
        with words:
            good = of_hundred(leading.probability)
            with st.container(key="statement"):
                code = frequency_code("ui_natural_frequency", good)
                st.markdown(say(code, good=good, poor=100 - good))
            st.markdown(say("ui_reference_class"))
            st.caption(_uncertainty(case, leading.ci95))
            st.caption(say(f"ui_source_of_{leading.source}"))
            for named in local_recalibrations(case.report):
                st.caption(sentence_shown(named))
        with icons:
            st.plotly_chart(
                icon_array_figure(leading.probability, language()), key="figure_icons", theme=None,
                config={"displayModeBar": False}, alt=say("ui_icons_alt", good=good),
            )  # fmt: skip
        show_label_set(case.report)
        st.caption(history_text(case))


def _show_abstention(report: CaseReport) -> None:
    st.markdown(say("ui_abstained"))
    st.markdown("\n".join(f"- {sentence_shown(reason)}" for reason in reasons(report)))
    st.markdown(say("more_abstained_help"))


def _uncertainty(case: AssessedCase, ci95: tuple[float, float] | None) -> str:
    """Return the interval, where its coverage is on record, and the models' disagreement."""
    parts = []
    if ci95 is not None:
        coverage = f"{case.report.interval_coverage or 0:.0%}"
        low, high = (of_hundred_text(limit) for limit in ci95)
        parts.append(say("ui_interval", low=low, high=high, coverage=coverage))
    if case.view.fold_range is not None:
        low, high = (of_hundred_text(limit) for limit in case.view.fold_range)
        count = len(case.report.dl_signature.fold_scores)
        parts.append(say("ui_disagreement", low=low, high=high, count=count))
    return " ".join(parts)


@st.fragment
def show_slices(case: AssessedCase, height: int, *, with_heat: bool = True) -> None:
    """Draw the three CT slices with outline and heat map; only this part runs again on a move."""
    heat = with_heat and not case.report.abstained
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader(say("ui_slices"))
        opacity = _opacity_slider() if heat else 0.0
        whole = st.toggle(say("ui_whole_slice"), key="whole_slice", persist_state="session")
    draw_slices(case.view.slices, opacity, None if whole else FIELD_MM, height)
    st.caption(say("ui_heat_caption" if heat else "ui_slices_caption"))


def _opacity_slider() -> float:
    return st.slider(
        say("ui_heat_opacity"), 0.0, 1.0, 0.45, 0.05, key="heat_opacity", width=260,
        persist_state="session",
    )  # fmt: skip


def draw_slices(
    slices: Sequence[CtSlice], opacity: float, field_mm: float | None, height: int
) -> None:
    """Draw slices side by side, feet to head from left to right."""
    for place, (column, shown) in enumerate(zip(st.columns(3, gap="small"), slices, strict=True)):
        with column:
            figure = ct_slice_figure(
                shown, opacity=opacity, field_mm=field_mm, language=language()
            ).update_layout(height=height)
            code = "ui_slice_key" if shown.is_key else "ui_slice_number"
            show_figure(figure, f"slice_{place}", say(code, number=shown.slice_index + 1))


def show_reasons_why(case: AssessedCase) -> None:
    """Draw the nomogram with the patient's points beside what each signature says."""
    report = case.report
    left, right = st.columns([7, 4], gap="medium")
    with left:
        st.subheader(say("ui_nomogram"))
        figure = nomogram_figure(case.view.nomogram, nomogram_reading(report), language())
        show_figure(figure, "nomogram", say("ui_nomogram_caption"))
    with right:
        show_signatures(case)


def show_signatures(case: AssessedCase) -> None:
    """Draw what image, clinic and both together say."""
    st.subheader(say("ui_signatures"))
    figure = signatures_figure(_signatures(case), case.view.prevalence, language())
    show_figure(figure, "signatures", say("ui_signatures_caption"))


def _signatures(case: AssessedCase) -> list[SignatureValue]:
    report = case.report
    return [
        SignatureValue(
            variable_label("dl_signature"), report.dl_signature.probability, case.view.fold_range
        ),
        SignatureValue(variable_label("clinical_signature"), report.clinical_probability),
        SignatureValue(variable_label("dlcs"), report.dlcs.probability),
    ]


def show_survival(case: AssessedCase) -> None:
    """Draw the survival curve, its values at the horizons and the group it falls into."""
    st.subheader(say("ui_survival"))
    if case.report.survival.curve is None:
        st.caption(say("ui_survival_needs_values"))
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _show_survival_curve(case)
    with right:
        _show_horizons(case)


def show_survival_numbers(case: AssessedCase) -> None:
    """Draw the same in one narrow column."""
    if case.report.survival.curve is not None:
        _show_horizons(case)
        _show_survival_curve(case)


def _show_survival_curve(case: AssessedCase) -> None:
    outlook = case.report.survival
    if outlook.curve is None:
        return
    figure = survival_figure(outlook.curve, case.view.risk_groups, language())
    origin = plain(time_origin_text(case.report.bundle.survival_time_origin, language()))
    show_figure(figure, "survival", say("ui_survival_origin", origin=origin))


def _show_horizons(case: AssessedCase) -> None:
    outlook = case.report.survival
    if outlook.at_horizons is None:
        return
    st.table(_horizon_rows(outlook.at_horizons), border="horizontal")
    st.caption(say(f"ui_risk_group_{outlook.risk_group}"))
    st.caption(say("ui_reference_class"))


def _horizon_rows(read: SurvivalEstimate) -> list[dict[str, str]]:
    return [
        {
            say("ui_month"): f"{month:g}",
            say("ui_alive"): _percent(survival),
            say("ui_ci95"): f"{_percent(low)} – {_percent(high)}",
        }
        for month, survival, low, high in zip(
            read.times_months, read.survival, read.ci95_low, read.ci95_high, strict=True
        )
    ]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
