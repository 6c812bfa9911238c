"""Networks of a demonstration: trained by folds of any kind, with the ordinary trainer."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcs_core.statistics.delong import AucEstimate
from trainer.cache import TrainingCache
from trainer.config import TrainingConfig
from trainer.split import assign_folds
from trainer.stages.dl_signature import DlSignatureResult, DlStage, fit_dl_signature

Folds = NDArray[np.int64]


def train_folds(
    cache: TrainingCache, config: TrainingConfig, fold: Folds, folder: Path, jobs: int
) -> tuple[DlStage, DlSignatureResult]:
    """Train the folds that are not done and read all of them.

    Parameters
    ----------
    cache : TrainingCache
        The cohort.
    config : TrainingConfig
        Recipe; its number of folds is that of ``fold``.
    fold : int64 array (n_patients,)
        Held-out fold of each patient, -1 outside training. Any split: also one by centre.
    folder : Path
        Receives a folder per fold; what is there from the same recipe, data and split is kept.
    jobs : int
        Folds at a time.
    """
    config = replace(config, folds=int(fold.max()) + 1)
    facts = [config.fingerprint(), cache.fingerprint, hashlib.sha256(fold.tobytes()).hexdigest()]
    fingerprint = hashlib.sha256("".join(facts).encode()).hexdigest()
    place = folder / fingerprint[:12]
    place.mkdir(parents=True, exist_ok=True)
    stage = DlStage(cache.directory, config, fold, place, fingerprint)
    return stage, fit_dl_signature(stage, cache, jobs)


def random_folds(cache: TrainingCache, config: TrainingConfig) -> Folds:
    """Return the trainer's own folds by patient."""
    return assign_folds(cache.table, config.folds, config.seed)


def pooled_out_of_fold(result: DlSignatureResult) -> NDArray[np.float64]:
    """Out-of-fold logits with mean 0 and deviation 1 within each fold; NaN outside training.

    Networks of different folds differ in scale; no outcome is looked at.
    """
    logit = result.out_of_fold_logit
    pooled = np.full(len(logit), np.nan)
    for fold in range(len(result.logits)):
        own = logit[result.fold == fold]
        pooled[result.fold == fold] = (own - own.mean()) / max(float(own.std()), 1e-12)
    return pooled


def budget(config: TrainingConfig, patients: int) -> str:
    """Say on what budget a demonstration stands."""
    made, sampling = config.optimization, config.sampling
    return (
        f"Budget: {patients} phantoms, recipe {config.name}, {made.epochs} epochs of "
        f"{sampling.crop_px}-pixel crops, batches of {made.batch_size}, {config.folds} folds, "
        f"seed {config.seed}."
    )


def write_numbers(path: Path, numbers: dict[str, object]) -> None:
    """Write a demonstration's numbers as JSON, without NaN."""
    from trainer.checkpoint import write_atomically

    content = {"schema": "dlcs.demonstration/1", "research_use_only": True, **numbers}
    write_atomically(path, json.dumps(content, indent=1, allow_nan=False).encode() + b"\n")


def auc_words(area: AucEstimate) -> str:
    """Word an area with its interval."""
    if area.ci95 is None:
        return f"{area.auc:.3f}"
    return f"{area.auc:.3f} ({area.ci95[0]:.3f} to {area.ci95[1]:.3f})"
