"""Local recalibration of a cohort as it is shown: curves before and after, patient by patient."""

import io
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from dlcs_core.clinical.record import displayable
from dlcs_core.errors import CohortError, UsageError
from dlcs_core.models.local_recalibration import LOCAL_SCORES, MAX_NAME
from dlcs_core.report.local_recalibration import RecalibrationReport, recalibration_report
from dlcs_core.report.response_columns import (
    GOOD_RESPONSE,
    FloatArray,
    outcome_column,
    score_column,
)
from dlcs_core.statistics.calibration import GroupedCalibration, grouped_calibration
from dlcs_core.statistics.calibration_curve import CalibrationCurve, calibration_curve
from dlcs_core.statistics.recalibration import LogisticUpdate, Method, cross_validated

if TYPE_CHECKING:
    import pandas as pd

BUNDLE_FOLDER = "dlcs-bundle-local"
"""Folder inside the archive: what is unpacked is a bundle."""

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
"""Date of every file in the archive: the same bundle gives the same bytes."""


@dataclass(frozen=True, eq=False)
class RecalibrationCurves:
    """Calibration before or after, as it is drawn.

    Attributes
    ----------
    curve : CalibrationCurve or None
        None with fewer than four distinct probabilities.
    groups : GroupedCalibration
        Tenths of the patients.
    """

    curve: CalibrationCurve | None
    groups: GroupedCalibration


@dataclass(frozen=True, eq=False)
class CohortRecalibration:
    """A local recalibration and what it does to each patient.

    Attributes
    ----------
    report : RecalibrationReport
        The layer, and its worth in numbers.
    before, after : RecalibrationCurves
        Of the original probabilities, and of each patient's by the layer that was fitted without
        the patient's fold.
    rows : array of int, shape (n_patients,)
        Positions in the table of the patients with outcome and score.
    original, adjusted : array of float64, shape (n_patients,)
        Their probabilities by the trained model and by the layer that goes into the bundle.
    """

    report: RecalibrationReport
    before: RecalibrationCurves
    after: RecalibrationCurves
    rows: np.ndarray
    original: FloatArray
    adjusted: FloatArray


def cohort_recalibration(
    table: "pd.DataFrame", column: str, score: str, cohort: str
) -> CohortRecalibration:
    """Fit a local recalibration and the curves of it.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of a :class:`dlcs_core.clinical.cohort.Cohort`.
    column : str
        Column of the bundle's probabilities.
    score : str
        Which of the bundle's scores it holds.
    cohort : str
        What the hospital calls these patients.

    Raises
    ------
    UsageError
        If the score is none of the bundle's, or the name cannot be kept.
    CohortError, ModelError, ClinicalError
        See :func:`dlcs_core.report.local_recalibration.recalibration_report`.
    """
    if score not in LOCAL_SCORES:
        raise UsageError(
            "recalibration_score_unknown", score=displayable(score), scores=", ".join(LOCAL_SCORES)
        )
    if len(cohort) > MAX_NAME or not cohort.isprintable():
        raise UsageError("recalibration_cohort_name", length=len(cohort), limit=MAX_NAME)
    report = recalibration_report(table, GOOD_RESPONSE, column, score, cohort)
    outcome, risk = outcome_column(table, GOOD_RESPONSE), score_column(table, column)
    rows = np.flatnonzero(~np.isnan(outcome) & ~np.isnan(risk))
    good, original = outcome[rows] == 1.0, risk[rows]
    method = cast(Method, report.layer.method)
    update = LogisticUpdate(method, report.layer.intercept, report.layer.slope)
    held_out = cross_validated(good, original, method, report.folds)
    return CohortRecalibration(
        report=report,
        before=_curves(good, original),
        after=_curves(good, held_out),
        rows=rows,
        original=original,
        adjusted=update.probabilities(original),
    )


def _curves(good: np.ndarray, risk: FloatArray) -> RecalibrationCurves:
    try:
        curve = calibration_curve(good, risk)
    except CohortError:
        curve = None
    return RecalibrationCurves(curve, grouped_calibration(good, risk))


def recalibrated_bundle(source: Path, report: RecalibrationReport) -> bytes:
    """Return a bundle with a local layer as a ZIP archive.

    Parameters
    ----------
    source : Path
        The trained model.
    report : RecalibrationReport
        The layer and its evidence.

    Returns
    -------
    bytes
        One folder with a bundle that verifies. Stored without compression: weights have none to
        give.

    Raises
    ------
    BundleError
        If the source fails verification, or has such a layer already.
    """
    from dlcs_core.bundle.writer import write_recalibrated

    evidence: Mapping[str, object] = {
        report.score: {"before": asdict(report.before), "after": asdict(report.after)}
    }
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / BUNDLE_FOLDER
        write_recalibrated(source, target, {report.score: report.layer}, evidence)
        return _zipped(target)


def _zipped(directory: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(directory.iterdir()):
            entry = zipfile.ZipInfo(f"{directory.name}/{path.name}", _FIRST_DAY)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    return stream.getvalue()
