"""The optional parts of a bundle: label sets, intervals, similar patients, evidence, ranges."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dlcs_core.bundle.extras import Extras
from dlcs_core.bundle.manifest import TRAINED_RANGES
from dlcs_core.network.uncertainty import ReferenceStatistics
from dlcs_core.preprocessing.input_statistics import input_statistics
from trainer.cache import TrainingCache, read_masks
from trainer.config import TrainingConfig
from trainer.stages.abstention import abstention_evidence, reference_distances, would_abstain
from trainer.stages.conformal import fit_conformal_stage
from trainer.stages.dl_signature import DlSignatureResult
from trainer.stages.fitted_models import FittedModels
from trainer.stages.intervals import (
    IntervalStage,
    fit_interval_stage,
    read_truth,
    served_log_odds,
)
from trainer.stages.response_evidence import clinical_evidence, fusion_evidence
from trainer.stages.similar import carried_rows, fit_similar_stage, small_slices
from trainer.stages.survival_evidence import survival_evidence

Ranges = Mapping[str, tuple[float, float]]

MEASURED_ON = "held-out synthetic patients of every centre, five cross-fits"


def make_extras(
    cache: TrainingCache,
    config: TrainingConfig,
    result: DlSignatureResult,
    models: FittedModels,
    reference: ReferenceStatistics,
    ranges: Ranges,
    truth: Path | None,
) -> Extras:
    """Make every optional part of a bundle.

    Parameters
    ----------
    cache, config, result
        Cohort, recipe and networks.
    models : FittedModels
        Everything fitted after the networks.
    reference : ReferenceStatistics
        Where the training cases lie.
    ranges : mapping
        As :func:`trained_ranges`.
    truth : Path, optional
        Table of true probabilities.
    """
    later, table, signature = config.later, models.table, models.signature
    distance = reference_distances(result, reference)
    abstains = would_abstain(
        with_input_statistics(cache, table),
        ranges,
        distance,
        reference.threshold,
        float(cache.preprocessing.get("slab_mm", 0.0)),
    )
    conformal = fit_conformal_stage(
        table,
        result,
        signature.recalibration,
        later.conformal_error_rate,
        ~abstains,
        models.fusion.design.variables,
    )
    interval = _intervals(table, result, models, truth, ~abstains)
    with_patients = cache.synthetic or later.share_similar_patients
    rows = carried_rows(result.fold, table["good_response"].to_numpy(bool), config.seed)
    similar = fit_similar_stage(
        table, result, signature.recalibration, reference, rows, with_patients=with_patients
    )
    evidence = {
        "conformal": conformal.evidence,
        "interval": interval.evidence,
        "abstention": abstention_evidence(table, abstains),
        "clinical_signature": clinical_evidence(
            table, models.clinical, result.fold, later.stability_subsamples, config.seed
        ),
        "fusion": fusion_evidence(table, models.fusion, result.fold),
        "survival": survival_evidence(
            table, models.survival, result.fold, later.optimism_resamples, config.seed
        ),
    }
    slices = small_slices(cache.images, rows) if with_patients else None
    return Extras(conformal.model, interval.model, similar, slices, evidence)


def _intervals(
    table: pd.DataFrame,
    result: DlSignatureResult,
    models: FittedModels,
    truth: Path | None,
    shown: np.ndarray[Any, np.dtype[np.bool_]],
) -> IntervalStage:
    """Fit and measure the intervals where the true probabilities are known."""
    if truth is None:
        return IntervalStage(None, {})
    served = served_log_odds(table, result, models.signature.recalibration, models.fusion)
    return fit_interval_stage(table, served, read_truth(truth, table), shown, MEASURED_ON)


def with_input_statistics(cache: TrainingCache, table: pd.DataFrame) -> pd.DataFrame:
    """Return a cohort table with the statistics of each model input beside it."""
    low, high = cache.preprocessing["window_hu"]
    masks = read_masks(cache.directory)
    found = [
        asdict(input_statistics(np.asarray(image), mask, (low, high)))
        for image, mask in zip(cache.images, masks, strict=True)
    ]
    return table.assign(**pd.DataFrame(found, index=table.index))


def trained_ranges(cache: TrainingCache, table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return the ranges of the training cohort outside which the model abstains.

    A bundle of slices that were never measured, as in a cohort of fake images, has no range of
    them.
    """
    training = with_input_statistics(cache, table)[(table["cohort"] == "training").to_numpy()]
    return {
        name: (float(training[name].min()), float(training[name].max()))
        for name in TRAINED_RANGES
        if name in training
    }


def interval_fields(extras: Extras) -> dict[str, Any]:
    """Return what the manifest says of the intervals."""
    if extras.interval is None:
        return {}
    return {
        "interval_method": extras.interval.method,
        "interval_coverage": extras.interval.lowest_coverage,
    }


def with_extras(metrics: Mapping[str, Any], extras: Extras) -> dict[str, Any]:
    """Return the metrics with, for each cohort, how label sets did and who was refused.

    Centres stay in the evidence: the manifest has the cohorts.
    """
    evidence: Mapping[str, Any] = extras.evidence
    scores = {name: one for name, one in evidence["conformal"].items() if name != "error_rate"}
    return {
        cohort: {
            **found,
            "conformal": {
                name: _without_centers(by_cohort[cohort])
                for name, by_cohort in scores.items()
                if cohort in by_cohort
            },
            "abstained": _without_centers(evidence["abstention"].get(cohort, {})),
        }
        for cohort, found in metrics.items()
    }


def _without_centers(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "by_center"}
