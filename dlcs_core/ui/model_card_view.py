"""The parts of the model card."""

import json
from collections.abc import Mapping

import streamlit as st

from dlcs_core.bundle.manifest import Manifest
from dlcs_core.bundle.reader import Bundle
from dlcs_core.report.case_view import time_origin_text
from dlcs_core.report.model_card import (
    Metric,
    ScorePerformance,
    metrics_of,
    score_performances,
)
from dlcs_core.ui.words import language, plain, say, worded

USES = ("ui_use_response", "ui_use_survival", "ui_use_research")
NOT_FOR = (
    "ui_not_treatment",
    "ui_not_other",
    "ui_not_phase",
    "ui_not_children",
    "ui_not_progression",
)


def show_purpose(manifest: Manifest) -> None:
    """Say what the model is for, what it is not for and on whom it was fitted."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(say("ui_intended_use"))
        st.markdown("\n".join(f"- {say(code)}" for code in USES))
        st.markdown(say("ui_reference_class"))
    with right:
        st.subheader(say("ui_not_for"))
        st.markdown("\n".join(f"- {say(code)}" for code in NOT_FOR))
    if manifest.synthetic_training_data:
        with st.container(key="overprint"):
            st.markdown(f"**{say('ui_trained_on_phantoms')}**")


def show_data(manifest: Manifest) -> None:
    """Draw cohort sizes and cutoffs."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(say("ui_cohorts"))
        st.table(
            [
                {say("ui_cohort"): _cohort_label(name), **_counts(sizes)}
                for name, sizes in manifest.cohort_sizes.items()
            ],
            border="horizontal",
        )
    with right:
        st.subheader(say("ui_cutoffs"))
        st.table(
            [
                {
                    say("ui_score"): _score_label(name),
                    say("ui_cutoff"): f"{cutoff.value:.3f}",
                    say("ui_chosen_on"): _cohort_label(cutoff.cohort),
                }
                for name, cutoff in manifest.cutoffs.items()
            ],
            border="horizontal",
        )
        origin = plain(time_origin_text(manifest.survival_time_origin, language()))
        st.caption(say("ui_survival_origin", origin=origin))


def show_metrics(manifest: Manifest) -> None:
    """Draw discrimination and calibration of each score, and every other number on record."""
    st.subheader(say("ui_performance"))
    rows = [_performance_row(entry) for entry in score_performances(manifest.metrics)]
    st.table(rows, border="horizontal")
    st.caption(say("ui_performance_caption"))
    with st.expander(say("ui_all_numbers")):
        served = {"served": manifest.served_calibration}
        found = (*metrics_of(manifest.metrics), *metrics_of(served))
        st.dataframe([_metric_row(metric) for metric in found], hide_index=True,
                     key="card_metrics")  # fmt: skip


def _performance_row(entry: ScorePerformance) -> dict[str, str]:
    def shown(name: str) -> str:
        metric = entry.found.get(name)
        return "–" if metric is None else _value_text(metric)

    return {
        say("ui_cohort"): _cohort_label(entry.cohort),
        say("ui_score"): _score_label(entry.score),
        say("ui_patients"): shown("n"),
        say("ui_good_responders"): shown("events"),
        "AUC": shown("auc"),
        say("ui_intercept"): shown("calibration_intercept"),
        say("ui_slope"): shown("calibration_slope"),
    }


def _value_text(metric: Metric) -> str:
    """Return a number with its interval."""
    if not isinstance(metric.value, float):
        return "–" if metric.value is None else str(metric.value)
    value = signed(metric.value)
    if metric.ci95 is None:
        return value
    return say(
        "ui_value_ci95", value=value, low=signed(metric.ci95[0]), high=signed(metric.ci95[1])
    )


def signed(number: float) -> str:
    """Return a number with a minus sign that no one takes for a dash."""
    return f"{number:.2f}".replace("-", "−")


def show_provenance(bundle: Bundle) -> None:
    """Draw where the model comes from, down to its hash and settings."""
    manifest = bundle.manifest
    st.subheader(say("ui_provenance"))
    facts = {
        "ui_model": f"{manifest.name} {manifest.version}",
        "ui_code_version": manifest.code_version,
        "ui_created": manifest.created,
        "ui_seed": str(manifest.seed),
        "ui_sha256": bundle.sha256,
    }
    st.table([{"": say(code), " ": plain(value)} for code, value in facts.items()],
             border="horizontal")  # fmt: skip
    with st.expander(say("ui_settings")):
        settings = {"config": dict(manifest.config), "preprocessing": dict(manifest.preprocessing)}
        st.code(json.dumps(settings, indent=1, ensure_ascii=False), language="json")
    with st.expander(say("ui_card_of_bundle")):
        st.code(bundle.model_card, language=None, wrap_lines=True)


def _metric_row(metric: Metric) -> dict[str, str]:
    interval = "" if metric.ci95 is None else f"{metric.ci95[0]:.3f} – {metric.ci95[1]:.3f}"
    value = f"{metric.value:.3f}" if isinstance(metric.value, float) else str(metric.value)
    return {
        say("ui_where"): " · ".join(_path_label(part) for part in metric.path),
        say("ui_measure"): metric.name,
        say("ui_value"): value,
        say("ui_ci95"): interval,
    }


def _path_label(part: str) -> str:
    return _score_label(_cohort_label(part))


def _cohort_label(name: str) -> str:
    return worded(f"ui_cohort_name_{name}", name)


def _score_label(name: str) -> str:
    return worded(f"variable.{name}", name)


def _counts(sizes: Mapping[str, int]) -> dict[str, str]:
    return {worded(f"ui_count_{name}", name): f"{count:,}" for name, count in sizes.items()}
