"""Are the synthetic images any good? ``python -m trainer audit-synthetic``.

Every fold fits its autoencoder and makes its synthetic images as a training run would, bit for
bit, and leaves ``fold-N.json`` and ``pictures-N.npz``; the report is put together from those.
"""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcs_core.errors import TrainingError
from trainer.augment import generator
from trainer.cache import TrainingCache, read_cache, read_masks
from trainer.checkpoint import write_atomically
from trainer.config import TrainingConfig
from trainer.progress import progress_bar
from trainer.split import NOT_TRAINING, assign_folds
from trainer.workers import run_in_processes

READING_IMAGES = 20
"""Real and as many synthetic images on the page for a blinded reader."""


@dataclass(frozen=True)
class Audit:
    """One audit.

    Attributes
    ----------
    cache : Path
        Directory of the tensor cache.
    config : TrainingConfig
        Recipe; its ``deepsmote`` is audited whatever its ``sampling.balancing``.
    fold : int64 array (n_patients,)
        Held-out fold of each patient; -1 in the held-out cohorts.
    out : Path
        Receives files and report.
    fingerprint : str
        Of recipe and data: what another audit left is not taken up.
    """

    cache: Path
    config: TrainingConfig
    fold: NDArray[np.int64]
    out: Path
    fingerprint: str


def audit_synthetic(
    cache_directory: Path, config: TrainingConfig, out: Path, *, folds: int, jobs: int
) -> None:
    """Audit the synthetic images of the first folds and write the report.

    Parameters
    ----------
    cache_directory : Path
        Written by ``prepare``.
    config : TrainingConfig
        Recipe.
    out : Path
        Folder of the report: ``audit.md``, ``audit.html``, ``audit.json`` and ``reading.html``.
    folds : int
        How many of the recipe's folds.
    jobs : int
        Folds at a time, each in a process of its own.

    Raises
    ------
    TrainingError
        If the recipe has fewer folds, the cache cannot be read or has too few patients.
    """
    from trainer.audit_report import write_report

    if folds > config.folds:
        raise TrainingError("audit_folds", found=folds, folds=config.folds)
    cache = read_cache(cache_directory)
    fold = assign_folds(cache.table, config.folds, config.seed)
    identity = config.fingerprint() + json.dumps(_settings(config)) + cache.fingerprint
    fingerprint = hashlib.sha256(identity.encode()).hexdigest()
    out.mkdir(parents=True, exist_ok=True)
    audit = Audit(cache_directory, config, fold, out, fingerprint)
    missing = [number for number in range(folds) if read_fold(audit, number) is None]
    if missing:
        with progress_bar(len(missing), "Auditing synthetic images", "fold") as bar:
            run_in_processes(
                partial(audit_fold, audit), missing, min(jobs, len(missing)), bar.update
            )
    measures = [found for number in range(folds) if (found := read_fold(audit, number))]
    with np.load(out / "pictures-1.npz", allow_pickle=False) as pictures:
        write_report(out, _facts(cache, config), measures, dict(pictures))


def _settings(config: TrainingConfig) -> dict[str, Any]:
    settings: dict[str, Any] = config.to_dict()["deepsmote"]
    return settings


def _facts(cache: TrainingCache, config: TrainingConfig) -> dict[str, Any]:
    """Return what a reader must know beside the numbers."""
    return {
        "config": config.name,
        "seed": config.seed,
        "folds_of_the_recipe": config.folds,
        "settings": _settings(config),
        "cache_fingerprint": cache.fingerprint,
        "synthetic_patients": cache.synthetic,
    }


def read_fold(audit: Audit, number: int) -> dict[str, Any] | None:
    """Return a fold's measures; None where they are not there or belong to another audit."""
    path = audit.out / f"fold-{number + 1}.json"
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found if found.get("fingerprint") == audit.fingerprint else None


def audit_fold(audit: Audit, number: int, report: Callable[[int], object]) -> None:
    """Fit, synthesize and measure one fold, and write what was found."""
    import torch

    from trainer.audit_fold import AuditedFold, measure_fold
    from trainer.stages.deepsmote import fit_fold_autoencoder

    torch.set_num_threads(1)
    cache = read_cache(audit.cache)
    training = np.flatnonzero((audit.fold != number) & (audit.fold != NOT_TRAINING))
    response = cache.table["good_response"].to_numpy(bool)
    low, high = cache.preprocessing["window_hu"]
    images = np.asarray(cache.images)
    model, made = fit_fold_autoencoder(
        images[training],
        response[training].astype(np.int64),
        audit.config,
        number,
        torch.device("cpu"),
        lambda _: report(0),
    )
    fold = AuditedFold(
        images=images,
        masks=read_masks(audit.cache),
        good_response=response,
        training_rows=training,
        held_out_rows=np.flatnonzero(audit.fold == number),
        model=model,
        made=made,
        window_width_hu=high - low,
        seed=audit.config.seed,
    )
    measures, reconstructions = measure_fold(fold)
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **choose_pictures(fold, reconstructions))
    write_atomically(audit.out / f"pictures-{number + 1}.npz", content.getvalue())
    text = json.dumps({"fingerprint": audit.fingerprint, "fold": number + 1, **measures}, indent=1)
    write_atomically(audit.out / f"fold-{number + 1}.json", text.encode() + b"\n")
    report(1)


def choose_pictures(fold: Any, reconstructions: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Choose by lot what the report shows: key slices as 8-bit grey values.

    Parameters
    ----------
    fold : AuditedFold
        The fold.
    reconstructions : float32 array (n_held_out, 3, 112, 112)
        Of the held-out images.

    Returns
    -------
    dict
        ``reconstructed`` (2, 2, rows, columns): a held-out good and poor responder beside their
        reconstructions. ``origins`` (n, 4, ...): parent, synthetic image, neighbour, nearest
        training image. ``reading`` (m, ...) and ``reading_is_synthetic`` for a blinded reader.
    """
    from trainer.audit_fold import AUDIT

    rng = generator(fold.seed, AUDIT, 3)
    made, training = fold.made, fold.training_images
    held_out, real = fold.images[fold.held_out_rows], fold.good_response[fold.held_out_rows]
    two = [int(rng.choice(np.flatnonzero(real == outcome))) for outcome in (True, False)]
    rare = np.flatnonzero(made.classes == int(fold.rare_class))
    shown = rng.permutation(rare)[:6]
    alike = np.flatnonzero(fold.training_response == fold.rare_class)
    count = min(READING_IMAGES, len(rare), len(alike))
    reading = np.concatenate(
        [training[rng.permutation(alike)[:count]], made.images[rng.permutation(rare)[:count]]]
    )
    order = rng.permutation(2 * count)
    origins = [training[made.parent], made.images, training[made.neighbor], training[made.nearest]]
    return {
        "reconstructed": _grey(np.stack([held_out[two], reconstructions[two]], 1)),
        "origins": _grey(np.stack([one[shown] for one in origins], 1)),
        "reading": _grey(reading[order]),
        "reading_is_synthetic": (order >= count),
    }


def _grey(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the key slices (the middle channel) as grey values."""
    key: NDArray[np.uint8] = np.round(images[..., images.shape[-3] // 2, :, :] * 255).astype(
        np.uint8
    )
    return key
