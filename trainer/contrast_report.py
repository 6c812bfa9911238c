"""What the trainer reached on real slices: AUC with interval, beside torchvision's network."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcs_core.statistics.delong import auc_estimate, delong_test
from trainer.checkpoint import write_atomically
from trainer.config import TrainingConfig

RESAMPLES = 2000
"""Bootstrap samples of patients."""

NAMES = {"ours": "ours (SE-ResNet50)", "torchvision": "torchvision's ResNet-50"}


@dataclass(frozen=True)
class ContrastScores:
    """Out-of-fold logits of every slice.

    Attributes
    ----------
    contrast : bool array, shape (n,)
        Whether contrast medium was given.
    patient_id, image_id : array of str, shape (n,)
        Slices of one patient share a fold.
    fold : int64 array, shape (n,)
        Fold in which a slice was held out.
    logits : mapping of str to float64 array, shape (n,)
        By network, ours first.
    """

    contrast: NDArray[np.bool_]
    patient_id: NDArray[np.str_]
    image_id: NDArray[np.str_]
    fold: NDArray[np.int64]
    logits: Mapping[str, NDArray[np.float64]]

    def pooled(self, network: str) -> NDArray[np.float64]:
        """Logits with mean 0 and deviation 1 within each fold, so that folds can be pooled."""
        logits, pooled = self.logits[network], np.empty(len(self.fold))
        for fold in np.unique(self.fold):
            own = logits[self.fold == fold]
            pooled[self.fold == fold] = (own - own.mean()) / max(own.std(), 1e-12)
        return pooled


def write_contrast_report(out: Path, scores: ContrastScores, config: TrainingConfig) -> None:
    """Write ``contrast.json``, ``contrast.csv`` and ``contrast.md``."""
    found = contrast_results(scores, config)
    write_atomically(out / "contrast.json", json.dumps(found, indent=1).encode() + b"\n")
    write_atomically(out / "contrast.csv", _csv(scores))
    write_atomically(out / "contrast.md", ("\n".join(_markdown(found)) + "\n").encode())


def contrast_results(scores: ContrastScores, config: TrainingConfig) -> dict[str, object]:
    """Return sizes, budget, both AUCs with two intervals, and their difference."""
    networks = {name: _network_result(scores, name) for name in scores.logits}
    ours, theirs = (scores.pooled(name) for name in NAMES)
    test = delong_test(scores.contrast, ours, theirs)
    return {
        "slices": len(scores.fold),
        "patients": len(np.unique(scores.patient_id)),
        "with_contrast": int(scores.contrast.sum()),
        "folds": config.folds,
        "epochs": config.optimization.epochs,
        "crop_px": config.sampling.crop_px,
        "seed": config.seed,
        "networks": networks,
        "difference": test.difference,
        "difference_ci95": list(test.ci95),
        "difference_p": test.p,
    }


def _network_result(scores: ContrastScores, name: str) -> dict[str, object]:
    pooled = scores.pooled(name)
    estimate = auc_estimate(scores.contrast, pooled)
    by_fold = [
        auc_estimate(scores.contrast[rows], scores.logits[name][rows]).auc
        for rows in (scores.fold == fold for fold in np.unique(scores.fold))
    ]
    low, high = patient_interval(scores.contrast, pooled, scores.patient_id)
    return {
        "auc": estimate.auc,
        "ci95_delong": list(estimate.ci95 or (None, None)),
        "ci95_patients": [low, high],
        "auc_by_fold": by_fold,
    }


def patient_interval(
    outcome: NDArray[np.bool_], score: NDArray[np.float64], patient_id: NDArray[np.str_]
) -> tuple[float, float]:
    """Percentile interval of the AUC over bootstrap samples of patients, not of slices.

    Slices of one patient are alike; DeLong's interval takes them as independent.
    """
    rng = np.random.default_rng(0)
    rows_of = [np.flatnonzero(patient_id == one) for one in np.unique(patient_id)]
    aucs: list[float] = []
    while len(aucs) < RESAMPLES:
        drawn = rng.integers(len(rows_of), size=len(rows_of))
        rows = np.concatenate([rows_of[one] for one in drawn])
        if 0 < outcome[rows].sum() < len(rows):
            aucs.append(auc_estimate(outcome[rows], score[rows]).auc)
    low, high = np.quantile(aucs, [0.025, 0.975])
    return float(low), float(high)


def _csv(scores: ContrastScores) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image_id", "fold", "contrast", *scores.logits])
    columns = [scores.image_id, scores.fold, scores.contrast.astype(int), *scores.logits.values()]
    writer.writerows(zip(*(column.tolist() for column in columns), strict=True))
    return text.getvalue().encode()


def _markdown(found: Mapping[str, Any]) -> Iterable[str]:
    yield "## Real pixels: contrast medium or none"
    yield ""
    yield (
        f"{found['slices']} slices of chest CT of {found['patients']} patients, "
        f"{found['with_contrast']} with contrast medium; {found['folds']} folds by patient, "
        f"{found['epochs']} epochs of {found['crop_px']}-pixel crops, seed {found['seed']}, both "
        "networks from random weights on the same batches. This says that the trainer learns "
        "from real CT; it says nothing about tumours or treatment. Manufacturer and protocol go "
        "with the label in this set, so part of what is learnt may be the scanner."
    )
    yield ""
    yield "| network | AUC | 95 % by patients | 95 % by DeLong |"
    yield "|---|---|---|---|"
    for name, one in found["networks"].items():
        by_patients, by_delong = (
            f"{one[key][0]:.3f} to {one[key][1]:.3f}" for key in ("ci95_patients", "ci95_delong")
        )
        yield f"| {NAMES[name]} | {one['auc']:.3f} | {by_patients} | {by_delong} |"
    low, high = found["difference_ci95"]
    yield ""
    yield (
        f"Difference, ours minus torchvision's, by DeLong: {found['difference']:+.3f} "
        f"({low:+.3f} to {high:+.3f})."
    )
