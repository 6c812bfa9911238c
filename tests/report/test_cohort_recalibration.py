"""The recalibration of the page is that of the command line, and its archive is a bundle."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from dlcs_core.bundle.reader import read_bundle
from dlcs_core.errors import BundleError, UsageError
from dlcs_core.report.cohort_recalibration import (
    BUNDLE_FOLDER,
    cohort_recalibration,
    recalibrated_bundle,
)
from dlcs_core.statistics.brier import brier_score
from dlcs_core.statistics.recalibration import recalibrate


def patients(n, events_wanted):
    """Probabilities that are too high by about one logit, and an outcome."""
    rng = np.random.default_rng(5)
    logit = rng.normal(0.0, 1.2, n)
    good = np.zeros(n, dtype=bool)
    good[np.argsort(-(logit + rng.logistic(size=n)))[:events_wanted]] = True
    risk = 1 / (1 + np.exp(-(logit + 1.0)))
    return pd.DataFrame({"good_response": pd.array(good, dtype="boolean"), "dlcs": risk})


@pytest.mark.parametrize(("n", "events", "method"), [
    (260, 60, "intercept"), (400, 120, "intercept_and_slope"),
])  # fmt: skip
def test_numbers_are_those_of_the_statistics(n, events, method):
    table = patients(n, events)
    found = cohort_recalibration(table, "dlcs", "dlcs", "local")
    expected = recalibrate(table["good_response"].astype(bool), table["dlcs"])
    assert found.report.layer.method == expected.update.method == method
    assert found.report.layer.intercept == expected.update.intercept
    assert found.report.after == expected.after
    np.testing.assert_allclose(found.adjusted, expected.update.probabilities(table["dlcs"]))
    np.testing.assert_array_equal(found.original, table["dlcs"])


def test_the_curve_after_is_that_of_patients_left_out():
    table = patients(260, 60)
    found = cohort_recalibration(table, "dlcs", "dlcs", "local")
    assert found.after.curve.ici == pytest.approx(found.report.after.ici, abs=1e-12)
    assert found.before.curve.ici == pytest.approx(found.report.before.ici, abs=1e-12)
    in_sample = brier_score(table["good_response"].astype(bool), found.adjusted).brier
    assert in_sample < found.report.after.brier < found.report.before.brier


def test_rows_without_outcome_or_score_have_no_place():
    table = patients(260, 60)
    table.loc[4, "dlcs"] = np.nan
    found = cohort_recalibration(table, "dlcs", "dlcs", "local")
    assert 4 not in found.rows
    assert found.rows.size == 259


@pytest.mark.parametrize(("score", "cohort"), [("radiomics", "local"), ("dlcs", "a\nb")])
def test_what_no_bundle_can_hold_is_refused(score, cohort):
    with pytest.raises(UsageError):
        cohort_recalibration(patients(260, 60), "dlcs", score, cohort)


def test_the_archive_is_a_bundle_that_verifies_and_names_the_patients(untrained_bundle, tmp_path):
    report = cohort_recalibration(patients(260, 60), "dlcs", "dlcs", "our hospital").report
    content = recalibrated_bundle(untrained_bundle, report)
    assert content == recalibrated_bundle(untrained_bundle, report)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    bundle = read_bundle(tmp_path / BUNDLE_FOLDER)
    layer = bundle.recalibration.local["dlcs"]
    assert (layer.n_patients, layer.n_events, layer.cohort) == (260, 60, "our hospital")
    assert bundle.manifest.version.endswith("+local")
    with pytest.raises(BundleError) as refusal:
        recalibrated_bundle(tmp_path / BUNDLE_FOLDER, report)
    assert refusal.value.code == "bundle_has_local_layer"
