"""What the optional parts of a bundle add to a case: interval, label set, similar patients."""

import math
import os

import numpy as np

from dlcs_core.bundle.reader import Bundle
from dlcs_core.models.conformal import CONFORMAL_SCORES
from dlcs_core.models.design import logit_of, probability_of
from dlcs_core.network.inference import ViewedOutput
from dlcs_core.report.case_report import Dlcs, DlSignature, Interval, LabelSet, SimilarPatients

SHOW_SLICES = "DLCS_SHOW_SIMILAR_SLICES"
"""Environment variable by which an institution shows slices of its own training patients."""

_Z95 = 1.959963984540054
"""Standard normal quantile at 0.975."""


def interval_of(
    bundle: Bundle, score: str, log_odds: float | None, variance: float | None
) -> Interval | None:
    """Return a probability's 95 % interval; None unless its measured coverage is on record.

    Parameters
    ----------
    bundle : Bundle
        The trained model.
    score : {"dl_signature", "dlcs"}
        Which probability.
    log_odds, variance : float or None
        Of the probability, and their variance from coefficients and folds.
    """
    if log_odds is None or variance is None:
        return None
    model = bundle.extras.interval
    if model is not None:
        found = model.scores.get(score)
        return None if found is None else found.limits(log_odds, variance)
    if bundle.manifest.interval_coverage is None:
        return None
    half = _Z95 * math.sqrt(variance)
    return probability_of(log_odds - half), probability_of(log_odds + half)


def label_set_of(bundle: Bundle, dl_signature: DlSignature, dlcs: Dlcs) -> LabelSet | None:
    """Return the labels that cannot be ruled out by the DLCS, or by the image alone without it."""
    model = bundle.extras.conformal
    known = {"dlcs": dlcs.probability, "dl_signature": dl_signature.probability}
    for score in CONFORMAL_SCORES:
        probability = known[score]
        if model is None or probability is None or score not in model.scores:
            continue
        found = model.scores[score]
        labels = found.thresholds.label_set(probability)
        return LabelSet(
            score=score,
            labels=labels,
            error_rate=model.error_rate,
            coverage=found.coverage,
            predictive_value=found.predictive_value[labels[0]] if len(labels) == 1 else None,
            measured_on=found.measured_on,
        )
    return None


def similar_patients(
    bundle: Bundle, output: ViewedOutput, dl_signature: DlSignature
) -> SimilarPatients | None:
    """Return the training patients nearest in signature space; None when abstained."""
    similar = bundle.extras.similar
    if similar is None or dl_signature.probability is None:
        return None
    kept, reference = similar.coordinates.shape[1], bundle.reference
    own = [reference.coordinates(f, k, kept) for k, f in enumerate(output.features)]
    distances = similar.distances(np.stack(own), logit_of(dl_signature.probability))
    cases = similar.nearest(distances, bundle.fusion.cutoff)
    slices = bundle.extras.slices
    shown = slices is not None and may_show_slices(bundle)
    return SimilarPatients(
        cases=cases,
        slices=tuple(slices[c.index] for c in cases) if shown and slices is not None else (),
        group=similar.group(distances, bundle.fusion.cutoff),
        synthetic=bundle.manifest.synthetic_training_data,
    )


def may_show_slices(bundle: Bundle) -> bool:
    """Return whether slices of training patients may be shown here: phantoms, or by the switch."""
    return bundle.manifest.synthetic_training_data or os.environ.get(SHOW_SLICES) == "1"
