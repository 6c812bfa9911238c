"""The ablation: the same folds and seeds through every arm, then what differs, with intervals.

``python -m trainer ablate --cache DIR --config NAME --out DIR``. An arm's networks lie in
``<out>/<arm>-<seed>.training``; what is there is taken up again, fold by fold, so that an
ablation may be stopped at any moment and may grow by arms, folds and seeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from trainer.ablation_arms import Arm, arm_config
from trainer.ablation_report import write_report
from trainer.ablation_result import ArmRun, compare_arms
from trainer.cache import TrainingCache, read_cache
from trainer.config import TrainingConfig
from trainer.fusion_leak import LeakRow, fusion_leak
from trainer.progress import progress_bar
from trainer.stages.dl_signature import SCORES_FILE, DlStage, images_to_see, run_fold
from trainer.train import check_recipe, only_run_in, open_run
from trainer.workers import run_in_processes


@dataclass(frozen=True)
class Ablation:
    """What to run.

    Attributes
    ----------
    cache : Path
        Directory of the tensor cache.
    config : TrainingConfig
        Recipe that the arms change.
    arms : sequence of Arm
        The reference first.
    seeds : sequence of int
        Each splits the patients anew.
    folds : int
        So many of the recipe's folds are held out in turn.
    out : Path
        Folder of networks and report.
    """

    cache: Path
    config: TrainingConfig
    arms: Sequence[Arm]
    seeds: Sequence[int]
    folds: int
    out: Path


def run_ablation(ablation: Ablation, jobs: int) -> None:
    """Train what is missing, arm by arm, and write the report after each arm.

    Parameters
    ----------
    ablation : Ablation
        What to run.
    jobs : int
        Folds trained at a time.

    Raises
    ------
    TrainingError
        If an arm's recipe cannot be followed, or its folder holds another run.
    """
    cache = read_cache(ablation.cache)
    for arm in ablation.arms:
        check_recipe(arm_config(ablation.config, arm, ablation.seeds[0]))
    ablation.out.mkdir(parents=True, exist_ok=True)
    finished: list[ArmRun] = []
    leak: list[LeakRow] = []
    with only_run_in(ablation.out / "ablation"):
        for arm in ablation.arms:
            stages = [_stage(ablation, cache, arm, seed) for seed in ablation.seeds]
            for stage in stages:
                _train_missing(stage, cache, ablation.folds, jobs)
            finished.append(_read_arm(ablation, cache, arm, stages))
            leak = leak or fusion_leak(cache, stages[0], finished[0])
            write_report(ablation.out, compare_arms(cache.table, finished), leak, _facts(ablation))


def _stage(ablation: Ablation, cache: TrainingCache, arm: Arm, seed: int) -> DlStage:
    """Open the run of an arm under a seed, or take it up again."""
    config = arm_config(ablation.config, arm, seed)
    place = ablation.out / f"{arm.name}-{seed}"
    run = open_run(cache, config, place, must_resume=False)
    return DlStage(ablation.cache, config, run.fold, run.folder, run.fingerprint)


def _train_missing(stage: DlStage, cache: TrainingCache, folds: int, jobs: int) -> None:
    """Train the first folds as far as they are not done."""
    missing = [fold for fold in range(folds) if not stage.is_done(fold)]
    if not missing:
        return
    total = sum(images_to_see(stage, cache, fold) for fold in missing)
    with progress_bar(total, f"{stage.config.name}, seed {stage.config.seed}", "image") as bar:
        run_in_processes(partial(run_fold, stage), missing, min(jobs, len(missing)), bar.update)


def _read_arm(
    ablation: Ablation, cache: TrainingCache, arm: Arm, stages: Sequence[DlStage]
) -> ArmRun:
    """Read the logits of an arm's networks."""
    patients = len(cache.table)
    logits = np.full((len(stages), ablation.folds, patients), np.nan)
    for number, stage in enumerate(stages):
        for fold in range(ablation.folds):
            path = stage.fold_folder(fold) / SCORES_FILE
            with np.load(path, allow_pickle=False) as scores:
                logits[number, fold, scores["rows"]] = scores["logits"]
    images = sum(images_to_see(stage, cache, 0) for stage in stages) // len(stages)
    return ArmRun(arm, np.stack([stage.fold for stage in stages]), logits, images)


def _facts(ablation: Ablation) -> dict[str, object]:
    """Return the budget, which must be said with the numbers."""
    recipe, sampling = ablation.config.optimization, ablation.config.sampling
    return {
        "recipe": ablation.config.name,
        "epochs": recipe.epochs,
        "crop_px": sampling.crop_px,
        "batch_size": recipe.batch_size,
        "folds": ablation.folds,
        "of_folds": ablation.config.folds,
        "seeds": list(ablation.seeds),
    }
