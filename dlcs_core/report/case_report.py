"""The result of assessing one case, as data: everything that page, report and JSON show."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dlcs_core.clinical.reader_findings import ReaderFindings
from dlcs_core.clinical.record import ClinicalRecord
from dlcs_core.errors import Notice
from dlcs_core.models.local_recalibration import LocalRecalibration
from dlcs_core.models.nomogram import VariablePoints
from dlcs_core.models.proportion import Proportion
from dlcs_core.models.similar_cases import SimilarCase, SimilarGroup
from dlcs_core.models.survival import SurvivalEstimate
from dlcs_core.preprocessing.measurements import StudyMeasurements
from dlcs_core.preprocessing.model_input import ModelInput

Interval = tuple[float, float]

HORIZONS_MONTHS = (12.0, 24.0, 35.0)
"""Times at which the paper reads survival."""

CURVE_MONTHS = tuple(float(month) for month in range(37))
"""Times of the drawn survival curve."""


@dataclass(frozen=True)
class BundleIdentity:
    """Which model gave the result.

    Attributes
    ----------
    name, version : str
        From the manifest.
    sha256 : str
        Of the manifest, which carries the hashes of all other files.
    synthetic_training_data : bool
        True: learnt from phantoms, says nothing about a patient.
    survival_time_origin : str
        The moment from which survival time counts.
    """

    name: str
    version: str
    sha256: str
    synthetic_training_data: bool
    survival_time_origin: str


@dataclass(frozen=True)
class DlSignature:
    """What the image says.

    Attributes
    ----------
    score : float
        Sigmoid of the mean fold logit, uncalibrated; filled whenever the network ran.
    fold_scores : tuple of float
        Each fold's score; their range is disagreement between models, no confidence interval.
    probability : float or None
        Calibrated probability of good response; None when abstained.
    ci95 : tuple of float or None
        None unless the interval's measured coverage is on record.
    distance, distance_limit : float
        Distance from the training cases in feature space and the limit beyond which the case is
        out of distribution.
    """

    score: float
    fold_scores: tuple[float, ...]
    probability: float | None
    ci95: Interval | None
    distance: float
    distance_limit: float


@dataclass(frozen=True)
class Dlcs:
    """Image and clinic together.

    Attributes
    ----------
    probability, linear_predictor : float or None
        Of good response; None when abstained or a needed variable is missing.
    ci95 : tuple of float or None
        None unless the interval's measured coverage is on record.
    cutoff : float
        Probability from which a patient counts as a good responder.
    cutoff_cohort : str
        Where the cutoff was found.
    good_response : bool or None
        Whether the probability reaches the cutoff.
    """

    probability: float | None
    linear_predictor: float | None
    ci95: Interval | None
    cutoff: float
    cutoff_cohort: str
    good_response: bool | None


@dataclass(frozen=True)
class SurvivalOutlook:
    """Overall survival by the Cox model.

    Attributes
    ----------
    linear_predictor : float or None
        Centred log hazard ratio; None when abstained or a needed variable is missing.
    risk_group : {"low", "high"} or None
        By the training cohort's cutoff.
    cutoff : float
        Linear predictor above which the risk counts as high.
    at_horizons, curve : SurvivalEstimate or None
        At 12, 24 and 35 months, and monthly to 36; entries are None beyond the follow-up.
    """

    linear_predictor: float | None
    risk_group: str | None
    cutoff: float
    at_horizons: SurvivalEstimate | None
    curve: SurvivalEstimate | None


@dataclass(frozen=True)
class LabelSet:
    """Which responses cannot be ruled out; see :mod:`dlcs_core.models.conformal`.

    Attributes
    ----------
    score : {"dlcs", "dl_signature"}
        The probability that decides.
    labels : tuple of str
        Of ``"good"`` and ``"poor"``; both: undecided, none: unlike either class.
    error_rate : float
        Share of the patients of each class whose label may be missing.
    coverage : mapping of str to Proportion or None
        By class, measured where the sets were not fitted.
    predictive_value : Proportion or None
        Of a set of one label, how many of the patients with this set have it: PPV of good,
        NPV of poor.
    measured_on : str
        The patients behind both.
    """

    score: str
    labels: tuple[str, ...]
    error_rate: float
    coverage: Mapping[str, Proportion | None]
    predictive_value: Proportion | None
    measured_on: str


@dataclass(frozen=True, eq=False)
class SimilarPatients:
    """Training patients most like this one.

    Attributes
    ----------
    cases : tuple of SimilarCase
        One by one, nearest first; empty where single patients must not be shown.
    slices : tuple of uint8 array (side, side)
        Key slice of each case, windowed; empty where they must not be shown.
    group : SimilarGroup or None
        The nearest ones together.
    synthetic : bool
        True: they are phantoms.
    """

    cases: tuple[SimilarCase, ...]
    slices: tuple[NDArray[np.uint8], ...]
    group: SimilarGroup | None
    synthetic: bool


@dataclass(frozen=True)
class AppliedLayer:
    """A local recalibration that was applied to this case.

    Attributes
    ----------
    layer : LocalRecalibration
        From the bundle.
    original_probability : float
        What the trained model gives without it.
    """

    layer: LocalRecalibration
    original_probability: float

    @property
    def probability(self) -> float:
        """What is shown."""
        return self.layer.probability(self.original_probability)


@dataclass(frozen=True)
class CaseReport:
    """Everything one page shows for one study.

    Attributes
    ----------
    bundle : BundleIdentity
        The model.
    study : StudyMeasurements
        What was understood of the images.
    record : ClinicalRecord
        The form. Private: ``patient_id`` is neither logged nor put into JSON.
    model_input : ModelInput
        What the network saw.
    cam : float64 array (7, 7)
        Activation map of the logit, mean over folds and views, non-negative.
    dl_signature, clinical_probability, dlcs, nomogram, total_points, survival
        The results. ``nomogram`` is empty and ``total_points`` None without a DLCS.
    abstained_because : tuple of str
        Codes of why no probability is given; empty when not abstained.
    warnings : tuple of Notice
        Of reading, form, preprocessing and this assessment.
    interval_method : str or None
        How ``ci95`` is made; None where there is none.
    interval_coverage : float or None
        Its measured coverage.
    local : mapping of str to AppliedLayer
        Local recalibrations by score; mostly empty.
    label_set : LabelSet or None
        None when abstained, with a local recalibration, or for a bundle without label sets.
    similar : SimilarPatients or None
        None when abstained, or for a bundle that carries no training patients.
    reader : ReaderFindings or None
        What the reader states of images and treatment; None where nothing was.
    """

    bundle: BundleIdentity
    study: StudyMeasurements
    record: ClinicalRecord
    model_input: ModelInput
    cam: NDArray[np.float64]
    dl_signature: DlSignature
    clinical_probability: float | None
    dlcs: Dlcs
    nomogram: tuple[VariablePoints, ...]
    total_points: float | None
    survival: SurvivalOutlook
    abstained_because: tuple[str, ...]
    warnings: tuple[Notice, ...]
    interval_method: str | None = None
    interval_coverage: float | None = None
    local: Mapping[str, AppliedLayer] = field(default_factory=dict)
    label_set: LabelSet | None = None
    similar: SimilarPatients | None = None
    reader: ReaderFindings | None = None

    @property
    def abstained(self) -> bool:
        """Whether the case is one that the model was not made for."""
        return bool(self.abstained_because)
