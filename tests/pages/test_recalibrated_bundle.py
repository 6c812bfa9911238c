"""A bundle recalibrated on the response explorer, served by the case review."""

import io
import zipfile

import pytest

from dlcs_core.clinical.cohort import read_cohort
from dlcs_core.report.cohort_recalibration import (
    BUNDLE_FOLDER,
    cohort_recalibration,
    recalibrated_bundle,
)


@pytest.fixture
def layer(app, monkeypatch, tmp_path, data_directory, untrained_bundle):  # after ``app``
    """The layer of a recalibrated bundle, which the app serves."""
    table = read_cohort(data_directory / "demo_cohort.csv").table
    report = cohort_recalibration(table, "dlcs", "dlcs", "ward 7").report
    with zipfile.ZipFile(io.BytesIO(recalibrated_bundle(untrained_bundle, report))) as archive:
        archive.extractall(tmp_path)
    monkeypatch.setenv("DLCS_BUNDLE", str(tmp_path / BUNDLE_FOLDER))
    return report.layer


def test_the_case_review_names_the_patients_of_the_recalibration(app, layer, shown):
    app.run()
    app.selectbox(key="demo_case").select("phantom").run()
    app.button(key="assess").click().run()
    assert not app.exception
    said = shown(app)
    named = f"recalibrated on {layer.n_patients} patients, {layer.n_events} events"
    assert named in said
    assert "ward 7" in said
