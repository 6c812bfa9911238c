"""Under the statement: which responses cannot be ruled out, and how often such an answer holds."""

import streamlit as st

from dlcs_core.figures.icon_array import of_hundred_text
from dlcs_core.report.case_report import CaseReport, LabelSet
from dlcs_core.ui.words import plain, say, worded

_CODES = {
    ("good",): "more_set_good",
    ("poor",): "more_set_poor",
    ("good", "poor"): "more_set_both",
    (): "more_set_neither",
}


def show_label_set(report: CaseReport) -> None:
    """Draw the label set in words with its predictive value; nothing where there is none."""
    found = report.label_set
    if found is None or report.abstained:
        return
    with st.container(key="label_set"):
        st.markdown(f"{say(_CODES[found.labels])} {_predictive_value(found)}".rstrip())
        st.caption(_basis(found, synthetic=report.bundle.synthetic_training_data))


def _predictive_value(found: LabelSet) -> str:
    """Word how many patients with the same answer have it; its coverage would read as certainty."""
    share = found.predictive_value
    if len(found.labels) != 1:
        return ""
    if share is None:
        return say("more_set_unmeasured")
    low, high = (of_hundred_text(limit) for limit in share.ci95)
    return say(
        f"more_set_value_{found.labels[0]}", n=share.n, count=share.count, low=low, high=high,
        percent=of_hundred_text(share.estimate),
    )  # fmt: skip


def _basis(found: LabelSet, *, synthetic: bool) -> str:
    """Word the patients behind the answer, how many of them respond well, and the score."""
    cohort, _, _ = found.measured_on.partition(" (")
    name = plain(worded(f"cell.cohort.{cohort}", cohort))
    good, poor = found.coverage.get("good"), found.coverage.get("poor")
    parts = [say("more_set_image_only")] if found.score == "dl_signature" else []
    if good is None or poor is None:
        parts.append(say("more_set_measured_on", cohort=name))
    else:
        code = "more_set_basis_phantoms" if synthetic else "more_set_basis"
        parts.append(say(code, cohort=name, n=good.n + poor.n, good=good.n))
    return " ".join(parts)
