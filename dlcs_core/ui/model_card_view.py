"""The parts of the model card."""

import json
from collections.abc import Mapping

import streamlit as st

from dlcs_core.bundle.manifest import Manifest
from dlcs_core.bundle.reader import Bundle
from dlcs_core.report.model_card import Metric, metrics_of
from dlcs_core.ui.words import plain, say, variable_label

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
        origin = plain(manifest.survival_time_origin)
        st.caption(say("ui_survival_origin", origin=origin))


def show_metrics(manifest: Manifest) -> None:
    """Draw every metric of the manifest with its interval."""
    st.subheader(say("ui_performance"))
    found = (*metrics_of(manifest.metrics), *metrics_of({"served": manifest.served_calibration}))
    st.dataframe([_metric_row(metric) for metric in found], hide_index=True, key="card_metrics")
    st.caption(say("ui_performance_caption"))


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
    worded = say(f"ui_cohort_name_{name}")
    return name if worded.startswith("ui_") else worded


def _score_label(name: str) -> str:
    worded = variable_label(name)
    return name if worded.startswith("variable.") else worded


def _counts(sizes: Mapping[str, int]) -> dict[str, str]:
    return {_count_label(name): f"{count:,}" for name, count in sizes.items()}


def _count_label(name: str) -> str:
    worded = say(f"ui_count_{name}")
    return name if worded.startswith("ui_") else worded
