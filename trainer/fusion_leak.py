"""The leak made visible: a fusion fitted on scores that the networks had learnt by heart.

The paper fits its fused model on the training patients' DL signatures, which come from networks
trained on these very patients. Such scores are better than any on a new patient, so the fusion
trusts them too much. Here both fusions are fitted, in-sample and out-of-fold, and both are judged
on the cohorts that no network has seen.
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlcs_core.models.fusion import FUSION_VARIABLES, fit_fusion
from dlcs_core.statistics.calibration import calibration_in_the_large, calibration_slope
from dlcs_core.statistics.delong import AucEstimate, auc_estimate
from dlcs_core.statistics.logistic_regression import sigmoid
from trainer.ablation_result import ArmRun
from trainer.cache import TrainingCache
from trainer.stages.dl_signature import WEIGHTS_FILE, DlStage

IN_SAMPLE_FILE = "in_sample.npz"


@dataclass(frozen=True)
class LeakRow:
    """One fusion, fitted on one kind of score.

    Attributes
    ----------
    fitted_on : str
        ``"in_sample"`` as in the paper, or ``"out_of_fold"``.
    training, unseen : AucEstimate
        Of the fused probability: on the patients it was fitted on, and on the unseen cohorts.
    coefficient : float
        Of the DL signature's log odds.
    slope, intercept : float
        Calibration on the unseen cohorts; 1 and 0 are perfect.
    """

    fitted_on: str
    training: AucEstimate
    unseen: AucEstimate
    coefficient: float
    slope: float
    intercept: float


def fusion_leak(cache: TrainingCache, stage: DlStage, run: ArmRun) -> list[LeakRow]:
    """Fit the fusion both ways on the same patients.

    Parameters
    ----------
    cache : TrainingCache
        Images and table.
    stage : DlStage
        Of the reference arm's first seed.
    run : ArmRun
        Its logits.

    Returns
    -------
    list of LeakRow
        In-sample, out-of-fold; empty where the table lacks the fusion's variables or a cohort
        that no network has seen.
    """
    response = cache.table["good_response"].to_numpy(bool)
    unseen = stage.fold < 0
    has_variables = set(FUSION_VARIABLES) <= set(cache.table.columns)
    if not has_variables or min(response[unseen].sum(), (~response[unseen]).sum()) < 2:
        return []
    logits = run.logits[0]
    learnt = np.stack([_in_sample(cache, stage, fold) for fold in range(len(logits))])
    known = np.isfinite(logits[:, ~unseen]).any(0) & np.isfinite(learnt[:, ~unseen]).any(0)
    training = np.flatnonzero(~unseen)[known]
    if len(logits) == 1:
        # With one network nobody has both kinds of score: each kind has its own patients.
        training_of = {
            "in_sample": np.flatnonzero(np.isfinite(learnt[0])),
            "out_of_fold": np.flatnonzero(stage.fold == 0),
        }
    else:
        training_of = dict.fromkeys(("in_sample", "out_of_fold"), training)
    scores = {"in_sample": learnt, "out_of_fold": logits}
    return [
        _fit_and_judge(cache, kind, scores[kind], training_of[kind], logits)
        for kind in ("in_sample", "out_of_fold")
    ]


def _fit_and_judge(
    cache: TrainingCache,
    kind: str,
    scores: NDArray[np.float64],
    training: NDArray[np.int64],
    logits: NDArray[np.float64],
) -> LeakRow:
    """Fit on the training patients' scores; judge on patients whom no network has seen."""
    from dlcs_core.clinical.cohort import read_cohort

    table = read_cohort(cache.directory / "table.csv").table
    response = cache.table["good_response"].to_numpy(bool)
    signature = sigmoid(np.nanmean(scores[:, training], 0))
    fusion = fit_fusion(table.iloc[training], signature, response[training])
    unseen = np.flatnonzero(np.isfinite(logits).all(0))
    fitted = fusion.probabilities(signature, table.iloc[training])
    served = fusion.probabilities(sigmoid(logits[:, unseen].mean(0)), table.iloc[unseen])
    known_fitted, known = np.isfinite(fitted), np.isfinite(served)
    outcome, risk = response[unseen][known], served[known]
    return LeakRow(
        fitted_on=kind,
        training=auc_estimate(response[training][known_fitted], fitted[known_fitted]),
        unseen=auc_estimate(outcome, risk),
        coefficient=float(fusion.model.coefficients[0]),
        slope=calibration_slope(outcome, risk).estimate,
        intercept=calibration_in_the_large(outcome, risk).estimate,
    )


def _in_sample(cache: TrainingCache, stage: DlStage, fold: int) -> NDArray[np.float64]:
    """Logits of a fold's network on the very patients it was trained on; NaN elsewhere."""
    path = stage.fold_folder(fold) / IN_SAMPLE_FILE
    logits = np.full(len(cache.table), np.nan)
    rows = np.flatnonzero((stage.fold >= 0) & (stage.fold != fold))
    if path.is_file():
        with np.load(path, allow_pickle=False) as stored:
            logits[rows] = stored["logits"]
        return logits
    from trainer.checkpoint import write_atomically
    from trainer.scoring import score_patients
    from trainer.stages.dl_signature import device_of
    from trainer.stored_network import read_network

    device = device_of(fold)
    model = read_network(stage.fold_folder(fold) / WEIGHTS_FILE, stage.config.network).to(device)
    logits[rows], _ = score_patients(model, cache.images, rows, 1, device)
    content = io.BytesIO()
    np.savez(content, logits=logits[rows])
    write_atomically(path, content.getvalue())
    return logits
