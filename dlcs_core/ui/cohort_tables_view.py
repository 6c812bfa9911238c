"""Table 2 with its bars, discrimination in numbers, and every pair of scores."""

import streamlit as st

from dlcs_core.figures.operating_points import RateBar, operating_points_figure
from dlcs_core.report.cohort_bench import rates_of
from dlcs_core.report.response import ResponseReport
from dlcs_core.report.response_score import ScoreResult
from dlcs_core.statistics.delong import DelongTest
from dlcs_core.ui.cohort_bench_view import RATES
from dlcs_core.ui.cohort_charts import show_figure, show_rows
from dlcs_core.ui.cohort_words import column_label, estimate_text, p_text, percent_text
from dlcs_core.ui.words import language, say


def show_tables(report: ResponseReport) -> None:
    """Draw Table 2 and its bars, discrimination and the comparison of every pair of scores."""
    st.subheader(say("explorer_table_two"))
    rows = [_table_two_row(name, r) for name, r in report.scores.items()]
    show_rows(rows, "table_two", say("explorer_table_two_caption"))
    bars = {column_label(name): _bars(r) for name, r in report.scores.items()}
    titles = [say(f"explorer_rate_{rate}") for rate in RATES]
    show_figure(operating_points_figure(bars, titles, language()), "operating_points",
                say("explorer_operating_points_caption"))  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(say("explorer_discrimination"))
        show_rows([_area_row(name, r) for name, r in report.scores.items()], "areas",
                  say("explorer_areas_caption"))  # fmt: skip
    with right:
        st.subheader(say("ui_comparison"))
        if not report.comparisons:
            st.info(say("explorer_one_score"))
            return
        pairs = [_pair_row(a, b, test) for (a, b), test in report.comparisons.items()]
        show_rows(pairs, "delong", say("ui_delong_caption"))


def _bars(result: ScoreResult) -> list[RateBar]:
    rates = rates_of(result.at_threshold)
    return [
        RateBar(rates[name].value, rates[name].ci95, rates[name].count, rates[name].n)
        for name in RATES
    ]


def _table_two_row(name: str, result: ScoreResult) -> dict[str, str]:
    rates = rates_of(result.at_threshold)
    shown = {
        say(f"explorer_rate_{rate}"): percent_text(rates[rate].value, rates[rate].ci95)
        for rate in RATES
    }
    return {
        say("ui_score"): column_label(name),
        say("explorer_cutoff"): f"{result.at_threshold.threshold:.3f}",
        **shown,
    }


def _area_row(name: str, result: ScoreResult) -> dict[str, str]:
    return {
        say("ui_score"): column_label(name),
        say("ui_patients"): f"{result.n:,}",
        say("ui_good_responders"): f"{result.events:,}",
        say("explorer_auc"): estimate_text(result.auc.auc, result.auc.ci95, 3),
        say("explorer_se"): estimate_text(result.auc.se, digits=4),
        say("explorer_average_precision"): f"{result.precision_recall.average_precision:.3f}",
    }


def _pair_row(a: str, b: str, test: DelongTest) -> dict[str, str]:
    return {
        say("ui_pair"): f"{column_label(a)} − {column_label(b)}",
        say("ui_difference"): f"{test.difference:+.3f}",
        say("ui_ci95"): f"{test.ci95[0]:+.3f} – {test.ci95[1]:+.3f}",
        "Z": estimate_text(test.z),
        "P": p_text(test.p),
    }
