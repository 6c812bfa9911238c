"""What is kept between runs: the model and the demo table for everybody, nothing of a patient."""

import hashlib
from pathlib import Path

import streamlit as st

from dlcs_core.bundle.reader import Bundle, read_bundle
from dlcs_core.clinical.cohort import Cohort, read_cohort
from dlcs_core.errors import BundleError
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
