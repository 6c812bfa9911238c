"""The threshold bench: one slider that moves every curve, table and sentence about a cutoff."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from dlcs_core.figures.bench_marks import (
    add_band,
    add_place,
    add_targets,
    add_vertical,
    clickable,
    selected_threshold,
)
from dlcs_core.figures.decision_curve import decision_curve_figure
from dlcs_core.figures.precision_recall import precision_recall_figure
from dlcs_core.figures.roc import RocResult, roc_figure
from dlcs_core.figures.theme import Figure
from dlcs_core.report.cohort_bench import ThresholdBench, threshold_bench
from dlcs_core.report.cohort_curves import banded_roc, of_100, thinned_precision_recall
from dlcs_core.report.response import ResponseReport
from dlcs_core.report.response_score import ScoreResult
from dlcs_core.ui.cohort_address import keep, settle_choice, settle_number, widget_key
from dlcs_core.ui.cohort_charts import show_figure, show_rows
from dlcs_core.ui.cohort_words import column_label, percent_text
from dlcs_core.ui.messages import refusals_shown
from dlcs_core.ui.words import language, say

if TYPE_CHECKING:
    import pandas as pd

THRESHOLD_KEY = "threshold"
STEP = 0.001
MAX_FLAGGED_SHOWN = 500

RATES = ("sensitivity", "specificity", "ppv", "npv", "accuracy")


@dataclass(frozen=True, eq=False)
class _Bench:
    """What the bench is about: the report, the score that the slider moves, and its numbers."""

    report: ResponseReport
    score: str
    found: ThresholdBench

    @property
    def result(self) -> ScoreResult:
        return self.report.scores[self.score]

    @property
    def index(self) -> int:
        return list(self.report.scores).index(self.score)


@st.fragment
def show_bench(report: ResponseReport, table: "pd.DataFrame") -> None:
    """Draw slider, curves and everything that the threshold decides.

    Parameters
    ----------
    report : ResponseReport
        Of the selected patients.
    table : pandas.DataFrame
        These patients.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", key="bench_controls"):
        score = _choose_score(report)
        threshold = _choose_threshold(report.scores[score], score)
    with refusals_shown():
        bench = _Bench(report, score, threshold_bench(table, score, threshold))
    _show_curves(bench)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _show_numbers(bench)
    with right:
        _show_flagged(bench)


def _choose_score(report: ResponseReport) -> str:
    names = list(report.scores)
    settle_choice("bench_score", names, names[-1])
    chosen = st.selectbox(
        say("explorer_bench_score"), names, format_func=column_label, key=widget_key("bench_score"),
        width=260, persist_state="session",
    )  # fmt: skip
    keep("bench_score", chosen, names[-1])
    return chosen


def _choose_threshold(result: ScoreResult, score: str) -> float:
    """Draw the slider; it starts at the cutoff in use."""
    if result.decision is not None:
        first = _rounded_down(result.at_threshold.threshold)
        settle_number(THRESHOLD_KEY, 0.0, 1.0, first)
        chosen = st.slider(
            say("explorer_threshold"), 0.0, 1.0, step=STEP, format="%.3f", key=THRESHOLD_KEY,
            help=say(f"explorer_threshold_{result.threshold_source}"), persist_state="session",
        )  # fmt: skip
        keep(THRESHOLD_KEY, f"{chosen:.3f}", f"{first:.3f}")
        return float(chosen)
    values = result.precision_recall.threshold
    low, high = float(values.min()), float(values.max())
    span = (high - low) or 1.0
    key = f"{THRESHOLD_KEY}_{score}"
    settle_number(key, low, low + span, result.at_threshold.threshold)
    return float(st.slider(say("explorer_threshold"), low, low + span, step=span / 1000, key=key))


def _show_curves(bench: _Bench) -> None:
    figures = {
        "roc": (_roc(bench), say("explorer_roc_caption")),
        "precision_recall": (_precision_recall(bench), say("explorer_precision_recall_caption")),
        "decision_curve": (_decision(bench), say("explorer_decision_caption")),
    }
    for column, (name, (figure, caption)) in zip(
        st.columns(3, gap="medium"), figures.items(), strict=True
    ):
        with column:
            st.subheader(say(f"explorer_{name}"))
            if figure is None:
                st.info(say("explorer_no_probability"))
            else:
                show_figure(figure, name, caption, on_select=partial(_take_click, f"figure_{name}"))


def _take_click(key: str) -> None:
    """Move the slider to the point that was clicked."""
    state: Any = st.session_state.get(key)
    points = state["selection"]["points"] if state else []
    threshold = selected_threshold(points)
    if threshold is not None and 0.0 <= threshold <= 1.0:
        st.session_state[THRESHOLD_KEY] = _rounded_down(threshold)


def _rounded_down(threshold: float) -> float:
    """Return a cutoff on the slider's scale at which the patient who has it is still flagged."""
    return round(int(threshold / STEP + 1e-6) * STEP, 3)


def _roc(bench: _Bench) -> Figure:
    banded = {name: banded_roc(r.curve) for name, r in bench.report.scores.items()}
    results = {
        column_label(name): RocResult(banded[name].curve, result.auc)
        for name, result in bench.report.scores.items()
    }
    figure = roc_figure(results, language())
    own, name = banded[bench.score], column_label(bench.score)
    words: dict[str, Any] = {"name": name, "language": language()}
    x, y = 1 - own.curve.specificity, own.curve.sensitivity
    add_band(figure, x, own.ci95_low, own.ci95_high, index=bench.index, **words)
    add_targets(figure, x, y, own.curve.threshold, **words)
    calls = bench.found.calls
    add_place(figure, 1 - calls.specificity, calls.sensitivity, **words)
    return clickable(figure)


def _precision_recall(bench: _Bench) -> Figure:
    curves = {
        name: thinned_precision_recall(r.precision_recall)
        for name, r in bench.report.scores.items()
    }
    figure = precision_recall_figure(
        {column_label(name): curve for name, curve in curves.items()}, language()
    )
    words: dict[str, Any] = {"name": column_label(bench.score), "language": language()}
    own, calls = curves[bench.score], bench.found.calls
    add_targets(figure, own.recall, own.precision, own.threshold, **words)
    if calls.ppv is not None:
        add_place(figure, calls.sensitivity, calls.ppv, **words)
    return clickable(figure)


def _decision(bench: _Bench) -> Figure | None:
    curves = {
        column_label(name): r.decision
        for name, r in bench.report.scores.items()
        if r.decision is not None
    }
    if not curves:
        return None
    figure = decision_curve_figure(curves, language())
    words: dict[str, Any] = {"name": column_label(bench.score), "language": language()}
    own, benefit = bench.result.decision, bench.found.benefit
    if own is not None:
        add_targets(figure, own.threshold, own.net_benefit, own.threshold, **words)
    if benefit is not None:
        add_vertical(figure, bench.found.calls.threshold)
        add_place(figure, bench.found.calls.threshold, float(benefit.net_benefit[0]), **words)
    return clickable(figure)


def _show_numbers(bench: _Bench) -> None:
    """Draw the sentences, the confusion table and the rates."""
    st.subheader(say("explorer_bench_numbers"))
    share = of_100(bench.found.calls)
    with st.container(key="bench_sentences"):
        st.markdown(
            say(
                "explorer_of_100", flagged=share.tp + share.fp, tp=share.tp,
                rest=share.fn + share.tn, fn=share.fn,
            )
        )  # fmt: skip
        st.markdown(_of_100_flagged(bench, "ppv"))
        st.markdown(_of_100_flagged(bench, "npv"))
        st.markdown(_benefit_sentence(bench))
    left, right = st.columns(2, gap="small")
    with left:
        st.table(_confusion_rows(bench), border="horizontal")
    with right:
        show_rows(_rate_rows(bench), "rates", say("explorer_wilson"))


def _of_100_flagged(bench: _Bench, name: str) -> str:
    rate = bench.found.rates[name]
    if rate.value is None or rate.ci95 is None:
        return say(f"explorer_{name}_nobody")
    low, high = rate.ci95
    return say(
        f"explorer_{name}_of_100", count=f"{100 * rate.value:.0f}", low=f"{100 * low:.0f}",
        high=f"{100 * high:.0f}",
    )  # fmt: skip


def _benefit_sentence(bench: _Bench) -> str:
    benefit = bench.found.benefit
    if benefit is None:
        return say("explorer_no_net_benefit")
    return say(
        "explorer_net_benefit", benefit=f"{benefit.net_benefit[0]:.3f}",
        all=f"{benefit.treat_all[0]:.3f}",
        avoided=f"{100 * benefit.net_interventions_avoided[0]:.1f}",
    )  # fmt: skip


def _confusion_rows(bench: _Bench) -> list[dict[str, str]]:
    calls = bench.found.calls
    rows = ((say("explorer_flagged"), calls.tp, calls.fp),
            (say("explorer_not_flagged"), calls.fn, calls.tn))  # fmt: skip
    return [
        {
            say("explorer_call"): name,
            say("explorer_responded_well"): f"{good:,}",
            say("explorer_did_not"): f"{poor:,}",
        }
        for name, good, poor in rows
    ]


def _rate_rows(bench: _Bench) -> list[dict[str, str]]:
    rates = bench.found.rates
    return [
        {
            say("explorer_rate"): say(f"explorer_rate_{name}"),
            say("explorer_value"): percent_text(rates[name].value, rates[name].ci95),
            say("explorer_counts"): f"{rates[name].count}/{rates[name].n}",
        }
        for name in RATES
    ]


def _show_flagged(bench: _Bench) -> None:
    flagged = bench.found.flagged
    st.subheader(say("explorer_flagged_patients", count=len(flagged)))
    words = {True: say("explorer_responded_well"), False: say("explorer_did_not")}
    rows = [
        {
            say("explorer_patient"): str(row.get("patient_id", index + 1)),
            column_label(bench.score): f"{row[bench.score]:.3f}",
            say("explorer_response"): words[bool(row["good_response"])],
        }
        for index, row in enumerate(flagged.head(MAX_FLAGGED_SHOWN).to_dict("records"))
    ]
    cut = len(flagged) > MAX_FLAGGED_SHOWN
    caption = say("explorer_flagged_first", count=MAX_FLAGGED_SHOWN) if cut else ""
    if rows:
        show_rows(rows, "flagged", caption, height=330)
