"""What is kept between runs: the model and the demo table for everybody, nothing of a patient."""

import hashlib
from pathlib import Path

import streamlit as st

from dlcs_core.bundle.reader import Bundle, read_bundle
from dlcs_core.clinical.cohort import Cohort, read_cohort
from dlcs_core.errors import BundleError
from dlcs_core.report.cohort import rows_of
from dlcs_core.report.response import SCORES, ResponseReport, ResponseRequest, response_report
from dlcs_core.report.survival import (
    SurvivalReport,
    SurvivalRequest,
    survival_report,
    training_cutoff,
)
from dlcs_core.ui.settings import read_settings


def served_bundle() -> Bundle:
    """Return the trained model that this app serves.

    Raises
    ------
    BundleError
        If it is missing or fails verification.
    """
    directory = read_settings().bundle
    manifest = directory / "manifest.json"
    return _bundle(str(directory), content_hash(manifest) if manifest.is_file() else "")


def survival_time_origin() -> str | None:
    """Return the moment from which survival time counts; None without a usable bundle."""
    try:
        return served_bundle().manifest.survival_time_origin
    except BundleError:
        return None


def demo_cohort() -> Cohort:
    """Return the shipped synthetic cohort.

    Raises
    ------
    ClinicalError
        If the table is missing or cannot be used.
    """
    path = read_settings().demo_cohort
    return _cohort(str(path), _demo_hash())


def demo_response(cohort_name: str | None) -> ResponseReport:
    """Return the response report of a part of the demo cohort, computed once."""
    return _response(_demo_hash(), cohort_name)


def demo_survival(cohort_name: str | None) -> SurvivalReport:
    """Return the survival report of a part of the demo cohort, computed once."""
    return _survival(_demo_hash(), cohort_name)


def _demo_hash() -> str:
    path = read_settings().demo_cohort
    return content_hash(path) if path.is_file() else ""


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@st.cache_resource(max_entries=2, show_spinner=False)
def _bundle(directory: str, sha256: str) -> Bundle:  # noqa: ARG001 - the hash is part of the key
    return read_bundle(Path(directory))


@st.cache_resource(max_entries=2, show_spinner=False)
def _cohort(path: str, sha256: str) -> Cohort:  # noqa: ARG001 - the hash is part of the key
    return read_cohort(Path(path))


@st.cache_resource(max_entries=8, show_spinner=False)
def _response(sha256: str, cohort_name: str | None) -> ResponseReport:  # noqa: ARG001 - the key
    table = rows_of(demo_cohort(), cohort_name)
    present = tuple(name for name in SCORES if name in table.columns)
    return response_report(table, ResponseRequest(scores=present))


@st.cache_resource(max_entries=8, show_spinner=False)
def _survival(sha256: str, cohort_name: str | None) -> SurvivalReport:  # noqa: ARG001 - the key
    cohort = demo_cohort()
    request = SurvivalRequest(cutoff=training_cutoff(cohort))
    return survival_report(rows_of(cohort, cohort_name), request)
