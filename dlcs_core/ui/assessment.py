"""Assessing a case on a page, and binding the result to what was assessed."""

import hashlib
import json
from dataclasses import dataclass

import streamlit as st

from dlcs_core.bundle.reader import Bundle
from dlcs_core.clinical.reader_findings import NOTHING_STATED, ReaderFindings
from dlcs_core.clinical.record import ClinicalRecord
from dlcs_core.errors import Notice
from dlcs_core.report.case import assess_case
from dlcs_core.report.case_report import CaseReport
from dlcs_core.report.case_view import CaseView, headline, make_case_view
from dlcs_core.report.reader_findings import with_reader_findings
from dlcs_core.store.assessments import (
    Assessment,
    AssessmentHistory,
    assessment_history,
    record_assessment,
)
from dlcs_core.store.database import open_database
from dlcs_core.ui.opened_study import OpenedStudy
from dlcs_core.ui.settings import read_settings

MOST_KEPT = 16
"""Results that one visit keeps: each holds three slices."""


@dataclass(frozen=True, eq=False)
class AssessedCase:
    """A result and the inputs that gave it.

    Attributes
    ----------
    inputs : str
        Hash of study, form and model; a page shows the result as current only beside these.
    report : CaseReport
        The result.
    view : CaseView
        What it is shown with.
    history : AssessmentHistory
        How often this image was assessed.
    """

    inputs: str
    report: CaseReport
    view: CaseView
    history: AssessmentHistory


def inputs_hash(
    opened: OpenedStudy,
    record: ClinicalRecord,
    bundle: Bundle,
    findings: ReaderFindings = NOTHING_STATED,
) -> str:
    """Return the hash of everything that decides a result."""
    stated = [findings.stated] if findings.stated else []
    form = json.dumps([record.patient_id, dict(record.values), *stated], sort_keys=True)
    return hashlib.sha256(f"{opened.sha256}{form}{bundle.sha256}".encode()).hexdigest()


def assess(
    opened: OpenedStudy,
    record: ClinicalRecord,
    bundle: Bundle,
    notices: tuple[Notice, ...],
    findings: ReaderFindings = NOTHING_STATED,
) -> AssessedCase:
    """Assess a case and put the assessment on record.

    Parameters
    ----------
    opened : OpenedStudy
        The study.
    record : ClinicalRecord
        The form.
    bundle : Bundle
        The model.
    notices : tuple of Notice
        Warnings of the form.
    findings : ReaderFindings
        What the reader states beyond it.

    Raises
    ------
    DlcsError
        If the study cannot be assessed or the assessment cannot be recorded.
    """
    inputs = inputs_hash(opened, record, bundle, findings)
    assessed = assess_case(opened.study, record, bundle, notices)
    report = with_reader_findings(assessed, findings)
    leading = headline(report)
    engine = _database(read_settings().database_url)
    probability = leading.probability if leading else None
    record_assessment(engine, Assessment(opened.image_sha256, inputs, bundle.sha256, probability))
    return AssessedCase(
        inputs=inputs,
        report=report,
        view=make_case_view(report, opened.study, bundle, is_demo=opened.is_demo),
        history=assessment_history(engine, opened.image_sha256, bundle.sha256),
    )


_database = st.cache_resource(show_spinner=False)(open_database)
"""One connection pool per address."""


def remember(key: str, case: AssessedCase) -> None:
    """Keep a result for this visit; the oldest one goes when there are too many."""
    kept = assessed_cases()
    kept.pop(key, None)
    kept[key] = case
    while len(kept) > MOST_KEPT:
        del kept[next(iter(kept))]


@st.cache_resource(scope="session", show_spinner=False)
def assessed_cases() -> dict[str, AssessedCase]:
    """Return this visit's results by page and case, the oldest first."""
    return {}
