"""The liar test: whether the trainer finds what is not there, or uses what it should not.

``python -m trainer demonstrate liar``. Two synthetic cohorts go through the ordinary trainer.

- *null*: nothing in the image tells the response. An honest out-of-fold area lies around 0.5,
  and no signature may claim significance.
- *shortcut*: in nine of ten patients the reconstruction kernel follows the response. Folds by
  patient cannot see that anything is wrong, because the habit is the same in every fold. Leaving
  out one centre does, if that centre does not share the habit: each centre's own patients are
  rendered twice, with it and without.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import TrainingError
from dlcs_core.statistics.checks import normal_p
from dlcs_core.statistics.delong import AucEstimate, DelongTest, auc_estimate, delong_test
from dlcs_core.statistics.logistic_regression import fit_logistic, sigmoid
from trainer.cache import TrainingCache, read_cache
from trainer.config import TrainingConfig
from trainer.demonstrations.networks import (
    budget,
    pooled_out_of_fold,
    random_folds,
    train_folds,
)
from trainer.stages.dl_signature import WEIGHTS_FILE, DlSignatureResult, DlStage

FEWEST_IN_CENTER = 30
"""Smaller centres are left out together: an area of a dozen patients says nothing."""

SIGNIFICANT = 0.05

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NullTest:
    """What the trainer claims where the image says nothing.

    Attributes
    ----------
    areas : dict of str to AucEstimate
        Out-of-fold area of the DL signature and of the DLCS.
    p : dict of str to float
        Two-sided P of each area against 0.5.
    signature_p : float
        Likelihood-ratio P of the out-of-fold DL signature in a logistic regression.
    """

    areas: dict[str, AucEstimate]
    p: dict[str, float]
    signature_p: float

    @property
    def contains_half(self) -> bool:
        """Whether the DL signature's interval contains 0.5."""
        low, high = self.areas["dl_signature"].ci95 or (0.0, 1.0)
        return low <= 0.5 <= high

    @property
    def claims_nothing(self) -> bool:
        """Whether no signature is significant."""
        return min(*self.p.values(), self.signature_p) >= SIGNIFICANT


@dataclass(frozen=True)
class ShortcutTest:
    """What the trainer makes of a scanner's habit.

    Attributes
    ----------
    by_patient : AucEstimate
        Out-of-fold area by folds of patients: what a study of one kind of scanner reports.
    kernel : AucEstimate or None
        Of the kernel alone, where the truths are known.
    left_out : DelongTest
        Centres left out in turn, their patients rendered with the habit (a) and without (b).
    with_habit, without_habit : AucEstimate
        The two areas of that test.
    centers : dict of str to tuple of float
        The two areas in each left-out centre; None where a class is missing.
    """

    by_patient: AucEstimate
    kernel: AucEstimate | None
    left_out: DelongTest
    with_habit: AucEstimate
    without_habit: AucEstimate
    centers: dict[str, tuple[float, float] | None]

    @property
    def is_exposed(self) -> bool:
        """Whether the area falls where the habit is missing."""
        return self.left_out.ci95[0] > 0.0


def run_liar(
    out: Path, config: TrainingConfig, *, patients: int, seed: int, jobs: int
) -> tuple[NullTest, ShortcutTest]:
    """Make both cohorts as far as they are not there, train on them, write ``liar.*``.

    Parameters
    ----------
    out : Path
        Folder of cohorts, networks and report.
    config : TrainingConfig
        A short recipe.
    patients : int
        In each cohort.
    seed : int
        Of the cohorts.
    jobs : int
        Processes.
    """
    from trainer.demonstrations.liar_report import write_liar

    out.mkdir(parents=True, exist_ok=True)
    caches = {
        name: read_cache(_cohort(out / name, kind, patients, seed + shift, centers, jobs))
        for name, kind, shift, centers in (
            ("null", "null", 1, 1),
            ("shortcut", "shortcut", 0, 6),
            ("honest", "planted", 0, 6),
        )
    }
    null = null_test(caches["null"], config, out / "null.networks", jobs)
    shortcut = shortcut_test(
        caches["shortcut"],
        caches["honest"],
        config,
        out / "shortcut.networks",
        jobs,
        kernel=_kernel_area(out / "shortcut" / "truth.csv"),
    )
    write_liar(out, null, shortcut, budget(config, patients))
    return null, shortcut


def _cohort(folder: Path, signal: str, patients: int, seed: int, centers: int, jobs: int) -> Path:
    """Render and prepare a cohort, as far as it is not there; return its cache."""
    from dlcs_core.synthetic.cohort import synthesize
    from trainer.data import prepare_cache

    if not folder.exists():
        synthesize(
            folder, patients, seed, centers=centers, file_format="nifti", signal=signal, jobs=jobs
        )
    cache = folder.with_name(folder.name + ".cache")
    prepare_cache(folder / "manifest.csv", cache, jobs=jobs)
    return cache


def _kernel_area(truth: Path) -> AucEstimate:
    """Area of the kernel by itself."""
    import pandas as pd

    table = pd.read_csv(truth)
    return auc_estimate(table["good_response"].to_numpy(bool), table["soft_kernel"].to_numpy(float))


def null_test(cache: TrainingCache, config: TrainingConfig, folder: Path, jobs: int) -> NullTest:
    """Train on a cohort whose images tell nothing and see what is claimed.

    Parameters
    ----------
    cache : TrainingCache
        The cohort.
    config : TrainingConfig
        Recipe.
    folder : Path
        Of the networks.
    jobs : int
        Folds at a time.
    """
    from dlcs_core.clinical.cohort import read_cohort
    from trainer.stages.fusion import fit_fusion_stage

    fold = random_folds(cache, config)
    _, result = train_folds(cache, config, fold, folder, jobs)
    logit = pooled_out_of_fold(result)
    table = read_cohort(cache.directory / "table.csv").table
    signature = np.where(fold >= 0, sigmoid(logit), 0.5)
    _, dlcs = fit_fusion_stage(table, signature, fold)
    response = cache.table["good_response"].to_numpy(bool)
    scores = {"dl_signature": logit, "dlcs": dlcs}
    areas = {name: _area(response, score, fold >= 0) for name, score in scores.items()}
    rows = fold >= 0
    fit = fit_logistic(logit[rows, None], response[rows], ["dl_signature"])
    return NullTest(
        areas, {name: area_p(area) for name, area in areas.items()}, float(fit.likelihood_ratio[2])
    )


def _area(response: NDArray[np.bool_], score: Floats, rows: NDArray[np.bool_]) -> AucEstimate:
    known = rows & np.isfinite(score)
    return auc_estimate(response[known], score[known])


def area_p(area: AucEstimate) -> float:
    """Two-sided P of an area against 0.5; 1 without a standard error."""
    return normal_p((area.auc - 0.5) / area.se) if area.se else 1.0


def shortcut_test(
    cache: TrainingCache,
    honest: TrainingCache,
    config: TrainingConfig,
    folder: Path,
    jobs: int,
    kernel: AucEstimate | None = None,
) -> ShortcutTest:
    """Train where the scanner tells the response, then leave out centres without the habit.

    Parameters
    ----------
    cache, honest : TrainingCache
        The same patients with the habit and without.
    config : TrainingConfig
        Recipe.
    folder : Path
        Of the networks.
    jobs : int
        Folds at a time.
    kernel : AucEstimate, optional
        Of the kernel alone.

    Raises
    ------
    TrainingError
        If the two cohorts are not the same patients, or all come from one centre.
    """
    response = cache.table["good_response"].to_numpy(bool)
    if not cache.table["patient_id"].equals(honest.table["patient_id"]):
        raise TrainingError("demonstration_cohorts_differ")
    fold = random_folds(cache, config)
    _, by_patient = train_folds(cache, config, fold, folder / "by_patient", jobs)
    center, names = center_folds(cache)
    stage, by_center = train_folds(cache, config, center, folder / "by_center", jobs)
    with_habit = pooled_out_of_fold(by_center)
    without = pooled_out_of_fold(score_elsewhere(stage, by_center, honest))
    rows = np.ones(len(response), bool)
    return ShortcutTest(
        _area(response, pooled_out_of_fold(by_patient), fold >= 0),
        kernel,
        delong_test(response, with_habit, without),
        _area(response, with_habit, rows),
        _area(response, without, rows),
        {
            name: _two_areas(response, with_habit, without, center == number)
            for number, name in enumerate(names)
        },
    )


def _two_areas(
    response: NDArray[np.bool_], a: Floats, b: Floats, rows: NDArray[np.bool_]
) -> tuple[float, float] | None:
    if response[rows].all() or not response[rows].any():
        return None
    return _area(response, a, rows).auc, _area(response, b, rows).auc


def center_folds(cache: TrainingCache) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return the centre that each patient is left out with, small ones together, and the names.

    Raises
    ------
    TrainingError
        If that leaves a single part.
    """
    center = cache.table["center"].to_numpy(str)
    names, counts = np.unique(center, return_counts=True)
    large = [str(name) for name, n in zip(names, counts, strict=True) if n >= FEWEST_IN_CENTER]
    small = [str(name) for name in names if str(name) not in large]
    parts = [*large, *([" + ".join(small)] if small else [])]
    if len(parts) < 2:
        raise TrainingError("demonstration_one_center")
    place = {name: number for number, name in enumerate(large)}
    return np.array([place.get(str(one), len(large)) for one in center]), tuple(parts)


def score_elsewhere(
    stage: DlStage, result: DlSignatureResult, other: TrainingCache
) -> DlSignatureResult:
    """Return a result in which each network scored its held-out patients in another rendering."""
    import torch

    from trainer.scoring import score_patients
    from trainer.stored_network import read_network

    logits = np.full_like(result.logits, np.nan)
    for fold in range(len(logits)):
        model = read_network(stage.fold_folder(fold) / WEIGHTS_FILE, stage.config.network)
        rows = np.flatnonzero(result.fold == fold)
        found, _ = score_patients(
            model, other.images, rows, stage.config.n_views, torch.device("cpu")
        )
        logits[fold, rows] = found
    return DlSignatureResult(result.fold, logits, result.features, result.stored_weights)
