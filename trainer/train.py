"""The paper's method section, top to bottom: from a cohort to a bundle."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlcs_core.clinical.variables import VARIABLES
from dlcs_core.errors import TrainingError
from trainer.cache import TrainingCache, read_cache
from trainer.checkpoint import write_atomically
from trainer.config import NetworkConfig, TrainingConfig
from trainer.split import assign_folds, folds_csv
from trainer.stages.dl_signature import DlSignatureResult, DlStage, fit_dl_signature

Until = Literal["dl_signature"]

SCORES_FILE = "cohort_scores.csv"
"""In the run's folder: the cohort with every score, out-of-fold in the training cohort."""


@dataclass(frozen=True)
class TrainingRun:
    """A run and the folder in which it keeps its state.

    Attributes
    ----------
    cache : TrainingCache
        Images and table.
    config : TrainingConfig
        Recipe.
    fold : int64 array (n_patients,)
        Held-out fold of each patient; -1 in the held-out cohorts.
    folder : Path
        Working folder: run.json, folds.csv, a folder per fold.
    fingerprint : str
        Of configuration, data and folds.
    """

    cache: TrainingCache
    config: TrainingConfig
    fold: NDArray[np.int64]
    folder: Path
    fingerprint: str


def fit_bundle(
    cache_directory: Path,
    config: TrainingConfig,
    out: Path,
    *,
    jobs: int,
    until: Until | None = None,
    must_resume: bool = False,
    truth: Path | None = None,
    data_parallel: bool = False,
    tensorboard: bool = False,
) -> None:
    """Train the whole system on a prepared cohort and write its bundle.

    Parameters
    ----------
    cache_directory : Path
        Written by ``prepare``.
    config : TrainingConfig
        Recipe.
    out : Path
        Bundle directory. The run's state lies beside it in ``<out>.training`` and is taken up
        again where configuration and data are the same.
    jobs : int
        Folds trained at a time.
    until : str, optional
        ``"dl_signature"`` stops after the networks.
    must_resume : bool
        Refuse to start a new run.
    truth : Path, optional
        Table of true probabilities of a synthetic cohort (``truth.csv``), on which the intervals
        of the probabilities are measured.
    data_parallel : bool
        Let all ranks of ``torchrun`` train each fold together instead of dealing the folds.
    tensorboard : bool
        Also write each fold's log for TensorBoard.

    Raises
    ------
    TrainingError
        If the run cannot start or continue.
    """
    check_recipe(config)
    cache = read_cache(cache_directory)
    if until is None:
        check_table([str(name) for name in cache.table.columns])
    with only_run_in(run_folder(out)):
        run = open_run(cache, config, out, must_resume=must_resume)
        signature = run_dl_stage(run, jobs, data_parallel=data_parallel, tensorboard=tensorboard)
        if until == "dl_signature" or signature is None:
            return
        from trainer.stages.delivery import deliver_bundle

        scored = deliver_bundle(run.cache, run.config, signature, out, truth)
        write_atomically(run.folder / SCORES_FILE, as_csv(scored))


def run_folder(out: Path) -> Path:
    """Return the folder beside a bundle in which its run keeps its state."""
    return out.with_name(out.name + ".training")


def as_csv(scored: pd.DataFrame) -> bytes:
    """Return a canonical cohort table as CSV, flags as 0 and 1."""
    flags = dict.fromkeys(("good_response", "os_event"), "Int64")
    whole = {name: "Int64" for name in ("trg",) if name in scored}
    text: str = scored.astype(flags | whole).to_csv(index=False, lineterminator="\n")
    return text.encode()


@contextmanager
def only_run_in(folder: Path) -> Iterator[None]:
    """Hold a run's folder for this run; the system lets go of it however the process ends.

    Raises
    ------
    TrainingError
        If another run holds it.
    """
    if os.environ.get("RANK", "0") != "0":
        yield  # the first rank of torchrun holds it for all
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TrainingError("run_in_progress", found=str(folder)) from error
        yield


def check_recipe(config: TrainingConfig) -> None:
    """Refuse a recipe that cannot be followed here, before anything is read."""
    if config.network.initial_weights == "imagenet":
        check_imagenet_file(config.network)


def check_imagenet_file(network: NetworkConfig) -> None:
    """Refuse ImageNet weights that are not there or not the expected ones: never start without."""
    path, expected = Path(network.imagenet_weights_file), network.imagenet_weights_sha256.lower()
    if not path.is_file():
        raise TrainingError("imagenet_file_missing", found=network.imagenet_weights_file or "-")
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if not expected:
        raise TrainingError("imagenet_hash_missing", found=found)
    if found != expected:
        raise TrainingError("imagenet_hash_wrong", found=found[:12], expected=expected[:12])


def check_table(columns: list[str]) -> None:
    """Refuse a cohort without what the later stages need, before hours of training."""
    needed = [variable.name for variable in VARIABLES] + ["os_months", "os_event"]
    missing = [name for name in needed if name not in columns]
    if missing:
        raise TrainingError("cohort_columns_missing", columns=", ".join(missing))


def open_run(
    cache: TrainingCache, config: TrainingConfig, out: Path, *, must_resume: bool
) -> TrainingRun:
    """Split the patients, then start a run's folder or take it up again.

    Raises
    ------
    TrainingError
        If the folder belongs to another run, or must be resumed and is not there.
    """
    folder = run_folder(out)
    fold = assign_folds(cache.table, config.folds, config.seed)
    if must_resume and not (folder / "run.json").is_file():
        raise TrainingError("nothing_to_resume", found=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    folds = folds_csv(cache.table, fold)
    facts = {
        "config_sha256": config.fingerprint(),
        "cache_fingerprint": cache.fingerprint,
        "folds_sha256": hashlib.sha256(folds).hexdigest(),
        "config": config.to_dict(),
    }
    fingerprint = _settle_run(folder / "run.json", facts)
    write_atomically(folder / "folds.csv", folds)
    return TrainingRun(cache, config, fold, folder, fingerprint)


def _settle_run(path: Path, facts: dict[str, Any]) -> str:
    """Write what identifies a run, or hold it against what stands there; return its hash."""
    hashes = [facts[name] for name in ("config_sha256", "cache_fingerprint", "folds_sha256")]
    fingerprint = hashlib.sha256("".join(hashes).encode()).hexdigest()
    if path.is_file():
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.get("fingerprint") != fingerprint:
            raise TrainingError("run_of_another_kind", found=str(path.parent))
    else:
        text = json.dumps({"fingerprint": fingerprint, **facts}, indent=1, sort_keys=True)
        write_atomically(path, text.encode() + b"\n")
    return fingerprint


def run_dl_stage(
    run: TrainingRun, jobs: int, *, data_parallel: bool = False, tensorboard: bool = False
) -> DlSignatureResult | None:
    """Train and score the networks; None on a rank of ``torchrun`` that is not the first."""
    stage = DlStage(
        run.cache.directory,
        run.config,
        run.fold,
        run.folder,
        run.fingerprint,
        data_parallel=data_parallel,
        tensorboard=tensorboard,
    )
    signature = fit_dl_signature(stage, run.cache, jobs)
    return signature if os.environ.get("RANK", "0") == "0" else None
