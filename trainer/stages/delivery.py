"""The stages after the networks, and the bundle they end in."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dlcs_core import __version__
from dlcs_core.bundle.manifest import Cutoff, Manifest
from dlcs_core.bundle.writer import BundleContents, write_bundle
from dlcs_core.network.graph import make_graph
from dlcs_core.network.inference import Network
from dlcs_core.network.storage import decode_weights
from trainer.cache import TrainingCache
from trainer.card_sections import later_sections
from trainer.config import TrainingConfig
from trainer.model_card import model_card
from trainer.stages.calibrated_signature import UNSEEN_COHORTS, fit_reference_cases
from trainer.stages.dl_signature import DlSignatureResult
from trainer.stages.evaluation import evaluate_cohorts
from trainer.stages.extras import interval_fields, make_extras, trained_ranges, with_extras
from trainer.stages.fitted_models import FittedModels, fit_models
from trainer.stages.fusion import training_cutoff

PROBE_PATIENTS = 12
"""Held-out patients on whom the served network is held against the trained one."""


def deliver_bundle(
    cache: TrainingCache,
    config: TrainingConfig,
    result: DlSignatureResult,
    out: Path,
    truth: Path | None = None,
) -> pd.DataFrame:
    """Fit what follows the networks, evaluate, and write the bundle.

    Parameters
    ----------
    cache : TrainingCache
        The cohort.
    config : TrainingConfig
        Recipe.
    result : DlSignatureResult
        Of the DL stage.
    out : Path
        Bundle directory; an older bundle there is replaced.
    truth : Path, optional
        Table of true probabilities of a synthetic cohort, on which intervals are measured;
        without it the bundle has none.

    Returns
    -------
    DataFrame
        The cohort table with every score.
    """
    models = fit_models(cache, result, config.later)
    reference = fit_reference_cases(result, models.table)
    ranges = trained_ranges(cache, models.table)
    extras = make_extras(cache, config, result, models, reference, ranges, truth)
    metrics = with_extras(evaluate_cohorts(models.table, models.fusion.cutoff), extras)
    weights = [decode_weights(stored) for stored in result.stored_weights]
    graph = make_graph(config.network.variant)
    error = served_logit_error(Network(graph, weights), cache, result, config.n_views)
    manifest = make_manifest(cache, config, models, metrics, error)
    manifest = replace(manifest, trained_ranges=ranges, **interval_fields(extras))
    contents = BundleContents(
        manifest=manifest,
        network_graph=graph,
        fold_weights=weights,
        recalibration=models.signature.recalibration,
        clinical_signature=models.clinical,
        fusion=models.fusion,
        survival=models.survival,
        reference=reference,
        model_card=model_card(manifest) + later_sections(extras),
        extras=extras,
    )
    write_bundle(out, contents)
    return models.table


def served_logit_error(
    network: Network, cache: TrainingCache, result: DlSignatureResult, n_views: int
) -> float:
    """Return the largest difference of logits between training's scoring and serving."""
    held_out = np.flatnonzero(result.fold < 0)[:PROBE_PATIENTS]
    errors = [0.0]
    for row in held_out:
        served = network.run_views(np.asarray(cache.images[row]), n_views).fold_logits
        errors.append(float(np.abs(served - result.logits[:, row]).max()))
    return max(errors)


def make_manifest(
    cache: TrainingCache,
    config: TrainingConfig,
    models: FittedModels,
    metrics: dict[str, Any],
    logit_error: float,
) -> Manifest:
    """Put on record what the bundle is."""
    table, fold_rows = models.table, (models.table["cohort"] == "training").to_numpy(bool)
    response = table["good_response"].to_numpy(bool)
    fold = np.where(fold_rows, 0, -1)
    signature_cutoff = training_cutoff(response, table["dl_signature"].to_numpy(float), fold)
    used = {*models.clinical.variables, *models.fusion.design.variables}
    return Manifest(
        name=config.name,
        version=config.version,
        code_version=__version__,
        created=_today(),
        synthetic_training_data=cache.synthetic,
        seed=config.seed,
        config=config.to_dict(),
        variables=tuple(sorted(used | set(models.survival.design.variables))),
        preprocessing=cache.preprocessing,
        cutoffs={
            "dl_signature": Cutoff(signature_cutoff, "training"),
            "dlcs": Cutoff(models.fusion.cutoff, models.fusion.cutoff_cohort),
            "survival": Cutoff(models.survival.risk_cutoff, "training"),
        },
        cohort_sizes=_cohort_sizes(table),
        metrics=metrics,
        survival_time_origin=config.survival_time_origin,
        trained_ranges={},
        served_calibration=_served_calibration(metrics),
        weights_storage=config.storage,
        n_views=config.n_views,
        onnx_logit_error=logit_error,
    )


def _today() -> str:
    """Return the ISO date; SOURCE_DATE_EPOCH makes a rebuild identical."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(seconds), UTC) if seconds else datetime.now(UTC)
    return moment.date().isoformat()


def _cohort_sizes(table: pd.DataFrame) -> dict[str, dict[str, int]]:
    return {
        str(cohort): {
            "patients": len(rows),
            "good_response": int(rows["good_response"].sum()),
            "followed_up": int(rows["os_months"].notna().sum()),
            "deaths": int(rows["os_event"].fillna(False).sum()),
            "centers": int(rows["center"].nunique()),
        }
        for cohort, rows in table.groupby("cohort", observed=True)
    }


def _served_calibration(metrics: dict[str, Any]) -> dict[str, Any]:
    """Calibration of the served DL signature and DLCS on patients that nothing was fitted on."""
    kept = ("n", "events", "calibration_intercept", "calibration_slope")
    return {
        cohort: {
            score: {name: metrics[cohort][score][name] for name in kept}
            for score in ("dl_signature", "dlcs")
        }
        for cohort in UNSEEN_COHORTS
        if cohort in metrics
    }
