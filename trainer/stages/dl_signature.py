"""The DL signature: five networks by five folds, each rounded to its stored form, then scored.

Every fold is trained in a process of its own, as many at a time as asked. A fold that is done
leaves ``weights.safetensors`` and ``scores.npz`` in its folder; one that is not goes on from its
last epoch.
"""

import io
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dlcs_core.network.architecture import FEATURES
from trainer.cache import TrainingCache, read_cache
from trainer.config import TrainingConfig
from trainer.progress import progress_bar
from trainer.split import NOT_TRAINING
from trainer.workers import run_in_processes

if TYPE_CHECKING:
    import torch

    from trainer.loop import FoldData

WEIGHTS_FILE, SCORES_FILE = "weights.safetensors", "scores.npz"
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class DlSignatureResult:
    """What the DL stage hands to the later stages.

    Attributes
    ----------
    fold : int64 array (n_patients,)
        Fold in which a training patient was held out; -1 in the held-out cohorts.
    logits : float64 array (folds, n_patients)
        NaN where the fold was trained on the patient.
    features : float32 array (folds, n_patients, 1024)
        Pooled features, NaN likewise.
    stored_weights : tuple of dict
        Per fold, the weights in their stored form.
    """

    fold: NDArray[np.int64]
    logits: NDArray[np.float64]
    features: NDArray[np.float32]
    stored_weights: tuple[dict[str, NDArray[Any]], ...]

    @property
    def out_of_fold_logit(self) -> NDArray[np.float64]:
        """Logit of the one network that has not seen the patient; NaN in held-out cohorts."""
        rows = np.arange(len(self.fold))
        return np.where(self.fold >= 0, self.logits[self.fold, rows], np.nan)


@dataclass(frozen=True)
class DlStage:
    """One run of the stage.

    Attributes
    ----------
    cache : Path
        Directory of the tensor cache.
    config : TrainingConfig
        Recipe.
    fold : int64 array (n_patients,)
        Held-out fold of each patient; -1 in the held-out cohorts.
    folder : Path
        Receives a folder per fold.
    fingerprint : str
        Of configuration, data and folds.
    data_parallel : bool
        Whether all ranks of ``torchrun`` train each fold together.
    tensorboard : bool
        Whether each fold's log is also written for TensorBoard.
    """

    cache: Path
    config: TrainingConfig
    fold: NDArray[np.int64]
    folder: Path
    fingerprint: str
    data_parallel: bool = False
    tensorboard: bool = False

    def fold_folder(self, fold: int) -> Path:
        """Return the folder of one fold."""
        return self.folder / f"fold-{fold + 1}"

    def is_done(self, fold: int) -> bool:
        """Return whether a fold is trained and scored."""
        return (self.fold_folder(fold) / SCORES_FILE).is_file()


def fit_dl_signature(stage: DlStage, cache: TrainingCache, jobs: int) -> DlSignatureResult:
    """Train and score every fold that is not done yet.

    Parameters
    ----------
    stage : DlStage
        What to train and where.
    cache : TrainingCache
        The cache at ``stage.cache``.
    jobs : int
        Folds at a time, one thread each. Under ``torchrun`` the folds are dealt to the ranks,
        or each is trained by all of them together (``stage.data_parallel``).

    Returns
    -------
    DlSignatureResult
        Of all folds.

    Raises
    ------
    TrainingError
        If a loss is not finite, or a checkpoint cannot be used.
    """
    if stage.data_parallel:
        _fit_together(stage, cache)
    rank, ranks = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    missing = [fold for fold in range(stage.config.folds) if not stage.is_done(fold)]
    own = [fold for fold in missing if fold % ranks == rank]
    if own:
        total = sum(images_to_see(stage, cache, fold) for fold in own)
        with progress_bar(total, f"Training {len(own)} folds", "image") as bar:
            run_in_processes(partial(run_fold, stage), own, min(jobs, len(own)), bar.update)
    while not all(stage.is_done(fold) for fold in range(stage.config.folds)):
        time.sleep(POLL_SECONDS)  # another rank's folds
    return read_dl_signature(stage, cache)


def _fit_together(stage: DlStage, cache: TrainingCache) -> None:
    """Train fold after fold, every rank of ``torchrun`` at the same one."""
    from trainer.data_parallel import join_team, leave_team

    team = join_team()
    try:
        missing = [fold for fold in range(stage.config.folds) if not stage.is_done(fold)]
        team.wait()  # nobody writes before everybody has looked
        total = sum(images_to_see(stage, cache, fold) for fold in missing)
        with progress_bar(total, f"Training {len(missing)} folds", "image") as bar:
            for fold in missing:
                run_fold(stage, fold, bar.update)
        team.wait()
    finally:
        leave_team()


def run_fold(stage: DlStage, fold: int, report: Callable[[int], object]) -> None:
    """Train one fold, round it to its stored form, score whom it has not seen, write both."""
    from safetensors.numpy import save

    from dlcs_core.network.export import weight_arrays
    from dlcs_core.network.storage import encode_weights
    from trainer.checkpoint import write_atomically
    from trainer.data_parallel import ALONE, join_team
    from trainer.loop import FoldRun, train_fold
    from trainer.scoring import score_patients
    from trainer.stored_form import round_to_stored_form

    device, cache, config = device_of(fold), read_cache(stage.cache), stage.config
    folder = stage.fold_folder(fold)
    folder.mkdir(parents=True, exist_ok=True)
    team = join_team() if stage.data_parallel else ALONE
    run = FoldRun(fold, config, folder, stage.fingerprint, device, team, stage.tensorboard)
    data = _fold_data(stage, cache, fold)
    if config.sampling.balancing == "deepsmote":
        from trainer.stages.deepsmote import with_synthetic_images

        data = with_synthetic_images(data, run, cache.table["patient_id"].to_numpy(str), report)
    model = train_fold(data, run, report)
    if not team.leads:
        return
    model = round_to_stored_form(model, config.storage)
    stored = encode_weights(weight_arrays(model), config.storage)
    write_atomically(folder / WEIGHTS_FILE, save(stored, metadata={"storage": config.storage}))
    unseen = np.flatnonzero((stage.fold == fold) | (stage.fold == NOT_TRAINING))
    logits, features = score_patients(model, cache.images, unseen, config.n_views, device)
    content = io.BytesIO()
    np.savez(content, rows=unseen, logits=logits, features=features)
    write_atomically(folder / SCORES_FILE, content.getvalue())


def read_dl_signature(stage: DlStage, cache: TrainingCache) -> DlSignatureResult:
    """Read what the folds left in their folders."""
    from safetensors.numpy import load_file

    folds, patients = stage.config.folds, len(cache.table)
    logits = np.full((folds, patients), np.nan)
    features = np.full((folds, patients, FEATURES), np.nan, dtype=np.float32)
    weights = []
    for fold in range(folds):
        folder = stage.fold_folder(fold)
        with np.load(folder / SCORES_FILE, allow_pickle=False) as scores:
            logits[fold, scores["rows"]] = scores["logits"]
            features[fold, scores["rows"]] = scores["features"]
        weights.append(load_file(folder / WEIGHTS_FILE))
    return DlSignatureResult(stage.fold, logits, features, tuple(weights))


def _fold_data(stage: DlStage, cache: TrainingCache, fold: int) -> "FoldData":
    """Return what one fold may look at."""
    from trainer.loop import FoldData

    return FoldData(
        images=cache.images,
        good_response=cache.table["good_response"].to_numpy(dtype=bool),
        training_rows=np.flatnonzero((stage.fold != fold) & (stage.fold != NOT_TRAINING)),
        held_out_rows=np.flatnonzero(stage.fold == fold),
        further=cache.further,
    )


def images_to_see(stage: DlStage, cache: TrainingCache, fold: int) -> int:
    """Return how many training images a fold sees over all epochs."""
    from trainer.loop import epoch_length

    data = _fold_data(stage, cache, fold)
    return epoch_length(data, stage.config) * stage.config.optimization.epochs


def device_of(fold: int) -> "torch.device":
    """Return where a fold computes: the GPU of its rank or number, else one CPU thread."""
    import torch

    if not torch.cuda.is_available():
        # Folds run side by side; threads of one network would only wait for each other.
        torch.set_num_threads(1)
        return torch.device("cpu")
    local_rank = int(os.environ.get("LOCAL_RANK", fold))
    torch.backends.cudnn.deterministic = True
    return torch.device("cuda", local_rank % torch.cuda.device_count())
